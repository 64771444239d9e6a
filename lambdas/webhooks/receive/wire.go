package receive

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/sourcesecrets"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	var sources contract.Sources
	env.JSON(contract.EnvSources, &sources)
	secrets := &sourcesecrets.Keeper{SecretsManager: secretsmanager.NewFromConfig(cfg), Prefix: env.String(contract.EnvSecretPrefix)}
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	handler := &Handler{
		Sources: sources,
		Secrets: secrets,
		Kinesis: kinesis.NewFromConfig(cfg),
		Stream:  env.String(contract.EnvStream),
		Metrics: &metrics.Emitter{
			Namespace:  env.String(contract.EnvMetricNamespace),
			Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: env.String(contract.EnvSystem)}},
			Out:        env.Out,
		},
	}
	return handler.Handle
}

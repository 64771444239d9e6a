// Command bootstrap runs the receive function.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/internal/sourcesecrets"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/receive"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		var sources contract.Sources
		env.JSON(contract.EnvSources, &sources)
		secrets := &sourcesecrets.Keeper{SecretsManager: secretsmanager.NewFromConfig(cfg), Prefix: env.String(contract.EnvSecretPrefix)}
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		handler := &receive.Handler{
			Sources: sources,
			Secrets: secrets,
			Kinesis: kinesis.NewFromConfig(cfg),
			Stream:  env.String(contract.EnvStream),
			Metrics: &metrics.Emitter{
				Namespace:  env.String(contract.EnvMetricNamespace),
				Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: env.String(contract.EnvSystem)}},
				Out:        os.Stdout,
			},
		}
		return handler.Handle
	})
}

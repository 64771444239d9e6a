package salvage

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/claims"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/letters"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/forward"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	parker := &forward.Handler{
		Claims: &claims.Table{
			DynamoDB: dynamodb.NewFromConfig(cfg), Name: env.String(contract.EnvClaimsTable),
			Remember: env.Duration(contract.EnvRemember), Lease: contract.Lease,
		},
		Letters: &letters.Box{SQS: sqs.NewFromConfig(cfg), URL: env.String(contract.EnvFailuresURL)},
		Metrics: &metrics.Emitter{
			Namespace:  env.String(contract.EnvMetricNamespace),
			Dimensions: []metrics.Dimension{{Name: contract.DimensionSystem, Value: env.String(contract.EnvSystem)}},
			Out:        env.Out,
		},
	}
	handler := &Handler{Kinesis: kinesis.NewFromConfig(cfg), StreamARN: env.String(contract.EnvStreamARN), Parker: parker}
	return handler.Handle
}

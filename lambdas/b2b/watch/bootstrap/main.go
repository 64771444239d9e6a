// Command bootstrap runs the watch function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/watch"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &watch.Handler{
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			StepFunctions: sfn.NewFromConfig(cfg),
			FilesTable:    env.String(contract.EnvFilesTable),
			SettlementARN: env.String(contract.EnvSettlementARN),
			Metrics:       metrics.FromEnvironment(env),
		}
		return handler.Handle
	})
}

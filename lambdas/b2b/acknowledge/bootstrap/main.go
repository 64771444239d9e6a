// Command bootstrap runs the acknowledge function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/acknowledge"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &acknowledge.Handler{
			S3:            s3.NewFromConfig(cfg),
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			FilesTable:    env.String(contract.EnvFilesTable),
			OutcomesTable: env.String(contract.EnvOutcomesTable),
			Retention:     env.Duration(contract.EnvRetention),
			Metrics:       metrics.FromEnvironment(env),
		}
		return handler.Handle
	})
}

// Command bootstrap runs the accept function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/accept"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &accept.Handler{
			DynamoDB:          dynamodb.NewFromConfig(cfg),
			SQS:               sqs.NewFromConfig(cfg),
			TransactionsTable: env.String(contract.EnvTransactionsTable),
			QueueURL:          env.String(contract.EnvQueueURL),
			Metrics:           metrics.FromEnvironment(env),
		}
		return handler.Handle
	})
}

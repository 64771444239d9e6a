// Command bootstrap runs the conclude function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/metrics"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/conclude"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &conclude.Handler{
			DynamoDB:          dynamodb.NewFromConfig(cfg),
			StepFunctions:     sfn.NewFromConfig(cfg),
			OutcomesTable:     env.String(contract.EnvOutcomesTable),
			TransactionsTable: env.String(contract.EnvTransactionsTable),
			Retention:         env.Duration(contract.EnvRetention),
			Metrics:           metrics.FromEnvironment(env),
		}
		return handler.Handle
	})
}

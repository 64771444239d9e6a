// Command bootstrap runs the tally function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/tally"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &tally.Handler{
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			OutcomesTable: env.String(contract.EnvOutcomesTable),
		}
		return handler.Handle
	})
}

// Command bootstrap runs the conclude function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/approval/conclude"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &conclude.Handler{DynamoDB: dynamodb.NewFromConfig(cfg), Table: env.String(contract.EnvRequestsTable)}
		return handler.Handle
	})
}

// Command bootstrap runs the authorize function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authorize"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &authorize.Handler{Gate: directory.Gate{
			DynamoDB: dynamodb.NewFromConfig(cfg),
			Table:    env.String(contract.EnvDirectoryTable),
		}}
		return handler.Handle
	})
}

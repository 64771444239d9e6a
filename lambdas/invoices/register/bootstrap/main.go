// Command bootstrap runs the register function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/register"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &register.Handler{
			DynamoDB: dynamodb.NewFromConfig(cfg),
			Table:    env.String(contract.EnvInvoicesTable),
			Reader:   invoices.FromEnvironment(env),
		}
		return handler.Handle
	})
}

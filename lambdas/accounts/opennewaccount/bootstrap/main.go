// Command bootstrap runs the opennewaccount function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/opennewaccount"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
		return opennewaccount.New(client, env.String(contract.EnvAccountsTable)).Handle
	})
}

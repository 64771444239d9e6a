// Command bootstrap runs the record function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/record"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		handler := &record.Handler{DynamoDB: dynamodb.NewFromConfig(cfg), Table: env.String(contract.EnvEventsTable)}
		return handler.Handle
	})
}

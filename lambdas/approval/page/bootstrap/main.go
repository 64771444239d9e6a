// Command bootstrap runs the page function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/approval/page"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &page.Handler{
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			StepFunctions: sfn.NewFromConfig(cfg),
			Keys:          &approvals.Keys{SecretsManager: secretsmanager.NewFromConfig(cfg), Secret: env.String(contract.EnvKeySecret)},
			Table:         env.String(contract.EnvRequestsTable),
		}
		return handler.Handle
	})
}

// Command bootstrap runs the rollback function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/rollback"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &rollback.Handler{
			IAM:   iam.NewFromConfig(cfg),
			Cases: policyguard.Cases{DynamoDB: dynamodb.NewFromConfig(cfg), Table: env.String(contract.EnvCasesTable)},
		}
		return handler.Handle
	})
}

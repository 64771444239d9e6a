// Command bootstrap runs the request function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/approval/request"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler := &request.Handler{
			DynamoDB:      dynamodb.NewFromConfig(cfg),
			SNS:           sns.NewFromConfig(cfg),
			StepFunctions: sfn.NewFromConfig(cfg),
			Keys:          &approvals.Keys{SecretsManager: secretsmanager.NewFromConfig(cfg), Secret: env.String(contract.EnvKeySecret)},
			Table:         env.String(contract.EnvRequestsTable),
			TopicARN:      env.String(contract.EnvTopicARN),
			PageURL:       env.String(contract.EnvPageURL),
			Approvers:     env.Strings(contract.EnvApprovers),
			Timeout:       env.Duration(contract.EnvTimeout),
		}
		return handler.Handle
	})
}

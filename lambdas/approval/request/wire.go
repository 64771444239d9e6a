package request

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/approvals"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler := &Handler{
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
}

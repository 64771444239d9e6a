package analyze

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/textract"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/invoices"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	handler := &Handler{
		DynamoDB:      dynamodb.NewFromConfig(cfg),
		Textract:      textract.NewFromConfig(cfg),
		StepFunctions: sfn.NewFromConfig(cfg),
		SQS:           sqs.NewFromConfig(cfg),
		Metrics:       invoices.Metrics(env),
		FilesTable:    env.String(contract.EnvFilesTable),
		QueueURL:      env.String(contract.EnvQueueURL),
		WorkflowARN:   env.String(contract.EnvWorkflowARN),
		TopicARN:      env.String(contract.EnvTopicARN),
		Role:          env.String(contract.EnvTextractRole),
		Deadline:      env.Duration(contract.EnvDeadline),
	}
	return handler.Handle
}

package start

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	handler := &Handler{
		StepFunctions:  sfn.NewFromConfig(cfg),
		WorkflowARN:    env.String(contract.EnvWorkflowARN),
		SQS:            sqs.NewFromConfig(cfg),
		DeadLettersURL: env.String(contract.EnvDeadLettersURL),
	}
	return handler.Handle
}

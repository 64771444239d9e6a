package report

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	return (&Handler{
		StepFunctions: sfn.NewFromConfig(cfg),
		SNS:           sns.NewFromConfig(cfg),
		TopicARN:      env.String(contract.EnvNoticesARN),
		Name:          env.String(contract.EnvName),
	}).Handle
}

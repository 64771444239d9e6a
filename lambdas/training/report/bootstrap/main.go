// Command bootstrap runs the report function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/training/report"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		return (&report.Handler{
			StepFunctions: sfn.NewFromConfig(cfg),
			SNS:           sns.NewFromConfig(cfg),
			TopicARN:      env.String(contract.EnvNoticesARN),
			Name:          env.String(contract.EnvName),
		}).Handle
	})
}

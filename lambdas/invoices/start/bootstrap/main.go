// Command bootstrap runs the start function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/start"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		handler := &start.Handler{
			StepFunctions: sfn.NewFromConfig(cfg),
			WorkflowARN:   env.String(contract.EnvWorkflowARN),
		}
		return handler.Handle
	})
}

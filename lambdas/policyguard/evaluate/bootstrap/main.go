// Command bootstrap runs the evaluate function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/evaluate"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		handler, err := evaluate.New(iam.NewFromConfig(cfg), env.Strings(contract.EnvRestricted), env.Strings(contract.EnvOwn))
		env.Fault(contract.EnvRestricted, err)
		return handler.Handle
	})
}

package evaluate

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	handler, err := New(iam.NewFromConfig(cfg), env.Strings(contract.EnvRestricted), env.Strings(contract.EnvOwn))
	env.Fault(contract.EnvRestricted, err)
	return handler.Handle
}

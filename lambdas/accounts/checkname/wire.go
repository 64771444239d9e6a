package checkname

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(_ aws.Config, env *environment.Reader) any {
	return New(env.Strings(contract.EnvRefusedNames)).Handle
}

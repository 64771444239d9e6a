// Command bootstrap runs the checkname function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/checkname"
)

func main() {
	bootstrap.Run(func(_ aws.Config, env *environment.Reader) any {
		return checkname.New(env.Strings(contract.EnvRefusedNames)).Handle
	})
}

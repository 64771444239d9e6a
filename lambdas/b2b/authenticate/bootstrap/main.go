// Command bootstrap runs the authenticate function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authenticate"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		var sessions contract.Sessions
		env.JSON(contract.EnvSessions, &sessions)
		return authenticate.New(dynamodb.NewFromConfig(cfg), env.String(contract.EnvDirectoryTable), sessions).Handle
	})
}

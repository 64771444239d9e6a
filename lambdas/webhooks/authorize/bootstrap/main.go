// Command bootstrap runs the authorize function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/sourcesecrets"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/authorize"
)

func main() {
	bootstrap.Run(func(cfg aws.Config, env *environment.Reader) any {
		var sources contract.Sources
		env.JSON(contract.EnvSources, &sources)
		handler := &authorize.Handler{
			Sources: sources,
			Secrets: &sourcesecrets.Keeper{SecretsManager: secretsmanager.NewFromConfig(cfg), Prefix: env.String(contract.EnvSecretPrefix)},
		}
		return handler.Handle
	})
}

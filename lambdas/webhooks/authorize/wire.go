package authorize

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/internal/sourcesecrets"
)

// Wire makes the handler by the variables of its environment.
func Wire(cfg aws.Config, env *environment.Reader) any {
	var sources contract.Sources
	env.JSON(contract.EnvSources, &sources)
	handler := &Handler{
		Sources: sources,
		Secrets: &sourcesecrets.Keeper{SecretsManager: secretsmanager.NewFromConfig(cfg), Prefix: env.String(contract.EnvSecretPrefix)},
	}
	return handler.Handle
}

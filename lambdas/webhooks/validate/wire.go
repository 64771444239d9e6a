package validate

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
)

// Wire makes the handler by the variables of its environment.
func Wire(_ aws.Config, env *environment.Reader) any {
	var sources contract.Sources
	env.JSON(contract.EnvSources, &sources)
	handler := &Handler{Sources: sources}
	return handler.Handle
}

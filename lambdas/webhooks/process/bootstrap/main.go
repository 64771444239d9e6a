// Command bootstrap runs the process function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/process"
)

func main() {
	bootstrap.Run(func(_ aws.Config, env *environment.Reader) any {
		var sources contract.Sources
		env.JSON(contract.EnvSources, &sources)
		handler := &process.Handler{Sources: sources}
		return handler.Handle
	})
}

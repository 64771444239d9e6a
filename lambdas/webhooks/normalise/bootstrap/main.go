// Command bootstrap runs the normalise function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/normalise"
)

func main() {
	bootstrap.Run(func(_ aws.Config, _ *environment.Reader) any {
		return normalise.Handle
	})
}

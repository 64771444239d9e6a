// Command bootstrap runs the processreferral function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/onboarding/processreferral"
)

func main() {
	bootstrap.Run(func(aws.Config, *environment.Reader) any { return processreferral.Handle })
}

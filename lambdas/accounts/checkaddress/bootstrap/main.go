// Command bootstrap runs the checkaddress function.
package main

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/checkaddress"
)

func main() {
	bootstrap.Run(func(aws.Config, *environment.Reader) any { return checkaddress.Handle })
}

// Command bootstrap runs the format function.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/tradepost-dev/tradepost/lambdas/b2b/format"
)

func main() { lambda.Start(format.Handle) }

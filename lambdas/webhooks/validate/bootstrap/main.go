// Command bootstrap runs the validate function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/validate"
)

func main() { bootstrap.Run(validate.Wire) }

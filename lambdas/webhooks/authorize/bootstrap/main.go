// Command bootstrap runs the authorize function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/authorize"
)

func main() { bootstrap.Run(authorize.Wire) }

// Command bootstrap runs the salvage function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/salvage"
)

func main() { bootstrap.Run(salvage.Wire) }

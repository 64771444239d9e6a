// Command bootstrap runs the forward function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/forward"
)

func main() { bootstrap.Run(forward.Wire) }

// Command bootstrap runs the receive function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/receive"
)

func main() { bootstrap.Run(receive.Wire) }

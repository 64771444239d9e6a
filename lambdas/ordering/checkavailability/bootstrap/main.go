// Command bootstrap runs the checkavailability function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/checkavailability"
)

func main() { bootstrap.Run(checkavailability.Wire) }

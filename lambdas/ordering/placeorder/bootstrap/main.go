// Command bootstrap runs the placeorder function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/placeorder"
)

func main() { bootstrap.Run(placeorder.Wire) }

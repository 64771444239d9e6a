// Command bootstrap runs the start function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/start"
)

func main() { bootstrap.Run(start.Wire) }

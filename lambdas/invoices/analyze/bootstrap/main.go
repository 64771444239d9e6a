// Command bootstrap runs the analyze function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/analyze"
)

func main() { bootstrap.Run(analyze.Wire) }

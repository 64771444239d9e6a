// Command bootstrap runs the process function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/process"
)

func main() { bootstrap.Run(process.Wire) }

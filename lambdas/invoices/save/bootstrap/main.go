// Command bootstrap runs the save function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/save"
)

func main() { bootstrap.Run(save.Wire) }

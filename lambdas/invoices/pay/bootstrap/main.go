// Command bootstrap runs the pay function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/pay"
)

func main() { bootstrap.Run(pay.Wire) }

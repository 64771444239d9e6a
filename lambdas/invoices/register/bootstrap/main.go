// Command bootstrap runs the register function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/register"
)

func main() { bootstrap.Run(register.Wire) }

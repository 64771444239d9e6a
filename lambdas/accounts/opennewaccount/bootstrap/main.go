// Command bootstrap runs the opennewaccount function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/opennewaccount"
)

func main() { bootstrap.Run(opennewaccount.Wire) }

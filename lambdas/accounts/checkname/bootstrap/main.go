// Command bootstrap runs the checkname function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/checkname"
)

func main() { bootstrap.Run(checkname.Wire) }

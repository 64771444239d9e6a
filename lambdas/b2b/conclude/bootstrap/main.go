// Command bootstrap runs the conclude function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/conclude"
)

func main() { bootstrap.Run(conclude.Wire) }

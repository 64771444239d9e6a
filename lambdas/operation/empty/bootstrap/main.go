// Command bootstrap runs the empty function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/operation/empty"
)

func main() { bootstrap.Run(empty.Wire) }

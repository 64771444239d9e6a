// Command bootstrap runs the authorize function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authorize"
)

func main() { bootstrap.Run(authorize.Wire) }

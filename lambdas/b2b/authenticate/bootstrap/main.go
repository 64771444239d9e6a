// Command bootstrap runs the authenticate function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authenticate"
)

func main() { bootstrap.Run(authenticate.Wire) }

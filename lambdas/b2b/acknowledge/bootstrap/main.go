// Command bootstrap runs the acknowledge function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/acknowledge"
)

func main() { bootstrap.Run(acknowledge.Wire) }

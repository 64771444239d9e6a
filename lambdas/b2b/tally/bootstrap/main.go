// Command bootstrap runs the tally function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/tally"
)

func main() { bootstrap.Run(tally.Wire) }

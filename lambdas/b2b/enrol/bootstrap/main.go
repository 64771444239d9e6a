// Command bootstrap runs the enrol function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/enrol"
)

func main() { bootstrap.Run(enrol.Wire) }

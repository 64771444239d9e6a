// Command bootstrap runs the split function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/split"
)

func main() { bootstrap.Run(split.Wire) }

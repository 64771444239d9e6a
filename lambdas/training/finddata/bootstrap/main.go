// Command bootstrap runs the finddata function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/training/finddata"
)

func main() { bootstrap.Run(finddata.Wire) }

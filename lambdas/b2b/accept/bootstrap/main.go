// Command bootstrap runs the accept function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/accept"
)

func main() { bootstrap.Run(accept.Wire) }

// Command bootstrap runs the process function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/process"
)

func main() { bootstrap.Run(process.Wire) }

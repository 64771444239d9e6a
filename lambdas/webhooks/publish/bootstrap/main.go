// Command bootstrap runs the publish function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/publish"
)

func main() { bootstrap.Run(publish.Wire) }

// Command bootstrap runs the record function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/record"
)

func main() { bootstrap.Run(record.Wire) }

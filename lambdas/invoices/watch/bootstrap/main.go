// Command bootstrap runs the watch function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/watch"
)

func main() { bootstrap.Run(watch.Wire) }

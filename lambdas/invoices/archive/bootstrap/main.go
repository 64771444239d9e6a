// Command bootstrap runs the archive function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/archive"
)

func main() { bootstrap.Run(archive.Wire) }

// Command bootstrap runs the approveapplication function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/approveapplication"
)

func main() { bootstrap.Run(approveapplication.Wire) }

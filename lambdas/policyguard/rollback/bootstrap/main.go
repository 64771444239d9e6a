// Command bootstrap runs the rollback function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/rollback"
)

func main() { bootstrap.Run(rollback.Wire) }

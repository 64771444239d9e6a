// Command bootstrap runs the restore function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/restore"
)

func main() { bootstrap.Run(restore.Wire) }

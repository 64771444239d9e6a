// Command bootstrap runs the evaluate function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/evaluate"
)

func main() { bootstrap.Run(evaluate.Wire) }

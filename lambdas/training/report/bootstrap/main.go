// Command bootstrap runs the report function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/training/report"
)

func main() { bootstrap.Run(report.Wire) }

// Command bootstrap runs the predict function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/training/predict"
)

func main() { bootstrap.Run(predict.Wire) }

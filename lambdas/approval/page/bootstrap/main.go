// Command bootstrap runs the page function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/approval/page"
)

func main() { bootstrap.Run(page.Wire) }

// Command bootstrap runs the request function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/approval/request"
)

func main() { bootstrap.Run(request.Wire) }

// Command bootstrap runs the notifycustomer function.
package main

import (
	"github.com/tradepost-dev/tradepost/internal/bootstrap"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/notifycustomer"
)

func main() { bootstrap.Run(notifycustomer.Wire) }

package simulation_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// A run that failed, as Explore tells it.
func ExampleResult_Story() {
	r := simulation.Result{Seed: 17, Err: errors.New("order-7 was stored 2 times"), Faults: []simulation.Fault{
		{Kind: simulation.Forgotten, Call: "app-Store sqs:DeleteMessageBatch 9f925b31 #1", At: 47 * time.Millisecond},
	}}
	fmt.Println(r.Story())
	// Output:
	// seed 17: order-7 was stored 2 times
	// It takes these faults:
	//   after 47ms delete forgotten: app-Store sqs:DeleteMessageBatch 9f925b31 #1
}

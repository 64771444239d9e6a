package simulation_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation"
)

// A run that failed, as Explore tells it.
func ExampleResult_Story() {
	r := simulation.Result{
		Seed: 17, Err: errors.New("order-7 was stored 2 times"),
		Steps: []simulation.Step{
			{Kind: "input", What: "order-7"},
			{Kind: "wait", What: "1s, not 30m0s"},
			{At: time.Second, Kind: "calm"},
		},
		Faults: []simulation.Fault{{
			Kind: simulation.Forgotten, At: 47 * time.Millisecond,
			Site: simulation.Site{Service: "Lambda", Caller: "Shop/Store", Action: "sqs:DeleteMessageBatch", On: "Shop/Queue"},
		}},
	}
	fmt.Println(r.Story())
	// Output:
	// seed 17: order-7 was stored 2 times
	//   0s    input             order-7
	//   0s    wait              1s, not 30m0s
	//   47ms  delete forgotten  Lambda for Store: sqs:DeleteMessageBatch of Queue
	//   1s    calm
}

package prediction_test

import (
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/simulation/prediction"
)

// What a prediction tells, as text.
func ExamplePrediction_String() {
	p := prediction.Prediction{
		Took:      32 * time.Second,
		Usage:     []prediction.Usage{{Of: "Step Functions, state transitions", Amount: 30000, USD: 0.75}, {Of: "SQS, requests", Amount: 3000, USD: 0.0012}},
		Throttled: map[string]int{"StartExecution of Standard workflows": 6171},
		Unpriced:  []string{"glue:StartJobRun"},
	}
	fmt.Println(p)
	// Output:
	// took=32s usd=0.751200
	// StartExecution of Standard workflows refused 6171
	// Step Functions, state transitions: 30000.000, 0.750000 USD
	// SQS, requests: 3000.000, 0.001200 USD
	// without a price here: glue:StartJobRun
}

package statetest_test

import (
	"os"
	"testing"

	"github.com/tradepost-dev/tradepost/local/states/coverage"
	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

// A file order_test.go beside order.asl.json: what is charged twice in vain waits
// for 30 seconds, which take no time.
func Example() {
	test := func(t *testing.T) {
		machine := statetest.Read(t, "order.asl.json")
		run := machine.Run(t, statetest.Execution{
			Input: `{"order": "o-1"}`,
			Mocks: statetest.Mocks{
				"Charge": {statetest.Fails("Busy", ""), statetest.Fails("Busy", ""), statetest.Gives(`{"amount": 20}`)},
				"Send":   {statetest.Gives(`{"MessageId": "m-1"}`).Loosely()},
			},
		})
		if run.Status != "SUCCEEDED" {
			t.Errorf("%s: %s", run.Error, run.Cause)
		}
		for _, missing := range machine.Coverage().Missing() {
			t.Log(missing)
		}
	}
	_ = test
}

func ExampleNew() {
	machine := statetest.New("pay", `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "${PayFunctionArn}",
		"Catch": [{"ErrorEquals": ["Declined"], "Next": "Refused"}], "End": true}, "Refused": {"Type": "Fail"}}}`, nil)
	_ = coverage.Report(os.Stdout, []coverage.Machine{machine.Coverage()})
	// Output:
	// pay: 0 of 2 states, 0 of 2 arms
	//   Pay: never entered
	//   Refused: never entered
}

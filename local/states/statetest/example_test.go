package statetest_test

import (
	"os"
	"testing"

	"github.com/tradepost-dev/tradepost/local/states/coverage"
	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

func TestALargeOrderIsHeldForADay(t *testing.T) {
	machine := statetest.Read(t, "testdata/order.asl.json")
	run := machine.Run(t, statetest.Execution{
		Input: `{"order": "o-1"}`,
		Mocks: statetest.Mocks{
			"Charge": {statetest.Fails("CardServiceBusy", ""), statetest.Gives(`{"amount": 200}`)},
			"Ship":   {statetest.Gives(`{"MessageId": "m-1"}`).Loosely()},
		},
	})
	if run.Status != "SUCCEEDED" {
		t.Errorf("%s: %s", run.Error, run.Cause)
	}
	for _, missing := range machine.Coverage().Missing() {
		t.Log(missing)
	}
}

// What no test takes is named by its place, here that of a machine without tests.
// How executions are tested shows TestALargeOrderIsHeldForADay.
func Example() {
	machine := statetest.New("pay", `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "${PayFunctionArn}",
		"Catch": [{"ErrorEquals": ["Declined"], "Next": "Refused"}], "End": true}, "Refused": {"Type": "Fail"}}}`, nil)
	if err := coverage.Report(os.Stdout, []coverage.Machine{machine.Coverage()}); err != nil {
		panic(err)
	}
	// Output:
	// pay: 0 of 2 states, 0 of 2 arms
	//   Pay: never entered
	//   Refused: never entered
}

package mock_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/mock"
)

func Example() {
	config, err := mock.Parse([]byte(`{
		"StateMachines": {
			"Training": {"TestCases": {"HappyPath": {"Prepare": "Prepared"}}},
			"aws-sdk:glue": {"TestCases": {"prepare-*": {"startJobRun": "Prepared"}}}
		},
		"MockedResponses": {
			"Prepared": {
				"0": {"Throw": {"Error": "States.TaskFailed", "Cause": "no data"}},
				"1-9": {"Return": {"JobRunState": "SUCCEEDED"}}
			}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		response, err := config.Next("glue", "StartJobRun", "prepare-churn")
		fmt.Println(response.Throw != nil, string(response.Return), err)
	}
	// Output:
	// true  <nil>
	// false {"JobRunState":"SUCCEEDED"} <nil>
}

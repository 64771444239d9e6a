package statetest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
	"github.com/tradepost-dev/tradepost/local/states/statetest"
)

const order = `{"StartAt": "Charge", "States": {
	"Charge": {"Type": "Task", "Resource": "${Charge}", "ResultPath": "$.charge", "Next": "Large?",
		"Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10}, {"ErrorEquals": ["Slow"]}],
		"Catch": [{"ErrorEquals": ["Declined"], "Next": "Refuse"}, {"ErrorEquals": ["States.ALL"], "Next": "Refuse"}]},
	"Large?": {"Type": "Choice", "Choices": [{"Variable": "$.charge.amount", "NumericGreaterThan": 100, "Next": "Wait"}, {"Variable": "$.charge.amount", "NumericLessThan": 0, "Next": "Wait"}], "Default": "Ship"},
	"Wait": {"Type": "Wait", "Seconds": 86400, "Next": "Ship"},
	"Ship": {"Type": "Parallel", "Branches": [
		{"StartAt": "Send", "States": {"Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "End": true}}},
		{"StartAt": "Note", "States": {"Note": {"Type": "Wait", "Seconds": 60, "End": true}}}], "ResultPath": null, "End": true},
	"Refuse": {"Type": "Fail", "Error": "Refused", "CausePath": "$.Cause"}}}`

func TestAnExecutionRunsWithMocksInNoTime(t *testing.T) {
	machine := statetest.New("order", order, nil)
	began := time.Now()
	run := machine.Run(t, statetest.Execution{Input: `{"id":1}`, Mocks: statetest.Mocks{
		"Charge": {statetest.Fails("Busy", ""), statetest.Fails("Busy", ""), statetest.Gives(`{"amount":200}`)},
		"Send":   {statetest.Gives(`{"MessageId":"m","MD5OfMessageBody":"d"}`)},
	}})
	if run.Status != "SUCCEEDED" || run.Output != `{"id":1,"charge":{"amount":200}}` || run.Took != 24*time.Hour+90*time.Second {
		t.Errorf("%s %s %s %s %s", run.Status, run.Output, run.Error, run.Cause, run.Took)
	}
	got := run.States()
	slices.Sort(got[4:]) // of branches that are entered at once
	if !slices.Equal(got, []string{"Charge", "Large?", "Wait", "Ship", "Note", "Send"}) {
		t.Error(got)
	}
	if first := run.Events[0]; first.Type != "ExecutionStarted" || first.ID != 1 || !strings.Contains(string(first.Details), `{\"id\":1}`) {
		t.Errorf("%+v %s", first, first.Details)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	refused := machine.Run(t, statetest.Execution{Mocks: statetest.Mocks{"Charge": {statetest.Fails("Declined", "no money")}}})
	if refused.Status != "FAILED" || refused.Error != "Refused" || refused.Cause != "no money" {
		t.Errorf("%+v", refused)
	}
}

func TestCoverageNamesWhatNoExecutionTook(t *testing.T) {
	machine := statetest.New("order", order, nil)
	for range 2 {
		machine.Run(t, statetest.Execution{Mocks: statetest.Mocks{
			"Charge": {statetest.Fails("Busy", ""), statetest.Gives(`{"amount":20}`)}, "Ship": {statetest.Gives(`[1, 2]`)}}})
	}
	var report bytes.Buffer
	if err := coverage.Report(&report, []coverage.Machine{machine.Coverage()}); err != nil {
		t.Fatal(err)
	}
	want := `order: 3 of 7 states, 4 of 12 arms
  Charge: Retry[1] (Slow) never taken
  Charge: Catch[0] (Declined) -> Refuse never taken
  Charge: Catch[1] (States.ALL) -> Refuse never taken
  Large?: Choices[0] -> Wait never taken
  Large?: Choices[1] -> Wait never taken
  Refuse: never entered
  Wait: never entered
  Send: never entered
  Note: never entered
`
	if report.String() != want {
		t.Errorf("%s\nwant\n%s", report.String(), want)
	}
	if charge := machine.Coverage().States[0]; charge.Entered != 2 || charge.Arms[0].Taken != 2 || charge.Arms[1].Taken != 2 {
		t.Errorf("%+v", charge)
	}
}

func TestAnExpressMachineIsTested(t *testing.T) {
	machine := statetest.New("m", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":400,"Next":"E"},"E":{"Type":"Succeed"}}}`, nil)
	machine.Express = true
	if run := machine.Run(t, statetest.Execution{}); run.Status != "TIMED_OUT" || run.Took != 5*time.Minute {
		t.Errorf("%+v", run)
	}
}

func TestMockConfigurationsOfStepFunctionsLocalAreTakenAsTheyAre(t *testing.T) {
	config, err := mock.Parse([]byte(`{"StateMachines":{"order":{"TestCases":{"Refused":{"Charge":"No"}}}},"MockedResponses":{"No":{"0":{"Throw":{"Error":"E","Cause":"c"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	machine := statetest.New("order", order, nil)
	machine.Mocks = config
	if run := machine.Run(t, statetest.Execution{Case: "Refused"}); run.Error != "Refused" || run.Cause != "c" {
		t.Errorf("%+v", run)
	}
}

func TestWhatIsWrongWithATestIsTold(t *testing.T) {
	for name, row := range map[string]struct {
		execution statetest.Execution
		want      string
	}{
		"a result":        {statetest.Execution{Mocks: statetest.Mocks{"Send": {statetest.Gives(`{"MessageId":1}`)}}}, "mock 0 of the state Send: Field 'MessageId' must be a string"},
		"no JSON":         {statetest.Execution{Mocks: statetest.Mocks{"Send": {statetest.Gives(`x`)}}}, "Mocked result must be valid JSON"},
		"nothing":         {statetest.Execution{Mocks: statetest.Mocks{"Send": {{}}}}, "want either a result or an errorOutput"},
		"no mocks":        {statetest.Execution{Mocks: statetest.Mocks{"Send": {}}}, "the list of mocks of the state Send is empty"},
		"a mode":          {statetest.Execution{Mocks: statetest.Mocks{"Send": {{Result: []byte(`{}`), FieldValidationMode: "LAX"}}}}, `must be STRICT, PRESENT or NONE, not "LAX"`},
		"branches":        {statetest.Execution{Mocks: statetest.Mocks{"Ship": {statetest.Gives(`[1]`)}}}, "the same number of items as number of Parallel branches"},
		"a state":         {statetest.Execution{Mocks: statetest.Mocks{"Nobody": {statetest.Gives(`1`)}}}, "State not found in definition"},
		"a state's error": {statetest.Execution{Mocks: statetest.Mocks{"Refuse": {statetest.Fails("E", "")}}}, `"Refuse", which is no Task, Parallel or Map state`},
		"an input":        {statetest.Execution{Input: "x"}, "InvalidExecutionInput"},
		"a case":          {statetest.Execution{Case: "Nobody"}, "no test case Nobody"},
	} {
		_, err := statetest.New("order", order, nil).Try(t, row.execution)
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
	if _, err := statetest.New("m", `{}`, nil).Try(t, statetest.Execution{}); err == nil || !strings.Contains(err.Error(), "InvalidDefinition") {
		t.Error(err)
	}
	loose := statetest.Mocks{"Charge": {statetest.Gives(`{"amount":1}`)}, "Send": {statetest.Gives(`{"MessageId":1}`).Loosely()}}
	if run := statetest.New("order", order, nil).Run(t, statetest.Execution{Mocks: loose}); run.Status != "SUCCEEDED" {
		t.Errorf("%+v", run)
	}
}

func TestAMockedResultIsGivenAsItIsWritten(t *testing.T) {
	machine := statetest.New("pay", `{"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": "${PayFunctionArn}", "End": true}}}`, nil)
	run := machine.Run(t, statetest.Execution{Mocks: statetest.Mocks{"Pay": {statetest.Gives(`{"a": "<b> & \u00fc"}`)}}})
	if want := `{"a":"<b> & \u00fc"}`; run.Output != want {
		t.Errorf("%s, want %s", run.Output, want)
	}
}

func TestATaskWithoutAMockFailsTheExecution(t *testing.T) {
	machine := statetest.New("order", order, nil)
	if run := machine.Run(t, statetest.Execution{}); run.Error != "States.Runtime" || !strings.HasSuffix(run.Cause, "There is no mock for the state 'Charge'.") {
		t.Errorf("%+v", run)
	}
	once := statetest.Mocks{"Charge": {statetest.Fails("Busy", ""), statetest.Fails("Busy", "")}}
	if run := machine.Run(t, statetest.Execution{Mocks: once}); !strings.HasSuffix(run.Cause, "the mocked response Charge has nothing for call 2, counted from 0") {
		t.Errorf("%+v", run)
	}
}

package local_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local"
)

const tea = `{"Resources": {
	"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}}}},
	"Tea": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
		"Definition": {"StartAt": "Pour", "States": {"Pour": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}}}}}}}`

// mocked is a mock configuration of a state machine with one test case.
func mocked(t *testing.T, machine, state string) []string {
	t.Helper()
	folder := lay(t, map[string]string{"mocks.json": `{
		"StateMachines": {"` + machine + `": {"TestCases": {"Good": {"` + state + `": "Poured"}}}},
		"MockedResponses": {"Poured": {"0": {"Return": {}}}}}`})
	return []string{filepath.Join(folder, "mocks.json")}
}

func TestMocksThatWouldBeWithoutEffectAreRefused(t *testing.T) {
	for _, row := range []struct {
		name string
		with local.Options
		want string
	}{
		{"a test case of no state machine", local.Options{Mocks: mocked(t, "Tea", "Pour"), TestCases: map[string]string{"Coffee": "Good"}}, "the options choose a test case of the state machine Coffee, which the assembly does not have"},
		{"a test case that is not there", local.Options{Mocks: mocked(t, "Tea", "Pour"), TestCases: map[string]string{"Tea": "Bad"}}, `the mock configuration has no test case "Bad"`},
		{"a state that is not there", local.Options{Mocks: mocked(t, "Tea", "Drink")}, `about the state "Drink", which is no Task, Parallel or Map state`},
		{"a file that is not there", local.Options{Mocks: []string{"none.json"}}, "read the mock configuration"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := refusal(t, tea, row.with); !strings.Contains(got, row.want) {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestMocksOfWhatIsNotThereAreTold(t *testing.T) {
	var told []string
	startTemplate(t, tea, local.Options{Mocks: append(mocked(t, "Coffee", "Pour"), mocked(t, "Tea", "Pour")...), Notice: func(text string) { told = append(told, text) }})
	if len(told) != 1 || told[0] != "the mock configuration has test cases of Coffee, which is no state machine here" {
		t.Errorf("told %q", told)
	}
}

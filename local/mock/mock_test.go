package mock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/mock"
)

// config parses a mock configuration whose quotes are single ones.
func config(t *testing.T, text string) *mock.Config {
	t.Helper()
	c, err := mock.Parse([]byte(strings.ReplaceAll(text, "'", `"`)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is a response in short.
func answer(r *mock.Response, err error) string {
	switch {
	case err != nil:
		return "error: " + err.Error()
	case r == nil:
		return "nothing"
	case r.Throw != nil:
		return r.Throw.Error + ": " + r.Throw.Cause
	}
	return string(r.Return)
}

func TestResponsesAreByTheNumberOfTheCall(t *testing.T) {
	c := config(t, `{
		'StateMachines': {'M': {'TestCases': {'Retry': {'Task': 'Slow'}}}},
		'MockedResponses': {'Slow': {
			'3': {'Return': {'ok': true}},
			'0': {'Throw': {'Error': 'A', 'Cause': 'first'}},
			'1-2': {'Throw': {'Error': 'B', 'Cause': ''}},
			'5': {'Return': null}}}}`)
	counter := c.Cases("M")["Retry"]["Task"].Count()
	for i, want := range []string{"A: first", "B: ", "B: ", `{"ok":true}`, "error: the mocked response Slow has nothing for call 4, counted from 0", "null", "error: the mocked response Slow has nothing for call 6, counted from 0"} {
		if got := answer(counter.Next()); got != want {
			t.Errorf("call %d: %s, want %s", i, got, want)
		}
	}
	if got := answer(c.Cases("M")["Retry"]["Task"].Count().Next()); got != "A: first" {
		t.Errorf("another execution begins with %s", got)
	}
}

func TestAServiceAnswersByTheLongestPattern(t *testing.T) {
	c := config(t, `{
		'StateMachines': {'aws-sdk:sagemaker': {'TestCases': {
			'*': {'createTrainingJob': 'Any', 'invokeEndpoint': 'Any'},
			'churn-*': {'createTrainingJob': 'Churn'},
			'churn-*-x*z': {'createTrainingJob': 'Odd'},
			'churn-1': {'createTrainingJob': 'One', 'createEndpoint': 'One'}}}},
		'MockedResponses': {
			'Any': {'0-9': {'Return': 'any'}}, 'Churn': {'0': {'Return': 'churn 0'}, '1': {'Return': 'churn 1'}},
			'One': {'0-9': {'Return': 'one'}}, 'Odd': {'0': {'Return': 'odd'}}}}`)
	for _, row := range []struct{ action, resource, want string }{
		{"CreateTrainingJob", "churn-1", `"one"`},
		{"CreateTrainingJob", "churn-2", `"churn 0"`},
		{"createTrainingJob", "churn-", `"churn 1"`},
		{"CreateTrainingJob", "churn-3", "error: CreateTrainingJob of aws-sdk:sagemaker for churn-*: the mocked response Churn has nothing for call 2, counted from 0"},
		{"CreateTrainingJob", "churn-a-xyz", "error: CreateTrainingJob of aws-sdk:sagemaker for churn-*: the mocked response Churn has nothing for call 3, counted from 0"},
		{"CreateTrainingJob", "fraud", `"any"`},
		{"InvokeEndpoint", "churn-1", `"any"`}, // the better pattern does not have the action
		{"CreateEndpoint", "churn-1", `"one"`},
		{"CreateEndpoint", "churn-12", "nothing"},
		{"DeleteEndpoint", "churn-1", "nothing"},
	} {
		if got := answer(c.Next("sagemaker", row.action, row.resource)); got != row.want {
			t.Errorf("%s of %s: %s, want %s", row.action, row.resource, got, row.want)
		}
	}
	if got := answer(c.Next("glue", "StartJobRun", "churn-1")); got != "nothing" {
		t.Errorf("of another service: %s", got)
	}
	if names := c.Machines(); len(names) != 0 {
		t.Errorf("a service is no state machine: %q", names)
	}
}

func TestNothingIsMockedWithoutAConfiguration(t *testing.T) {
	c, err := mock.Read()
	if err != nil || c != nil || c.Machines() != nil || c.Cases("M") != nil {
		t.Errorf("%v, %v", c, err)
	}
	if got := answer(c.Next("glue", "StartJobRun", "j")); got != "nothing" {
		t.Error(got)
	}
}

func TestWhatWouldBeWithoutEffectIsRefused(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no JSON", `{`, "unexpected EOF"},
		{"a misspelled member", `{'StateMachine': {}}`, `unknown field "StateMachine"`},
		{"a member of a response", `{'MockedResponses': {'R': {'0': {'Returns': 1}}}}`, `unknown field "Returns"`},
		{"a response that is not there", `{'StateMachines': {'M': {'TestCases': {'C': {'S': 'R'}}}}}`, `M, C, S: there is no mocked response "R"`},
		{"an empty response", `{'MockedResponses': {'R': {}}}`, "mocked response R is empty"},
		{"no number", `{'MockedResponses': {'R': {'first': {'Return': 1}}}}`, `mocked response R, "first": want a number`},
		{"a negative number", `{'MockedResponses': {'R': {'-1': {'Return': 1}}}}`, `want a number`},
		{"an empty range", `{'MockedResponses': {'R': {'2-1': {'Return': 1}}}}`, `want a number`},
		{"a range without an end", `{'MockedResponses': {'R': {'2-': {'Return': 1}}}}`, `want a number`},
		{"overlapping ranges", `{'MockedResponses': {'R': {'0-2': {'Return': 1}, '2': {'Return': 2}}}}`, `mocked response R, "2": another response is for this call, too`},
		{"neither", `{'MockedResponses': {'R': {'0': {}}}}`, "want either Return or Throw"},
		{"both", `{'MockedResponses': {'R': {'0': {'Return': 1, 'Throw': {'Error': 'E', 'Cause': 'c'}}}}}`, "want either Return or Throw"},
		{"a Throw without a Cause", `{'MockedResponses': {'R': {'0': {'Throw': {'Error': 'E'}}}}}`, "a Throw has an Error and a Cause"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := mock.Parse([]byte(strings.ReplaceAll(row.text, "'", `"`)))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s", err, row.want)
			}
		})
	}
}

func TestSeveralFilesAreOneConfiguration(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "'", `"`)), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a := write("a.json", `{'StateMachines': {'A': {'TestCases': {'C': {'S': 'R'}}}, 'aws-sdk:glue': {'TestCases': {}}}, 'MockedResponses': {'R': {'0': {'Return': 'a'}}}}`)
	b := write("b.json", `{'StateMachines': {'B': {'TestCases': {'C': {'S': 'R'}}}}, 'MockedResponses': {'R': {'0': {'Return': 'b'}}}}`)
	c, err := mock.Read(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": `"a"`, "B": `"b"`} { // responses are a file's own
		if got := answer(c.Cases(name)["C"]["S"].Count().Next()); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := mock.Read(a, a); err == nil || !strings.Contains(err.Error(), "another mock configuration has test cases of A") {
		t.Errorf("twice: %v", err)
	}
	if _, err := mock.Read(a + "?"); err == nil {
		t.Error("a missing file is read")
	}
}

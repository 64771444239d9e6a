package statemachines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// functions answer invocations by the name of the function.
type functions map[string]func(payload json.RawMessage) (any, error)

func (f functions) Supports(action string) bool { return action == "Invoke" }

func (f functions) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	var call struct {
		FunctionName string
		Payload      json.RawMessage
	}
	if err := json.Unmarshal(input, &call); err != nil {
		return nil, err
	}
	answer, err := f[call.FunctionName](call.Payload)
	if err != nil {
		name := errorType(err)
		if named, ok := errors.AsType[failure](err); ok {
			name = string(named)
		}
		return json.Marshal(map[string]any{"StatusCode": 200, "FunctionError": "Unhandled", "Payload": map[string]string{"errorType": name, "errorMessage": err.Error()}})
	}
	return json.Marshal(map[string]any{"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer})
}

// failure is a function's error of this name.
type failure string

func (f failure) Error() string { return "it failed by " + string(f) }

// errorType is what the Lambda runtime reports: the name of the outermost Go
// type.
func errorType(err error) string {
	kind := reflect.TypeOf(err)
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Name()
}

type described struct {
	Status              string
	StartDate, StopDate float64
}

// settle runs a settlement to its end under a virtual clock, and returns how
// it ended and how many events its history has.
func settle(t *testing.T, f functions, input contract.Settlement) (described, int) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	machines := newStates(t, c)
	c.Register("lambda", f)
	c.Register("states", machines)
	definition := strings.NewReplacer("${TallyFunctionArn}", "tally", "${AcknowledgeFunctionArn}", "acknowledge").Replace(Definition("b2b/settlement.asl.json"))
	template, err := json.Marshal(map[string]any{"Resources": map[string]any{"Settlement": map[string]any{
		"Type":       "AWS::StepFunctions::StateMachine",
		"Properties": map[string]any{"DefinitionString": definition, "RoleArn": "arn:aws:iam::111122223333:role/r"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cfn.Parse(template)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, kind := range machines.Types() {
		types[kind.Name] = kind
	}
	stack := cfn.Stack{Name: "test", Site: c.Site, Template: parsed}
	created, err := stack.Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	call := func(action string, in map[string]any, out any) {
		t.Helper()
		if err := c.Do(t.Context(), c.Administrator(), "states", action, in, out); err != nil {
			t.Fatalf("%s: %v", action, err)
		}
	}
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	call("StartExecution", map[string]any{"stateMachineArn": created.Handles["Settlement"].Ref, "name": "s", "input": string(text)}, &started)
	var end described
	for end.Status == "" || end.Status == "RUNNING" {
		time.Sleep(time.Hour)
		call("DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &end)
	}
	var last struct {
		Events []struct{ ID int }
	}
	call("GetExecutionHistory", map[string]any{"executionArn": started.ExecutionArn, "reverseOrder": true, "maxResults": 1}, &last)
	return end, last.Events[0].ID
}

func tallyOf(received, stored int) map[string]any {
	return map[string]any{
		"settled": received == stored, "shards": []any{},
		"totals": contract.Totals{Received: received, Stored: stored},
	}
}

// Step Functions ends an execution at 25,000 events. The longest settlement is
// the one that never ends by itself: its timeout does, whatever the deadline is.
func TestASettlementNeverReachesTheEndOfItsHistory(t *testing.T) {
	for name, tally := range map[string]func(json.RawMessage) (any, error){
		"an outcome is missing for ever": func(json.RawMessage) (any, error) { return tallyOf(2, 1), nil },
		"tallying fails for ever":        func(json.RawMessage) (any, error) { return nil, fmt.Errorf("throttled") },
	} {
		for _, deadline := range []time.Duration{15 * time.Minute, 14 * 24 * time.Hour} {
			t.Run(fmt.Sprint(name, ", deadline ", deadline), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					overdue := 0
					end, events := settle(t, functions{
						"tally":       tally,
						"acknowledge": func(json.RawMessage) (any, error) { overdue++; return nil, nil },
					}, contract.Settlement{FileID: "f", Received: 2, Deadline: time.Now().Add(deadline)})
					if end.Status != "TIMED_OUT" || events > 15_000 || events < 1_000 {
						t.Errorf("%s after %d events", end.Status, events)
					}
					if want := 1; deadline < 24*time.Hour && overdue != want {
						t.Errorf("reported overdue %d times", overdue)
					}
				})
			})
		}
	}
}

// A reply waits for the next tally: the longer the file took, the longer, but
// never more than a twentieth of it, or an hour.
func TestAReplyIsAtMostATwentiethLate(t *testing.T) {
	for _, took := range []time.Duration{5 * time.Second, time.Minute, 30 * time.Minute, 5 * time.Hour, 4 * 24 * time.Hour} {
		t.Run(took.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := time.Now().Add(took)
				var acknowledged time.Time
				end, _ := settle(t, functions{
					"tally": func(json.RawMessage) (any, error) {
						if time.Now().Before(done) {
							return tallyOf(2, 1), nil
						}
						return tallyOf(2, 2), nil
					},
					"acknowledge": func(json.RawMessage) (any, error) { acknowledged = time.Now(); return nil, nil },
				}, contract.Settlement{FileID: "f", Received: 2, Deadline: done.Add(24 * time.Hour)})
				late, allowed := acknowledged.Sub(done), min(max(took/20, time.Second)+time.Second, time.Hour+time.Second)
				if end.Status != "SUCCEEDED" || late > allowed || late < 0 {
					t.Errorf("%s, %v late, allowed are %v", end.Status, late, allowed)
				}
			})
		})
	}
}

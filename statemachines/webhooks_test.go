package statemachines

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

var webhooks = agreement{
	placeholders: []string{"ValidateFunctionArn", "ProcessFunctionArn", "NormaliseFunctionArn", "PublishFunctionArn"},
	members:      map[string][]string{"states.input": {"reason"}}, // of a contract.Result
	words:        []string{string(contract.Rejected), contract.ErrorWebhookInvalid},
}

func TestTheNamesOfWebhooksErrorsAreTheirTypes(t *testing.T) {
	for want, err := range map[string]error{contract.ErrorWebhookInvalid: &contract.WebhookInvalid{}, contract.ErrorServiceBusy: &patience.ServiceBusy{}} {
		if got := errorType(err); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if names := fields(contract.Result{}); !slices.Contains(names, "outcome") || !slices.Contains(names, "reason") {
		t.Errorf("a result has %q", names)
	}
	if m := parse(t, Definition("webhooks/webhook.asl.json")); time.Duration(m.TimeoutSeconds)*time.Second != contract.ExecutionTimeout {
		t.Errorf("the machine ends after %d s", m.TimeoutSeconds)
	}
}

// forwarded runs one execution, and returns how it ended and which functions it
// has called.
func forwarded(t *testing.T, f func(function string, payload json.RawMessage) (any, error)) (end ended, calls []string) {
	t.Helper()
	answers := functions{}
	for _, name := range []string{"Validate", "Process", "Normalise", "Publish"} {
		answers[name] = func(payload json.RawMessage) (any, error) {
			calls = append(calls, name)
			return f(name, payload)
		}
	}
	definition := Definition("webhooks/webhook.asl.json")
	for name := range answers {
		definition = strings.ReplaceAll(definition, "${"+name+"FunctionArn}", name)
	}
	return express(t, answers, definition, `{"id":"msg_1"}`), calls
}

// ended is what a synchronous execution answers.
type ended struct{ Status, Output, Error, Cause string }

// express runs one execution of a definition.
func express(t *testing.T, f functions, definition, input string) (end ended) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	machines := newStates(t, c)
	c.Register("lambda", f)
	c.Register("states", machines)
	in := map[string]any{"stateMachineArn": expressMachine(t, c, machines, definition), "input": input}
	if err := c.Do(t.Context(), c.Administrator(), "states", "StartSyncExecution", in, &end); err != nil {
		t.Fatal(err)
	}
	return end
}

func TestAWebhookGoesThroughAllFunctions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, calls := forwarded(t, func(function string, payload json.RawMessage) (any, error) {
			if want := map[string]string{"Validate": `{"id":"msg_1"}`, "Process": `{"from":"Validate"}`, "Normalise": `{"from":"Process"}`, "Publish": `{"from":"Normalise"}`}[function]; string(payload) != want {
				t.Errorf("%s gets %s", function, payload)
			}
			return map[string]string{"from": function}, nil
		})
		if end.Status != "SUCCEEDED" || end.Output != `{"from":"Publish"}` || !slices.Equal(calls, []string{"Validate", "Process", "Normalise", "Publish"}) {
			t.Errorf("%+v after %q", end, calls)
		}
	})
}

func TestWhatAFunctionRefusesIsRejectedWithItsReason(t *testing.T) {
	for i, refusing := range []string{"Validate", "Process", "Normalise", "Publish"} {
		synctest.Test(t, func(t *testing.T) {
			end, calls := forwarded(t, func(function string, _ json.RawMessage) (any, error) {
				if function == refusing {
					return nil, &contract.WebhookInvalid{Reason: `it has a "quote"`}
				}
				return map[string]string{}, nil
			})
			var result contract.Result
			if err := json.Unmarshal([]byte(end.Output), &result); err != nil || result != (contract.Result{Outcome: contract.Rejected, Reason: `it has a "quote"`}) || len(calls) != i+1 {
				t.Errorf("%s: %+v after %q", refusing, end, calls)
			}
		})
	}
}

func TestWhatPassesIsTriedAgainAndWhatDoesNotFailsTheExecution(t *testing.T) {
	for _, row := range []struct {
		function string
		err      error
		calls    int
	}{
		{"Publish", patience.Named(patience.Again(errors.New("busy"))), 6}, {"Publish", patience.Named(errors.New("denied")), 4}, {"Validate", failure("Lambda.Unknown"), 3},
		{"Process", failure("Sandbox.Timedout"), 4}, {"Normalise", errors.New("a bug"), 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			end, calls := forwarded(t, func(function string, _ json.RawMessage) (any, error) {
				if function == row.function {
					return nil, row.err
				}
				return map[string]string{}, nil
			})
			if end.Status != "FAILED" || len(calls) != row.calls {
				t.Errorf("%s by %T: %+v after %q", row.function, row.err, end, calls)
			}
		})
	}
}

package statemachines

// This file places orders with stand-ins for the functions, under a virtual
// clock.

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

var ordering = agreement{
	placeholders: []string{"CheckAvailabilityArn", "PlaceOrderArn", "NotifyCustomerArn"},
	members:      map[string][]string{"$": {"available"}}, // of a contract.Checked
}

func TestTheOrdersMachineGoesByAMemberOfItsShape(t *testing.T) {
	if all := fields(contract.Checked{}); !slices.Contains(all, "available") {
		t.Errorf("available is none of %q", all)
	}
}

// shop is an account with the machine. Its functions answer as they are told.
type shop struct {
	*cloud.Cloud
	t       *testing.T
	machine string

	available bool
	fail      func(function string) error // unless it is nil
	calls     []string                    // "<function> <input>"
}

const functionARN = "arn:aws:lambda:eu-west-1:111122223333:function:"

const shopTemplate = `{"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
	"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s, "DefinitionSubstitutions": {
		"CheckAvailabilityArn": "` + functionARN + `CheckAvailability",
		"PlaceOrderArn": "` + functionARN + `PlaceOrder",
		"NotifyCustomerArn": "` + functionARN + `NotifyCustomer"}}}}}`

// inShop runs a test under a virtual clock.
func inShop(t *testing.T, test func(t *testing.T, s *shop)) {
	synctest.Test(t, func(t *testing.T) {
		s := &shop{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t, available: true}
		defer s.Close()
		machines := newStates(t, s.Cloud)
		s.Register("states", machines)
		s.Register("lambda", functions{
			functionARN + "CheckAvailability": s.function("CheckAvailability", `{"order_id":"o","message":{},"available":%v}`),
			functionARN + "PlaceOrder":        s.function("PlaceOrder", `{"order_id":"o","message":{"placed":true},"available":%v}`),
			functionARN + "NotifyCustomer":    s.function("NotifyCustomer", `{"message":"told","sent":%v}`),
		})
		types := map[string]cfn.Type{}
		for _, kind := range machines.Types() {
			types[kind.Name] = kind
		}
		definition, err := json.Marshal(Definition("ordering/ordering.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, shopTemplate, definition))
		if err != nil {
			t.Fatal(err)
		}
		stack := cfn.Stack{Name: "test", Site: s.Site, Template: template}
		created, err := stack.Create(t.Context(), types)
		if err != nil {
			t.Fatal(err)
		}
		s.machine = created.Handles["Machine"].Ref
		test(t, s)
	})
}

// function is a stand-in that answers whether the item is available.
func (s *shop) function(name, answer string) func(json.RawMessage) (any, error) {
	return func(input json.RawMessage) (any, error) {
		s.calls = append(s.calls, name+" "+string(input))
		if s.fail != nil {
			if err := s.fail(name); err != nil {
				return nil, err
			}
		}
		return json.RawMessage(fmt.Sprintf(answer, s.available)), nil
	}
}

// failing fails the first n calls of a function.
func failing(function string, n int, by failure) func(string) error {
	return func(called string) error {
		if called != function || n == 0 {
			return nil
		}
		n--
		return by
	}
}

func (s *shop) do(action string, in, out any) {
	s.t.Helper()
	if err := s.Do(s.t.Context(), s.Administrator(), "states", action, in, out); err != nil {
		s.t.Fatalf("%s: %v", action, err)
	}
}

func (s *shop) start() (execution string) {
	s.t.Helper()
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	s.do("StartExecution", map[string]any{"stateMachineArn": s.machine, "input": `{"order_id":"o"}`}, &started)
	return started.ExecutionArn
}

// end waits for an execution, and returns its output, or its error.
func (s *shop) end(execution string) string {
	s.t.Helper()
	for {
		var d struct{ Status, Output, Error string }
		s.do("DescribeExecution", map[string]any{"executionArn": execution}, &d)
		switch d.Status {
		case "SUCCEEDED":
			return d.Output
		case "RUNNING":
			time.Sleep(time.Second)
			continue
		}
		return d.Error
	}
}

// called are the functions in the order of their calls.
func (s *shop) called() string {
	var names []string
	for _, call := range s.calls {
		name, _, _ := strings.Cut(call, " ")
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func TestEachStepOfAnOrderGetsWhatTheOneBeforeItAnswered(t *testing.T) {
	for _, row := range []struct {
		name      string
		available bool
		calls     []string
		output    string
	}{
		{"available", true, []string{
			`CheckAvailability {"order_id":"o"}`,
			`PlaceOrder {"order_id":"o","message":{},"available":true}`,
			`NotifyCustomer {"order_id":"o","message":{"placed":true},"available":true}`,
		}, `{"message":"told","sent":true}`},
		{"not available", false, []string{
			`CheckAvailability {"order_id":"o"}`,
			`NotifyCustomer {"order_id":"o","message":{},"available":false}`,
		}, `{"message":"told","sent":false}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.available = row.available
				if got := s.end(s.start()); got != row.output || !slices.Equal(s.calls, row.calls) {
					t.Errorf("output %s after %q", got, s.calls)
				}
			})
		})
	}
}

func TestEveryStepOfAnOrderIsTriedAgainWhenTheFailurePasses(t *testing.T) {
	attempts := map[failure]int{ // after the first
		contract.ErrorOrderInvalid: 0, "ServiceRefused": 0, "errorString": 0, "Lambda.ResourceNotFoundException": 0,
		"Runtime.ExitError": 2, "Runtime.OutOfMemory": 2, "Runtime.Unknown": 2,
	}
	for _, passing := range []failure{contract.ErrorServiceBusy, "Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
		"Lambda.SdkClientException", "Lambda.Unknown", "Sandbox.Timedout", "States.Timeout"} {
		attempts[passing] = 8
	}
	for _, function := range []string{"CheckAvailability", "PlaceOrder", "NotifyCustomer"} {
		for by, n := range attempts {
			t.Run(fmt.Sprint(function, " ", by), func(t *testing.T) {
				inShop(t, func(t *testing.T, s *shop) {
					s.fail = failing(function, n, by)
					if got := s.end(s.start()); got != `{"message":"told","sent":true}` {
						t.Errorf("after %d failures: %s after %s", n, got, s.called())
					}
					s.fail = failing(function, n+1, by)
					if got := s.end(s.start()); got != string(by) {
						t.Errorf("after %d failures: %s after %s", n+1, got, s.called())
					}
				})
			})
		}
	}
}

// An order that is placed stays placed, and is not placed again.
func TestARedriveOfAnOrderGoesOnAtTheStepThatFailed(t *testing.T) {
	inShop(t, func(t *testing.T, s *shop) {
		s.fail = failing("NotifyCustomer", 1, "ServiceRefused")
		execution := s.start()
		if got := s.end(execution); got != "ServiceRefused" {
			t.Fatalf("got %s", got)
		}
		s.do("RedriveExecution", map[string]any{"executionArn": execution}, nil)
		if got := s.end(execution); got != `{"message":"told","sent":true}` {
			t.Errorf("got %s", got)
		}
		if got := s.called(); got != "CheckAvailability PlaceOrder NotifyCustomer NotifyCustomer" || s.calls[2] != s.calls[3] {
			t.Errorf("calls %q", s.calls)
		}
	})
}

// A function that does not say whether the item is available places no order,
// and refuses none.
func TestAnAnswerWithoutAvailabilityFailsTheOrder(t *testing.T) {
	for answer, want := range map[string]string{`{"available":"yes"}`: contract.ErrorAvailabilityUnknown, `{}`: "States.Runtime"} {
		t.Run(answer, func(t *testing.T) {
			inShop(t, func(t *testing.T, s *shop) {
				s.Register("lambda", functions{functionARN + "CheckAvailability": func(json.RawMessage) (any, error) { return json.RawMessage(answer), nil }})
				if got := s.end(s.start()); got != want {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

func TestTheNamesOfOrdersErrorsAreTheirTypes(t *testing.T) {
	if name := reflect.TypeFor[patience.ServiceBusy]().Name(); name != contract.ErrorServiceBusy {
		t.Errorf("the type is %s", name)
	}
}

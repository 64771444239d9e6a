package statemachines

// This file runs applications for accounts under a virtual clock, with functions
// that answer as a test wants it.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states"
)

var accounts = agreement{
	placeholders: []string{"CheckNameFunctionArn", "CheckAddressFunctionArn", "ApproveApplicationFunctionArn", "OpenNewAccountFunctionArn"},
	objects:      map[string][]string{},
	members: map[string][]string{
		"decided": {"applicationId", "decision", "reasons"}, // of a contract.Decided
	},
	words: []string{
		string(contract.Approved), contract.ErrorNameRejected, contract.ErrorAddressRejected, contract.ErrorApplicationConflict, contract.ErrorApplicationInvalid,
		"UnmarshalTypeError", // encoding/json's
		"name", "address",    // of a contract.Applicant
	},
}

// The Lambda runtime reports an error by its Go type: that is the name which the
// machine catches.
func TestErrorsOfAccountsHaveTheNamesOfTheirTypes(t *testing.T) {
	for want, err := range map[string]error{
		contract.ErrorNameRejected: contract.NameRejected{}, contract.ErrorAddressRejected: contract.AddressRejected{},
		contract.ErrorApplicationConflict: contract.ApplicationConflict{}, contract.ErrorApplicationInvalid: contract.ApplicationInvalid{},
		contract.ErrorServiceBusy: &patience.ServiceBusy{},
	} {
		if got := errorType(err); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNamesOfTheAccountsAgreementAreMembersOfTheirShapes(t *testing.T) {
	for _, row := range []struct{ some, all []string }{
		{accounts.members["decided"], fields(contract.Decided{})},
		{accounts.members["decided"], fields(contract.Result{})},
		{[]string{"name", "address"}, fields(contract.Applicant{})},
		{[]string{"name"}, fields(contract.CheckedName{})},
		{[]string{"address"}, fields(contract.CheckedAddress{})},
	} {
		for _, name := range row.some {
			if !slices.Contains(row.all, name) {
				t.Errorf("%s is none of %q", name, row.all)
			}
		}
	}
}

// bank is an account with the machine, and its functions.
type bank struct {
	*cloud.Cloud
	t       *testing.T
	machine string
	calls   map[string]int // by function

	// What the functions do.
	name    func(contract.Application) (any, error)
	address func(contract.Application) (any, error)
	approve func(contract.Checked) (any, error)
	open    func(contract.Decided) (any, error)
}

// inBank runs a test under a virtual clock, in a bank that opens an account for
// everybody.
func inBank(t *testing.T, test func(t *testing.T, b *bank)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bank{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t, calls: map[string]int{}}
		defer b.Close()
		b.name = func(a contract.Application) (any, error) { return contract.CheckedName{Name: a.Name}, nil }
		b.address = func(a contract.Application) (any, error) { return contract.CheckedAddress{Address: a.Address}, nil }
		b.approve = func(c contract.Checked) (any, error) {
			if len(c.Reasons) > 0 {
				return contract.Decided{ApplicationID: c.Application.ApplicationID, Decision: contract.Rejected, Reasons: c.Reasons}, nil
			}
			return contract.Decided{ApplicationID: c.Application.ApplicationID, Decision: contract.Approved, Applicant: &c.Applicant}, nil
		}
		b.open = func(d contract.Decided) (any, error) {
			return contract.Result{ApplicationID: d.ApplicationID, Decision: d.Decision, AccountNumber: "12345"}, nil
		}
		machines := newStates(t, b.Cloud)
		b.Register("states", machines)
		var mu sync.Mutex
		b.Register("lambda", functions{
			"name":    function(b, &mu, "name", &b.name),
			"address": function(b, &mu, "address", &b.address),
			"approve": function(b, &mu, "approve", &b.approve),
			"open":    function(b, &mu, "open", &b.open),
		})
		b.create(machines)
		test(t, b)
	})
}

// function counts its calls, and reads its payload as the handler's runtime
// does.
func function[In any](b *bank, mu *sync.Mutex, name string, handle *func(In) (any, error)) func(json.RawMessage) (any, error) {
	return func(payload json.RawMessage) (any, error) {
		mu.Lock()
		b.calls[name]++
		mu.Unlock()
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		return (*handle)(in)
	}
}

func (b *bank) create(machines *states.StepFunctions) {
	b.t.Helper()
	definition := strings.NewReplacer("${CheckNameFunctionArn}", "name", "${CheckAddressFunctionArn}", "address",
		"${ApproveApplicationFunctionArn}", "approve", "${OpenNewAccountFunctionArn}", "open").Replace(Definition("accounts/application.asl.json"))
	b.machine = expressMachine(b.t, b.Cloud, machines, definition)
}

// expressMachine makes a machine of a definition, and returns its ARN.
func expressMachine(t *testing.T, c *cloud.Cloud, machines *states.StepFunctions, definition string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Resources": map[string]any{"Machine": map[string]any{
		"Type":       "AWS::StepFunctions::StateMachine",
		"Properties": map[string]any{"StateMachineType": "EXPRESS", "DefinitionString": definition, "RoleArn": "arn:aws:iam::111122223333:role/r"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	template, err := cfn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, kind := range machines.Types() {
		types[kind.Name] = kind
	}
	stack := cfn.Stack{Name: "test", Site: c.Site, Template: template}
	created, err := stack.Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	return created.Handles["Machine"].Ref
}

// apply runs an execution, and returns its output, or its error.
func (b *bank) apply(input string) string {
	b.t.Helper()
	var d struct{ Output, Error string }
	if err := b.Do(b.t.Context(), b.Administrator(), "states", "StartSyncExecution", map[string]any{"stateMachineArn": b.machine, "input": input}, &d); err != nil {
		b.t.Fatal(err)
	}
	return d.Output + d.Error
}

var (
	sent = contract.Application{ApplicationID: "app-1", Name: "Jane \"{% $x %}\" 'Roe' \\ 😀\u2028",
		Address: contract.Address{Line1: "1 High St", Line2: "Flat 2", City: "Leeds", Region: "Yorkshire", PostalCode: "M1 1AE", Country: "GB"}}

	nameReason     = contract.Reason{Code: contract.NameRefused, Message: "it's \"no\" \\ {% $x %}\n😀"}
	addressReasons = []contract.Reason{{Code: contract.PostalCodeInvalid, Message: "b"}, {Code: contract.RegionUnknown, Message: "c"}}
)

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnApplicantWhoStandsBothChecksGetsAnAccount(t *testing.T) {
	inBank(t, func(t *testing.T, b *bank) {
		// Stored is what the checks have made of the application.
		stored := contract.Applicant{Name: "jane", Address: contract.Address{Line1: "1", City: "L", PostalCode: "P", Country: "GB"}}
		b.name = func(a contract.Application) (any, error) {
			if a != sent {
				t.Errorf("CheckName got %+v", a)
			}
			return contract.CheckedName{Name: stored.Name}, nil
		}
		b.address = func(a contract.Application) (any, error) {
			if a != sent {
				t.Errorf("CheckAddress got %+v", a)
			}
			return contract.CheckedAddress{Address: stored.Address}, nil
		}
		approve := b.approve
		b.approve = func(c contract.Checked) (any, error) {
			if want := (contract.Checked{Application: sent, Reasons: []contract.Reason{}, Applicant: stored}); !reflect.DeepEqual(c, want) {
				t.Errorf("ApproveApplication got %+v, want %+v", c, want)
			}
			return approve(c)
		}
		open := b.open
		b.open = func(d contract.Decided) (any, error) {
			if want := (contract.Decided{ApplicationID: "app-1", Decision: contract.Approved, Applicant: &stored}); !reflect.DeepEqual(d, want) {
				t.Errorf("OpenNewAccount got %+v, want %+v", d, want)
			}
			return open(d)
		}
		if got, want := b.apply(marshal(t, sent)), `{"applicationId":"app-1","decision":"APPROVED","accountNumber":"12345"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestAnApplicantIsToldTheReasonsOfBothChecks(t *testing.T) {
	for name, row := range map[string]struct {
		name, address []contract.Reason
	}{
		"the name's":    {[]contract.Reason{nameReason}, nil},
		"the address's": {nil, addressReasons},
		"one of each":   {[]contract.Reason{nameReason}, addressReasons[:1]},
		"all":           {[]contract.Reason{nameReason}, addressReasons},
	} {
		t.Run(name, func(t *testing.T) {
			inBank(t, func(t *testing.T, b *bank) {
				reject(b, row.name, row.address)
				want := contract.Result{ApplicationID: "app-1", Decision: contract.Rejected, Reasons: slices.Concat(row.name, row.address)}
				var got contract.Result
				if err := json.Unmarshal([]byte(b.apply(marshal(t, sent))), &got); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, %v, want %+v", got, err, want)
				}
				if b.calls["open"] != 0 || b.calls["name"] != 1 || b.calls["address"] != 1 {
					t.Errorf("calls %v: a rejection is no failure", b.calls)
				}
			})
		})
	}
}

// reject has the checks find reasons.
func reject(b *bank, name, address []contract.Reason) {
	if name != nil {
		b.name = func(contract.Application) (any, error) { return nil, contract.NameRejected{Reasons: name} }
	}
	if address != nil {
		b.address = func(contract.Application) (any, error) { return nil, contract.AddressRejected{Reasons: address} }
	}
}

// The decision that stands is the table's, whatever the checks find now.
func TestTheRecordedDecisionIsWhatCounts(t *testing.T) {
	inBank(t, func(t *testing.T, b *bank) {
		reject(b, []contract.Reason{nameReason}, nil)
		b.approve = func(c contract.Checked) (any, error) {
			return contract.Decided{ApplicationID: "app-1", Decision: contract.Approved, Applicant: &contract.Applicant{Name: "x"}}, nil
		}
		if got := b.apply(marshal(t, sent)); !strings.Contains(got, `"accountNumber":"12345"`) {
			t.Errorf("got %s", got)
		}
	})
}

// timesOf makes a function fail a number of times, and then work.
func timesOf[In any](n int, err error, handle func(In) (any, error)) func(In) (any, error) {
	return func(in In) (any, error) {
		if n--; n >= 0 {
			return nil, err
		}
		return handle(in)
	}
}

func TestASystemErrorIsRetriedInItsBranchAndIsNoRejection(t *testing.T) {
	inBank(t, func(t *testing.T, b *bank) {
		busy := cloud.Errorf(429, "TooManyRequestsException", "slow down")
		refuse(b, "name", 2, busy)
		refuse(b, "address", 1, cloud.Errorf(500, "ServiceException", "no"))
		b.approve = timesOf(2, error(failure(contract.ErrorServiceBusy)), b.approve)
		b.open = timesOf(2, error(failure(contract.ErrorServiceBusy)), b.open)
		if got := b.apply(marshal(t, sent)); !strings.Contains(got, `"accountNumber":"12345"`) {
			t.Errorf("got %s", got)
		}
		if want := map[string]int{"name": 1, "address": 1, "approve": 3, "open": 3}; !reflect.DeepEqual(b.calls, want) {
			t.Errorf("calls %v, want %v: each branch is retried by itself", b.calls, want)
		}
	})
}

// What may be otherwise the next time is retried in every task, as far as it can
// happen there.
func TestEveryTaskOfAnApplicationRetriesTheSameSystemErrors(t *testing.T) {
	system := []string{"Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
		"Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory", "Runtime.Unknown", "States.Timeout"}
	stored := append([]string{contract.ErrorServiceBusy}, system...)
	want := map[string][]string{"Check Name": system, "Check Address": system, "Approve Application": stored, "Open New Account": stored}
	got := map[string][]string{}
	parse(t, Definition("accounts/application.asl.json")).all(func(name string, s state) {
		for _, retry := range s.Retry {
			got[name] = append(got[name], retry.ErrorEquals...)
		}
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// refuse has the service refuse the first calls of a function.
func refuse(b *bank, function string, n int, err error) {
	previous := b.Fault
	var mu sync.Mutex
	b.Fault = func(ctx context.Context, call cloud.Call) error {
		mu.Lock()
		defer mu.Unlock()
		if call.Action == "Invoke" && about(call, function) {
			if n--; n >= 0 {
				return err
			}
		}
		if previous != nil {
			return previous(ctx, call)
		}
		return nil
	}
}

func TestAFailureThatLastsIsNotProcessedAndDecidesNothing(t *testing.T) {
	broken := errors.New("a bug") // whose type nothing retries
	away := failure(contract.ErrorServiceBusy)
	for name, row := range map[string]struct {
		change func(b *bank)
		calls  map[string]int // a branch may end before the other one has begun
	}{
		"a check": {func(b *bank) { b.name = timesOf(9, broken, b.name) }, map[string]int{"name": 1}},
		"a check, and the other rejects": {func(b *bank) {
			b.address = timesOf(9, broken, b.address)
			reject(b, []contract.Reason{nameReason}, nil)
		}, map[string]int{"address": 1}},
		"a rejection that nobody can read": {func(b *bank) { b.name = timesOf(9, error(NameRejected{}), b.name) }, map[string]int{"name": 1}},
		"the table of decisions":           {func(b *bank) { b.approve = timesOf(9, error(away), b.approve) }, map[string]int{"approve": 3}},
		"the decision's function":          {func(b *bank) { b.approve = timesOf(9, broken, b.approve) }, map[string]int{"approve": 1}},
		"the table of accounts":            {func(b *bank) { b.open = timesOf(9, error(away), b.open) }, map[string]int{"approve": 1, "open": 3}},
		"the account's function":           {func(b *bank) { b.open = timesOf(9, broken, b.open) }, map[string]int{"approve": 1, "open": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			inBank(t, func(t *testing.T, b *bank) {
				row.change(b)
				if got := b.apply(marshal(t, sent)); got != contract.ErrorApplicationNotProcessed {
					t.Errorf("got %s", got)
				}
				for _, function := range []string{"approve", "open"} {
					if b.calls[function] > row.calls[function] {
						t.Errorf("%s was called %d times", function, b.calls[function])
					}
				}
				for function, want := range row.calls {
					if b.calls[function] != want {
						t.Errorf("%s was called %d times, want %d", function, b.calls[function], want)
					}
				}
			})
		})
	}
}

// NameRejected is that of a team that has replaced a check, and does not keep to
// the form.
type NameRejected struct{}

func (NameRejected) Error() string { return "no" }

func TestConflictsAndWhatIsNoApplicationAreToldByName(t *testing.T) {
	inBank(t, func(t *testing.T, b *bank) {
		for _, input := range []string{`[]`, `"x"`, `12`, `{"name": 1}`, `{"name": ["Jane"]}`, `{"address": []}`, `{"address": {"city": {}}}`, `{"applicationId": {}}`} {
			if got := b.apply(input); got != contract.ErrorApplicationInvalid {
				t.Errorf("%s: got %s", input, got)
			}
		}
		b.approve = func(contract.Checked) (any, error) { return nil, contract.ApplicationInvalid{} }
		if got := b.apply(`{}`); got != contract.ErrorApplicationInvalid {
			t.Errorf("got %s", got)
		}
		b.approve = func(contract.Checked) (any, error) { return nil, contract.ApplicationConflict{} }
		if got := b.apply(marshal(t, sent)); got != contract.ErrorApplicationConflict || b.calls["open"] != 0 {
			t.Errorf("got %s, calls %v", got, b.calls)
		}
	})
}

// API Gateway waits for 29 seconds: whatever hangs, there is an answer by then.
func TestAnApplicationEndsBeforeAPIGatewayStopsWaiting(t *testing.T) {
	for _, function := range []string{"name", "address", "approve", "open"} {
		inBank(t, func(t *testing.T, b *bank) {
			calls := 0
			b.Fault = func(ctx context.Context, call cloud.Call) error {
				if call.Action != "Invoke" || !about(call, function) {
					return nil
				}
				calls++
				<-ctx.Done()
				return ctx.Err()
			}
			began := time.Now()
			got := b.apply(marshal(t, sent))
			if took := time.Since(began); got != contract.ErrorApplicationNotProcessed || took > 18*time.Second || calls != 3 {
				t.Errorf("%s hangs: got %s after %v and %d calls", function, got, took, calls)
			}
		})
	}
	if limit := parse(t, Definition("accounts/application.asl.json")).TimeoutSeconds; limit >= 29 {
		t.Errorf("an execution may take %d s", limit)
	}
}

// about reports whether a call invokes a function.
func about(call cloud.Call, function string) bool {
	return strings.Contains(string(call.Input), fmt.Sprintf(`"FunctionName":%q`, function))
}

package statemachines

// This file runs the invoices' machine against the engine's own table, with
// functions of the test's, under a virtual clock.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
)

var invoices = agreement{
	placeholders: []string{"SaveFunctionArn", "ProcessFunctionArn", "RegisterFunctionArn", "PayFunctionArn", "ArchiveFunctionArn",
		"ApprovalRequestFunctionArn", "ApprovalConcludeFunctionArn", "ApprovalTimeoutSeconds", "InvoicesTable"},
	attributes: map[string][]string{
		"Record Outcome: InvoicesTable Key": {contract.AttrVendorKey, contract.AttrNumberKey},
		"Record Outcome: InvoicesTable Expressions": {contract.AttrOutcome, contract.AttrReason, contract.AttrReference, contract.AttrDecidedBy,
			contract.AttrComment, contract.AttrSettledAt, contract.AttrOwner},
	},
	objects: map[string][]string{
		"Take Invoice: decision":   fields(contract.Decision{}),
		"Take Invoice: registered": {"owner"},
	},
	members: map[string][]string{
		"decision":              {"decision", "by", "comment", "timedOut"},
		"invoice":               {"index"},
		"outcome":               {"outcome", "reason", "reference"},
		"registered":            {"key", "owner", "payment", "question", "reason", "standing"},
		"states.input":          {"fileId", "analyzed", "invoices", "outcomes", "failed"},
		"states.result.Payload": {"document", "reason", "invoice", "reference"},
	},
	words: append(slices.Concat(fields(contract.Decision{}), fields(contract.Outcome{}), fields(contract.Registering{}), fields(contract.Archiving{})),
		string(contract.StandingPay), string(contract.StandingDuplicate), contract.Approved,
		string(contract.OutcomePaid), string(contract.OutcomeRefused), string(contract.OutcomeDuplicate), string(contract.OutcomeFailed),
		"string", "object", // JSONata's
	),
}

// payables is an account with the machine, its table, and functions that a test
// scripts.
type payables struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created

	mu         sync.Mutex
	save       contract.Saved
	process    contract.Processed
	register   func(contract.Registering) (contract.Registered, error)
	decide     func(approval.Asked) (*approval.Decision, error) // nil is nobody's
	conclude   approval.Decision
	concluding error
	pay        func(contract.Payment) (any, error)
	failures   map[string][]failure // of functions, before they do anything

	asked    []approval.Asked
	paid     []contract.Payment
	archived []contract.Archiving
}

const payablesTemplate = `{"Resources": {
	"Invoices": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "vendorKey", "AttributeType": "S"}, {"AttributeName": "numberKey", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "vendorKey", "KeyType": "HASH"}, {"AttributeName": "numberKey", "KeyType": "RANGE"}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s,
		"DefinitionSubstitutions": {"InvoicesTable": {"Ref": "Invoices"}, "SaveFunctionArn": "save", "ProcessFunctionArn": "process", "RegisterFunctionArn": "register",
			"PayFunctionArn": "pay", "ArchiveFunctionArn": "archive", "ApprovalRequestFunctionArn": "request", "ApprovalConcludeFunctionArn": "conclude",
			"ApprovalTimeoutSeconds": "86460"}}}}}`

// inPayables runs a test under a virtual clock. Without a script there is one
// invoice, which nobody has to look at.
func inPayables(t *testing.T, test func(t *testing.T, p *payables)) {
	synctest.Test(t, func(t *testing.T) {
		p := &payables{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t}
		defer p.Close()
		p.save = contract.Saved{Analyzed: true, Document: "s3://inbox/a.pdf"}
		p.process.Invoices = []contract.Invoice{{Index: 1, Vendor: "Acme", Number: "17", Total: contract.Amount{Value: "5.00", Currency: "EUR"}, Reasons: []contract.Reason{}}}
		p.register = func(r contract.Registering) (contract.Registered, error) {
			return p.registered(r, contract.StandingPay), nil
		}
		p.pay = func(payment contract.Payment) (any, error) {
			return contract.Paid{Reference: "order " + payment.Number}, nil
		}
		services := map[string]cloud.API{
			"dynamodb": dynamodb.New(p.Cloud, dynamodb.Options{}),
			"states":   newStates(t, p.Cloud),
			"lambda":   p.functions(),
		}
		types := map[string]cfn.Type{}
		for name, api := range services {
			p.Register(name, api)
			if definer, ok := api.(interface{ Types() []cfn.Type }); ok {
				for _, kind := range definer.Types() {
					types[kind.Name] = kind
				}
			}
		}
		definition, err := json.Marshal(Definition("invoices/invoice.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, payablesTemplate, definition))
		if err != nil {
			t.Fatal(err)
		}
		stack := cfn.Stack{Name: "test", Site: p.Site, Template: template}
		if p.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, p)
	})
}

// called makes a function of a Go one, whose input is of its own shape.
func called[In any](p *payables, function func(In) (any, error)) func(json.RawMessage) (any, error) {
	return func(payload json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(payload, &in); err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return function(in)
	}
}

func (p *payables) functions() functions {
	all := functions{
		"save":     called(p, func(contract.File) (any, error) { return p.save, nil }),
		"process":  called(p, func(contract.File) (any, error) { return p.process, nil }),
		"register": called(p, func(r contract.Registering) (any, error) { return p.register(r) }),
		"pay": called(p, func(payment contract.Payment) (any, error) {
			p.paid = append(p.paid, payment)
			return p.pay(payment)
		}),
		"archive": called(p, func(a contract.Archiving) (any, error) {
			p.archived = append(p.archived, a)
			failed := 0
			for _, outcome := range a.Outcomes {
				if outcome.Outcome == contract.OutcomeFailed {
					failed++
				}
			}
			return contract.Archived{FileID: a.FileID, Outcomes: a.Outcomes, Failed: failed}, nil
		}),
		"request": called(p, func(asked approval.Asked) (any, error) {
			p.asked = append(p.asked, asked)
			decision, err := p.decide(asked)
			if decision != nil {
				output, err := json.Marshal(decision)
				if err != nil {
					return nil, err
				}
				p.do("states", "SendTaskSuccess", map[string]string{"taskToken": asked.TaskToken, "output": string(output)}, nil)
			}
			return nil, err
		}),
		"conclude": called(p, func(approval.Concluded) (any, error) { return p.conclude, p.concluding }),
	}
	for name, function := range all {
		all[name] = func(payload json.RawMessage) (any, error) {
			if err := p.fails(name); err != nil {
				return nil, err
			}
			return function(payload)
		}
	}
	return all
}

// fails is what a function fails with this time.
func (p *payables) fails(function string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.failures[function]
	if len(left) == 0 {
		return nil
	}
	p.failures[function] = left[1:]
	return left[0]
}

// registered is what register answers, and has written.
func (p *payables) registered(r contract.Registering, standing contract.Standing) contract.Registered {
	key := contract.Key{Vendor: strings.ToLower(r.Invoice.Vendor), Number: r.Invoice.Number}
	owner := contract.Owner(r.FileID, r.Invoice.Index)
	p.do("dynamodb", "PutItem", map[string]any{"TableName": p.created.Handles["Invoices"].Ref, "Item": map[string]any{
		"vendorKey": map[string]string{"S": key.Vendor}, "numberKey": map[string]string{"S": key.Number}, "owner": map[string]string{"S": owner}}}, nil)
	return contract.Registered{Invoice: r.Invoice, Owner: owner, Key: key, Standing: standing, Reason: "It came before.",
		Payment: contract.Payment{PaymentID: "p" + key.Number, Number: key.Number, Total: r.Invoice.Total}, Question: contract.Question{Title: "Pay?", Details: "because"}}
}

func (p *payables) do(service, action string, in, out any) {
	p.t.Helper()
	if err := p.Do(p.t.Context(), p.Administrator(), service, action, in, out); err != nil {
		p.t.Fatalf("%s: %v", action, err)
	}
}

// run runs an execution to its end, and returns "error: cause" of one that
// failed.
func (p *payables) run() string {
	p.t.Helper()
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	p.do("states", "StartExecution", map[string]any{"stateMachineArn": p.created.Handles["Machine"].Ref, "name": "f1", "input": `{"fileId": "f1", "jobId": "j1"}`}, &started)
	for {
		var d struct{ Status, Output, Error, Cause string }
		p.do("states", "DescribeExecution", map[string]any{"executionArn": started.ExecutionArn}, &d)
		switch d.Status {
		case "SUCCEEDED":
			return ""
		case "RUNNING":
			time.Sleep(time.Minute)
			continue
		}
		return d.Error + ": " + d.Cause
	}
}

// outcomes are those that were archived, as "PAID order 17".
func (p *payables) outcomes() []string {
	p.t.Helper()
	if len(p.archived) != 1 || p.archived[0].FileID != "f1" {
		p.t.Fatalf("archived %+v", p.archived)
	}
	var all []string
	for _, outcome := range p.archived[0].Outcomes {
		all = append(all, strings.TrimSpace(string(outcome.Outcome)+" "+outcome.Reason+outcome.Reference))
	}
	return all
}

// row is what the table has of an invoice.
func (p *payables) row(number string) map[string]string {
	p.t.Helper()
	var got struct{ Item map[string]struct{ S string } }
	p.do("dynamodb", "GetItem", map[string]any{"TableName": p.created.Handles["Invoices"].Ref, "ConsistentRead": true,
		"Key": map[string]any{"vendorKey": map[string]string{"S": "acme"}, "numberKey": map[string]string{"S": number}}}, &got)
	row := map[string]string{}
	for name, value := range got.Item {
		row[name] = value.S
	}
	return row
}

func (p *payables) want(end string, outcomes ...string) {
	p.t.Helper()
	if got := p.run(); got != end {
		p.t.Errorf("it ended with %q, want %q", got, end)
	}
	if got := p.outcomes(); !slices.Equal(got, outcomes) {
		p.t.Errorf("outcomes %q, want %q", got, outcomes)
	}
}

func TestAnInvoiceThatNobodyHasToLookAtIsPaid(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.want("", "PAID order 17")
		row := p.row("17")
		if row["outcome"] != "PAID" || row["reference"] != "order 17" || row["reason"] != "" || row["settledAt"] == "" || len(p.asked) != 0 || len(p.paid) != 1 {
			t.Errorf("row %v, asked %v, paid %v", row, p.asked, p.paid)
		}
		if o := p.archived[0].Outcomes[0]; o.Decision != nil || o.Invoice == nil || o.Invoice.Vendor != "Acme" {
			t.Errorf("%+v", o)
		}
	})
}

func TestADuplicateIsNotPaidAndHasNoRowOfItsOwn(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.register = func(r contract.Registering) (contract.Registered, error) {
			return contract.Registered{Invoice: r.Invoice, Standing: contract.StandingDuplicate, Reason: "It came before."}, nil
		}
		p.want("", "DUPLICATE It came before.")
		if len(p.row("17")) != 0 || len(p.paid) != 0 {
			t.Errorf("row %v, paid %v", p.row("17"), p.paid)
		}
	})
}

// reviewed makes an invoice one that is paid when somebody has approved it.
func (p *payables) reviewed(decision *approval.Decision) {
	p.decide = func(approval.Asked) (*approval.Decision, error) { return decision, nil }
	p.register = func(r contract.Registering) (contract.Registered, error) {
		if r.Decision.Decision == "APPROVED" {
			r.Invoice.Number = "18" // corrected
			return p.registered(r, contract.StandingPay), nil
		}
		return p.registered(r, contract.StandingReview), nil
	}
}

func TestAReviewerDecides(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.reviewed(&approval.Decision{Decision: approval.Approved, By: "ann@example.com", At: "now", Comment: "number: 18"})
		p.want("", "PAID order 18")
		row := p.row("18")
		if row["decidedBy"] != "ann@example.com" || row["comment"] != "number: 18" || len(p.asked) != 1 || p.asked[0].Title != "Pay?" || p.asked[0].Details != "because" ||
			!strings.HasSuffix(p.asked[0].Name, ":f1/Ask Reviewer/1/1") {
			t.Errorf("row %v, asked %+v", row, p.asked)
		}
		if o := p.archived[0].Outcomes[0]; o.Decision == nil || o.Decision.By != "ann@example.com" || o.Invoice.Number != "18" {
			t.Errorf("%+v", o)
		}
	})
	inPayables(t, func(t *testing.T, p *payables) {
		p.reviewed(&approval.Decision{Decision: approval.Denied, By: "ann@example.com", Comment: "never ordered"})
		p.want("", "REFUSED Refused by ann@example.com: never ordered")
		if row := p.row("17"); row["outcome"] != "REFUSED" || row["decidedBy"] != "ann@example.com" || len(p.paid) != 0 {
			t.Errorf("row %v, paid %v", row, p.paid)
		}
	})
}

func TestWithoutADecisionInTimeAnInvoiceIsRefused(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.reviewed(nil)
		p.conclude = approval.Decision{Decision: approval.Denied, TimedOut: true, At: "now"}
		began := time.Now()
		p.want("", "REFUSED Nobody decided in time.")
		if waited := time.Since(began); waited < 24*time.Hour || waited > 25*time.Hour || len(p.asked) != 1 {
			t.Errorf("waited %v, asked %d times", waited, len(p.asked))
		}
	})
	inPayables(t, func(t *testing.T, p *payables) { // decided, but nobody has told
		p.reviewed(nil)
		p.conclude = approval.Decision{Decision: approval.Approved, By: "ann@example.com"}
		p.want("", "PAID order 18")
	})
}

func TestAReviewerIsAskedThreeTimesForWhatAnInvoiceLacks(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.decide = func(approval.Asked) (*approval.Decision, error) {
			return &approval.Decision{Decision: approval.Approved, By: "ann@example.com"}, nil
		}
		p.register = func(r contract.Registering) (contract.Registered, error) {
			return contract.Registered{Invoice: r.Invoice, Standing: contract.StandingReview, Question: contract.Question{Title: "?"}}, nil
		}
		p.want("", "REFUSED It was approved three times without what it lacks.")
		var names []string
		for _, asked := range p.asked {
			names = append(names, asked.Name[strings.Index(asked.Name, "/"):])
		}
		if !slices.Equal(names, []string{"/Ask Reviewer/1/1", "/Ask Reviewer/1/2", "/Ask Reviewer/1/3"}) || len(p.paid) != 0 {
			t.Errorf("asked %q, paid %v", names, p.paid)
		}
	})
}

// told is a reason by a function's error.
func told(name string) string {
	return fmt.Sprintf(`%s: {"errorMessage":"it failed by %s","errorType":"%s"}`, name, name, name)
}

func TestWhatFailsIsArchivedAsFailedAndFailsTheExecution(t *testing.T) {
	for name, row := range map[string]struct {
		script   func(*payables)
		cause    string
		recorded string
	}{
		"Textract has refused": {func(p *payables) { p.save = contract.Saved{Reason: "It is no PDF."} }, "It is no PDF.", ""},
		"there is no invoice": {func(p *payables) {
			p.process = contract.Processed{Invoices: []contract.Invoice{}, Reason: "There is none."}
		}, "There is none.", ""},
		"it is not registered": {func(p *payables) {
			p.register = func(contract.Registering) (contract.Registered, error) {
				return contract.Registered{}, failure("TableGone")
			}
		}, told("TableGone"), ""},
		"it is not paid": {func(p *payables) { p.pay = func(contract.Payment) (any, error) { return nil, failure("TableGone") } }, told("TableGone"), "FAILED"},
		"nobody can be asked": {func(p *payables) {
			p.reviewed(nil)
			p.decide = func(approval.Asked) (*approval.Decision, error) { return nil, failure("RequestInvalid") }
		}, told("RequestInvalid"), "FAILED"},
		"nobody can conclude": {func(p *payables) { p.reviewed(nil); p.concluding = failure("TableGone") }, told("TableGone"), "FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			inPayables(t, func(t *testing.T, p *payables) {
				row.script(p)
				p.want("InvoiceFailed: "+row.cause, "FAILED "+row.cause)
				if got := p.row("17")["outcome"]; got != row.recorded {
					t.Errorf("recorded as %q", got)
				}
			})
		})
	}
}

// What a team's own function answers is kept if it is a reference.
func TestAPaymentsReferenceIsATextOrNone(t *testing.T) {
	for _, row := range []struct {
		answer any
		want   string
	}{{map[string]any{"reference": "R1", "more": 1}, "PAID R1"}, {map[string]any{"reference": 5}, "PAID"}, {map[string]any{}, "PAID"}, {nil, "PAID"}, {"done", "PAID"}} {
		inPayables(t, func(t *testing.T, p *payables) {
			p.pay = func(contract.Payment) (any, error) { return row.answer, nil }
			p.want("", row.want)
		})
	}
}

// Busy services are waited out, and a process that died is started again.
func TestWhatPassesIsTriedAgain(t *testing.T) {
	for _, function := range []string{"save", "process", "register", "pay", "archive"} {
		t.Run(function, func(t *testing.T) {
			inPayables(t, func(t *testing.T, p *payables) {
				p.failures = map[string][]failure{function: {"ServiceBusy", "Runtime.ExitError", "ServiceBusy"}}
				p.want("", "PAID order 17")
				if len(p.failures[function]) > 0 || len(p.paid) != 1 {
					t.Errorf("paid %v; failures are left: %v", p.paid, p.failures)
				}
			})
		})
	}
}

// One invoice of a file neither waits for another's reviewer nor fails with it.
func TestInvoicesOfAFileAreIndependent(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		one := p.process.Invoices[0]
		for index, number := range map[int]string{2: "28", 3: "38"} {
			one.Index, one.Number = index, number
			p.process.Invoices = append(p.process.Invoices, one)
		}
		slices.SortFunc(p.process.Invoices, func(a, b contract.Invoice) int { return a.Index - b.Index })
		p.decide = func(approval.Asked) (*approval.Decision, error) { return nil, nil }
		p.conclude = approval.Decision{Decision: approval.Denied, TimedOut: true}
		p.register = func(r contract.Registering) (contract.Registered, error) {
			switch r.Invoice.Index {
			case 1:
				return p.registered(r, contract.StandingReview), nil
			case 2:
				return contract.Registered{}, failure("TableGone")
			}
			return p.registered(r, contract.StandingPay), nil
		}
		p.want("InvoiceFailed: "+told("TableGone"), "REFUSED Nobody decided in time.", "FAILED "+told("TableGone"), "PAID order 38")
	})
}

// A row that another file has taken over, after a failure, is that file's.
func TestARowThatIsAnothersIsLeftAlone(t *testing.T) {
	inPayables(t, func(t *testing.T, p *payables) {
		p.register = func(r contract.Registering) (contract.Registered, error) {
			registered := p.registered(r, contract.StandingPay)
			registered.Owner = "somebody else"
			return registered, nil
		}
		p.want("", "PAID order 17")
		if row := p.row("17"); row["outcome"] != "" {
			t.Errorf("row %v", row)
		}
	})
}

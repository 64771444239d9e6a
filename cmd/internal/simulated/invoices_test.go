package simulated

// This file proves invoices: each is paid once or has come to another end that
// somebody is told of, and nothing is paid that a reviewer did not approve.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tradepost-dev/tradepost/cmd/internal/invoices"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices/paper"
	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// bill is an invoice of one vendor's.
func bill(number, total string) paper.Invoice {
	return paper.Invoice{
		Language: paper.English, Layout: paper.Beside, Vendor: "Bolts Ltd", Street: "1 High Street", Town: "London W1", Customer: "Tradepost Ltd", Number: number,
		Date: "2026-11-27", Rows: []paper.Row{{Item: "Bolts", Quantity: "1", UnitPrice: total, Price: total}}, Total: total,
	}
}

// documents are what comes, by their names; two of them have one invoice.
var documents = sync.OnceValue(func() map[string][]byte {
	return map[string][]byte{
		"once.pdf":      paper.PDF(bill("ONCE-1", "£100.00")),
		"once more.pdf": paper.PDF(bill("once 1", "£100.00")),
		"pair.pdf":      paper.PDF(bill("LEFT-1", "£30.00"), bill("RIGHT-1", "£2,000.00")),
		"denied.pdf":    paper.PDF(bill("DENIED-1", "£3,000.00")),
		"late.pdf":      paper.PDF(bill("LATE-1", "£4,000.00")),
		"doubtful.pdf":  paper.PDF(bill("DOUBT-1", "£1,234")),
		"broken.pdf":    []byte("%PDF-1.7 and no more"),
	}
})

// numbers are those of the invoices in documents.
var numbers = map[string][]string{
	"once.pdf": {"ONCE1"}, "once more.pdf": {"ONCE1"}, "pair.pdf": {"LEFT1", "RIGHT1"}, "denied.pdf": {"DENIED1"}, "late.pdf": {"LATE1"}, "doubtful.pdf": {"DOUBT1"},
}

// paid are the payments that have to be ordered, by number, and no others.
var paid = map[string]string{"ONCE1": "100.00", "LEFT1": "30.00", "RIGHT1": "2000.00", "DOUBT1": "1234.00"}

// review is what a reviewer decides about an invoice.
func review(question string) (approval.Verdict, string, bool) {
	switch about := func(number string) bool { return strings.Contains(question, "invoice "+number+" of ") }; {
	case about("RIGHT-1"):
		return approval.Approved, "", true
	case about("DENIED-1"):
		return approval.Denied, "No such order.", true
	case about("DOUBT-1"):
		return approval.Approved, "total: 1234.00 GBP", true
	}
	return "", "", false
}

// Nobody hears of what register has done, and the file is settled as FAILED: the invoice is
// paid by its next file.
func TestAnInvoiceIsPaidThoughNobodyHasHeardOfItsRegistration(t *testing.T) {
	only(t, "invoices")
	o := office(0, 0)
	o.Faults = nil
	var unheard atomic.Bool
	const function = "github.com/tradepost-dev/tradepost/lambdas/invoices/register/bootstrap"
	register := o.Packages[function]
	o.Packages[function] = func(cfg aws.Config, env lambda.Environment) (any, error) {
		handler, err := register(cfg, env)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, in contract.Registering) (contract.Registered, error) {
			out, err := handler.(func(context.Context, contract.Registering) (contract.Registered, error))(ctx, in)
			if unheard.Load() {
				err = errors.New("nobody hears of it")
			}
			return out, err
		}, nil
	}
	o.Scenario = func(ctx context.Context, w *simulation.World) error {
		office, err := invoices.Connect(here(w, ""))
		if err != nil {
			return err
		}
		var ends []contract.OutcomeCode
		for _, name := range []string{"once.pdf", "once more.pdf", "once.pdf"} {
			unheard.Store(len(ends) == 0)
			id, err := office.Send(ctx, name, documents()[name])
			if err != nil {
				return err
			}
			outcomes, err := office.Settled(ctx, id)
			if err != nil {
				return err
			}
			ends = append(ends, outcomes[0].Outcome)
		}
		if want := []contract.OutcomeCode{contract.OutcomeFailed, contract.OutcomePaid, contract.OutcomeDuplicate}; !slices.Equal(ends, want) {
			t.Errorf("the three files of the invoice came to %v, not to %v", ends, want)
		}
		return nil
	}
	if r := simulation.Run(t, *first, o); r.Err != nil {
		t.Error(r.Story())
	}
}

// office is what happens to it, with so much time in which a reviewer
// decides, and for what nobody does.
func office(day, night time.Duration) simulation.Options {
	return simulation.Options{
		Assembly: assembly(), Packages: handlers.All(), Faults: without(simulation.Broken, simulation.Twice),
		Engine: local.Options{Stacks: []string{"Tradepost-Invoices-dev"}},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			o, err := invoices.Connect(here(w, ""))
			if err != nil {
				return err
			}
			notices, err := subscribe(ctx, o.Laptop, o.Notices)
			if err != nil {
				return err
			}
			sent := map[string]string{}
			for _, name := range slices.Sorted(maps.Keys(documents())) {
				if !w.Keep(name) {
					continue
				}
				if sent[name], err = o.Send(ctx, name, documents()[name]); err != nil {
					return err
				}
			}
			reviewer := &person{Laptop: o.Laptop, decide: review, clicked: map[string]bool{}}
			if err := reviewer.look(ctx, day); err != nil {
				return err
			}
			w.Wait(night)
			w.Calm()
			if err := workedUp(ctx, o, reviewer, day, sent); err != nil {
				return err
			}
			heard, err := notices.all(ctx)
			if err != nil {
				return err
			}
			left, err := undelivered(ctx, o.Laptop)
			if err == nil && len(left) > 0 {
				err = fmt.Errorf("there are messages left: %v", left)
			}
			return errors.Join(err, books{o, heard, sent}.balance(ctx))
		},
	}
}

func TestEveryInvoiceIsPaidOnceOrHasAnotherEndWhateverHappens(t *testing.T) {
	sample(t, "invoices", 1, office(2*time.Hour, 23*time.Hour))
}

// workedUp does what alarms ask for, until nothing is left to do: what failed for no
// fault of its own is sent again, and what was moved back may wait for a reviewer.
func workedUp(ctx context.Context, o *invoices.Office, reviewer *person, day time.Duration, sent map[string]string) error {
	for range 3 {
		if err := errors.Join(moveBack(ctx, o.Laptop), redrive(ctx, o.Laptop, o.Workflow, contract.ErrorInvoiceFailed)); err != nil {
			return err
		}
		if err := reviewer.look(ctx, day); err != nil {
			return err
		}
		left, err := deadLetters(ctx, o.Laptop) // that have come to be since
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			row, err := o.File(ctx, sent[name])
			if err != nil {
				return err
			}
			outcomes, err := outcomesOf(row)
			if err != nil {
				return err
			}
			failed := slices.ContainsFunc(outcomes, func(o contract.Outcome) bool { return o.Outcome == contract.OutcomeFailed })
			if len(outcomes) > 0 && (!failed || name == "broken.pdf") {
				continue
			}
			left = true
			if !failed {
				continue
			}
			if sent[name], err = o.Send(ctx, name, documents()[name]); err != nil {
				return err
			}
		}
		if !left {
			return nil
		}
		if err := reviewer.look(ctx, 25*time.Hour); err != nil {
			return err
		}
	}
	return errors.New("documents fail again and again, though nothing happens any more")
}

func outcomesOf(file map[string]types.AttributeValue) (outcomes []contract.Outcome, err error) {
	if text := attribute.String(file, contract.AttrOutcomes); text != "" {
		err = json.Unmarshal([]byte(text), &outcomes)
	}
	return outcomes, err
}

// books are what is looked through in the end.
type books struct {
	*invoices.Office
	heard letters           // notices
	sent  map[string]string // the file's id, of a document that was last sent
}

// balance wants each invoice to have come to the end that is meant for it, once, and
// tables, notices and archive to say the same of it.
func (b books) balance(ctx context.Context) error {
	files, err := b.Rows(ctx, b.Files)
	if err != nil {
		return err
	}
	var faults []error
	ends := map[string]map[contract.OutcomeCode]int{}
	owners := map[string]contract.Outcome{}
	for _, file := range files {
		id, key := attribute.String(file, contract.AttrFileID), attribute.String(file, contract.AttrKey)
		outcomes, err := outcomesOf(file)
		if err != nil || len(outcomes) == 0 || attribute.String(file, contract.AttrStatus) != string(contract.FileSettled) || file[contract.AttrOpen] != nil {
			faults = append(faults, fmt.Errorf("%s is not settled: %v", key, file))
			continue
		}
		for i, outcome := range outcomes {
			if outcome.Invoice == nil {
				continue
			}
			number := numberOf(outcome.Invoice.Number)
			if ends[number] == nil {
				ends[number] = map[contract.OutcomeCode]int{}
			}
			ends[number][outcome.Outcome]++
			owners[contract.Owner(id, i+1)] = outcome
		}
		faults = append(faults, b.told(ctx, id, outcomes))
	}
	for _, name := range slices.Sorted(maps.Keys(b.sent)) {
		id := b.sent[name]
		if !slices.ContainsFunc(files, func(file map[string]types.AttributeValue) bool {
			return attribute.String(file, contract.AttrFileID) == id
		}) {
			faults = append(faults, fmt.Errorf("%s was lost", name))
		}
	}
	for _, number := range slices.Sorted(maps.Keys(ends)) {
		want := contract.OutcomeRefused
		if paid[number] != "" {
			want = contract.OutcomePaid
		}
		if got := ends[number]; got[want] != 1 || got[contract.OutcomePaid]+got[contract.OutcomeRefused] != 1 {
			faults = append(faults, fmt.Errorf("of invoice %s became %v", number, got))
		}
	}
	if got, want := slices.Sorted(maps.Keys(ends)), b.numbers(); !slices.Equal(got, want) {
		faults = append(faults, fmt.Errorf("there are invoices %q, not %q", got, want))
	}
	return errors.Join(append(faults, b.ordered(ctx), b.registered(ctx, owners))...)
}

// numbers are those of the invoices that were sent.
func (b books) numbers() (all []string) {
	for name := range b.sent {
		all = append(all, numbers[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func numberOf(number string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(number))
}

// told wants notices and archive to say of a file what its row says.
func (b books) told(ctx context.Context, id string, outcomes []contract.Outcome) error {
	decision, err := b.Archived(ctx, id, contract.ArchivedDecision)
	if err != nil {
		return err
	}
	want, err := json.Marshal(outcomes)
	if err != nil {
		return err
	}
	notices := 0
	for _, text := range append(b.heard.with(`"fileId":"`+id+`"`), string(decision)) {
		var said contract.Archived
		if err := json.Unmarshal([]byte(text), &said); err != nil {
			return err
		}
		if got, err := json.Marshal(said.Outcomes); err != nil || string(got) != string(want) {
			return fmt.Errorf("file %s is said to have come to %s, not to %s", id, got, want)
		}
		notices++
	}
	if notices < 2 {
		return fmt.Errorf("nobody was told of file %s", id)
	}
	return nil
}

// ordered wants each payment once.
func (b books) ordered(ctx context.Context) error {
	payments, err := b.Rows(ctx, b.Payments)
	if err != nil {
		return err
	}
	var faults []error
	due := slices.DeleteFunc(b.numbers(), func(number string) bool { return paid[number] == "" })
	if len(payments) != len(due) {
		faults = append(faults, fmt.Errorf("%d payments are ordered, not %d", len(payments), len(due)))
	}
	for _, payment := range payments {
		number, total := numberOf(attribute.String(payment, contract.AttrNumber)), attribute.String(payment, contract.AttrTotal)
		if paid[number] != total {
			faults = append(faults, fmt.Errorf("%s is ordered to be paid for %s, not %q", total, number, paid[number]))
		}
	}
	return errors.Join(faults...)
}

// registered wants the row of each invoice to say what its file says.
func (b books) registered(ctx context.Context, owners map[string]contract.Outcome) error {
	rows, err := b.Rows(ctx, b.Invoices)
	if err != nil {
		return err
	}
	var faults []error
	for _, row := range rows {
		owner, got := attribute.String(row, contract.AttrOwner), attribute.String(row, contract.AttrOutcome)
		if want := owners[owner]; got != string(want.Outcome) || attribute.String(row, contract.AttrReference) != want.Reference {
			faults = append(faults, fmt.Errorf("the row of %s says %s, and its file %+v", attribute.String(row, contract.AttrNumber), got, want))
		}
	}
	if len(rows) != len(b.numbers()) {
		faults = append(faults, fmt.Errorf("%d invoices have a row", len(rows)))
	}
	return errors.Join(faults...)
}

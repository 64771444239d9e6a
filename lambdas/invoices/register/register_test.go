package register

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/internal/money"
)

type office struct {
	*dynamotest.Tables
	t *testing.T
}

func open(t *testing.T) office {
	t.Helper()
	o := office{dynamotest.Empty(t), t}
	o.Create("Invoices", contract.AttrVendorKey, contract.AttrNumberKey)
	o.Create("Files", contract.AttrFileID)
	return o
}

func (o office) handler() *Handler {
	return &Handler{DynamoDB: dynamotest.Consistent{Tables: o.Tables}, InvoicesTable: "Invoices", FilesTable: "Files", Reader: invoices.Reader{Money: money.Policy{Symbols: money.DefaultSymbols}}}
}

func (o office) register(in contract.Registering) contract.Registered {
	o.t.Helper()
	out, err := o.handler().Handle(o.t.Context(), in)
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// from is an invoice in a file, with reasons.
func from(file string, reasons ...contract.Code) contract.Registering {
	in := contract.Registering{FileID: file, Document: "s3://in/" + file + ".pdf", Invoice: contract.Invoice{
		Index: 1, Vendor: "Acme GmbH", Number: "RE 17", Date: "2026-11-27", Due: "", Total: contract.Amount{Value: "119.00", Currency: "EUR"}, Confidence: 98, Lines: 2,
	}}
	for _, code := range reasons {
		in.Invoice.Reasons = append(in.Invoice.Reasons, contract.Reason{Code: code, Text: "Because of " + string(code) + "."})
	}
	return in
}

func (in asked) approved(comment string) contract.Registering {
	in.Decision = contract.Decision{Decision: "APPROVED", By: "ann@example.com", Comment: comment}
	return contract.Registering(in)
}

// asked is an invoice that a reviewer was asked about.
type asked contract.Registering

// rows are owner, total and outcome by key.
func (o office) rows() map[string]string {
	rows := map[string]string{}
	for _, item := range o.All("Invoices") {
		rows[attribute.String(item, "vendorKey")+"/"+attribute.String(item, "numberKey")] = strings.TrimSpace(
			attribute.String(item, "owner") + " " + attribute.String(item, "total") + " " + attribute.String(item, "outcome"))
	}
	return rows
}

func (o office) want(rows ...string) {
	o.t.Helper()
	want := map[string]string{}
	for _, row := range rows {
		key, value, _ := strings.Cut(row, ": ")
		want[key] = value
	}
	if got := o.rows(); fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Errorf("rows %v, want %v", got, want)
	}
}

// conclude gives a row an outcome.
func (o office) conclude(key contract.Key, outcome contract.OutcomeCode) {
	o.t.Helper()
	for _, item := range o.All("Invoices") {
		if attribute.String(item, "vendorKey") == key.Vendor && attribute.String(item, "numberKey") == key.Number {
			item["outcome"] = attribute.Text(outcome)
			o.Put("Invoices", item)
		}
	}
}

func TestAnInvoiceIsOneRowAndPaidIfNobodyHasToLookAtIt(t *testing.T) {
	o := open(t)
	got := o.register(from("f1"))
	key := contract.Key{Vendor: "acmegmbh", Number: "re17"}
	want := contract.Payment{PaymentID: contract.PaymentID(key), FileID: "f1", Vendor: "Acme GmbH", Number: "RE 17", Total: contract.Amount{Value: "119.00", Currency: "EUR"}, Date: "2026-11-27"}
	if got.Standing != contract.StandingPay || got.Owner != "f1#1" || got.Key != key || got.Payment != want {
		t.Errorf("%+v", got)
	}
	o.want("acmegmbh/re17: f1#1 119.00")
	item := o.All("Invoices")[0]
	for name, want := range map[string]string{"vendor": "Acme GmbH", "number": "RE 17", "currency": "EUR", "date": "2026-11-27", "due": ""} {
		if attribute.String(item, name) != want {
			t.Errorf("%s is %q", name, attribute.String(item, name))
		}
	}
	if again := o.register(from("f1")); again.Standing != contract.StandingPay { // a retry
		t.Errorf("%+v", again)
	}
}

func TestTheSameInvoiceInAnotherFileIsADuplicate(t *testing.T) {
	o := open(t)
	o.register(from("f1"))
	scan := from("f2", contract.LowConfidence)
	scan.Invoice.Vendor, scan.Invoice.Number, scan.Invoice.Date = "ACME G.m.b.H.", "re-17", ""
	if got := o.register(scan); got.Standing != contract.StandingDuplicate || got.Owner != "" || got.Reason != "It came before, in file f1, and is in work." {
		t.Errorf("%+v", got)
	}
	second := from("f1")
	second.Invoice.Index = 2 // in the same file
	if got := o.register(second); got.Standing != contract.StandingDuplicate {
		t.Errorf("%+v", got)
	}
	key := contract.Key{Vendor: "acmegmbh", Number: "re17"}
	for _, outcome := range []contract.OutcomeCode{contract.OutcomePaid, contract.OutcomeRefused} {
		o.conclude(key, outcome)
		if got := o.register(from("f3")); got.Standing != contract.StandingDuplicate || !strings.HasSuffix(got.Reason, "is "+string(outcome)+".") {
			t.Errorf("%+v", got)
		}
	}
	o.want("acmegmbh/re17: f1#1 119.00 REFUSED")
}

func TestAFailedInvoiceGivesWayToItsNextFile(t *testing.T) {
	o := open(t)
	got := o.register(from("f1"))
	o.conclude(got.Key, contract.OutcomeFailed)
	if got := o.register(from("f2")); got.Standing != contract.StandingPay || got.Owner != "f2#1" {
		t.Errorf("%+v", got)
	}
	o.want("acmegmbh/re17: f2#1 119.00")
	if got := o.register(from("f3")); got.Standing != contract.StandingDuplicate {
		t.Errorf("%+v", got)
	}
}

// A registration that took effect, and of which the workflow never heard: the row has no
// outcome, and its file is settled all the same.
func TestARowThatWasLeftGivesWayToItsNextFileOnceItsOwnIsSettled(t *testing.T) {
	o := open(t)
	file := func(status contract.FileStatus) {
		o.Put("Files", map[string]types.AttributeValue{contract.AttrFileID: attribute.Text("f1"), contract.AttrStatus: attribute.Text(status)})
	}
	key := o.register(from("f1")).Key
	file(contract.FileProcessing)
	if got := o.register(from("f2")); got.Standing != contract.StandingDuplicate || got.Reason != "It came before, in file f1, and is in work." {
		t.Errorf("%+v", got)
	}
	file(contract.FileSettled)
	other := from("f2")
	other.Invoice.Total.Value = "120.00" // what was left is no conflict either
	if got := o.register(other); got.Standing != contract.StandingPay || got.Owner != "f2#1" {
		t.Errorf("%+v", got)
	}
	o.want("acmegmbh/re17: f2#1 120.00")
	o.conclude(key, contract.OutcomePaid)
	for _, own := range []string{"f1", "f3"} { // f1's comes late
		if got := o.register(from(own)); got.Standing != contract.StandingReview || got.Invoice.Reasons[0].Code != contract.Conflict {
			t.Errorf("%+v", got)
		}
	}
	o.want("acmegmbh/re17: f2#1 120.00 PAID")
}

func TestARowWhoseFileCannotBeReadIsAnError(t *testing.T) {
	o := open(t)
	o.register(from("f1"))
	h := o.handler()
	h.FilesTable = "of nobody"
	if _, err := h.Handle(t.Context(), from("f2")); err == nil || !strings.Contains(err.Error(), "read the row of file f1") {
		t.Errorf("error %v", err)
	}
}

func TestOfFilesThatTakeOverARowThatWasLeftOneDoes(t *testing.T) {
	o := open(t)
	o.register(from("f0"))
	o.Put("Files", map[string]types.AttributeValue{contract.AttrFileID: attribute.Text("f0"), contract.AttrStatus: attribute.Text(contract.FileSettled)})
	o.atOnce(30)
}

func TestOtherContentUnderTheNumberIsAConflict(t *testing.T) {
	for name, change := range map[string]func(*contract.Invoice){
		"another total":    func(i *contract.Invoice) { i.Total.Value = "119.01" },
		"another currency": func(i *contract.Invoice) { i.Total.Currency = "USD" },
		"another date":     func(i *contract.Invoice) { i.Date = "2026-11-28" },
		"an unknown total": func(i *contract.Invoice) { i.Total = contract.Amount{} },
	} {
		o := open(t)
		first := o.register(from("f1"))
		o.conclude(first.Key, contract.OutcomePaid)
		other := from("f2")
		change(&other.Invoice)
		got := o.register(other)
		if got.Standing != contract.StandingReview || got.Owner != "" || len(got.Invoice.Reasons) != 1 || got.Invoice.Reasons[0].Code != contract.Conflict ||
			got.Invoice.Reasons[0].Text != "The vendor has another invoice of this number: 119.00 EUR of 2026-11-27, which came in file f1 and is PAID." {
			t.Errorf("%s: %+v", name, got)
		}
		// Approved as it is, it is asked about again.
		other.Invoice = got.Invoice
		if again := o.register(asked(other).approved("pay it")); again.Standing != contract.StandingReview || len(again.Invoice.Reasons) != 1 {
			t.Errorf("%s: %+v", name, again)
		}
		// With its right number it is another invoice.
		fixed := o.register(asked(other).approved("number: RE 18\ntotal: 7.00 EUR"))
		if fixed.Standing != contract.StandingPay || fixed.Owner != "f2#1" || fixed.Payment.Total.Value != "7.00" || fixed.Payment.Number != "RE 18" {
			t.Errorf("%s: %+v", name, fixed)
		}
		o.want("acmegmbh/re17: f1#1 119.00 PAID", "acmegmbh/re18: f2#1 7.00")
	}
}

func TestAReviewerIsAskedAndWhatTheyApproveIsPaidIfItCanBe(t *testing.T) {
	for _, row := range []struct {
		name     string
		reasons  []contract.Code
		comment  string
		standing contract.Standing
		left     int
	}{
		{"a doubt", []contract.Code{contract.SumDiffers, contract.LowConfidence}, "", contract.StandingPay, 2},
		{"what cannot be paid", []contract.Code{contract.TotalAmbiguous}, "", contract.StandingReview, 1},
		{"what cannot be paid, corrected", []contract.Code{contract.TotalAmbiguous, contract.SumDiffers}, "total: 1234.00 EUR", contract.StandingPay, 1},
		{"a credit note", []contract.Code{contract.CreditNote}, "fine", contract.StandingReview, 1},
		{"a correction that is not understood", []contract.Code{contract.SumDiffers}, "total: 1,234 EUR", contract.StandingReview, 1},
	} {
		o := open(t)
		first := from("f1", row.reasons...)
		got := o.register(first)
		if got.Standing != contract.StandingReview || got.Question.Title == "" || got.Owner != "f1#1" {
			t.Errorf("%s: %+v", row.name, got)
		}
		first.Invoice = got.Invoice
		if got = o.register(asked(first).approved(row.comment)); got.Standing != row.standing || len(got.Invoice.Reasons) != row.left {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
	denied := from("f1", contract.SumDiffers)
	denied.Decision.Decision = "DENIED"
	if got := open(t).register(denied); got.Standing != contract.StandingReview {
		t.Errorf("%+v", got)
	}
}

func TestACorrectedInvoiceGivesItsFormerRowUp(t *testing.T) {
	o := open(t)
	first := from("f1", contract.SumDiffers)
	o.register(first)
	got := o.register(asked(first).approved("vendor: Bolt AG"))
	if got.Standing != contract.StandingPay || got.Key.Vendor != "boltag" || got.Payment.PaymentID != contract.PaymentID(got.Key) {
		t.Errorf("%+v", got)
	}
	o.want("boltag/re17: f1#1 119.00")
	// Corrected to one that was there before, it is a duplicate, and has no row.
	second := from("f2", contract.SumDiffers)
	o.register(second)
	if got := o.register(asked(second).approved("vendor: Bolt AG")); got.Standing != contract.StandingDuplicate {
		t.Errorf("%+v", got)
	}
	o.want("boltag/re17: f1#1 119.00")
	// A row that is another's is not given up.
	o.register(from("f3"))
	third := from("f4", contract.Conflict)
	o.register(asked(third).approved("number: 18"))
	o.want("boltag/re17: f1#1 119.00", "acmegmbh/re17: f3#1 119.00", "acmegmbh/18: f4#1 119.00")
}

func TestWithoutVendorOrNumberThereIsNoRowUntilTheyAreCorrected(t *testing.T) {
	o := open(t)
	in := from("f1", contract.NumberMissing)
	in.Invoice.Number = ""
	got := o.register(in)
	if got.Standing != contract.StandingReview || got.Owner != "" || !strings.HasPrefix(got.Question.Title, "Correct or refuse invoice ? of Acme GmbH") {
		t.Errorf("%+v", got)
	}
	o.want()
	if got = o.register(asked(in).approved("number: 18")); got.Standing != contract.StandingPay {
		t.Errorf("%+v", got)
	}
	o.want("acmegmbh/18: f1#1 119.00")
}

func TestTheQuestionSaysWhatToDecideAndWhy(t *testing.T) {
	in := from("f1", contract.SumDiffers, contract.AboveLimit)
	q := open(t).register(in).Question
	if q.Title != "Pay 119.00 EUR for invoice RE 17 of Acme GmbH?" {
		t.Errorf("title %q", q.Title)
	}
	for _, part := range []string{"To approve is to pay it", "- Because of SUM_DIFFERS. (SUM_DIFFERS)", "- Because of ABOVE_LIMIT.", "Total     119.00 EUR", "Due       not said", "Sure to   98.0 %",
		"s3://in/f1.pdf, invoice 1", "total: 1234.50 EUR"} {
		if !strings.Contains(q.Details, part) {
			t.Errorf("no %q in\n%s", part, q.Details)
		}
	}
	in.Invoice.Reasons = []contract.Reason{{Code: contract.TotalMissing}}
	in.Invoice.Total = contract.Amount{}
	in.Invoice.Vendor, in.Invoice.Number = strings.Repeat("ü", 250)+"\nevil", strings.Repeat("漢", 60)
	q = open(t).register(asked(in).approved("due: soon")).Question
	if n := utf8.RuneCountInString(q.Title); n > 200 || strings.Contains(q.Title, "\n") || !strings.HasPrefix(q.Title, "Correct or refuse invoice 漢") {
		t.Errorf("title of %d: %q", n, q.Title)
	}
	if !strings.Contains(q.Details, "The correction of the due was not understood") || !strings.Contains(q.Details, "It cannot be paid as it was read") {
		t.Error(q.Details)
	}
}

func TestOfManyFilesAtOnceOneIsPaid(t *testing.T) { open(t).atOnce(30) }

// atOnce registers an invoice in so many files, and wants it to be paid once.
func (o office) atOnce(files int) {
	o.t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	standings := map[contract.Standing]int{}
	for i := range files {
		group.Go(func() {
			got := o.register(from(fmt.Sprint("f", i+1)))
			mu.Lock()
			defer mu.Unlock()
			standings[got.Standing]++
		})
	}
	group.Wait()
	if standings[contract.StandingPay] != 1 || standings[contract.StandingDuplicate] != files-1 {
		o.t.Errorf("%v", standings)
	}
}

// scripted fails calls.
type scripted struct {
	office
	errs []error
}

func (s *scripted) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if len(s.errs) == 0 {
		return s.office.UpdateItem(ctx, in, options...)
	}
	err := s.errs[0]
	s.errs = s.errs[1:]
	return nil, err
}

func (s *scripted) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return nil, errors.New("denied")
}

func TestErrorsHaveNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			errs []error
			in   contract.Registering
			want string
		}{
			{[]error{&smithy.GenericAPIError{Code: "ThrottlingException"}}, from("f1"), "<nil>"},
			{[]error{errors.New("denied")}, from("f1"), "*patience.ServiceRefused"},
			{nil, asked(from("f1", contract.SumDiffers)).approved("number: 18"), "*patience.ServiceRefused"},
			{nil, asked(from("f1", contract.SumDiffers)).approved(""), "<nil>"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			h := open(t).handler()
			h.DynamoDB = &scripted{office: open(t), errs: row.errs}
			if _, err := h.Handle(ctx, row.in); fmt.Sprintf("%T", err) != row.want {
				t.Errorf("%T %v, want %s", err, err, row.want)
			}
			cancel()
		}
	})
}

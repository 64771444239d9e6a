package process

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/invoices"
	"github.com/tradepost-dev/tradepost/internal/money"
)

// bucket is one in memory.
type bucket map[string]string

func (b bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	content, ok := b[*in.Bucket+"/"+*in.Key]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "NoSuchKey"}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(content))}, nil
}

func (b bucket) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	content, err := io.ReadAll(in.Body)
	b[*in.Bucket+"/"+*in.Key] = string(content)
	return &s3.PutObjectOutput{}, err
}

// answer is Textract's, with so many invoices, each of some lines that are unsure.
func answer(t *testing.T, n, lines int) string {
	t.Helper()
	field := func(kind, text string, confidence float64) invoices.ExpenseField {
		return invoices.ExpenseField{Type: invoices.Typed{Text: kind, Confidence: 99}, ValueDetection: invoices.Detection{Text: text, Confidence: confidence}}
	}
	var a invoices.Analysis
	for i := range n {
		d := invoices.ExpenseDocument{ExpenseIndex: i + 1, SummaryFields: []invoices.ExpenseField{
			field("VENDOR_NAME", "Acme", 99), field("INVOICE_RECEIPT_ID", fmt.Sprint(100+i), 99), field("INVOICE_RECEIPT_DATE", "2026-11-27", 99), field("TOTAL", "5.00 EUR", 99),
		}, LineItemGroups: []invoices.LineItemGroup{{}}}
		for range lines {
			d.LineItemGroups[0].LineItems = append(d.LineItemGroups[0].LineItems, invoices.LineItem{LineItemExpenseFields: []invoices.ExpenseField{
				field("ITEM", strings.Repeat("ü", 200), 99), field("PRICE", "5.00", 50)}})
		}
		a.ExpenseDocuments = append(a.ExpenseDocuments, d)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func process(t *testing.T, b bucket) (contract.Processed, error) {
	t.Helper()
	h := &Handler{S3: b, Bucket: "kept", Reader: invoices.Reader{Money: money.Policy{Symbols: money.DefaultSymbols}, MinConfidence: 90}}
	return h.Handle(t.Context(), contract.File{FileID: "f1"})
}

func TestInvoicesAreReadAndKeptBesideTheAnswer(t *testing.T) {
	b := bucket{"kept/analysis/f1.json": answer(t, 2, 1)}
	got, err := process(t, b)
	if err != nil || len(got.Invoices) != 2 || got.Reason != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if i := got.Invoices[1]; i.Index != 2 || i.Vendor != "Acme" || i.Number != "101" || i.Total != (contract.Amount{Value: "5.00", Currency: "EUR"}) || i.Lines != 1 || i.Confidence != 50 {
		t.Errorf("%+v", i)
	}
	var kept []invoices.Invoice
	if err := json.Unmarshal([]byte(b["kept/reading/f1.json"]), &kept); err != nil || len(kept) != 2 || len(kept[0].Lines) != 1 || kept[0].Lines[0].Price.Value.String() != "5.00 EUR" {
		t.Errorf("%v, %s", err, b["kept/reading/f1.json"])
	}
}

func TestThereAreInvoicesOrAReasonWhyNot(t *testing.T) {
	for n, want := range map[int]string{
		0: "There is no invoice in the document.", contract.MaxInvoices: "",
		contract.MaxInvoices + 1: fmt.Sprintf("There are %d invoices in the document, more than %d: send them in several.", contract.MaxInvoices+1, contract.MaxInvoices),
	} {
		got, err := process(t, bucket{"kept/analysis/f1.json": answer(t, n, 0)})
		if err != nil || got.Reason != want || got.Invoices == nil || (len(got.Invoices) > 0) != (want == "") {
			t.Errorf("%d: %d, %q, %v", n, len(got.Invoices), got.Reason, err)
		}
	}
}

// The state machine hears of as much as it can hold, and first of all why
// something cannot be paid.
func TestWhatTheStateMachineHearsIsBounded(t *testing.T) {
	got, err := process(t, bucket{"kept/analysis/f1.json": answer(t, contract.MaxInvoices, 500)})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil || len(text) > 200<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if reasons := got.Invoices[0].Reasons; len(reasons) != maxReasons+1 || !strings.Contains(reasons[maxReasons].Text, "reasons more") {
		t.Errorf("%d reasons", len(reasons))
	}
	reasons := []contract.Reason{{Code: contract.SumDiffers}, {Code: contract.TotalMissing}}
	if got := brief(contract.Invoice{Reasons: reasons}).Reasons; got[0].Code != contract.TotalMissing || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func TestAnAnswerThatCannotBeReadIsAnErrorByName(t *testing.T) {
	for _, b := range []bucket{{}, {"kept/analysis/f1.json": "{"}} {
		if _, err := process(t, b); fmt.Sprintf("%T", err) != "*patience.ServiceRefused" {
			t.Errorf("%T %v", err, err)
		}
	}
}

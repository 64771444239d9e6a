package endtoend

// What becomes of invoices, judged from outside: by the documents that are sent,
// the mails that reviewers get, and the tables and the archive in the end.

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tradepost-dev/tradepost/cmd/internal/approver"
	"github.com/tradepost-dev/tradepost/cmd/internal/invoices/paper"
	"github.com/tradepost-dev/tradepost/internal/attribute"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// billOf is a sound invoice of a vendor and a number of the test's own.
func billOf(vendor, number string) paper.Invoice {
	return paper.Invoice{
		Language: paper.English, Layout: paper.Beside, Vendor: vendor, Street: "1 High Street", Town: "London W1", Customer: "Tradepost Ltd", Number: number,
		Date: "2026-11-27", Rows: []paper.Row{{Item: "Bolts", Quantity: "1", UnitPrice: "60.00", Price: "60.00"}, {Item: "Nuts", Quantity: "1", UnitPrice: "40.00", Price: "40.00"}},
		Total: "£100.00",
	}
}

func sendDocument(t *testing.T, name string, document []byte) (fileID string) {
	t.Helper()
	id, err := office.Send(deadline(t), name, document)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantOutcomes waits until a file is settled, and compares its outcomes.
func wantOutcomes(t *testing.T, fileID string, want ...contract.OutcomeCode) []contract.Outcome {
	t.Helper()
	outcomes, err := office.Settled(deadline(t), fileID)
	if err != nil {
		t.Fatal(err)
	}
	var got []contract.OutcomeCode
	for _, outcome := range outcomes {
		got = append(got, outcome.Outcome)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("outcomes %+v, want %v", outcomes, want)
	}
	return outcomes
}

// ofVendor are a table's rows of a vendor.
func ofVendor(t *testing.T, table, vendor string) []map[string]types.AttributeValue {
	t.Helper()
	rows, err := office.Rows(deadline(t), table)
	if err != nil {
		t.Fatal(err)
	}
	var found []map[string]types.AttributeValue
	for _, row := range rows {
		if attribute.String(row, contract.AttrVendor) == vendor {
			found = append(found, row)
		}
	}
	return found
}

func TestAnInvoiceIsPaidOnceHoweverOftenTextractTellsAndInHoweverManyFilesItComes(t *testing.T) {
	const vendor = "Once Only Ltd"
	file := paper.PDF(billOf(vendor, "O-1"))
	first := sendDocument(t, "once-1.pdf", file)
	wantOutcomes(t, first, contract.OutcomePaid)
	row, err := office.File(deadline(t), first)
	if err != nil {
		t.Fatal(err)
	}
	told := fmt.Sprintf(`{"Type": "Notification", "Message": "{\"JobId\":\"%s\",\"Status\":\"SUCCEEDED\",\"API\":\"StartExpenseAnalysis\",\"JobTag\":\"%s\"}"}`, attribute.String(row, contract.AttrJobID), first)
	for range 5 {
		if _, err := sqs.NewFromConfig(here.AWS()).SendMessage(deadline(t), &sqs.SendMessageInput{QueueUrl: &office.Completed, MessageBody: &told}); err != nil {
			t.Fatal(err)
		}
	}
	other := billOf("ONCE ONLY LTD.", "o 1")
	other.Layout = paper.Parties
	ids := []string{sendDocument(t, "once-2.pdf", file), sendDocument(t, "once-1.pdf", file), sendDocument(t, "once-3.pdf", paper.PDF(other))}
	for _, id := range ids {
		wantOutcomes(t, id, contract.OutcomeDuplicate)
	}
	if rows, payments := ofVendor(t, office.Invoices, vendor), ofVendor(t, office.Payments, vendor); len(rows) != 1 || len(payments) != 1 || attribute.String(payments[0], "total") != "100.00" {
		t.Errorf("rows %v, payments %v", rows, payments)
	}
	for _, name := range []string{contract.ArchivedName("inbox/once-1.pdf"), contract.ArchivedAnalysis, contract.ArchivedReading, contract.ArchivedDecision} {
		if content, err := office.Archived(deadline(t), first, name); err != nil || len(content) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatMayMeanTwoThingsIsAskedAboutAndPaidAsItIsCorrected(t *testing.T) {
	const vendor = "Doubtful Ltd"
	bill := billOf(vendor, "D-1")
	bill.Total = "£1,234"
	id := sendDocument(t, "doubtful.pdf", paper.PDF(bill))
	ctx := deadline(t)
	link, err := office.Asked(ctx, "invoice D-1 of "+vendor)
	if err != nil {
		t.Fatal(err)
	}
	if copied := wantOutcomes(t, sendDocument(t, "doubtful again.pdf", paper.PDF(bill)), contract.OutcomeDuplicate); copied[0].Reason != "It came before, in file "+id+", and is in work." {
		t.Errorf("of a copy that comes meanwhile %+v", copied)
	}
	if page, err := approver.Read(ctx, link); err != nil || !strings.Contains(page, "may be 1234 or 1.234 GBP") {
		t.Errorf("%v\n%s", err, page)
	}
	if err := approver.Decide(ctx, link, approval.Approved, "fine"); err != nil { // which says nothing
		t.Fatal(err)
	}
	again, err := office.Asked(ctx, "invoice D-1 of "+vendor, link)
	if err != nil {
		t.Fatal(err)
	}
	if err := approver.Decide(ctx, again, approval.Approved, "total: 1234.00 GBP"); err != nil {
		t.Fatal(err)
	}
	outcomes := wantOutcomes(t, id, contract.OutcomePaid)
	if payments := ofVendor(t, office.Payments, vendor); len(payments) != 1 || attribute.String(payments[0], "total") != "1234.00" || outcomes[0].Decision.By == "" {
		t.Errorf("payments %v, %+v", payments, outcomes)
	}
}

func TestTextractsThrottlingIsWaitedOut(t *testing.T) {
	var refused atomic.Int32
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Action == "StartExpenseAnalysis" && about(call, "throttled.pdf") && refused.Add(1) <= 4 {
			return cloud.Errorf(400, []string{"LimitExceededException", "ProvisionedThroughputExceededException"}[refused.Load()%2], "slower")
		}
		return nil
	})
	wantOutcomes(t, sendDocument(t, "throttled.pdf", paper.PDF(billOf("Throttled Ltd", "T-1"))), contract.OutcomePaid)
	if refused.Load() < 5 {
		t.Errorf("it was refused %d times", refused.Load())
	}
}

func TestWhatTextractCannotReadIsReportedAsFailed(t *testing.T) {
	failed := sum(t, here, "Tradepost/Invoices", contract.MetricFailed, contract.DimensionSystem, office.Stack+"/Invoices")
	outcomes := wantOutcomes(t, sendDocument(t, "broken.pdf", []byte("%PDF-1.7 and no more")), contract.OutcomeFailed)
	if !strings.Contains(outcomes[0].Reason, "Textract") {
		t.Errorf("%+v", outcomes)
	}
	eventually(t, "the failure is counted", func() bool {
		return sum(t, here, "Tradepost/Invoices", contract.MetricFailed, contract.DimensionSystem, office.Stack+"/Invoices") > failed
	})
}

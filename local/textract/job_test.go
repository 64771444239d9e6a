package textract_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awstextract "github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/textract"
	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
)

func TestAJobTellsItsTopicAndAnswersItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "bill.pdf", invoices(1))
		in := start("bill.pdf")
		in.JobTag = aws.String("march")
		job := e.begin(t, in)
		if out := e.get(t, job); out.JobStatus != types.JobStatusInProgress || out.ExpenseDocuments != nil {
			t.Errorf("a job that has just begun is %s with %d expenses", out.JobStatus, len(out.ExpenseDocuments))
		}
		time.Sleep(time.Second)
		synctest.Wait()

		told := e.publications()
		if len(told) != 1 || told[0].by != role+"/textract "+topic {
			t.Fatalf("published %+v", told)
		}
		type completion struct {
			JobId, Status, API, JobTag string
			Timestamp                  int64
			DocumentLocation           struct{ S3ObjectName, S3Bucket string }
		}
		want := completion{job, "SUCCEEDED", "StartExpenseAnalysis", "march", told[0].at.UnixMilli(), struct{ S3ObjectName, S3Bucket string }{"bill.pdf", "inbox"}}
		if got := decode[completion](t, told[0].message); got != want {
			t.Errorf("told %+v, want %+v", got, want)
		}

		out := e.get(t, job)
		if out.JobStatus != types.JobStatusSucceeded || *out.DocumentMetadata.Pages != 1 || len(out.ExpenseDocuments) != 1 || *out.AnalyzeExpenseModelVersion == "" {
			t.Fatalf("got %+v", out)
		}
		if got, want := summary(out.ExpenseDocuments[0]), "INVOICE_RECEIPT_ID=A-1 TOTAL=$12.50 VENDOR_NAME=Northwind Traders Ltd"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestPagesOfResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "bills.pdf", invoices(3))
		job := e.begin(t, start("bills.pdf"))
		time.Sleep(time.Second)
		synctest.Wait()
		var got []string
		in := &awstextract.GetExpenseAnalysisInput{JobId: &job, MaxResults: aws.Int32(2)}
		for {
			out, err := e.GetExpenseAnalysis(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range out.ExpenseDocuments {
				got = append(got, summary(d))
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		if len(got) != 3 || got[2][:22] != "INVOICE_RECEIPT_ID=A-3" {
			t.Errorf("got %q", got)
		}
	})
}

func TestAJobThatCannotReadItsDocumentFails(t *testing.T) {
	var partly pdftest.Document
	invoice(partly.Page(), "A-1")
	partly.Page().Picture()
	partly.Page().Picture()
	for _, row := range []struct {
		name   string
		body   []byte
		status types.JobStatus
		says   string
		told   string
	}{
		{"empty", nil, types.JobStatusFailed, "UnsupportedDocumentException", "FAILED"},
		{"a text", []byte("Invoice No: 1"), types.JobStatusFailed, "UnsupportedDocumentException", "FAILED"},
		{"a photo", []byte("\xff\xd8\xff\xe0rest"), types.JobStatusFailed, "this JPEG has no text layer", "FAILED"},
		{"a scan", scan(), types.JobStatusFailed, "page 1 has no text layer", "FAILED"},
		{"with a password", encrypted(), types.JobStatusFailed, "password", "FAILED"},
		{"broken", []byte("%PDF-1.7\nnothing"), types.JobStatusFailed, "BadDocumentException", "FAILED"},
		{"some pages are scans", partly.Bytes(), types.JobStatusPartialSuccess, "page 2 has no text layer", "SUCCEEDED"},
		{"a page with nothing on it", empty(), types.JobStatusSucceeded, "", "SUCCEEDED"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.put(t, row.name, row.body)
				job := e.begin(t, start(row.name))
				time.Sleep(time.Second)
				synctest.Wait()
				out := e.get(t, job)
				if out.JobStatus != row.status || !strings.Contains(aws.ToString(out.StatusMessage), row.says) {
					t.Errorf("the job is %s: %s; want %s: %s", out.JobStatus, aws.ToString(out.StatusMessage), row.status, row.says)
				}
				told := e.publications()
				if len(told) != 1 || !strings.Contains(told[0].message, `"Status":"`+row.told+`"`) {
					t.Errorf("told %+v, want %s", told, row.told)
				}
				if row.status == types.JobStatusPartialSuccess {
					if w := out.Warnings; len(w) != 1 || *w[0].ErrorCode != "NO_TEXT_LAYER" || !slices.Equal(w[0].Pages, []int32{2, 3}) || len(out.ExpenseDocuments) != 1 || *out.DocumentMetadata.Pages != 3 {
						t.Errorf("warned of %+v, %d expenses", w, len(out.ExpenseDocuments))
					}
				}
			})
		})
	}
}

func TestATopicThatCannotBeToldAtFirstIsToldLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "a.pdf", invoices(1))
		e.deaf = 3
		started := time.Now()
		e.begin(t, start("a.pdf"))
		time.Sleep(time.Minute)
		// A second of work, and three waits of 1, 2 and 4 seconds.
		if told := e.publications(); len(told) != 1 || told[0].at.Sub(started) != 8*time.Second {
			t.Errorf("told %+v", told)
		}
	})
}

// What a job holds is its object until it ends, and its result until there are
// too many.
func TestTheOldestResultsGoWhenThereAreTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngineWith(t, textract.Options{Keep: 4 << 10})
		e.put(t, "a.pdf", invoices(1))
		var jobs []string
		for range 10 {
			jobs = append(jobs, e.begin(t, start("a.pdf")))
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		if _, err := e.GetExpenseAnalysis(t.Context(), &awstextract.GetExpenseAnalysisInput{JobId: &jobs[0]}); code(err) != "InvalidJobIdException" {
			t.Errorf("the first job's result: %v", err)
		}
		if out := e.get(t, jobs[9]); len(out.ExpenseDocuments) != 1 {
			t.Errorf("the last job's result is gone: %+v", out)
		}
	})
}

func TestOperationsAreMeasured(t *testing.T) {
	e := newEngine(t)
	var meter meter
	e.Meter = &meter
	for _, body := range [][]byte{invoices(1), []byte("no PDF")} {
		_, _ = e.AnalyzeExpense(t.Context(), &awstextract.AnalyzeExpenseInput{Document: &types.Document{Bytes: body}})
	}
	for _, code := range []struct {
		status int
		code   string
	}{{400, "ProvisionedThroughputExceededException"}, {400, "ThrottlingException"}, {500, "InternalServerError"}} {
		e.Fault = func(context.Context, cloud.Call) error { return cloud.Errorf(code.status, code.code, "now") }
		_, _ = e.AnalyzeExpense(t.Context(), &awstextract.AnalyzeExpenseInput{Document: &types.Document{Bytes: []byte("x")}})
	}
	want := []string{
		"ResponseTime AnalyzeExpense", "SuccessfulRequestCount AnalyzeExpense", "ResponseTime AnalyzeExpense", "UserErrorCount AnalyzeExpense",
		"ThrottledCount AnalyzeExpense", "ThrottledCount AnalyzeExpense", "ServerErrorCount AnalyzeExpense",
	}
	if !slices.Equal(meter.names, want) {
		t.Errorf("got %q, want %q", meter.names, want)
	}
}

type meter struct{ names []string }

func (m *meter) Observe(d cloud.Datum) {
	m.names = append(m.names, d.Name+" "+d.Dimensions["Operation"])
}

package textract_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awstextract "github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"
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

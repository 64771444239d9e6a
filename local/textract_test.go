package local_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/textract"

	"github.com/tradepost-dev/tradepost/local"
)

// bill is a PDF as short as can be.
const bill = `%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 47>> stream
BT /F 12 Tf 50 700 Td (Total: 12.50 EUR) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
`

// machineReads lets a state machine start a job, of which a topic is told.
func machineReads(t *testing.T, shop *local.Engine) {
	buckets := s3.NewFromConfig(client(shop), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(output(t, shop, "Files")), Key: aws.String("bill.pdf"), Body: strings.NewReader(bill)})
	if err != nil {
		t.Fatal(err)
	}
	if got := receive(t, shop); got != `"bill.pdf"` {
		t.Fatalf("the upload was announced as %s", got)
	}
	status, result := runsTo(t, shop, "Reading", `{"key": "bill.pdf"}`)
	var started struct{ JobId string }
	if err := json.Unmarshal([]byte(result), &started); err != nil || status != "SUCCEEDED" {
		t.Fatalf("got %s %s", status, result)
	}
	var told struct{ JobId, Status string }
	if err := json.Unmarshal([]byte(receive(t, shop)), &told); err != nil || told.JobId != started.JobId || told.Status != "SUCCEEDED" {
		t.Fatalf("told %+v, %v", told, err)
	}
	got, err := textract.NewFromConfig(client(shop)).GetExpenseAnalysis(t.Context(), &textract.GetExpenseAnalysisInput{JobId: &started.JobId})
	if err != nil {
		t.Fatal(err)
	}
	total := got.ExpenseDocuments[0].SummaryFields[0]
	if *total.Type.Text != "TOTAL" || *total.ValueDetection.Text != "12.50 EUR" {
		t.Errorf("read %s %s", *total.Type.Text, *total.ValueDetection.Text)
	}
	if status, got := runsTo(t, shop, "Reading", `{"key": "none.pdf"}`); status != "SUCCEEDED" || got != `"Textract.InvalidS3ObjectException"` {
		t.Errorf("got %s %s of an object that is not there", status, got)
	}
}

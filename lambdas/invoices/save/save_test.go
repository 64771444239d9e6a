package save

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
)

type office struct {
	*dynamotest.Tables
	pages  map[string]*textract.GetExpenseAnalysisOutput // by token
	errs   []error
	stored map[string]string
}

func (o *office) GetExpenseAnalysis(_ context.Context, in *textract.GetExpenseAnalysisInput, _ ...func(*textract.Options)) (*textract.GetExpenseAnalysisOutput, error) {
	if len(o.errs) > 0 {
		err := o.errs[0]
		o.errs = o.errs[1:]
		return nil, err
	}
	if *in.JobId != "j1" {
		return nil, errors.New("another job")
	}
	return o.pages[aws.ToString(in.NextToken)], nil
}

func (o *office) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	o.stored[*in.Bucket+"/"+*in.Key] = string(body)
	return &s3.PutObjectOutput{}, err
}

func page(status types.JobStatus, next *string, vendors ...string) *textract.GetExpenseAnalysisOutput {
	out := &textract.GetExpenseAnalysisOutput{JobStatus: status, NextToken: next, AnalyzeExpenseModelVersion: aws.String("1.0")}
	for _, vendor := range vendors {
		out.ExpenseDocuments = append(out.ExpenseDocuments, types.ExpenseDocument{SummaryFields: []types.ExpenseField{{
			Type: &types.ExpenseType{Text: aws.String("VENDOR_NAME"), Confidence: aws.Float32(99.5)}, ValueDetection: &types.ExpenseDetection{Text: &vendor},
		}}})
	}
	return out
}

func open(t *testing.T) *office {
	o := &office{Tables: dynamotest.Empty(t), stored: map[string]string{}, pages: map[string]*textract.GetExpenseAnalysisOutput{"": page("SUCCEEDED", nil, "Acme")}}
	o.Create("Files", contract.AttrFileID)
	o.Put("Files", map[string]dynamotypes.AttributeValue{"fileId": attribute.Text("f1"), "bucket": attribute.Text("in"), "key": attribute.Text("inbox/a.pdf"),
		"status": attribute.Text(contract.FileAnalyzing), "open": attribute.Text("open"), "deadline": attribute.Number(5)})
	return o
}

func (o *office) save(t *testing.T, file contract.File) (contract.Saved, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	h := &Handler{Textract: o, S3: o, DynamoDB: o, FilesTable: "Files", Bucket: "kept", ReviewTime: 25 * time.Hour}
	return h.Handle(ctx, file)
}

var file = contract.File{FileID: "f1", JobID: "j1"}

func TestAllPagesAreSavedInOneObjectInAWSsForm(t *testing.T) {
	o := open(t)
	o.pages = map[string]*textract.GetExpenseAnalysisOutput{
		"": page("SUCCEEDED", aws.String("2"), "Acme", "Bolt"), "2": page("SUCCEEDED", aws.String("3"), "Coil"), "3": page("SUCCEEDED", nil),
	}
	got, err := o.save(t, file)
	if err != nil || got != (contract.Saved{Analyzed: true, Document: "s3://in/inbox/a.pdf"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	var saved struct {
		JobStatus        string
		ExpenseDocuments []struct {
			SummaryFields []struct {
				Type           struct{ Text string }
				ValueDetection struct{ Text string }
			}
		}
	}
	if err := json.Unmarshal([]byte(o.stored["kept/analysis/f1.json"]), &saved); err != nil || len(o.stored) != 1 {
		t.Fatalf("%v: %q", err, o.stored)
	}
	if len(saved.ExpenseDocuments) != 3 || saved.ExpenseDocuments[2].SummaryFields[0].ValueDetection.Text != "Coil" || saved.JobStatus != "SUCCEEDED" {
		t.Errorf("%+v", saved)
	}
	row := o.All("Files")[0]
	deadline, err := attribute.Int(row, "deadline")
	if err != nil || attribute.String(row, "status") != "PROCESSING" || attribute.String(row, "jobId") != "j1" || time.Until(time.Unix(deadline, 0).Add(-25*time.Hour)).Abs() > time.Minute {
		t.Errorf("row %v, %v", row, err)
	}
}

func TestWhatWasNotAnalyzedAsAWholeIsSaidToBeSo(t *testing.T) {
	failed := page("FAILED", nil)
	failed.StatusMessage = aws.String("INVALID_DOCUMENT")
	partly := page("PARTIAL_SUCCESS", nil, "Acme")
	partly.Warnings = []types.Warning{{ErrorCode: aws.String("PAGE_TOO_LARGE"), Pages: []int32{2, 3}}}
	gone := fmt.Errorf("operation error: %w", &types.InvalidJobIdException{})
	for _, row := range []struct {
		name   string
		file   contract.File
		page   *textract.GetExpenseAnalysisOutput
		err    error
		reason string
		stored int
	}{
		{"a failed job", file, failed, nil, "Textract's job ended as FAILED: INVALID_DOCUMENT", 1},
		{"one without a message", file, page("FAILED", nil), nil, "Textract's job ended as FAILED: it says no more", 1},
		{"one that succeeded in part", file, partly, nil, "Textract's job ended as PARTIAL_SUCCESS: PAGE_TOO_LARGE on pages [2 3]. ", 1},
		{"one that is forgotten", file, nil, gone, "Textract does not know the job j1: it forgets them after a week.", 0},
		{"none, for a document that is refused", contract.File{FileID: "f1", Refused: "no PDF"}, nil, errors.New("asked"), "no PDF", 0},
	} {
		o := open(t)
		if o.pages[""] = row.page; row.err != nil {
			o.errs = []error{row.err}
		}
		got, err := o.save(t, row.file)
		if err != nil || got.Analyzed || got.Reason != row.reason || got.Document != "s3://in/inbox/a.pdf" || len(o.stored) != row.stored {
			t.Errorf("%s: %+v, %v, %q", row.name, got, err, o.stored)
		}
	}
}

func TestBusyServicesAreWaitedOutAndOthersNamed(t *testing.T) {
	for _, row := range []struct {
		name string
		page types.JobStatus
		errs []error
		want string
	}{
		{"throttled", "SUCCEEDED", []error{&smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException"}}, "<nil>"},
		{"in progress", "IN_PROGRESS", nil, "*patience.ServiceBusy"},
		{"denied", "SUCCEEDED", []error{&smithy.GenericAPIError{Code: "AccessDeniedException"}}, "*patience.ServiceRefused"},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := open(t)
			o.pages[""], o.errs = page(row.page, nil), row.errs
			if _, err := o.save(t, file); fmt.Sprintf("%T", err) != row.want {
				t.Errorf("%s: %T %v", row.name, err, err)
			}
		})
	}
	if _, err := open(t).save(t, contract.File{FileID: "unknown", JobID: "j1"}); fmt.Sprintf("%T", err) != "*patience.ServiceRefused" {
		t.Errorf("%T %v", err, err)
	}
}

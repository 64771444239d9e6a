package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/dynamotest"
	"github.com/tradepost-dev/tradepost/internal/metrics"
)

type office struct {
	dynamotest.Consistent
	t       *testing.T
	objects map[string]string // by bucket and key, or CopySource
	notices []*sns.PublishInput
	noCopy  error
	noTell  error
	counted bytes.Buffer
}

func (o *office) CopyObject(_ context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	if o.noCopy != nil {
		return nil, o.noCopy
	}
	content, ok := o.objects[*in.CopySource]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: map[bool]string{true: "NoSuchVersion", false: "NoSuchKey"}[strings.Contains(*in.CopySource, "versionId")]}
	}
	o.objects[*in.Bucket+"/"+*in.Key] = content
	return &s3.CopyObjectOutput{}, nil
}

func (o *office) PutObject(_ context.Context, in *s3.PutObjectInput, _ ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	content, err := io.ReadAll(in.Body)
	o.objects[*in.Bucket+"/"+*in.Key] = string(content)
	return &s3.PutObjectOutput{}, err
}

func (o *office) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	o.notices = append(o.notices, in)
	return &sns.PublishOutput{}, o.noTell
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{Consistent: dynamotest.Consistent{Tables: dynamotest.Empty(t)}, t: t, objects: map[string]string{
		"in/inbox/%C3%BC%20a+b.pdf?versionId=v%2F1": "the document", "kept/analysis/f1.json": "the answer", "kept/reading/f1.json": "the reading",
	}}
	o.Create("Files", contract.AttrFileID)
	o.Put("Files", map[string]types.AttributeValue{"fileId": attribute.Text("f1"), "bucket": attribute.Text("in"), "key": attribute.Text("inbox/ü a+b.pdf"), "version": attribute.Text("v/1"),
		"status": attribute.Text(contract.FileProcessing), "open": attribute.Text("open"), "deadline": attribute.Number(5)})
	return o
}

func (o *office) archive(outcomes ...contract.Outcome) (contract.Archived, error) {
	h := &Handler{S3: o, DynamoDB: o, SNS: o, Metrics: &metrics.Emitter{Namespace: "n", Out: &o.counted}, FilesTable: "Files", Bucket: "kept", NoticesARN: "notices"}
	return h.Handle(o.t.Context(), contract.Archiving{FileID: "f1", Outcomes: outcomes})
}

var (
	paid   = contract.Outcome{Outcome: contract.OutcomePaid, Reference: "p1", Decision: &contract.Decision{Decision: "APPROVED", By: "ann@example.com"}}
	failed = contract.Outcome{Outcome: contract.OutcomeFailed, Reason: "no PDF"}
)

func TestDocumentAnswerReadingAndDecisionAreArchived(t *testing.T) {
	o := open(t)
	got, err := o.archive(paid)
	if err != nil || got.Archive != "archive/f1/" || got.Bucket != "in" || got.Key != "inbox/ü a+b.pdf" || got.Failed != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, want := range map[string]string{"original/ü a+b.pdf": "the document", "analysis.json": "the answer", "reading.json": "the reading"} {
		if o.objects["kept/archive/f1/"+name] != want {
			t.Errorf("%s is %q", name, o.objects["kept/archive/f1/"+name])
		}
	}
	var decision contract.Archived
	if err := json.Unmarshal([]byte(o.objects["kept/archive/f1/decision.json"]), &decision); err != nil || decision.Outcomes[0].Decision.By != "ann@example.com" || decision.Key != got.Key {
		t.Errorf("%+v, %v", decision, err)
	}
	row := o.All("Files")[0]
	if attribute.String(row, "status") != "SETTLED" || !strings.Contains(attribute.String(row, "outcomes"), `"reference":"p1"`) || attribute.String(row, "settledAt") == "" ||
		row["open"] != nil || row["deadline"] != nil {
		t.Errorf("row %v", row)
	}
	notice := o.notices[0]
	if len(o.notices) != 1 || *notice.TopicArn != "notices" || *notice.Subject != "Invoices: PAID" || *notice.MessageAttributes["outcomes"].StringValue != `["PAID"]` ||
		!strings.Contains(*notice.Message, `"fileId":"f1"`) {
		t.Errorf("notices %+v", o.notices)
	}
}

func TestWhatThereIsNotIsNotArchived(t *testing.T) {
	o := open(t)
	o.objects = map[string]string{}
	got, err := o.archive(failed)
	if err != nil || got.Failed != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if names := slices.Sorted(maps.Keys(o.objects)); !slices.Equal(names, []string{"kept/archive/f1/decision.json"}) {
		t.Errorf("%q", names)
	}
	o = open(t) // a bucket without versions
	row := o.All("Files")[0]
	delete(row, "version")
	o.Put("Files", row)
	o.objects["in/inbox/%C3%BC%20a+b.pdf"] = "the only one"
	if _, err := o.archive(failed); err != nil || o.objects["kept/archive/f1/original/ü a+b.pdf"] != "the only one" {
		t.Errorf("%v, %v", o.objects, err)
	}
}

// Every invoice is counted once, however often the file is archived: as received,
// and as what became of it.
func TestCountsComeOutEven(t *testing.T) {
	for _, row := range []struct {
		outcomes []contract.Outcome
		want     string
	}{
		{[]contract.Outcome{paid}, `"Duplicate":0,"Failed":0,"Paid":1,"Received":0,"Refused":0`},
		{[]contract.Outcome{failed}, `"Duplicate":0,"Failed":1,"Paid":0,"Received":0,"Refused":0`},
		{[]contract.Outcome{paid, {Outcome: contract.OutcomeDuplicate}, {Outcome: contract.OutcomeRefused}, {Outcome: contract.OutcomeRefused}, failed},
			`"Duplicate":1,"Failed":1,"Paid":1,"Received":4,"Refused":2`},
	} {
		o := open(t)
		for range 2 {
			if _, err := o.archive(row.outcomes...); err != nil {
				t.Fatal(err)
			}
		}
		if counted := o.counted.String(); strings.Count(counted, "\n") != 1 || !strings.Contains(counted, row.want) {
			t.Errorf("counted %s, want %s", counted, row.want)
		}
	}
}

func TestASubjectIsALineThatMailsMayHave(t *testing.T) {
	o := open(t)
	if _, err := o.archive(slices.Repeat([]contract.Outcome{paid}, 40)...); err != nil {
		t.Fatal(err)
	}
	if subject := *o.notices[0].Subject; subject != "Invoices: 40 in one file" {
		t.Errorf("%q", subject)
	}
}

func TestNothingIsSettledBeforeItIsArchivedAndTold(t *testing.T) {
	denied := errors.New("denied")
	for name, fail := range map[string]func(*office){"the copy": func(o *office) { o.noCopy = denied }, "the notice": func(o *office) { o.noTell = denied }} {
		o := open(t)
		fail(o)
		if _, err := o.archive(paid); fmt.Sprintf("%T", err) != "*patience.ServiceRefused" {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if row := o.All("Files")[0]; attribute.String(row, "status") != "PROCESSING" || o.counted.Len() != 0 {
			t.Errorf("%s: row %v, counted %s", name, row, o.counted.String())
		}
	}
	o := open(t)
	h := &Handler{S3: o, DynamoDB: o, SNS: o, FilesTable: "Files"}
	if _, err := h.Handle(t.Context(), contract.Archiving{FileID: "unknown"}); fmt.Sprintf("%T", err) != "*patience.ServiceRefused" || !strings.Contains(err.Error(), "it has no row") {
		t.Errorf("%T %v", err, err)
	}
}

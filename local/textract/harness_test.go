package textract_test

// This file is an engine with a bucket, a topic and a role, a real client, and
// documents.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awstextract "github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/textract"
	"github.com/tradepost-dev/tradepost/local/textract/internal/pdftest"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	topic = "arn:aws:sns:eu-west-1:111122223333:done"
	role  = "arn:aws:iam::111122223333:role/publisher"
)

// engine is also its own authorizer and its SNS.
type engine struct {
	*cloud.Cloud
	*awstextract.Client
	objects *s3.S3

	mu        sync.Mutex
	asked     []string // "caller action resource"
	refused   string   // a part of what is asked
	published []publication
	deaf      int // how many publications fail
}

type publication struct {
	by, message string
	at          time.Time
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	return newEngineWith(t, textract.Options{})
}

func newEngineWith(t *testing.T, o textract.Options) *engine {
	t.Helper()
	e := &engine{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})}
	t.Cleanup(e.Cloud.Close)
	e.objects = s3.New(e.Cloud, s3.Options{Dir: t.TempDir()})
	if err := e.objects.CreateBucket("inbox", s3.BucketOptions{Versioning: "Enabled"}); err != nil {
		t.Fatal(err)
	}
	o.Objects = e.objects
	e.Register("textract", textract.New(e.Cloud, o))
	e.Register("sns", cloud.Operations{"GetTopicAttributes": cloud.Handle(e.topicAttributes), "Publish": cloud.Handle(e.publish)})
	e.Authorizer = e

	var network pipes.Network
	here, err := network.Listen("textract")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: here, Config: &http.Server{Handler: wire.As(e.Cloud, cloud.Caller{ARN: "clerk"}, "textract", wire.Protocols{})}}
	server.Start()
	t.Cleanup(server.Close)
	e.Client = awstextract.New(awstextract.Options{
		BaseEndpoint: aws.String(server.URL), Region: e.Region, HTTPClient: network.Client(), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	return e
}

type topicARN struct{ TopicArn string }

func (e *engine) topicAttributes(_ context.Context, _ cloud.Caller, in topicARN) (any, error) {
	if in.TopicArn != topic {
		return nil, cloud.Errorf(404, "NotFound", "Topic does not exist")
	}
	return struct{}{}, nil
}

type publishInput struct{ TopicArn, Message string }

func (e *engine) publish(_ context.Context, caller cloud.Caller, in publishInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.deaf > 0 {
		e.deaf--
		return nil, cloud.Errorf(500, "InternalError", "not now")
	}
	e.published = append(e.published, publication{caller.ARN + " " + in.TopicArn, in.Message, time.Now()})
	return struct{ MessageId string }{"1"}, nil
}

func (e *engine) publications() []publication {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.published)
}

// Authorize implements cloud.Authorizer.
func (e *engine) Authorize(caller cloud.Caller, action, resource string) error {
	asked := caller.ARN + " " + action + " " + resource
	if service := caller.Context["iam:PassedToService"]; service != "" {
		asked += " to " + service
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, asked)
	if e.refused != "" && strings.Contains(asked, e.refused) {
		return cloud.Errorf(403, "AccessDeniedException", "%s", asked)
	}
	return nil
}

// Assume implements cloud.Authorizer.
func (e *engine) Assume(service cloud.Caller, role, session string) (cloud.Caller, error) {
	if err := e.Authorize(service, "sts:AssumeRole", role); err != nil {
		return cloud.Caller{}, err
	}
	return cloud.Caller{ARN: role + "/" + session, Role: role}, nil
}

func (e *engine) put(t *testing.T, key string, body []byte) (version string) {
	t.Helper()
	object, err := e.objects.As(e.Administrator(), s3.Origin{}).Put(t.Context(), s3.PutInput{Bucket: "inbox", Key: key, Body: bytes.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
	return object.VersionID
}

// start is the request to analyze an object.
func start(key string) *awstextract.StartExpenseAnalysisInput {
	return &awstextract.StartExpenseAnalysisInput{
		DocumentLocation:    &types.DocumentLocation{S3Object: &types.S3Object{Bucket: aws.String("inbox"), Name: aws.String(key)}},
		NotificationChannel: &types.NotificationChannel{RoleArn: aws.String(role), SNSTopicArn: aws.String(topic)},
	}
}

// begin starts a job.
func (e *engine) begin(t *testing.T, in *awstextract.StartExpenseAnalysisInput) string {
	t.Helper()
	out, err := e.StartExpenseAnalysis(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.JobId
}

func (e *engine) get(t *testing.T, job string) *awstextract.GetExpenseAnalysisOutput {
	t.Helper()
	out, err := e.GetExpenseAnalysis(t.Context(), &awstextract.GetExpenseAnalysisInput{JobId: &job})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// code is an error's code in the API, or "".
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// invoice writes a page with a number and a total.
func invoice(p *pdftest.Page, number string) {
	p.Text(50, 50, 18, "Northwind Traders Ltd").Text(50, 100, 10, "Invoice No: "+number)
	p.Text(50, 120, 10, "Description").Right(500, 120, 10, "Amount").Text(50, 135, 10, "Steel").Right(500, 135, 10, "12.50")
	p.Text(50, 200, 10, "Total").Right(500, 200, 10, "$12.50")
}

// invoices is a document of some pages with numbers from 1.
func invoices(pages int) []byte {
	var d pdftest.Document
	for n := range pages {
		invoice(d.Page(), "A-"+string(rune('1'+n)))
	}
	return d.Bytes()
}

// summary is the fields of an expense: "TOTAL=$12.50".
func summary(e types.ExpenseDocument) string {
	var fields []string
	for _, f := range e.SummaryFields {
		fields = append(fields, *f.Type.Text+"="+*f.ValueDetection.Text)
	}
	return strings.Join(fields, " ")
}

func decode[V any](t *testing.T, text string) V {
	t.Helper()
	var v V
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

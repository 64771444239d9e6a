package glue_test

// This file starts the service with a template's jobs, an S3 that has one script,
// and a real client.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/glue"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// prepare is a job as templates have it; more are further properties.
func prepare(more string) string {
	return `{"Type": "AWS::Glue::Job", "Properties": {"Name": "prepare", "Role": "preparer",
		"Command": {"Name": "glueetl", "ScriptLocation": "s3://scripts/prepare.py", "PythonVersion": "3"}` + more + `}}`
}

// responses are a mock configuration with the responses to startJobRun.
func responses(text string) string {
	return `{"StateMachines": {"aws-sdk:glue": {"TestCases": {"prepare": {"startJobRun": "Run"}}}}, "MockedResponses": {"Run": ` + text + `}}`
}

const success = `{"0-99": {"Return": {"JobRunState": "SUCCEEDED"}}}`

type engine struct {
	*cloud.Cloud
	glue    *glue.Glue
	created *cfn.Created

	mu      sync.Mutex
	events  []cloud.Event
	written []string
}

func (e *engine) Emit(event cloud.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
}

// told is the last event's detail.
func (e *engine) told() map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var detail map[string]string
	if n := len(e.events); n > 0 {
		_ = json.Unmarshal(e.events[n-1].Detail, &detail)
	}
	return detail
}

// inEngine runs a test under a virtual clock.
func inEngine(t *testing.T, job, mocks string, test func(t *testing.T, e *engine, client *awsglue.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e, err := newEngine(t, job, mocks)
		if err != nil {
			t.Fatal(err)
		}
		test(t, e, e.client(t, e.Administrator()))
	})
}

func newEngine(t *testing.T, job, mocks string) (*engine, error) {
	t.Helper()
	config, err := mock.Parse([]byte(mocks))
	if err != nil {
		t.Fatal(err)
	}
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	e := &engine{Cloud: c, glue: glue.New(c, glue.Options{Mocks: config})}
	c.Bus = e
	c.Register("glue", e.glue)
	c.Register("s3", cloud.Operations{"HeadObject": cloud.Handle(e.head), "PutObject": cloud.Handle(e.put)})
	template, err := cfn.Parse([]byte(`{"Resources": {"Prepare": ` + job + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, typ := range e.glue.Types() {
		types[typ.Name] = typ
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	if faults := stack.Check(types); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	e.created, err = stack.Create(t.Context(), types)
	return e, err
}

// head is S3's, of a bucket with one object.
func (e *engine) head(_ context.Context, caller cloud.Caller, in struct{ Bucket, Key string }) (struct{}, error) {
	if err := e.Authorize(caller, "s3:GetObject", "arn:aws:s3:::"+in.Bucket+"/"+in.Key); err != nil {
		return struct{}{}, err
	}
	if in.Bucket != "scripts" || in.Key != "prepare.py" {
		return struct{}{}, cloud.Errorf(404, "NotFound", "Not Found")
	}
	return struct{}{}, nil
}

// put is S3's.
func (e *engine) put(_ context.Context, caller cloud.Caller, in struct{ Bucket, Key, Body string }) (struct{}, error) {
	if err := e.Authorize(caller, "s3:PutObject", "arn:aws:s3:::"+in.Bucket+"/"+in.Key); err != nil {
		return struct{}{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.written = append(e.written, in.Bucket+"/"+in.Key+" "+in.Body)
	return struct{}{}, nil
}

// client is the AWS SDK's, over a connection that stands still with a virtual
// clock.
func (e *engine) client(t *testing.T, caller cloud.Caller) *awsglue.Client {
	t.Helper()
	var network pipes.Network
	here, err := network.Listen("glue")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: here, Config: &http.Server{Handler: wire.As(e.Cloud, caller, "glue", wire.Protocols{})}}
	server.Start()
	t.Cleanup(server.Close)
	return awsglue.New(awsglue.Options{
		BaseEndpoint: aws.String(server.URL),
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient:   network.Client(),
		Retryer:      aws.NopRetryer{},
	})
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

// start starts a run and returns its id.
func start(t *testing.T, client *awsglue.Client) string {
	t.Helper()
	out, err := client.StartJobRun(t.Context(), &awsglue.StartJobRunInput{JobName: aws.String("prepare")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.JobRunId
}

// run describes a run.
func run(t *testing.T, client *awsglue.Client, id string) *types.JobRun {
	t.Helper()
	out, err := client.GetJobRun(t.Context(), &awsglue.GetJobRunInput{JobName: aws.String("prepare"), RunId: aws.String(id)})
	if err != nil {
		t.Fatal(err)
	}
	return out.JobRun
}

// finish waits for a run's end and describes it.
func (e *engine) finish(t *testing.T, client *awsglue.Client, id string) *types.JobRun {
	t.Helper()
	if err := e.AwaitJob(t.Context(), "glue", id); err != nil {
		t.Fatal(err)
	}
	return run(t, client, id)
}

// allBut permits everything but one action on one resource.
type allBut struct{ action, resource string }

func (a allBut) Authorize(_ cloud.Caller, action, resource string) error {
	if action != a.action || resource != a.resource {
		return nil
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (allBut) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

// reader permits everything, but of S3's objects only one to be read.
type reader struct{ object string }

func (r reader) Authorize(_ cloud.Caller, action, resource string) error {
	if action != "s3:GetObject" || resource == r.object {
		return nil
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (reader) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

// only permits one action on one resource, and nothing else.
type only struct{ action, resource string }

func (o only) Authorize(_ cloud.Caller, action, resource string) error {
	if action == o.action && resource == o.resource {
		return nil
	}
	return cloud.Errorf(400, "AccessDeniedException", "%s on %s", action, resource)
}

func (o only) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

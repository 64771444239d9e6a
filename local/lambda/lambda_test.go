package lambda_test

// This file starts the engine's parts that the tests need, and builds the one
// handler that they run.

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/kinesis"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/sns"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

const account = "123456789012"

var code string // a folder with the tests' bootstrap

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bootstrap-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(folder, "bootstrap"), "./testdata/handler")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build the handler: %v\n%s", err, output))
	}
	code = folder
	return m.Run()
}

// engine is a cloud with the services that functions deal with.
type engine struct {
	*cloud.Cloud
	lambda *lambda.Lambda
	types  map[string]cfn.Type
	logs   string
	meter  *meter
}

type meter struct {
	mu   sync.Mutex
	sums map[string]float64 // by namespace and name
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(d.Dimensions) == 1 { // the function's own, without those of its aliases and of all functions
		m.sums[d.Namespace+" "+d.Name] += d.Value
	}
}

func (m *meter) sum(name string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sums[name]
}

func newEngine(t testing.TB, handlers map[string]lambda.Handler, settings ...func(*lambda.Limits)) *engine {
	t.Helper()
	return newEngineWith(t, func(o *lambda.Options) {
		o.Handlers = handlers
		for _, set := range settings {
			set(&o.Limits)
		}
	})
}

func newEngineWith(t testing.TB, set func(*lambda.Options)) *engine {
	t.Helper()
	c := cloud.New(cloud.Site{Account: account, Region: "eu-central-1"})
	t.Cleanup(c.Close)
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	meter := &meter{sums: map[string]float64{}}
	c.Meter = meter
	endpoint := func() string { return "http://127.0.0.1:4566" }
	logs := t.TempDir()
	options := lambda.Options{
		Code:     func(_ context.Context, _, key, version string) (lambda.Code, error) { return asset(t, key, version) },
		Logs:     logs,
		Endpoint: endpoint,
		Credentials: func(role, session string, _ func() *cloud.Cause) (string, string, string, error) {
			return "AKID-" + session, "secret", "token of " + role, nil
		},
	}
	set(&options)
	functions := lambda.New(c, options)
	queues := sqs.New(c, sqs.Options{Endpoint: endpoint})
	topics := sns.New(c, sns.Options{})
	streams := kinesis.New(c)
	tables := dynamodb.New(c, dynamodb.Options{})
	objects := s3.New(c, s3.Options{})
	c.Register("s3", objects)
	c.Register("kinesis", streams)
	c.Register("dynamodb", tables)
	c.Register("lambda", functions)
	c.Register("sqs", queues)
	c.Register("sns", topics)
	e := &engine{Cloud: c, lambda: functions, types: map[string]cfn.Type{}, logs: logs, meter: meter}
	for _, list := range [][]cfn.Type{identity.Types(), functions.Types(), queues.Types(), topics.Types(), streams.Types(), tables.Types(), objects.Types()} {
		for _, t := range list {
			e.types[t.Name] = t
		}
	}
	return e
}

// asset knows "code" and, in two versions of which the first is no zip file,
// "code.zip".
func asset(t testing.TB, key, version string) (lambda.Code, error) {
	switch key {
	case "code":
		return lambda.Code{Folder: code}, nil
	case "code.zip":
		if version == "1" {
			return lambda.Code{Zip: strings.NewReader("no zip"), Size: 6}, nil
		}
		content, err := os.ReadFile(zipped(t))
		return lambda.Code{Zip: bytes.NewReader(content), Size: int64(len(content))}, err
	case "empty":
		return lambda.Code{Folder: t.TempDir()}, nil
	}
	return lambda.Code{}, fmt.Errorf("no such asset")
}

func zipped(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "code.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Store}
	header.SetMode(0o755)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.Open(filepath.Join(code, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if _, err := io.Copy(entry, source); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// create makes a stack "app" of resources, as JSON members of Resources.
func (e *engine) create(resources string) (*cfn.Created, error) {
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		return nil, err
	}
	if faults := template.Check(e.types); len(faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	stack := cfn.Stack{Name: "app", Site: e.Site, Template: template}
	return stack.Create(context.Background(), e.types)
}

func (e *engine) mustCreate(t *testing.T, resources string) *cfn.Created {
	t.Helper()
	created, err := e.create(resources)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// role is a role that Lambda may assume, with the statements given.
func role(statements string) string {
	return `"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [` + statements + `]}}]}}`
}

const logStatement = `{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}`

// function is a function called "worker" with further properties.
func function(properties string) string {
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	return `"Worker": {"Type": "AWS::Lambda::Function", "Properties": {
		"FunctionName": "worker", "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": ["` + arch + `"],
		"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"S3Bucket": "assets", "S3Key": "code"}` + properties + `}}`
}

type invoked struct {
	StatusCode      int
	FunctionError   string
	ExecutedVersion string
	LogResult       []byte
	Payload         json.RawMessage
}

func (e *engine) invoke(t *testing.T, event string) invoked {
	t.Helper()
	out, err := e.tryInvoke(event)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (e *engine) tryInvoke(event string) (invoked, error) {
	var out invoked
	err := e.Do(context.Background(), e.Administrator(), "lambda", "Invoke", map[string]any{
		"FunctionName": "worker", "Payload": json.RawMessage(event), "LogType": "Tail",
	}, &out)
	return out, err
}

// functionError is the payload of a failed invocation.
type functionError struct {
	ErrorType    string
	ErrorMessage string
}

func (i invoked) functionError(t *testing.T) functionError {
	t.Helper()
	if i.FunctionError != "Unhandled" {
		t.Fatalf("FunctionError = %q, payload %s", i.FunctionError, i.Payload)
	}
	var e functionError
	decode(t, i.Payload, &e)
	return e
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
}

package lambda_test

// This file loads functions that cannot run here, and who may call the others.

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAFunctionThatCannotRunHereIsRefused(t *testing.T) {
	here := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	other := map[string]string{"amd64": "arm64", "arm64": "x86_64"}[runtime.GOARCH]
	for _, test := range []struct{ name, from, to, want string }{
		{"another runtime", `provided.al2023`, `python3.13`, "property Runtime"},
		{"another machine", `["` + here + `"]`, `["` + other + `"]`, "property Architectures: the function is for " + other},
		{"no such asset", `"code"`, `"nothing"`, "no such asset"},
		{"a version of the code that is no zip file", `"S3Key": "code"`, `"S3Key": "code.zip", "S3ObjectVersion": "1"`, "unpack code s3://assets/code.zip: zip: not a valid zip file"},
		{"no bootstrap", `"code"`, `"empty"`, "no file named bootstrap"},
		{"a role that Lambda may not assume", `{"Fn::GetAtt": ["Role", "Arn"]}`, `"arn:aws:iam::123456789012:role/nobody"`, "cannot be assumed by Lambda"},
		{"layers", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "Layers": ["x"]`, "property Layers is not supported"},
		{"inline code", `"S3Bucket": "assets", "S3Key": "code"`, `"ZipFile": "exports.handler = 1"`, "property Code.ZipFile is not supported"},
		{"a long timeout", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "Timeout": 901`, "it must be from 1 to 900"},
		{"little memory", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "MemorySize": 127`, "it must be from 128 to 10240"},
		{"much memory", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "MemorySize": 10241`, "it must be from 128 to 10240"},
		{"little storage", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "EphemeralStorage": {"Size": 511}`, "it must be from 512 to 10240"},
		{"much storage", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "EphemeralStorage": {"Size": 10241}`, "it must be from 512 to 10240"},
		{"dead letters in a bucket", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "DeadLetterConfig": {"TargetArn": "arn:aws:s3:::b"}`, "must be a queue or a topic, not of s3"},
		{"more than 4 KB of environment", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "Environment": {"Variables": {"A": "` + strings.Repeat("x", 4<<10+1-len(`{"A":""}`)) + `"}}`, "exceeded the 4KB limit"},
		{"a reserved variable", `"Handler": "bootstrap"`, `"Handler": "bootstrap", "Environment": {"Variables": {"AWS_REGION": "x"}}`, "Reserved keys used in this request: AWS_REGION"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, nil)
			_, err := e.create(role(logStatement) + "," + strings.Replace(function(""), test.from, test.to, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "Worker") {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestAServiceMayInvokeWhatAPermissionNamesItFor(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	e.mustCreate(t, role(logStatement)+","+function("")+`,
		"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["Worker", "Arn"]},
			"Principal": "events.amazonaws.com", "SourceArn": "arn:aws:events:eu-central-1:123456789012:rule/mine"}}`)
	for _, test := range []struct {
		principal, source string
		allowed           bool
	}{
		{"events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/mine", true},
		{"events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/other", false},
		{"s3.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/mine", false},
	} {
		caller := e.ServiceCaller(test.principal, test.source)
		err := e.Do(t.Context(), caller, "lambda", "Invoke", map[string]string{"FunctionName": "worker"}, nil)
		if (err == nil) != test.allowed || err != nil && cloud.AsError(err).Code != "AccessDeniedException" {
			t.Errorf("%s for %s: %v", test.principal, test.source, err)
		}
	}
}

func TestACallThatCannotBeMadeSaysWhy(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	e.mustCreate(t, role(logStatement)+","+function(""))
	for _, test := range []struct{ input, code string }{
		{`{"FunctionName": "nobody"}`, "ResourceNotFoundException"},
		{`{"FunctionName": "worker:live"}`, "ResourceNotFoundException"},
		{`{"FunctionName": "worker:live", "Qualifier": "other"}`, "InvalidParameterValueException"},
		{`{"FunctionName": "worker", "InvocationType": "Later"}`, "InvalidParameterValueException"},
		{`{"FunctionName": "worker", "ClientContext": "!"}`, "InvalidRequestContentException"},
	} {
		_, err := e.Call(t.Context(), e.Administrator(), "lambda", "Invoke", json.RawMessage(test.input))
		if err == nil || cloud.AsError(err).Code != test.code {
			t.Errorf("%s: %v, want %s", test.input, err, test.code)
		}
	}
	if _, err := e.Call(t.Context(), e.Administrator(), "lambda", "Invoke", json.RawMessage(fmt.Sprintf(`{"FunctionName": %q, "InvocationType": "DryRun"}`, "worker"))); err != nil {
		t.Errorf("dry run: %v", err)
	}
}

package lambda_test

// This file calls the service with the AWS SDK.

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tradepost-dev/tradepost/local/wire"
)

func newClient(t *testing.T, e *engine) *awssdk.Client {
	server := httptest.NewServer(wire.As(e.Cloud, e.Administrator(), "lambda", e.lambda.Protocols()))
	t.Cleanup(server.Close)
	return awssdk.New(awssdk.Options{
		BaseEndpoint:     aws.String(server.URL),
		Region:           "eu-central-1",
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

func TestTheSDKInvokesFunctions(t *testing.T) {
	e := newEngine(t, worker(func(in map[string]string) (string, error) {
		if in["fail"] != "" {
			return "", OutOfStock{}
		}
		return "got " + in["text"], nil
	}))
	e.mustCreate(t, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 5`))
	client := newClient(t, e)

	out, err := client.Invoke(t.Context(), &awssdk.InvokeInput{
		FunctionName: aws.String("arn:aws:lambda:eu-central-1:123456789012:function:worker"), Payload: []byte(`{"text":"it"}`), LogType: types.LogTypeTail,
	})
	if err != nil || string(out.Payload) != `"got it"` || out.StatusCode != 200 || out.FunctionError != nil || *out.ExecutedVersion != "$LATEST" || *out.LogResult == "" {
		t.Fatalf("%v %+v", err, out)
	}
	out, err = client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("worker"), Payload: []byte(`{"fail":"yes"}`)})
	if err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), "OutOfStock") {
		t.Errorf("%v %+v", err, out)
	}
	out, err = client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("worker"), InvocationType: types.InvocationTypeEvent})
	if err != nil || out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Errorf("%v %+v", err, out)
	}
	got, err := client.GetFunction(t.Context(), &awssdk.GetFunctionInput{FunctionName: aws.String("worker")})
	if err != nil || *got.Configuration.FunctionArn != "arn:aws:lambda:eu-central-1:123456789012:function:worker" || *got.Configuration.Timeout != 3 {
		t.Errorf("%v %+v", err, got)
	}
	list, err := client.ListFunctions(t.Context(), &awssdk.ListFunctionsInput{})
	if err != nil || len(list.Functions) != 1 {
		t.Errorf("%v %+v", err, list)
	}
}

func TestTheSDKSeesTypedErrors(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	e.mustCreate(t, role(logStatement)+","+function(`, "ReservedConcurrentExecutions": 0`))
	client := newClient(t, e)

	_, err := client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("nobody")})
	if notFound, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok || !strings.HasSuffix(notFound.ErrorMessage(), "function:nobody:$LATEST") {
		t.Errorf("unknown function: %v", err)
	}
	_, err = client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("worker")})
	if throttled, ok := errors.AsType[*types.TooManyRequestsException](err); !ok || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("throttled: %v", err)
	}
	_, err = client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("worker"), Payload: []byte(`{`)})
	if _, ok := errors.AsType[*types.InvalidRequestContentException](err); !ok {
		t.Errorf("not JSON: %v", err)
	}
}

package lambda_test

// This file is whose trace and whose id an invocation has.

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awssdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// So the client's log and the function's can be put together.
func TestAnInvocationHasTheIDThatItsCallersAnswerTells(t *testing.T) {
	ids := make(chan string, 1)
	e := newEngine(t, worker(func(ctx context.Context) {
		lc, _ := lambdacontext.FromContext(ctx)
		ids <- lc.AwsRequestID
	}))
	e.mustCreate(t, role(logStatement)+","+function(""))
	client := newClient(t, e)
	for _, kind := range []types.InvocationType{types.InvocationTypeRequestResponse, types.InvocationTypeEvent} {
		out, err := client.Invoke(t.Context(), &awssdk.InvokeInput{FunctionName: aws.String("worker"), InvocationType: kind})
		if err != nil {
			t.Fatal(err)
		}
		if told, _ := middleware.GetRequestIDMetadata(out.ResultMetadata); told != <-ids || len(told) != 36 {
			t.Errorf("%s: the client is told of %q", kind, told)
		}
	}
}

// What Lambda tells on behalf of an invocation is in the trace of who called it.
func TestAnInvocationIsInTheTraceOfItsCaller(t *testing.T) {
	const root = "1-3152b799-8954dae64eda91bc9a23a7e8"
	for _, row := range []struct{ name, caller, want string }{
		{"none", "", "Root=1-"},
		{"sampled", "Root=" + root + ";Parent=7fa8c0f79203be72;Sampled=1", "Root=" + root + ";Parent="},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, worker(func() error { return OutOfStock{} }))
				e.mustCreate(t, role(sendStatement)+queues+","+
					function(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}`)+eventInvokeConfig(`, "MaximumRetryAttempts": 0`))
				ctx := cloud.WithOrigin(t.Context(), cloud.Origin{Trace: row.caller})
				if err := e.Do(ctx, e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "worker", "InvocationType": "Event"}, nil); err != nil {
					t.Fatal(err)
				}
				sleep(time.Second)
				var out struct {
					Messages []struct{ Attributes map[string]string }
				}
				in := map[string]any{"QueueUrl": "http://127.0.0.1/" + account + "/failures", "MessageSystemAttributeNames": []string{"All"}}
				if err := e.Do(t.Context(), e.Administrator(), "sqs", "ReceiveMessage", in, &out); err != nil || len(out.Messages) != 1 {
					t.Fatalf("%v %+v", err, out)
				}
				if got := out.Messages[0].Attributes["AWSTraceHeader"]; !strings.HasPrefix(got, row.want) || strings.Count(got, ";") != 2 {
					t.Errorf("the dead letter is in the trace %q, want %q", got, row.want)
				}
			})
		})
	}
}

// What the function calls is in the trace, too, by its runtime's header.
func TestAProcessIsToldItsTrace(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, role(logStatement)+","+function(""))
	const trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8"
	var out invoked
	ctx := cloud.WithOrigin(t.Context(), cloud.Origin{Trace: trace})
	if err := e.Do(ctx, e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "worker", "Payload": map[string]string{"Do": "env"}}, &out); err != nil {
		t.Fatal(err)
	}
	if want := "_X_AMZN_TRACE_ID=" + trace; !strings.Contains(string(out.Payload), want) {
		t.Errorf("the environment is %s, want %s", out.Payload, want)
	}
}

// STS takes no name of one character for a session.
func TestTheSessionOfAFunctionOfOneLetterHasALongerName(t *testing.T) {
	e := newEngine(t, nil)
	e.mustCreate(t, strings.Replace(role(logStatement)+","+function(""), `"FunctionName": "worker"`, `"FunctionName": "w"`, 1))
	var out invoked
	if err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{"FunctionName": "w", "Payload": map[string]string{"Do": "env"}}, &out); err != nil {
		t.Fatal(err)
	}
	if want := `"AWS_ACCESS_KEY_ID=AKID-w@lambda_function"`; !strings.Contains(string(out.Payload), want) {
		t.Errorf("the environment is %s, want %s", out.Payload, want)
	}
}

package states

// Tests of integrations: what is called, and what the task's result is.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// echo answers with a fixed object and remembers what it was asked.
type echo struct {
	answer any
	asked  []map[string]any
}

func (e *echo) service(action string) fakeService {
	return fakeService{action: func(_ context.Context, input map[string]any) (any, error) {
		e.asked = append(e.asked, input)
		return e.answer, nil
	}}
}

func TestIntegrationsCallTheirServices(t *testing.T) {
	for _, row := range []struct {
		resource, service, action string
		parameters, request       string
		answer                    string
		result                    string // without the HTTP metadata
		metadata                  bool
	}{
		{"dynamodb:getItem", "dynamodb", "GetItem", `{"TableName":"t","Key":{"k":{"S":"1"}}}`, `{"TableName":"t","Key":{"k":{"S":"1"}}}`,
			`{"Item":{"k":{"S":"1"}}}`, `{"Item":{"k":{"S":"1"}}}`, true},
		{"sqs:sendMessage", "sqs", "SendMessage", `{"QueueUrl":"q","MessageBody":{"a":"<"}}`, `{"QueueUrl":"q","MessageBody":"{\"a\":\"<\"}"}`,
			`{"MessageId":"1"}`, `{"MessageId":"1"}`, true},
		{"sqs:sendMessage", "sqs", "SendMessage", `{"QueueUrl":"q","MessageBody":"as it is"}`, `{"QueueUrl":"q","MessageBody":"as it is"}`,
			`{"MessageId":"1"}`, `{"MessageId":"1"}`, true},
		{"sns:publish", "sns", "Publish", `{"TopicArn":"t","Message":[1]}`, `{"TopicArn":"t","Message":"[1]"}`, `{"MessageId":"1"}`, `{"MessageId":"1"}`, true},
		{"events:putEvents", "events", "PutEvents", `{"Entries":[{"Source":"s","Detail":{"x":1},"Resources":["r"]}]}`,
			`{"Entries":[{"Source":"s","Detail":"{\"x\":1}","Resources":["r","arn:aws:states:eu-central-1:123456789012:stateMachine:m","arn:aws:states:eu-central-1:123456789012:execution:m:n"]}]}`,
			`{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`, `{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`, false},
		{"apigateway:invoke", "execute-api", "Invoke", `{"ApiEndpoint":"a","Method":"GET"}`, `{"ApiEndpoint":"a","Method":"GET"}`,
			`{"StatusCode":200,"ResponseBody":{"x":1}}`, `{"StatusCode":200,"ResponseBody":{"x":1}}`, false},
		{"lambda:invoke", "lambda", "Invoke", `{"FunctionName":"f","Payload":{"x":1}}`, `{"FunctionName":"f","Payload":{"x":1},"InvocationType":"RequestResponse"}`,
			`{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":null}`, `{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":null}`, true},
		{"lambda:invoke", "lambda", "Invoke", `{"FunctionName":"f","Payload":"[0.0, \"x\"]"}`, `{"FunctionName":"f","Payload":[0.0,"x"],"InvocationType":"RequestResponse"}`,
			`{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":1}`, `{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":1}`, true},
		{"lambda:invoke", "lambda", "Invoke", `{"FunctionName":"f","Payload":null}`, `{"FunctionName":"f","Payload":{},"InvocationType":"RequestResponse"}`,
			`{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":1}`, `{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":1}`, true},
		{"aws-sdk:dynamodb:transactWriteItems", "dynamodb", "TransactWriteItems", `{"TransactItems":[]}`, `{"TransactItems":[]}`, `{}`, `{}`, false},
		{"aws-sdk:eventbridge:putEvents", "events", "PutEvents", `{"Entries":[]}`, `{"Entries":[]}`, `{"FailedEntryCount":1}`, `{"FailedEntryCount":1}`, false},
	} {
		t.Run(row.resource, func(t *testing.T) {
			e := &echo{}
			mustDecode(t, row.answer, &e.answer)
			inWorld(t, map[string]fakeService{row.service: e.service(row.action)}, func(t *testing.T, w *world) {
				m := w.create(fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::%s","Parameters":%s,"End":true}}}`, row.resource, row.parameters))
				x, err := m.now().start(context.Background(), startRequestBody{Name: "n"})
				if err != nil {
					t.Fatal(err)
				}
				<-x.done()
				o, _ := x.now()
				if o.status != statusSucceeded {
					t.Fatalf("%+v", o)
				}
				var request, result map[string]any
				mustDecode(t, row.request, &request)
				if !reflect.DeepEqual(e.asked[0], request) {
					t.Errorf("asked %v, want %v", e.asked[0], request)
				}
				mustDecode(t, o.output, &result)
				metadata, _ := result["SdkHttpMetadata"].(map[string]any)
				if (metadata["HttpStatusCode"] == 200.0) != row.metadata {
					t.Errorf("metadata %v", metadata)
				}
				delete(result, "SdkHttpMetadata")
				delete(result, "SdkResponseMetadata")
				var want map[string]any
				mustDecode(t, row.result, &want)
				if !reflect.DeepEqual(result, want) {
					t.Errorf("result %v, want %v", result, want)
				}
			})
		})
	}
}

func mustDecode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestAnswersThatAreFailures(t *testing.T) {
	for _, row := range []struct {
		name, resource, service, action, answer, error, cause string
	}{
		{"an API's 404", "apigateway:invoke", "execute-api", "Invoke", `{"StatusCode":404,"ResponseBody":{"message":"gone"}}`, "ApiGateway.404", `{"message":"gone"}`},
		{"an API's 503 in text", "apigateway:invoke", "execute-api", "Invoke", `{"StatusCode":503,"ResponseBody":"busy"}`, "ApiGateway.503", `busy`},
		{"a refused event", "events:putEvents", "events", "PutEvents", `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"MalformedDetail"}]}`,
			"EventBridge.FailedEntry", `{"Entries":[{"ErrorCode":"MalformedDetail"}],"FailedEntryCount":1}`},
		{"a function without an error type", "lambda:invoke", "lambda", "Invoke", `{"FunctionError":"Unhandled","Payload":{"errorMessage":"Task timed out after 3.00 seconds"}}`,
			"Lambda.Unknown", `The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"Task timed out after 3.00 seconds"}`},
		{"too large a result", "lambda:invoke", "lambda", "Invoke", `{"StatusCode":200,"Payload":"` + strings.Repeat("x", maxPayload) + `"}`,
			errDataLimitExceeded, "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &echo{}
			mustDecode(t, row.answer, &e.answer)
			inWorld(t, map[string]fakeService{row.service: e.service(row.action)}, func(t *testing.T, w *world) {
				_, o := w.run(fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::%s","Parameters":{"Entries":[{}]},"End":true}}}`, row.resource), `{}`)
				if o.error != row.error || o.cause != row.cause {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// tokenWorld has a queue whose messages carry task tokens.
func tokenWorld(t *testing.T, fields string, test func(t *testing.T, w *world, x *execution, token string)) {
	queue := &echo{answer: map[string]any{"MessageId": "1"}}
	inWorld(t, map[string]fakeService{"sqs": queue.service("SendMessage")}, func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken",` + fields + `
			"Parameters":{"QueueUrl":"q","MessageBody":{"token.$":"$$.Task.Token"}},"End":true}}}`)
		x := w.start(m, `{}`)
		synctest.Wait()
		var body struct{ Token string }
		mustDecode(t, queue.asked[0]["MessageBody"].(string), &body)
		test(t, w, x, body.Token)
	})
}

func TestATaskTokenSucceeds(t *testing.T) {
	tokenWorld(t, ``, func(t *testing.T, w *world, x *execution, token string) {
		time.Sleep(30 * 24 * time.Hour)
		w.mustCall("SendTaskSuccess", map[string]any{"taskToken": token, "output": `{"ok":true}`})
		<-x.done()
		if o, _ := x.now(); o.output != `{"ok":true}` {
			t.Errorf("%+v", o)
		}
		w.expectTypes(x, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded")
		_, err := w.call("SendTaskSuccess", map[string]any{"taskToken": token, "output": `1`})
		expectCode(t, err, "TaskTimedOut")
	})
}

func TestATaskTokenFails(t *testing.T) {
	tokenWorld(t, ``, func(t *testing.T, w *world, x *execution, token string) {
		w.mustCall("SendTaskFailure", map[string]any{"taskToken": token, "error": "E", "cause": "c"})
		<-x.done()
		if o, _ := x.now(); o.error != "E" || o.cause != "c" {
			t.Errorf("%+v", o)
		}
	})
}

func TestHeartbeatsKeepATaskAlive(t *testing.T) {
	tokenWorld(t, `"HeartbeatSeconds":15,`, func(t *testing.T, w *world, x *execution, token string) {
		start := time.Now()
		for range 3 {
			time.Sleep(9 * time.Second)
			w.mustCall("SendTaskHeartbeat", map[string]any{"taskToken": token})
		}
		<-x.done()
		o, _ := x.now()
		if took := time.Since(start); took != 42*time.Second || o.error != errTimeout {
			t.Errorf("after %v: %+v", took, o)
		}
	})
}

func TestTokensThatNobodyIssued(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		for action, request := range map[string]map[string]any{
			"SendTaskSuccess": {"taskToken": "made up", "output": "{}"}, "SendTaskFailure": {"taskToken": "made up"}, "SendTaskHeartbeat": {"taskToken": "made up"},
		} {
			_, err := w.call(action, request)
			expectCode(t, err, "InvalidToken")
		}
		_, err := w.call("SendTaskSuccess", map[string]any{"taskToken": "x", "output": "{"})
		expectCode(t, err, "InvalidToken")
		token := w.states.tokens.issue()
		w.states.tokens.open(token, "m")
		_, err = w.call("SendTaskSuccess", map[string]any{"taskToken": token, "output": "{"})
		expectCode(t, err, "InvalidOutput")
	})
}

func TestNestedExecutions(t *testing.T) {
	const child = `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":60,"Next":"S"},"S":{"Type":"Pass","Result":{"r":1},"End":true},"F":{"Type":"Fail","Error":"Inner"}}}`
	for _, row := range []struct {
		pattern, input string
		took           time.Duration
		want, error    string
	}{
		{"", `{"a":1}`, 0, `"ExecutionArn":"arn:aws:states:eu-central-1:123456789012:execution:child:c"`, ""},
		{".sync", `{"a":1}`, time.Minute, `"Input":"{\"a\":1}"`, ""},
		{".sync", `{"a":1}`, time.Minute, `"Output":"{\"r\":1}"`, ""},
		{".sync:2", `{"a":1}`, time.Minute, `"Output":{"r":1}`, ""},
		{".sync", `{"fail":1}`, 0, `"Error":"Inner"`, errTaskFailed},
	} {
		t.Run(row.pattern+row.want, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				m := w.createNamed("child", child, false)
				start := time.Now()
				_, o := w.run(fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution%s",
					"Parameters":{"StateMachineArn":%q,"Name":"c","Input.$":"$"},"End":true}}}`, row.pattern, m.arn), row.input)
				if took := time.Since(start); took != row.took || o.error != row.error || !strings.Contains(o.output+o.cause, row.want) {
					t.Errorf("after %v: %+v", took, o)
				}
			})
		})
	}
}

func TestStoppingAnExecutionStopsTheOneItWaitsFor(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		child := w.createNamed("child", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}`, false)
		parent := w.create(fmt.Sprintf(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
			"Parameters":{"StateMachineArn":%q,"Name":"c"},"End":true}}}`, child.arn))
		x := w.start(parent, `{}`)
		time.Sleep(time.Second)
		w.mustCall("StopExecution", map[string]any{"executionArn": x.arn})
		found, _ := child.executions.find("c")
		inner := found.live
		<-inner.done()
		if o, _ := inner.now(); o.status != statusAborted {
			t.Errorf("%+v", o)
		}
	})
}

// Recorded since executions can be redriven: what .sync tells of that.
func TestTheResultOfAnExecutionTellsOfItsRedrives(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		for definition, want := range map[string]string{
			passing: `[0,"NOT_REDRIVABLE","Execution is SUCCEEDED and cannot be redriven"]`,
			failing: `[0,"REDRIVABLE"]`,
		} {
			child := w.createNamed("child", definition, false)
			_, o := w.run(fmt.Sprintf(`{"QueryLanguage":"JSONata","StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync",
				"Arguments":{"StateMachineArn":%q},"Output":"{%% $states.result.[RedriveCount, RedriveStatus, RedriveStatusReason] %%}","Next":"E",
				"Catch":[{"ErrorEquals":["States.TaskFailed"],"Output":"{%% $parse($states.errorOutput.Cause).[RedriveCount, RedriveStatus, RedriveStatusReason] %%}","Next":"E"}]},
				"E":{"Type":"Succeed"}}}`, child.arn), `{}`)
			if o.output != want {
				t.Errorf("%+v, want %s", o, want)
			}
			w.mustCall("DeleteStateMachine", map[string]any{"stateMachineArn": child.arn})
			w.mustCall("DeleteStateMachine", map[string]any{"stateMachineArn": w.cloud.ARN("states", "stateMachine:m")})
		}
	})
}

func TestTasksActAsTheMachinesRole(t *testing.T) {
	inWorld(t, map[string]fakeService{"sqs": (&echo{answer: map[string]any{}}).service("SendMessage")}, func(t *testing.T, w *world) {
		var callers []cloud.Caller
		w.cloud.Authorizer = roles{}
		w.cloud.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Service == "sqs" {
				callers = append(callers, call.Caller)
			}
			return nil
		}
		_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},"End":true}}}`, `{}`)
		if o.status != statusSucceeded || len(callers) != 1 || callers[0].Role != "arn:aws:iam::123456789012:role/r" || callers[0].Service != "" {
			t.Errorf("%+v by %+v", o, callers)
		}
	})
}

// roles lets the states service assume any role, and allows what it may do.
type roles struct{}

func (roles) Authorize(cloud.Caller, string, string) error { return nil }

func (roles) Assume(service cloud.Caller, role, session string) (cloud.Caller, error) {
	if service.Service != "states.amazonaws.com" || session == "" {
		return cloud.Caller{}, fmt.Errorf("%s may not assume %s as %q", service.Service, role, session)
	}
	return cloud.Caller{ARN: role + "/" + session, Role: role}, nil
}

func TestAWaitingTaskThatCannotBeSubmitted(t *testing.T) {
	full := fakeService{"SendMessage": func(context.Context, map[string]any) (any, error) {
		return nil, cloud.Errorf(400, "OverLimit", "too many")
	}}
	inWorld(t, map[string]fakeService{"sqs": full}, func(t *testing.T, w *world) {
		x, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","Parameters":{"MessageBody.$":"$$.Task.Token"},"End":true}}}`, `{}`)
		w.expectTypes(x, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitFailed", "ExecutionFailed")
		if o.error != "SQS.OverLimitException" {
			t.Errorf("%+v", o)
		}
	})
}

func TestAServiceThatGivesUpOnItsOwnFailsTheTask(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return nil, context.Canceled }}), func(t *testing.T, w *world) {
		if _, o := w.run(taskWith(`"Comment":""`), `{}`); o.error != "Lambda.SdkClientException" {
			t.Errorf("%+v", o)
		}
	})
}

func TestATextPayloadThatIsNoJSONIsNotSent(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return nil, nil }}), func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":"{"},"End":true}}}`, `{}`)
		if o.error != "Lambda.InvalidRequestContentException" || !strings.HasPrefix(o.cause, "Could not parse request body into json: ") {
			t.Errorf("%+v", o)
		}
	})
}

// Recorded: the headers of Lambda's answers, of which others have fewer.
func TestAnInvocationTellsTheHeadersOfItsAnswer(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return "Hello", nil }}), func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"OutputPath":"$.SdkHttpMetadata.HttpHeaders","End":true}}}`, `{}`)
		var headers map[string]string
		mustDecode(t, o.output, &headers)
		names := slices.Sorted(maps.Keys(headers))
		if want := "Connection Content-Length Content-Type Date X-Amz-Executed-Version X-Amzn-Trace-Id x-amzn-Remapped-Content-Length x-amzn-RequestId"; strings.Join(names, " ") != want || headers["Content-Length"] != "7" {
			t.Errorf("headers %v", headers)
		}
	})
}

func TestAnInputThatIsNoJSONIsRefusedInAWSWords(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(passing)
		for input, want := range map[string]string{
			"":                   "Invalid execution input.",
			"not some JSON text": "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
		} {
			_, err := w.call("StartExecution", map[string]any{"stateMachineArn": m.arn, "input": input})
			if want = "InvalidExecutionInput: Invalid State Machine Execution Input: '" + want + "'"; err == nil || err.Error() != want {
				t.Errorf("%q: %v, want %s", input, err, want)
			}
		}
	})
}

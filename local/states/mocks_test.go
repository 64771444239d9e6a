package states

// Tests of mock configurations: the sample of the documentation, and what it says
// in words.

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/mock"
)

// sample is the mock configuration of the documentation, in another order.
const sample = `{
	"StateMachines": {"m": {"TestCases": {
		"HappyPath": {"LambdaState": "Success", "SQSState": "Sent"},
		"RetryPath": {"LambdaState": "Retry", "SQSState": "Sent"},
		"HybridPath": {"LambdaState": "Success"},
		"Short": {"LambdaState": "Broken"},
		"Slow": {"LambdaState": "Slow"}}}},
	"MockedResponses": {
		"Success": {"0": {"Return": {"StatusCode": 200, "Payload": {"body": "Hello"}}}},
		"Sent": {"0": {"Return": {"MessageId": "mocked"}}},
		"Broken": {"0": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "Lambda timed out."}}},
		"Slow": {"0": {"Throw": {"Error": "States.Timeout", "Cause": ""}}},
		"Retry": {
			"0": {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "Lambda resource is not ready."}},
			"1-2": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": "Lambda timed out."}},
			"3": {"Return": {"StatusCode": 200, "Payload": {"body": "at last"}}}}}}`

const sampleDefinition = `{"StartAt": "LambdaState", "States": {
	"LambdaState": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload.$": "$", "FunctionName": "f"},
		"Retry": [{"ErrorEquals": ["Lambda.ResourceNotReadyException", "Lambda.TimeoutException"], "MaxAttempts": 3}], "ResultPath": "$.lambda", "Next": "SQSState"},
	"SQSState": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "ResultPath": "$.sqs", "End": true}}}`

// inMockedWorld runs a test with the sample, and an SQS that remembers what it is
// asked. There is no Lambda.
func inMockedWorld(t *testing.T, test func(t *testing.T, w *world, queue *echo)) {
	queue := &echo{answer: map[string]any{"MessageId": "real"}}
	lambda := functions{}.service()
	inWorld(t, map[string]fakeService{"lambda": lambda, "sqs": queue.service("SendMessage")}, func(t *testing.T, w *world) {
		config, err := mock.Parse([]byte(sample))
		if err != nil {
			t.Fatal(err)
		}
		w.states.options.Mocks = config
		test(t, w, queue)
	})
}

// runCase runs an execution of a test case to its end.
func (w *world) runCase(m *machine, title string) (*execution, outcome) {
	w.t.Helper()
	answer := w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn + "#" + title, "input": `{}`})
	e, err := w.states.existing(answer["executionArn"].(string))
	if err != nil {
		w.t.Fatal(err)
	}
	if e.live == nil { // it ended before it was found, and is let go of: the next one may not
		return w.runCase(m, title)
	}
	<-e.live.done()
	o, _ := e.live.now()
	return e.live, o
}

func TestATestCaseAnswersForItsTasks(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, queue *echo) {
		m := w.create(sampleDefinition)
		for _, row := range []struct{ title, output, error, cause string }{
			{"HappyPath", `{"lambda":{"StatusCode":200,"Payload":{"body":"Hello"}},"sqs":{"MessageId":"mocked"}}`, "", ""},
			{"RetryPath", `{"lambda":{"StatusCode":200,"Payload":{"body":"at last"}},"sqs":{"MessageId":"mocked"}}`, "", ""},
			{"Short", "", errRuntime, "the mocked response Broken has nothing for call 1, counted from 0"},
			{"Slow", "", errTimeout, ""},
			{"HappyPath", `{"lambda":{"StatusCode":200,"Payload":{"body":"Hello"}},"sqs":{"MessageId":"mocked"}}`, "", ""}, // each execution counts anew
		} {
			_, o := w.runCase(m, row.title)
			if o.output != row.output || o.error != row.error || !strings.HasSuffix(o.cause, row.cause) {
				t.Errorf("%s: %+v", row.title, o)
			}
		}
		if len(queue.asked) != 0 {
			t.Errorf("a mocked task has called its service: %v", queue.asked)
		}
	})
}

func TestAMockedTaskIsInTheHistoryAsAnyOther(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, _ *echo) {
		m := w.create(sampleDefinition)
		e, _ := w.runCase(m, "HappyPath")
		w.expectTypes(e, "ExecutionStarted",
			"TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
			"TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded")
		e, _ = w.runCase(m, "Slow")
		w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskTimedOut", "ExecutionFailed")
	})
}

func TestAStateThatTheTestCaseDoesNotNameCallsItsService(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, queue *echo) {
		m := w.create(sampleDefinition)
		answer := w.mustCall("StartExecution", map[string]any{"stateMachineArn": m.arn + "#HybridPath", "input": `{}`})
		e, err := w.states.existing(answer["executionArn"].(string))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(queue.asked) != 1 {
			t.Fatalf("asked %v", queue.asked)
		}
		w.mustCall("SendTaskSuccess", map[string]any{"taskToken": queue.asked[0]["MessageBody"], "output": `"done"`})
		<-e.live.done()
		if o, _ := e.live.now(); !strings.HasSuffix(o.output, `"sqs":"done"}`) {
			t.Errorf("%+v", o)
		}
	})
}

func TestExecutionsWithoutATestCaseAreOfTheChosenOne(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, _ *echo) {
		w.states.options.TestCases = map[string]string{"m": "RetryPath"}
		m := w.create(sampleDefinition)
		if _, o := w.finish(m, `{}`); !strings.Contains(o.output, "at last") {
			t.Errorf("%+v", o)
		}
		if _, o := w.runCase(m, "HappyPath"); !strings.Contains(o.output, "Hello") {
			t.Errorf("the test case of the ARN does not win: %+v", o)
		}
	})
}

func TestAMachineIsMockedByItsLogicalIDToo(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, _ *echo) {
		m, err := w.states.create("app-Machine-1234", false, wish{text: sampleDefinition, role: "arn:aws:iam::123456789012:role/r"}, "m")
		if err != nil {
			t.Fatal(err)
		}
		if _, o := w.runCase(m, "HappyPath"); o.status != statusSucceeded {
			t.Errorf("%+v", o)
		}
		if names := w.states.Unmatched(); len(names) != 0 {
			t.Errorf("%q have no machine", names)
		}
	})
}

func TestTestCasesThatAreNotThereAreRefused(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, _ *echo) {
		w.states.options.TestCases = map[string]string{"other": "x"}
		if names := strings.Join(w.states.Unmatched(), " "); names != "m other" {
			t.Errorf("without machines %q are unmatched", names)
		}
		m := w.create(sampleDefinition)
		if names := strings.Join(w.states.Unmatched(), " "); names != "other" {
			t.Errorf("%q are unmatched", names)
		}
		_, err := w.call("StartExecution", map[string]any{"stateMachineArn": m.arn + "#Nobody", "input": `{}`})
		expectCode(t, err, "InvalidArn")
		_, err = w.call("StartExecution", map[string]any{"stateMachineArn": m.arn + "x#HappyPath", "input": `{}`})
		expectCode(t, err, "StateMachineDoesNotExist")
		if _, err := w.states.create("x", false, wish{text: sampleDefinition, role: "r"}, "other"); err == nil || !strings.Contains(err.Error(), `no test case "x"`) {
			t.Errorf("a chosen test case that is not there: %v", err)
		}
		if _, err := w.states.create("x", false, wish{text: `{"StartAt":"LambdaState","States":{"LambdaState":{"Type":"Pass","End":true}}}`, role: "r"}, "m"); err == nil || !strings.Contains(err.Error(), `"LambdaState", which is no Task, Parallel or Map state`) {
			t.Errorf("a state that is no task: %v", err)
		}
	})
}

func TestAnExpressMachineIsMocked(t *testing.T) {
	inMockedWorld(t, func(t *testing.T, w *world, _ *echo) {
		m := w.createNamed("m2", `{"StartAt":"LambdaState","States":{"LambdaState":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"SQSState"},
			"SQSState":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true}}}`, true)
		m.current.Load().mocked.cases = w.states.options.Mocks.Cases("m")
		answer := w.mustCall("StartSyncExecution", map[string]any{"stateMachineArn": m.arn + "#HappyPath", "input": `{}`})
		if answer["output"] != `{"MessageId":"mocked"}` {
			t.Errorf("%v", answer)
		}
	})
}

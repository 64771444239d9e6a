package lambda_test

// This file invokes asynchronously, under a virtual clock.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// attempts notes when a function was called, and by which request.
type attempts struct {
	started time.Time
	after   notes[time.Duration]
	ids     notes[string]
}

// note returns the number of the attempt.
func (a *attempts) note(ctx context.Context) int {
	lc, _ := lambdacontext.FromContext(ctx)
	a.ids.add(lc.AwsRequestID)
	return a.after.add(time.Since(a.started))
}

const queues = `,
	"Failures": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "failures"}},
	"Successes": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "successes"}}`

const sendStatement = `{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-central-1:123456789012:*"}`

func eventInvokeConfig(properties string) string {
	return `, "Config": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "Worker"}, "Qualifier": "$LATEST"` + properties + `}}`
}

const destinations = `, "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}, "OnSuccess": {"Destination": {"Fn::GetAtt": ["Successes", "Arn"]}}}`

func (e *engine) send(t *testing.T, event string) {
	t.Helper()
	var out invoked
	err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{
		"FunctionName": "worker", "InvocationType": "Event", "Payload": json.RawMessage(event),
	}, &out)
	if err != nil || out.StatusCode != 202 || out.Payload != nil {
		t.Fatalf("%v %+v", err, out)
	}
}

type queueMessage struct {
	Body              string
	MessageAttributes map[string]struct{ DataType, StringValue string }
}

func (e *engine) receive(t *testing.T, queue string) []queueMessage {
	t.Helper()
	var out struct{ Messages []queueMessage }
	err := e.Do(t.Context(), e.Administrator(), "sqs", "ReceiveMessage", map[string]any{
		"QueueUrl": "http://127.0.0.1/" + account + "/" + queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": []string{"All"},
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

type destinationRecord struct {
	Version        string
	RequestContext struct {
		RequestID, FunctionArn, Condition string
		ApproximateInvokeCount            int
	}
	RequestPayload  map[string]string
	ResponseContext struct {
		StatusCode                     int
		ExecutedVersion, FunctionError string
	}
	ResponsePayload json.RawMessage
}

func TestAFailedEventIsTriedAgainAfterOneAndTwoMinutesAndThenSentToItsDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attempts{started: time.Now()}
		e := newEngine(t, worker(func(ctx context.Context) error { a.note(ctx); return OutOfStock{} }))
		e.mustCreate(t, role(sendStatement)+","+function("")+queues+eventInvokeConfig(destinations))
		e.send(t, `{"order":"7"}`)
		sleep(time.Hour)
		if want := []time.Duration{0, time.Minute, 3 * time.Minute}; !slices.Equal(a.after.all(), want) {
			t.Errorf("attempts after %v, want %v", a.after.all(), want)
		}
		if len(slices.Compact(a.ids.all())) != 1 {
			t.Errorf("request ids %v", a.ids.all())
		}
		messages := e.receive(t, "failures")
		if len(messages) != 1 {
			t.Fatalf("%d messages", len(messages))
		}
		var got destinationRecord
		decode(t, []byte(messages[0].Body), &got)
		c := got.RequestContext
		if got.Version != "1.0" || c.RequestID != a.ids.all()[0] || c.Condition != "RetriesExhausted" || c.ApproximateInvokeCount != 3 ||
			!strings.HasSuffix(c.FunctionArn, ":function:worker:$LATEST") || got.RequestPayload["order"] != "7" ||
			got.ResponseContext.FunctionError != "Unhandled" || got.ResponseContext.ExecutedVersion != "$LATEST" || !strings.Contains(string(got.ResponsePayload), "OutOfStock") {
			t.Errorf("record %s", messages[0].Body)
		}
		if n := len(e.receive(t, "successes")); n != 0 {
			t.Errorf("%d successes", n)
		}
	})
}

func TestAnEventThatSucceedsAtLastIsASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attempts{started: time.Now()}
		e := newEngine(t, worker(func(ctx context.Context) (string, error) {
			if a.note(ctx) == 1 {
				return "", OutOfStock{}
			}
			return "done", nil
		}))
		e.mustCreate(t, role(sendStatement)+","+function("")+queues+eventInvokeConfig(destinations))
		e.send(t, `{}`)
		sleep(time.Hour)
		messages := e.receive(t, "successes")
		if len(messages) != 1 || len(a.ids.all()) != 2 {
			t.Fatalf("%d successes after %d attempts", len(messages), len(a.ids.all()))
		}
		var got destinationRecord
		decode(t, []byte(messages[0].Body), &got)
		if got.RequestContext.Condition != "Success" || string(got.ResponsePayload) != `"done"` || got.ResponseContext.FunctionError != "" {
			t.Errorf("record %s", messages[0].Body)
		}
		if n := len(e.receive(t, "failures")); n != 0 {
			t.Errorf("%d failures", n)
		}
	})
}

func TestAFailedEventGoesToTheDeadLetterQueueAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := errors.New(strings.Repeat("x", 1025))
		e := newEngine(t, worker(func(in map[string]string) error {
			if in["order"] == "8" {
				return long
			}
			return OutOfStock{}
		}))
		e.mustCreate(t, role(sendStatement)+queues+","+
			function(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}`)+eventInvokeConfig(`, "MaximumRetryAttempts": 0`))
		e.send(t, `{"order":"7"}`)
		sleep(time.Second)
		messages := e.receive(t, "failures")
		if len(messages) != 1 || messages[0].Body != `{"order":"7"}` || messages[0].MessageAttributes["ErrorMessage"].StringValue != "none left" ||
			len(messages[0].MessageAttributes["RequestID"].StringValue) != 36 || messages[0].MessageAttributes["ErrorCode"].DataType != "Number" {
			t.Errorf("messages %+v", messages)
		}
		e.send(t, `{"order":"8"}`)
		sleep(time.Second)
		if messages = e.receive(t, "failures"); len(messages) != 1 || messages[0].MessageAttributes["ErrorMessage"].StringValue != long.Error()[:1024] {
			t.Errorf("of a long error the messages are %+v", messages)
		}
	})
}

// A bus is told in an event, which it may refuse.
func TestAnEventBusIsADestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() (string, error) { return "done", nil }))
		bus := &buses{answer: `{"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}`}
		e.Register("events", bus)
		arn := e.ARN("events", "event-bus/partners")
		e.mustCreate(t, role(`{"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}`)+","+function("")+eventInvokeConfig(`, "DestinationConfig": {"OnSuccess": {"Destination": "`+arn+`"}}`))
		e.send(t, `{"order":"7"}`)
		sleep(time.Second)
		if len(bus.puts.all()) != 1 {
			t.Fatalf("the bus is told %s", bus.puts.all())
		}
		var in struct {
			Entries []struct {
				EventBusName, Source, DetailType, Detail string
				Resources                                []string
			}
		}
		decode(t, bus.puts.all()[0], &in)
		var detail destinationRecord
		decode(t, []byte(in.Entries[0].Detail), &detail)
		if got := in.Entries[0]; got.EventBusName != arn || got.Source != "lambda" || got.DetailType != "Lambda Function Invocation Result - Success" || !slices.Equal(got.Resources, []string{arn, workerARN + ":$LATEST"}) ||
			detail.RequestContext.Condition != "Success" || detail.RequestPayload["order"] != "7" {
			t.Errorf("the bus is told %+v", got)
		}
		bus.answer = `{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "no"}]}`
		e.send(t, `{}`)
		sleep(time.Second)
		if failed := e.meter.sum("AWS/Lambda DestinationDeliveryFailures"); failed != 1 {
			t.Errorf("%v failures of an entry that was refused", failed)
		}
	})
}

// buses stands for EventBridge: it notes what is put.
type buses struct {
	answer string
	puts   notes[json.RawMessage]
}

func (*buses) Supports(action string) bool { return action == "PutEvents" }

func (b *buses) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	b.puts.add(slices.Clone(input))
	return json.RawMessage(b.answer), nil
}

func TestADeadLetterThatIsLostIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return OutOfStock{} }))
		e.mustCreate(t, role(sendStatement)+queues+","+
			function(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}`)+eventInvokeConfig(`, "MaximumRetryAttempts": 0`))
		if err := e.Do(t.Context(), e.Administrator(), "sqs", "DeleteQueue", map[string]any{"QueueUrl": "http://127.0.0.1/" + account + "/failures"}, nil); err != nil {
			t.Fatal(err)
		}
		e.send(t, `{}`)
		sleep(time.Minute)
		if lost, undelivered := e.meter.sum("AWS/Lambda DeadLetterErrors"), e.meter.sum("AWS/Lambda DestinationDeliveryFailures"); lost != 1 || undelivered != 0 {
			t.Errorf("%v dead letters were lost, %v failures of destinations", lost, undelivered)
		}
	})
}

func TestADestinationThatTheRoleMayNotUseGetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return nil }))
		e.mustCreate(t, role(logStatement)+","+function("")+queues+eventInvokeConfig(destinations))
		e.send(t, `{}`)
		sleep(time.Second)
		if n, failed := len(e.receive(t, "successes")), e.meter.sum("AWS/Lambda DestinationDeliveryFailures"); n != 0 || failed != 1 {
			t.Errorf("%d messages, %v failures", n, failed)
		}
	})
}

func TestADestinationAndADeadLetterQueueThatFailAreToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return OutOfStock{} }))
		e.mustCreate(t, role(sendStatement)+","+function(`, "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Successes", "Arn"]}}`)+queues+eventInvokeConfig(`, "MaximumRetryAttempts": 0`+destinations))
		calls := 0
		e.Fault = func(_ context.Context, call cloud.Call) error {
			if call.Action != "SendMessage" {
				return nil
			}
			if calls++; calls%5 != 0 {
				return cloud.Errorf(500, "InternalFailure", "not now")
			}
			return nil
		}
		e.send(t, `{}`)
		sleep(time.Minute)
		if n, dead := len(e.receive(t, "failures")), len(e.receive(t, "successes")); n != 1 || dead != 1 || calls != 10 {
			t.Errorf("%d messages and %d dead letters after %d calls", n, dead, calls)
		}
	})
}

func TestAnEventIsDroppedWhenItIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attempts{started: time.Now()}
		e := newEngine(t, worker(func(ctx context.Context) error { a.note(ctx); return OutOfStock{} }))
		e.mustCreate(t, role(sendStatement)+","+function("")+queues+eventInvokeConfig(`, "MaximumEventAgeInSeconds": 100`+destinations))
		e.send(t, `{}`)
		sleep(time.Hour)
		messages := e.receive(t, "failures")
		if len(a.after.all()) != 2 || len(messages) != 1 || !strings.Contains(messages[0].Body, "EventAgeExceeded") {
			t.Errorf("attempts after %v, messages %+v", a.after.all(), messages)
		}
	})
}

func TestAThrottledEventWaitsWithoutUsingUpItsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := attempts{started: time.Now()}
		e := newEngine(t, worker(func(ctx context.Context) error {
			a.note(ctx)
			time.Sleep(10 * time.Second)
			return nil
		}))
		e.mustCreate(t, role(logStatement)+","+function(`, "Timeout": 60, "ReservedConcurrentExecutions": 1`))
		e.send(t, `{}`)
		synctest.Wait()
		e.send(t, `{}`)
		sleep(time.Hour)
		// Tried again after 1, 2, 4 and 8 seconds.
		if want := []time.Duration{0, 15 * time.Second}; !slices.Equal(a.after.all(), want) {
			t.Errorf("attempts after %v, want %v", a.after.all(), want)
		}
	})
}

func TestAnEventMayHaveOneMegabyte(t *testing.T) {
	e := newEngine(t, worker(func() error { return nil }))
	e.mustCreate(t, role(logStatement)+","+function(""))
	for _, test := range []struct {
		invocationType string
		bytes          int
		want           string
	}{
		{"Event", 1 << 20, ""},
		{"Event", 1<<20 + 1, "RequestTooLargeException"},
		{"RequestResponse", 6 << 20, ""},
		{"RequestResponse", 6<<20 + 1, "RequestTooLargeException"},
	} {
		payload := fmt.Sprintf("%q", strings.Repeat("x", test.bytes-2))
		err := e.Do(t.Context(), e.Administrator(), "lambda", "Invoke", map[string]any{
			"FunctionName": "worker", "InvocationType": test.invocationType, "Payload": json.RawMessage(payload),
		}, nil)
		if (err == nil) != (test.want == "") || err != nil && cloud.AsError(err).Code != test.want {
			t.Errorf("%s of %d bytes: %v", test.invocationType, test.bytes, err)
		}
	}
}

func TestAnEventOfAFunctionThatIsSwitchedOffGoesToItsDestinationAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, worker(func() error { return nil }))
		e.mustCreate(t, role(sendStatement)+","+function(`, "ReservedConcurrentExecutions": 0`)+queues+eventInvokeConfig(destinations))
		e.send(t, `{"order":"7"}`)
		synctest.Wait()
		messages := e.receive(t, "failures")
		if len(messages) != 1 {
			t.Fatalf("%d messages", len(messages))
		}
		var got destinationRecord
		decode(t, []byte(messages[0].Body), &got)
		if c := got.RequestContext; c.Condition != "ZeroReservedConcurrency" || c.ApproximateInvokeCount != 0 {
			t.Errorf("the record is %+v", got)
		}
	})
}

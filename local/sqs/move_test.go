package sqs_test

// This file moves messages out of dead-letter queues.

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestATaskMovesSoManyMessagesASecondUntilItIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		e.send(t, "dead", "a", "b", "c", "d", "e")
		const arn = "arn:aws:sqs:eu-central-1:123456789012:"
		start := map[string]any{"SourceArn": arn + "dead", "DestinationArn": arn + "jobs", "MaxNumberOfMessagesPerSecond": 2}
		var started struct{ TaskHandle string }
		e.must(t, "", "StartMessageMoveTask", start, &started)
		synctest.Wait()
		if err := e.call("", "StartMessageMoveTask", start, nil); err == nil || !strings.Contains(err.Error(), "There is already a task running") {
			t.Errorf("a second task: %v", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		task := func() string {
			var out struct {
				Results []struct {
					TaskHandle, Status                                                  string
					ApproximateNumberOfMessagesMoved, ApproximateNumberOfMessagesToMove int
				}
			}
			e.must(t, "", "ListMessageMoveTasks", map[string]any{"SourceArn": arn + "dead"}, &out)
			r := out.Results[0]
			return fmt.Sprintf("%s %d %d %t", r.Status, r.ApproximateNumberOfMessagesMoved, r.ApproximateNumberOfMessagesToMove, r.TaskHandle == started.TaskHandle)
		}
		if got := task(); got != "RUNNING 4 5 true" {
			t.Errorf("after a second: %s", got)
		}
		for handle, code := range map[string]int{started.TaskHandle + "x": 400, base64.StdEncoding.EncodeToString([]byte(`{"taskId": "x", "sourceArn": "` + arn + `dead"}`)): 404} {
			if err := e.call("", "CancelMessageMoveTask", map[string]any{"TaskHandle": handle}, nil); err == nil || cloud.AsError(err).Status != code {
				t.Errorf("cancel %s: %v, want %d", handle, err, code)
			}
		}
		var cancelled json.RawMessage
		if e.must(t, "", "CancelMessageMoveTask", map[string]any{"TaskHandle": started.TaskHandle}, &cancelled); string(cancelled) != `{"ApproximateNumberOfMessagesMoved":4}` {
			t.Errorf("cancelled %s", cancelled)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := task() + " " + e.counts(t, "dead") + " " + e.counts(t, "jobs"); got != "CANCELLED 4 5 false 1 0 0 4 0 0" {
			t.Errorf("after it was cancelled: %s", got)
		}
		encoded := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
		for handle, code := range map[string]string{
			"?":                        "InvalidParameterValueException",
			encoded("x"):               "InvalidParameterValueException",
			encoded(`{"taskId": "x"}`): "InvalidParameterValueException",
			encoded(`{"taskId": "x", "sourceArn": "` + arn + `none"}`): "ResourceNotFoundException",
			encoded(`{"taskId": "x", "sourceArn": "` + arn + `dead"}`): "ResourceNotFoundException",
			started.TaskHandle: "ResourceNotFoundException",
		} {
			if err := e.call("", "CancelMessageMoveTask", map[string]any{"TaskHandle": handle}, nil); err == nil || cloud.AsError(err).Code != code {
				t.Errorf("cancel %s: %v, want %s", handle, err, code)
			}
		}
	})
}

const queues = "arn:aws:sqs:eu-central-1:123456789012:"

// redriven is a queue whose dead letters go to the queue Dead.
func redriven(properties string) string {
	return properties + `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`
}

// tasks are what ListMessageMoveTasks tells of a queue, as it is sent.
func (e *engine) tasks(t *testing.T, queue string) string {
	t.Helper()
	var out json.RawMessage
	e.must(t, "", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + queue, "MaxResults": 10}, &out)
	return string(out)
}

func TestATaskIsToldWithAllThatItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		defer e.Close()
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven("")))
		e.send(t, "dead", "a", "b", "c")
		var started struct{ TaskHandle string }
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "DestinationArn": queues + "jobs", "MaxNumberOfMessagesPerSecond": 1}, &started)
		synctest.Wait()
		told := func(status string, moved int) string {
			return fmt.Sprintf(`{"Results":[{%s,"SourceArn":"%sdead","DestinationArn":"%sjobs","MaxNumberOfMessagesPerSecond":1,"ApproximateNumberOfMessagesMoved":%d,"ApproximateNumberOfMessagesToMove":3,"StartedTimestamp":946684800000}]}`,
				status, queues, queues, moved)
		}
		if got, want := e.tasks(t, "dead"), told(`"TaskHandle":"`+started.TaskHandle+`","Status":"RUNNING"`, 1); got != want {
			t.Errorf("at first: %s, want %s", got, want)
		}
		time.Sleep(time.Minute)
		if got, want := e.tasks(t, "dead"), told(`"Status":"COMPLETED"`, 3); got != want {
			t.Errorf("in the end: %s, want %s", got, want)
		}
		if text, err := base64.StdEncoding.DecodeString(started.TaskHandle); err != nil || !strings.HasPrefix(string(text), `{"taskId":"`) || !strings.HasSuffix(string(text), `","sourceArn":"`+queues+`dead"}`) || len(text) < 90 {
			t.Errorf("the handle says %s, %v", text, err)
		}
	})
}

// What comes after the task began is another one's, and so is what a task has seen to.
func TestATaskMovesWhatWasThereWhenItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		defer e.Close()
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven("")))
		e.send(t, "dead", "a", "b")
		e.receive(t, "dead", map[string]any{"MaxNumberOfMessages": 1, "VisibilityTimeout": 1})
		time.Sleep(time.Second) // a is visible again, at the end of the line
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "DestinationArn": queues + "jobs", "MaxNumberOfMessagesPerSecond": 1}, nil)
		synctest.Wait()
		e.receive(t, "dead", map[string]any{"VisibilityTimeout": 1})
		e.send(t, "dead", "c", "d")
		time.Sleep(time.Minute)
		if got := e.counts(t, "dead") + ", " + e.counts(t, "jobs"); got != "2 0 0, 2 0 0" {
			t.Errorf("left and moved: %s", got)
		}
	})
}

func TestATaskEndsWhenOthersHaveWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		defer e.Close()
		e.mustCreate(t, queue("Dead", `, "MessageRetentionPeriod": 61`)+","+queue("Jobs", redriven("")))
		slowly := map[string]any{"SourceArn": queues + "dead", "DestinationArn": queues + "jobs", "MaxNumberOfMessagesPerSecond": 1}
		e.send(t, "dead", "a", "b")
		e.must(t, "", "StartMessageMoveTask", slowly, nil)
		synctest.Wait()
		e.receive(t, "dead", map[string]any{"VisibilityTimeout": 600})
		time.Sleep(2500 * time.Millisecond)
		if got := e.tasks(t, "dead"); !strings.Contains(got, `"Status":"COMPLETED"`) || !strings.Contains(got, `Moved":1,"ApproximateNumberOfMessagesToMove":2,`) {
			t.Errorf("while another has the last message: %s", got)
		}
		e.send(t, "dead", "c", "d", "e", "f")
		time.Sleep(58 * time.Second)
		e.must(t, "", "StartMessageMoveTask", slowly, nil)
		time.Sleep(5 * time.Second) // of which three are before the retention ends; nobody else looks at the queue
		if got := e.counts(t, "jobs"); got != "4 0 0" {
			t.Errorf("with what was moved in time there are %s", got)
		}
	})
}

func TestATaskFailsAtWhatHasNowhereToGoAndLeavesItInItsPlace(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, fifoQueue("Dead", "")+","+fifoQueue("Jobs", redriven("")))
	e.order(t, "dead.fifo", "a/a1", "a/a2")
	e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead.fifo"}, nil)
	if got := e.tasks(t, "dead.fifo"); !strings.HasPrefix(got, `{"Results":[{"Status":"FAILED","SourceArn":"`+queues+`dead.fifo","ApproximateNumberOfMessagesMoved":0,"ApproximateNumberOfMessagesToMove":2,"FailureReason":"AWS.SimpleQueueService.NonExistentQueue","StartedTimestamp":`) {
		t.Errorf("the task is told as %s", got)
	}
	if got := bodies(e.receive(t, "dead.fifo", nil)); got != "a1 a2" {
		t.Errorf("the dead-letter queue has %q", got)
	}
}

func TestAMovedMessageIsANewOneWithAllThatItsSenderSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven("")))
		e.must(t, "jobs", "SendMessage", rich, nil)
		sent := e.receive(t, "jobs", everything)[0]
		time.Sleep(31 * time.Second)
		e.receive(t, "jobs", nil)
		dead := e.receive(t, "dead", everything)[0]
		e.release(t, "dead", dead)
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead"}, nil)
		moved := e.receive(t, "jobs", everything)[0]
		if moved.MessageId == sent.MessageId || len(moved.MessageId) != len(sent.MessageId) || dead.MessageId != sent.MessageId {
			t.Errorf("the ids are %s, %s and %s", sent.MessageId, dead.MessageId, moved.MessageId)
		}
		now := fmt.Sprint(time.Now().UnixMilli())
		for name, want := range map[string]string{"SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now, "SenderId": "123456789012", "MessageGroupId": "tenant", "AWSTraceHeader": "Root=1"} {
			if got := moved.Attributes[name]; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if moved.Body != sent.Body || moved.MD5OfMessageAttributes != sent.MD5OfMessageAttributes || !reflect.DeepEqual(moved.MessageAttributes, sent.MessageAttributes) || len(moved.MessageAttributes) != 1 {
			t.Errorf("sent %+v\nmoved %+v", sent, moved)
		}
	})
}

func TestWhatATaskCannotDoIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		defer e.Close()
		e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven("")))
		for _, test := range []struct {
			name, action string
			in           map[string]any
			want         string // empty: accepted
		}{
			{"no messages a second", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "MaxNumberOfMessagesPerSecond": 0}, "InvalidParameterValueException: Value 0 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500."},
			{"501 messages a second", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "MaxNumberOfMessagesPerSecond": 501}, "InvalidParameterValueException"},
			{"500 messages a second", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "MaxNumberOfMessagesPerSecond": 500}, ""},
			{"to nowhere", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead", "DestinationArn": queues + "none"}, "ResourceNotFoundException: The resource that you specified for the DestinationArn parameter doesn't exist."},
			{"from nowhere", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "none"}, "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist."},
			{"from what is no dead-letter queue", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + "jobs"}, "InvalidParameterValueException: Source queue must be configured as a Dead Letter Queue."},
			{"to tell of no task", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + "dead", "MaxResults": 0}, "InvalidParameterValueException"},
			{"to tell of ten tasks", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + "dead", "MaxResults": 10}, ""},
			{"to tell of eleven tasks", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + "dead", "MaxResults": 11}, "InvalidParameterValueException"},
		} {
			err := e.call("", test.action, test.in, nil)
			if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.name, err, test.want)
			}
		}
		synctest.Wait()
		for range 2 {
			e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": queues + "dead"}, nil)
		}
		var out struct{ Results []any }
		if e.must(t, "", "ListMessageMoveTasks", map[string]any{"SourceArn": queues + "dead"}, &out); len(out.Results) != 1 {
			t.Errorf("%d tasks are told where one is asked for", len(out.Results))
		}
	})
}

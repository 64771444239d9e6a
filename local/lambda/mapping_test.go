package lambda_test

// This file lets functions read queues, under a virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const pollStatement = `{"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": {"Fn::GetAtt": ["Jobs", "Arn"]}}`

// mappedQueue is a queue "jobs" with a dead-letter queue "dead", which the
// worker reads.
func mappedQueue(queueProperties, mappingProperties string) string {
	return `,
	"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
	"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"` + queueProperties + `}},
	"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
		"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "Worker"}` + mappingProperties + `}}`
}

const partial = `, "FunctionResponseTypes": ["ReportBatchItemFailures"]`

const redrive = `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}`

type event struct {
	Records []struct {
		MessageID         string `json:"messageId"`
		ReceiptHandle     string `json:"receiptHandle"`
		Body              string `json:"body"`
		MD5OfBody         string `json:"md5OfBody"`
		EventSource       string `json:"eventSource"`
		EventSourceARN    string `json:"eventSourceARN"`
		AWSRegion         string `json:"awsRegion"`
		Attributes        map[string]string
		MessageAttributes map[string]map[string]any
	}
}

func (e event) bodies() []string {
	var bodies []string
	for _, record := range e.Records {
		bodies = append(bodies, record.Body)
	}
	return bodies
}

func (e *engine) post(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		err := e.Do(t.Context(), e.Administrator(), "sqs", "SendMessage", map[string]any{
			"QueueUrl": "http://127.0.0.1/" + account + "/jobs", "MessageBody": body,
			"MessageAttributes": map[string]any{"kind": map[string]string{"DataType": "String", "StringValue": "test"}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// left returns how many messages a queue has, visible or not.
func (e *engine) left(t *testing.T, queue string) string {
	t.Helper()
	var out struct{ Attributes map[string]string }
	err := e.Do(t.Context(), e.Administrator(), "sqs", "GetQueueAttributes", map[string]any{
		"QueueUrl": "http://127.0.0.1/" + account + "/" + queue, "AttributeNames": []string{"All"},
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"] + "+" + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

func TestAFunctionGetsMessagesInLambdasShapeAndTheyAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var events notes[json.RawMessage]
		e := newEngine(t, worker(func(_ context.Context, in json.RawMessage) { events.add(in) }))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", ""))
		e.post(t, "one")
		synctest.Wait()
		if len(events.all()) != 1 {
			t.Fatalf("events %s", events.all())
		}
		raw := events.all()[0]
		var got event
		decode(t, raw, &got)
		r := got.Records[0]
		if len(r.MessageID) != 36 || r.ReceiptHandle == "" || r.Body != "one" || r.MD5OfBody != "f97c5d29941bfb1b2fdab0874906ab82" || r.EventSource != "aws:sqs" ||
			r.EventSourceARN != "arn:aws:sqs:eu-central-1:123456789012:jobs" || r.AWSRegion != "eu-central-1" {
			t.Errorf("event %s", raw)
		}
		for _, name := range []string{"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} {
			if r.Attributes[name] == "" {
				t.Errorf("no attribute %s in %s", name, raw)
			}
		}
		if !strings.Contains(string(raw), `"md5OfMessageAttributes":"`) {
			t.Errorf("no sum of the attributes in %s", raw)
		}
		if a := r.MessageAttributes["kind"]; a["stringValue"] != "test" || a["dataType"] != "String" || a["stringListValues"] == nil || a["binaryListValues"] == nil {
			t.Errorf("message attributes %v", r.MessageAttributes)
		}
		if left := e.left(t, "jobs"); left != "0+0" {
			t.Errorf("left %s", left)
		}
	})
}

func TestOnlyTheFailedMessagesOfABatchComeBack(t *testing.T) {
	all := []string{"a", "b", "c"}
	for _, test := range []struct {
		name    string
		mapping string
		answer  func(event) (any, error)
		again   []string
	}{
		{"success", partial, func(event) (any, error) { return nil, nil }, nil},
		{"an error", partial, func(event) (any, error) { return nil, OutOfStock{} }, all},
		{"none failed", partial, func(event) (any, error) { return json.RawMessage(`{"batchItemFailures":[]}`), nil }, nil},
		{"a null list", partial, func(event) (any, error) { return json.RawMessage(`{"batchItemFailures":null}`), nil }, nil},
		{"an empty object", partial, func(event) (any, error) { return json.RawMessage(`{}`), nil }, nil},
		{"one failed", partial, func(e event) (any, error) { return failures(e.Records[1].MessageID), nil }, []string{"b"}},
		{"an empty identifier", partial, func(event) (any, error) { return failures(""), nil }, all},
		{"a null identifier", partial, func(event) (any, error) {
			return json.RawMessage(`{"batchItemFailures":[{"itemIdentifier":null}]}`), nil
		}, all},
		{"a foreign identifier", partial, func(event) (any, error) { return failures("nobody"), nil }, all},
		{"a wrong key", partial, func(e event) (any, error) {
			return json.RawMessage(`{"batchItemFailures":[{"id":"` + e.Records[0].MessageID + `"}]}`), nil
		}, all},
		{"not an object", partial, func(event) (any, error) { return "fine", nil }, all},
		{"partial responses are not asked for", "", func(e event) (any, error) { return failures(e.Records[1].MessageID), nil }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var batches notes[[]string]
				e := newEngine(t, worker(func(_ context.Context, in event) (any, error) {
					if batches.add(in.bodies()) > 1 {
						return nil, nil
					}
					return test.answer(in)
				}))
				e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", test.mapping+`, "BatchSize": 3, "MaximumBatchingWindowInSeconds": 5`))
				e.post(t, all...)
				sleep(29 * time.Second)
				if len(batches.all()) != 1 {
					t.Fatalf("batches %v", batches.all())
				}
				sleep(20 * time.Second)
				var again []string
				for _, batch := range batches.all()[1:] {
					again = append(again, batch...)
				}
				slices.Sort(again)
				if !slices.Equal(again, test.again) {
					t.Errorf("again %v, want %v", again, test.again)
				}
				if left := e.left(t, "jobs"); left != "0+0" {
					t.Errorf("left %s", left)
				}
			})
		})
	}
}

func failures(ids ...string) any {
	list := []map[string]string{}
	for _, id := range ids {
		list = append(list, map[string]string{"itemIdentifier": id})
	}
	return map[string]any{"batchItemFailures": list}
}

func TestAMessageThatAlwaysFailsEndsInTheDeadLetterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls notes[bool]
		e := newEngine(t, worker(func() error { calls.add(true); return OutOfStock{} }))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue(redrive, ""))
		e.post(t, "poison")
		sleep(10 * time.Minute)
		if len(calls.all()) != 2 || e.left(t, "jobs") != "0+0" || e.left(t, "dead") != "1+0" {
			t.Errorf("%d calls, left %s, dead %s", len(calls.all()), e.left(t, "jobs"), e.left(t, "dead"))
		}
	})
}

func TestABatchWaitsForItsWindowOrUntilItIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		var batches notes[string]
		e := newEngine(t, worker(func(_ context.Context, in event) {
			batches.add(fmt.Sprintf("%d after %v", len(in.Records), time.Since(started)))
		}))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", `, "BatchSize": 25, "MaximumBatchingWindowInSeconds": 10`))
		for i := range 30 {
			e.post(t, fmt.Sprint(i))
		}
		sleep(time.Minute)
		if want := []string{"25 after 0s", "5 after 10s"}; !slices.Equal(batches.all(), want) {
			t.Errorf("batches %v, want %v", batches.all(), want)
		}
	})
}

func TestAMappingKeepsToItsMaximumConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most, calls := 0, 0, 0
		e := newEngine(t, worker(func() {
			mu.Lock()
			running++
			calls++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(2 * time.Second)
			mu.Lock()
			running--
			mu.Unlock()
		}))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", `, "BatchSize": 1, "ScalingConfig": {"MaximumConcurrency": 3}`))
		for i := range 9 {
			e.post(t, fmt.Sprint(i))
		}
		sleep(7 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if most != 3 || calls != 9 || e.left(t, "jobs") != "0+0" {
			t.Errorf("%d at a time, %d calls, left %s", most, calls, e.left(t, "jobs"))
		}
	})
}

func TestAThrottledBatchIsTriedAgainWithinItsVisibilityTimeout(t *testing.T) {
	for busy, second := range map[time.Duration]string{
		2 * time.Second:  "1",
		29 * time.Second: "2", // the next try would have been when the message was visible again
	} {
		synctest.Test(t, func(t *testing.T) {
			var counts notes[string]
			e := newEngine(t, worker(func(_ context.Context, in event) error {
				counts.add(in.Records[0].Attributes["ApproximateReceiveCount"])
				time.Sleep(busy)
				return nil
			}))
			e.mustCreate(t, role(pollStatement)+","+function(`, "Timeout": 30, "ReservedConcurrentExecutions": 1`)+mappedQueue("", `, "BatchSize": 1`))
			e.post(t, "a", "b")
			sleep(2 * time.Minute)
			if got := counts.all(); !slices.Equal(got, []string{"1", second}) {
				t.Errorf("busy for %v: received so often %v", busy, got)
			}
		})
	}
}

// What stands around API calls stands around a mapping's invocations, which are Lambda's
// on behalf of the mapping.
func TestABatchIsInvokedAgainByAnIDOfItsOwnWhenItsAnswerIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids, seen notes[string]
		e := newEngine(t, worker(func(ctx context.Context, in event) {
			invocation, _ := lambdacontext.FromContext(ctx)
			ids.add(invocation.AwsRequestID)
		}))
		var once sync.Once
		e.Around = func(ctx context.Context, call cloud.Call, perform cloud.Perform) (any, error) {
			output, err := perform(ctx, call.Input)
			if call.Service == "lambda" && call.Action == "Invoke" {
				seen.add(call.Caller.Service + " " + strings.Split(call.Caller.Context["aws:SourceArn"], ":")[5])
				once.Do(func() { output, err = nil, cloud.Errorf(500, "ServiceException", "the answer is lost") })
			}
			return output, err
		}
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue("", ""))
		e.post(t, "a")
		sleep(time.Minute)
		if got := ids.all(); len(got) != 2 || got[0] == got[1] || e.left(t, "jobs") != "0+0" {
			t.Errorf("invocations %v, and %q is left", got, e.left(t, "jobs"))
		}
		if want := "lambda.amazonaws.com event-source-mapping"; !slices.Equal(seen.all(), []string{want, want}) {
			t.Errorf("seen %q", seen.all())
		}
	})
}

func TestMessagesTooLargeForOneInvocationAreSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches notes[int]
		e := newEngine(t, worker(func(_ context.Context, in event) { batches.add(len(in.Records)) }))
		e.mustCreate(t, role(pollStatement)+","+function("")+mappedQueue(`, "DelaySeconds": 1`, ""))
		for range 10 {
			e.post(t, strings.Repeat("x", 1<<20-100))
		}
		sleep(3 * time.Second)
		if got := batches.all(); !slices.Equal(got, []int{5, 5}) {
			t.Errorf("batches of %v", got)
		}
	})
}

func TestAMappingThatCannotWorkIsRefused(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"the role may not receive", role(logStatement) + "," + function("") + mappedQueue("", ""), "does not have permissions to call ReceiveMessage on SQS"},
		{"the role may not delete", role(strings.Replace(pollStatement, "DeleteMessage", "SendMessage", 1)) + "," + function("") + mappedQueue("", ""), "does not have permissions to call DeleteMessage on SQS"},
		{"the role may not look", role(strings.Replace(pollStatement, "GetQueueAttributes", "SendMessage", 1)) + "," + function("") + mappedQueue("", ""), "does not have permissions to call GetQueueAttributes on SQS"},
		{"the function may take longer than messages stay hidden", role(pollStatement) + "," + function(`, "Timeout": 31`) + mappedQueue("", ""), "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds"},
		{"a large batch without a window", role(pollStatement) + "," + function("") + mappedQueue("", `, "BatchSize": 11`), "Maximum batch window in seconds must be greater than 0"},
		{"a concurrency of one", role(pollStatement) + "," + function("") + mappedQueue("", `, "ScalingConfig": {"MaximumConcurrency": 1}`), "from 2 to 1000"},
		{"a broker", role(pollStatement) + "," + function("") + strings.ReplaceAll(mappedQueue("", ""), `"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}`, `"EventSourceArn": "arn:aws:mq:eu-central-1:123456789012:broker:b:1"`), "only SQS queues and streams of Kinesis and DynamoDB"},
		{"a filter that is none", role(pollStatement) + "," + function("") + mappedQueue("", `, "FilterCriteria": {"Filters": [{"Pattern": "null"}]}`), "Invalid filter pattern definition."},
		{"a window of a FIFO queue", role(pollStatement) + "," + function("") + mappedFIFO("", `, "MaximumBatchingWindowInSeconds": 1`), "Batching window is not supported for FIFO queues"},
		{"a large batch of a FIFO queue", role(pollStatement) + "," + function("") + mappedFIFO("", `, "BatchSize": 11`), "from 1 to 10 for a FIFO queue"},
		{"a starting position of a queue", role(pollStatement) + "," + function("") + mappedQueue("", `, "StartingPosition": "LATEST"`), "a queue has no StartingPosition"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t, worker(func() error { return nil }))
			if _, err := e.create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "Mapping") {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

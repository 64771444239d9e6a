package sqs_test

// This file tests FIFO queues, under a virtual clock.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// fifoQueue is a FIFO queue resource; its name is the logical id in lower case, and ".fifo".
func fifoQueue(id, properties string) string {
	return `"` + id + `": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true, "QueueName": "` + strings.ToLower(id) + `.fifo"` + properties + `}}`
}

// sent is how SendMessage answers.
type sent struct{ MessageId, SequenceNumber string }

// order sends messages "group/body", with the body as deduplication id.
func (e *engine) order(t *testing.T, queue string, messages ...string) (answers []sent) {
	t.Helper()
	for _, m := range messages {
		group, body, _ := strings.Cut(m, "/")
		var out sent
		e.must(t, queue, "SendMessage", map[string]any{"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body}, &out)
		answers = append(answers, out)
	}
	return answers
}

func (e *engine) release(t *testing.T, queue string, m message) {
	t.Helper()
	e.must(t, queue, "ChangeMessageVisibility", map[string]any{"ReceiptHandle": m.ReceiptHandle, "VisibilityTimeout": 0}, nil)
}

func (e *engine) delete(t *testing.T, queue string, messages ...message) {
	t.Helper()
	for _, m := range messages {
		e.must(t, queue, "DeleteMessage", map[string]any{"ReceiptHandle": m.ReceiptHandle}, nil)
	}
}

func TestAGroupIsReceivedInOrderAndByOneReceiverAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "b/b2", "a/a3", "c/c1")
		two := map[string]any{"MaxNumberOfMessages": 2}
		first := e.receive(t, "jobs.fifo", two)
		second := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3})
		if bodies(first) != "a1 a2" || bodies(second) != "b1 b2 c1" {
			t.Errorf("received %q and %q: as many of a group as there are, then those of the next", bodies(first), bodies(second))
		}
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 || e.counts(t, "jobs.fifo") != "1 5 0" {
			t.Errorf("received %q while all groups are in flight, counts %s", bodies(got), e.counts(t, "jobs.fifo"))
		}
		e.delete(t, "jobs.fifo", first[0])
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
			t.Errorf("received %q while a2 is in flight", bodies(got))
		}
		e.delete(t, "jobs.fifo", first[1])
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "a3" {
			t.Errorf("received %q", got)
		}
	})
}

func TestAMessageThatComesBackIsTheFirstOfItsGroupAgain(t *testing.T) {
	for _, test := range []struct {
		name string
		back func(t *testing.T, e *engine, m []message)
	}{
		{"by its visibility timeout", func(*testing.T, *engine, []message) { time.Sleep(30 * time.Second) }},
		{"by its receiver", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[1])
			if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
				t.Errorf("received %q while a1 is in flight", bodies(got))
			}
			e.release(t, "jobs.fifo", m[0])
		}},
		{"by its receiver, in its order", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[0])
			if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
				t.Errorf("received %q while a2 is in flight", bodies(got))
			}
			e.release(t, "jobs.fifo", m[1])
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", ""))
				e.order(t, "jobs.fifo", "a/a1", "a/a2", "a/a3")
				got := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 2})
				test.back(t, e, got)
				if again := e.receive(t, "jobs.fifo", nil); bodies(again) != "a1 a2 a3" || again[0].Attributes["ApproximateReceiveCount"] != "2" {
					t.Errorf("received %+v", again)
				}
			})
		})
	}
}

func TestALongPollEndsWhenAGroupIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1", "a/a2")
		first := e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 1})
		done := make(chan []message)
		started := time.Now()
		go func() { done <- e.receive(t, "jobs.fifo", map[string]any{"WaitTimeSeconds": 20}) }()
		time.Sleep(7 * time.Second)
		e.delete(t, "jobs.fifo", first...)
		if got := <-done; bodies(got) != "a2" || time.Since(started) != 7*time.Second {
			t.Errorf("%q after %v", bodies(got), time.Since(started))
		}
	})
}

func TestAFIFOQueuesDelayHoldsForAllMessagesInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", `, "DelaySeconds": 10`))
		e.order(t, "jobs.fifo", "a/a1")
		time.Sleep(5 * time.Second)
		e.must(t, "jobs.fifo", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"DelaySeconds": "20"}}, nil)
		e.order(t, "jobs.fifo", "a/a2")
		time.Sleep(10 * time.Second)
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 0 {
			t.Errorf("received %q before a1", bodies(got))
		}
		time.Sleep(5 * time.Second)
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "a1" {
			t.Errorf("received %q", got)
		}
	})
}

func TestAMessageIsTakenInOnceWithinFiveMinutes(t *testing.T) {
	for _, test := range []struct {
		name, properties string
		second           map[string]any
		wait             time.Duration
		duplicate        bool
	}{
		{"the same id", "", map[string]any{"MessageBody": "other", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 0, true},
		{"at the end of the interval", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 5*time.Minute - time.Nanosecond, true},
		{"after the interval", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 5 * time.Minute, false},
		{"another id", "", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id2"}, 0, false},
		{"in another group", "", map[string]any{"MessageBody": "body", "MessageGroupId": "b", "MessageDeduplicationId": "id"}, 0, true},
		{"in another group, with that scope", `, "DeduplicationScope": "messageGroup"`, map[string]any{"MessageBody": "body", "MessageGroupId": "b", "MessageDeduplicationId": "id"}, 0, false},
		{"in the same group, with that scope", `, "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"`, map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", test.properties))
				var first, second sent
				e.must(t, "jobs.fifo", "SendMessage", map[string]any{"MessageBody": "body", "MessageGroupId": "a", "MessageDeduplicationId": "id"}, &first)
				e.delete(t, "jobs.fifo", e.receive(t, "jobs.fifo", nil)...) // which does not make it forgotten
				time.Sleep(test.wait)
				e.must(t, "jobs.fifo", "SendMessage", test.second, &second)
				if (first == second) != test.duplicate {
					t.Errorf("first %+v, second %+v", first, second)
				}
				if got := e.receive(t, "jobs.fifo", nil); (len(got) == 0) != test.duplicate {
					t.Errorf("received %+v", got)
				}
			})
		})
	}
}

func TestTheBodyCanBeTheDeduplicationID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", `, "ContentBasedDeduplication": true`))
		for _, in := range []map[string]any{
			{"MessageBody": "abc"},
			{"MessageBody": "abc", "MessageAttributes": map[string]any{"a": map[string]string{"DataType": "String", "StringValue": "other"}}},
			{"MessageBody": "abc", "MessageDeduplicationId": "own"},
			{"MessageBody": "abd"},
		} {
			in["MessageGroupId"] = "g"
			e.must(t, "jobs.fifo", "SendMessage", in, nil)
		}
		got := e.receive(t, "jobs.fifo", nil)
		var ids []string
		for _, m := range got {
			ids = append(ids, m.Attributes["MessageDeduplicationId"])
		}
		want := []string{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "own", "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"}
		if !slices.Equal(ids, want) || got[0].Attributes["MessageGroupId"] != "g" {
			t.Errorf("ids %q, messages %+v", ids, got)
		}
	})
}

func TestSequenceNumbersGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		answers := e.order(t, "jobs.fifo", "a/1", "b/2", "a/3")
		time.Sleep(time.Hour)
		answers = append(answers, e.order(t, "jobs.fifo", "b/4")...)
		for i, a := range answers {
			if len(a.SequenceNumber) != 20 || i > 0 && a.SequenceNumber <= answers[i-1].SequenceNumber {
				t.Errorf("sequence numbers %v", answers)
			}
		}
		if got := e.receive(t, "jobs.fifo", nil); len(got) != 4 || got[0].Attributes["SequenceNumber"] != answers[0].SequenceNumber {
			t.Errorf("received %+v", got)
		}
	})
}

func TestAReceiveWhoseAnswerWasLostCanBeRepeated(t *testing.T) {
	attempt := map[string]any{"ReceiveRequestAttemptId": "try", "MaxNumberOfMessages": 2}
	for _, test := range []struct {
		name      string
		meanwhile func(t *testing.T, e *engine, m []message)
		want      string
		same      bool
	}{
		{"at once", func(*testing.T, *engine, []message) {}, "a1 a2", true},
		{"within the visibility timeout", func(*testing.T, *engine, []message) { time.Sleep(29 * time.Second) }, "a1 a2", true},
		{"after it", func(*testing.T, *engine, []message) { time.Sleep(30 * time.Second) }, "a1 a2", false},
		{"when one is deleted", func(t *testing.T, e *engine, m []message) { e.delete(t, "jobs.fifo", m[0]) }, "b1", false},
		{"when one has another visibility", func(t *testing.T, e *engine, m []message) {
			e.must(t, "jobs.fifo", "ChangeMessageVisibility", map[string]any{"ReceiptHandle": m[0].ReceiptHandle, "VisibilityTimeout": 60}, nil)
		}, "b1", false},
		{"when another has received them", func(t *testing.T, e *engine, m []message) {
			e.release(t, "jobs.fifo", m[0])
			e.release(t, "jobs.fifo", m[1])
			e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 2})
		}, "b1", false},
		{"after five minutes", func(t *testing.T, e *engine, m []message) { time.Sleep(5 * time.Minute) }, "a1 a2", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, fifoQueue("Jobs", ""))
				e.order(t, "jobs.fifo", "a/a1", "a/a2", "b/b1")
				first := e.receive(t, "jobs.fifo", attempt)
				test.meanwhile(t, e, first)
				again := e.receive(t, "jobs.fifo", attempt)
				if bodies(again) != test.want || (again[0].ReceiptHandle == first[0].ReceiptHandle) != test.same {
					t.Fatalf("first %+v\nagain %+v", first, again)
				}
				if !test.same {
					return
				}
				time.Sleep(29 * time.Second) // the visibility timeout has begun anew
				if got := e.receive(t, "jobs.fifo", nil); bodies(got) != "b1" {
					t.Errorf("received %q", bodies(got))
				}
				if third := e.receive(t, "jobs.fifo", attempt); third[0].ReceiptHandle != first[0].ReceiptHandle || third[0].Attributes["ApproximateReceiveCount"] != "1" {
					t.Errorf("a third time %+v", third)
				}
			})
		})
	}
}

func TestAReceiptOfAFIFOQueueExpiresWithItsVisibilityTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "a/a1")
		m := e.receive(t, "jobs.fifo", nil)[0]
		time.Sleep(30 * time.Second)
		err := e.call("jobs.fifo", "DeleteMessage", map[string]any{"ReceiptHandle": m.ReceiptHandle}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidParameterValueException" || !strings.Contains(err.Error(), "The receipt handle has expired.") || e.counts(t, "jobs.fifo") != "1 0 0" {
			t.Errorf("error %v, counts %s", err, e.counts(t, "jobs.fifo"))
		}
		var out struct{ Failed []struct{ Id, Code string } }
		e.must(t, "jobs.fifo", "DeleteMessageBatch", map[string]any{"Entries": []map[string]string{{"Id": "x", "ReceiptHandle": m.ReceiptHandle}}}, &out)
		if len(out.Failed) != 1 || out.Failed[0].Code != "InvalidParameterValue" {
			t.Errorf("batch %+v", out)
		}
		e.delete(t, "jobs.fifo", e.receive(t, "jobs.fifo", nil)...)
		e.delete(t, "jobs.fifo", m) // what is gone is deleted
	})
}

func TestDeadLettersKeepTheOrderOfTheirGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Plain", "")+","+fifoQueue("Dead", `, "MessageRetentionPeriod": 345600`)+","+fifoQueue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		answers := e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "a/a3", "b/b2")
		time.Sleep(24 * time.Hour)
		for _, m := range e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3}) {
			e.release(t, "jobs.fifo", m)
		}
		if got := bodies(e.receive(t, "jobs.fifo", nil)); got != "b1 b2" {
			t.Fatalf("received %q: a1 to a3 are dead letters, and do not hold up the others", got)
		}
		dead := e.receive(t, "dead.fifo", nil)
		if bodies(dead) != "a1 a2 a3" || dead[0].Attributes["SequenceNumber"] != answers[0].SequenceNumber || dead[0].Attributes["MessageGroupId"] != "a" ||
			dead[0].Attributes["SentTimestamp"] != fmt.Sprint(time.Now().UnixMilli()) || dead[0].Attributes["DeadLetterQueueSourceArn"] != "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo" {
			t.Errorf("dead letters %+v", dead)
		}
		for _, m := range dead {
			e.release(t, "dead.fifo", m)
		}
		e.must(t, "", "StartMessageMoveTask", map[string]any{"SourceArn": "arn:aws:sqs:eu-central-1:123456789012:dead.fifo"}, nil)
		back := e.receive(t, "jobs.fifo", nil)
		if bodies(back) != "a1 a2 a3" || back[0].Attributes["MessageDeduplicationId"] != "a1" || back[0].Attributes["SequenceNumber"] <= answers[4].SequenceNumber || back[0].Attributes["ApproximateReceiveCount"] != "1" {
			t.Errorf("moved back: %+v", back)
		}
		err := e.call("", "StartMessageMoveTask", map[string]any{"SourceArn": "arn:aws:sqs:eu-central-1:123456789012:dead.fifo", "DestinationArn": "arn:aws:sqs:eu-central-1:123456789012:plain"}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidParameterValueException" {
			t.Errorf("moved to a standard queue: %v", err)
		}
	})
}

func TestDeadLettersKeepTheirOrderWhateverTheReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Dead", "")+","+fifoQueue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
		var want []string
		for i := range 200 {
			body := fmt.Sprintf("%03d", i)
			want = append(want, body)
			e.order(t, "jobs.fifo", "g/"+body)
		}
		done := make(chan bool)
		for range 8 {
			go func() {
				defer func() { done <- true }()
				for {
					messages := e.receive(t, "jobs.fifo", map[string]any{"WaitTimeSeconds": 20, "MaxNumberOfMessages": 3})
					if len(messages) == 0 {
						return
					}
					for _, m := range messages {
						e.release(t, "jobs.fifo", m)
					}
				}
			}()
		}
		for range 8 {
			<-done
		}
		var got []string
		for letters := e.receive(t, "dead.fifo", nil); len(letters) > 0; letters = e.receive(t, "dead.fifo", nil) {
			for _, m := range letters {
				got = append(got, m.Body)
			}
			e.delete(t, "dead.fifo", letters...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("dead letters %q", got)
		}
	})
}

func TestWhatAFIFOQueueRefuses(t *testing.T) {
	for _, test := range []struct {
		name, queue string
		in          map[string]any
		code, text  string
	}{
		{"no group", "jobs.fifo", map[string]any{"MessageDeduplicationId": "d"}, "MissingParameterException", "The request must contain the parameter MessageGroupId."},
		{"no deduplication id", "jobs.fifo", map[string]any{"MessageGroupId": "g"}, "InvalidParameterValueException", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
		{"a delay of a message", "jobs.fifo", map[string]any{"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 5}, "InvalidParameterValueException", "Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."},
		{"no delay of a message", "jobs.fifo", map[string]any{"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 0}, "", ""},
		{"an empty group", "jobs.fifo", map[string]any{"MessageGroupId": "", "MessageDeduplicationId": "d"}, "InvalidParameterValueException", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."},
		{"a group of 128", "jobs.fifo", map[string]any{"MessageGroupId": strings.Repeat("~", 128), "MessageDeduplicationId": "!"}, "", ""},
		{"a group of 129", "jobs.fifo", map[string]any{"MessageGroupId": strings.Repeat("~", 129), "MessageDeduplicationId": "d"}, "InvalidParameterValueException", "MessageGroupId can only"},
		{"a group with a space", "jobs.fifo", map[string]any{"MessageGroupId": "a b", "MessageDeduplicationId": "d"}, "InvalidParameterValueException", "MessageGroupId can only"},
		{"a deduplication id with an umlaut", "jobs.fifo", map[string]any{"MessageGroupId": "g", "MessageDeduplicationId": "ü"}, "InvalidParameterValueException", "MessageDeduplicationId can only"},
		{"a deduplication id for a standard queue", "plain", map[string]any{"MessageDeduplicationId": "d"}, "InvalidParameterValueException", "Value d for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."},
		{"a group of a standard queue, which is fair", "plain", map[string]any{"MessageGroupId": "g"}, "", ""},
		{"a group with a space for a standard queue", "plain", map[string]any{"MessageGroupId": "a b"}, "InvalidParameterValueException", "MessageGroupId can only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t)
			e.mustCreate(t, fifoQueue("Jobs", "")+","+queue("Plain", ""))
			test.in["MessageBody"] = "m"
			err := e.call(test.queue, "SendMessage", test.in, nil)
			if (err == nil) != (test.code == "") || err != nil && (cloud.AsError(err).Code != test.code || !strings.Contains(err.Error(), test.text)) {
				t.Errorf("error %v", err)
			}
		})
	}
	e := newEngine(t)
	e.mustCreate(t, queue("Plain", ""))
	if err := e.call("plain", "ReceiveMessage", map[string]any{"ReceiveRequestAttemptId": "x"}, nil); err == nil || !strings.Contains(err.Error(), "ReceiveRequestAttemptId") {
		t.Errorf("an attempt on a standard queue: %v", err)
	}
}

func TestFIFOQueuesOfTemplates(t *testing.T) {
	named := func(name, properties string) string {
		return `"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "` + name + `"` + properties + `}}`
	}
	for _, test := range []struct{ name, resources, want string }{
		{"a name of 80", named(strings.Repeat("n", 75)+".fifo", `, "FifoQueue": true`), ""},
		{"a name of 81", named(strings.Repeat("n", 76)+".fifo", `, "FifoQueue": true`), "must end with .fifo suffix and be 1 to 80 in length"},
		{"a name without the suffix", named("jobs", `, "FifoQueue": true`), "must end with .fifo suffix"},
		{"the suffix alone", named(".fifo", `, "FifoQueue": true`), "must end with .fifo suffix"},
		{"a standard queue with the suffix", named("jobs.fifo", ""), "can only include alphanumeric characters"},
		{"deduplication by content of a standard queue", named("jobs", `, "ContentBasedDeduplication": true`), "Unknown Attribute ContentBasedDeduplication"},
		{"a scope of a standard queue", named("jobs", `, "DeduplicationScope": "queue"`), "Unknown Attribute DeduplicationScope"},
		{"an unknown scope", fifoQueue("Jobs", `, "DeduplicationScope": "topic"`), `"topic" for the parameter DeduplicationScope`},
		{"an unknown limit", fifoQueue("Jobs", `, "FifoThroughputLimit": "none"`), `"none" for the parameter FifoThroughputLimit`},
		{"a limit without its scope", fifoQueue("Jobs", `, "FifoThroughputLimit": "perMessageGroupId"`), "the DeduplicationScope must be messageGroup"},
		{"dead letters of another type", queue("Dead", "") + "," + fifoQueue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`), "Dead-letter queue must be same type of queue as the source."},
		{"dead letters of a standard queue", fifoQueue("Dead", "") + "," + queue("Jobs", `, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`), "Dead-letter queue must be same type of queue as the source."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newEngine(t).create(test.resources); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	created := newEngine(t).mustCreate(t, `"`+strings.Repeat("Long", 30)+`": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}}`)
	if name := created.Handles[strings.Repeat("Long", 30)].Attributes["QueueName"].(string); len(name) != 80 || !strings.HasSuffix(name, ".fifo") {
		t.Errorf("generated name %q", name)
	}
}

func TestAttributesOfFIFOQueues(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, fifoQueue("Jobs", "")+","+queue("Plain", ""))
	attributes := func(queue string) string {
		var out struct{ Attributes map[string]string }
		e.must(t, queue, "GetQueueAttributes", map[string]any{"AttributeNames": []string{"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}}, &out)
		return fmt.Sprint(out.Attributes)
	}
	set := func(queue, name, value string) error {
		return e.call(queue, "SetQueueAttributes", map[string]any{"Attributes": map[string]string{name: value}}, nil)
	}
	if got := attributes("jobs.fifo") + attributes("plain"); got != "map[ContentBasedDeduplication:false DeduplicationScope:queue FifoQueue:true FifoThroughputLimit:perQueue]map[]" {
		t.Errorf("attributes %s", got)
	}
	for _, test := range []struct{ queue, name, value, code string }{
		{"jobs.fifo", "ContentBasedDeduplication", "true", ""},
		{"jobs.fifo", "ContentBasedDeduplication", "yes", "InvalidAttributeValue"},
		{"jobs.fifo", "FifoThroughputLimit", "perMessageGroupId", "InvalidAttributeValue"},
		{"jobs.fifo", "DeduplicationScope", "messageGroup", ""},
		{"jobs.fifo", "FifoThroughputLimit", "perMessageGroupId", ""},
		{"jobs.fifo", "DeduplicationScope", "queue", "InvalidAttributeValue"},
		{"jobs.fifo", "FifoQueue", "true", ""},
		{"jobs.fifo", "FifoQueue", "false", "InvalidAttributeValue"},
		{"plain", "FifoQueue", "true", "InvalidAttributeValue"},
		{"plain", "ContentBasedDeduplication", "true", "InvalidAttributeName"},
	} {
		if err := set(test.queue, test.name, test.value); (err == nil) != (test.code == "") || err != nil && cloud.AsError(err).Code != test.code {
			t.Errorf("%s of %s is %s: %v, want %q", test.name, test.queue, test.value, err, test.code)
		}
	}
	if got := attributes("jobs.fifo"); got != "map[ContentBasedDeduplication:true DeduplicationScope:messageGroup FifoQueue:true FifoThroughputLimit:perMessageGroupId]" {
		t.Errorf("attributes %s", got)
	}
}

func TestMetricsOfFIFOQueues(t *testing.T) {
	measured(t, fifoQueue("Jobs", ""), func(t *testing.T, e *engine, m *meter) {
		e.order(t, "jobs.fifo", "a/1", "a/1", "b/2", "b/3", "c/4")
		e.receive(t, "jobs.fifo", map[string]any{"MaxNumberOfMessages": 3})
		time.Sleep(10 * time.Second)
		m.want(t, "jobs.fifo", "NumberOfMessagesSent", 1, 1, 1, 1, 1)
		m.want(t, "jobs.fifo", "NumberOfDeduplicatedSentMessages", 1)
		m.want(t, "jobs.fifo", "ApproximateNumberOfGroupsWithInflightMessages", 2)
		m.want(t, "jobs.fifo", "ApproximateNumberOfMessagesNotVisible", 3)
	})
}

// keeper is what a run of the engine leaves of one queue.
type keeper struct {
	records []json.RawMessage
	queue   cloud.Durable
}

func (k *keeper) Keep(_ string, d cloud.Durable) error {
	k.queue = d
	return d.Restore(func(record any) error {
		if len(k.records) == 0 {
			return io.EOF
		}
		err := json.Unmarshal(k.records[0], record)
		k.records = k.records[1:]
		return err
	})
}

func (k *keeper) Forget(string) error { return errors.ErrUnsupported }

func (k *keeper) save(t *testing.T) {
	t.Helper()
	for record := range k.queue.Snapshot() {
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		k.records = append(k.records, text)
	}
}

func TestAFIFOQueueOutlivesTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{}
		e := newEngine(t)
		e.Keeper = k
		e.mustCreate(t, fifoQueue("Jobs", ""))
		before := e.order(t, "jobs.fifo", "a/a1", "b/b1", "a/a2", "gone/x")
		got := e.receive(t, "jobs.fifo", nil)
		e.delete(t, "jobs.fifo", got[3])
		k.save(t)
		e.Close()

		time.Sleep(4 * time.Minute)
		e = newEngine(t)
		e.Keeper = k
		e.mustCreate(t, fifoQueue("Jobs", ""))
		after := e.order(t, "jobs.fifo", "gone/x", "a/a3")
		if after[0] != before[3] || after[1].SequenceNumber <= before[3].SequenceNumber {
			t.Errorf("before %v, after %v", before, after)
		}
		if got := e.receive(t, "jobs.fifo", nil); bodies(got) != "a1 a2 a3 b1" || got[0].Attributes["SequenceNumber"] != before[0].SequenceNumber ||
			got[0].Attributes["MessageDeduplicationId"] != "a1" || got[0].Attributes["ApproximateReceiveCount"] != "2" {
			t.Errorf("received %+v", got)
		}
		time.Sleep(time.Minute)
		if later := e.order(t, "jobs.fifo", "gone/x"); later[0] == before[3] {
			t.Error("the message is remembered for longer than five minutes")
		}
	})
}

package sqs_test

// This file tests what can be said of FIFO queues, and what they refuse.

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestWhatAFIFOQueueRefuses(t *testing.T) {
	for _, test := range []struct {
		name, queue string
		in          map[string]any
		code, text  string
	}{
		{"no group", "jobs.fifo", map[string]any{"MessageDeduplicationId": "d"}, "MissingRequiredParameterException", "The request must contain the parameter MessageGroupId."},
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
	e.mustCreate(t, fifoQueue("Jobs", ""))
	refusedAs(t, e.call("jobs.fifo", "ReceiveMessage", map[string]any{"ReceiveRequestAttemptId": "a b"}, nil), "InvalidParameterValueException: Value a b for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only include")
}

func TestAFIFOQueueRefusesABatchAsAWholeIfAnEntryCannotBeInOrder(t *testing.T) {
	for entry, want := range map[string]string{
		`{"Id": "2", "MessageBody": "b", "MessageDeduplicationId": "d"}`: "The request must contain the parameter MessageGroupId.",
		`{"Id": "2", "MessageBody": "b", "MessageGroupId": "g"}`:         "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
	} {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		entries := json.RawMessage(`[{"Id": "1", "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "c"}, ` + entry + `]`)
		err := e.call("jobs.fifo", "SendMessageBatch", map[string]any{"Entries": entries}, nil)
		if err == nil || cloud.AsError(err).Code != "InvalidParameterValueException" || !strings.Contains(err.Error(), want) || e.counts(t, "jobs.fifo") != "0 0 0" {
			t.Errorf("%v, want %q; the queue has %s", err, want, e.counts(t, "jobs.fifo"))
		}
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
		{"a standard queue with the suffix", named("jobs.fifo", ""), "Can only include alphanumeric characters"},
		{"deduplication by content of a standard queue", named("jobs", `, "ContentBasedDeduplication": true`), "Unknown Attribute ContentBasedDeduplication"},
		{"a scope of a standard queue", named("jobs", `, "DeduplicationScope": "queue"`), "You can specify the DeduplicationScope only when FifoQueue is set to true"},
		{"an unknown scope", fifoQueue("Jobs", `, "DeduplicationScope": "topic"`), "for the parameter DeduplicationScope"},
		{"an unknown limit", fifoQueue("Jobs", `, "FifoThroughputLimit": "none"`), "for the parameter FifoThroughputLimit"},
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
		{"jobs.fifo", "DeduplicationScope", "perQueue", "InvalidAttributeValue"}, // a limit's value
		{"jobs.fifo", "FifoQueue", "true", ""},
		{"jobs.fifo", "FifoQueue", "false", "InvalidAttributeValue"},
		{"plain", "FifoQueue", "true", "InvalidAttributeName"},
		{"plain", "ContentBasedDeduplication", "true", "InvalidAttributeName"},
	} {
		if err := set(test.queue, test.name, test.value); (err == nil) != (test.code == "") || err != nil && cloud.AsError(err).Code != test.code {
			t.Errorf("%s of %s is %s: %v, want %q", test.name, test.queue, test.value, err, test.code)
		}
	}
	if got := attributes("jobs.fifo"); got != "map[ContentBasedDeduplication:true DeduplicationScope:messageGroup FifoQueue:true FifoThroughputLimit:perMessageGroupId]" {
		t.Errorf("attributes %s", got)
	}
	for _, back := range [][2]string{{"FifoThroughputLimit", "perQueue"}, {"DeduplicationScope", "queue"}, {"ContentBasedDeduplication", "false"}} {
		if err := set("jobs.fifo", back[0], back[1]); err != nil {
			t.Error(err)
		}
	}
	if got := attributes("jobs.fifo"); got != "map[ContentBasedDeduplication:false DeduplicationScope:queue FifoQueue:true FifoThroughputLimit:perQueue]" {
		t.Errorf("attributes %s", got)
	}
}

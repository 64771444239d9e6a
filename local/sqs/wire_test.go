package sqs_test

// This file calls the service with the AWS SDK, which checks every MD5.

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/wire"
)

func newClient(t *testing.T, e *engine) *awssqs.Client {
	server := httptest.NewServer(wire.As(e.Cloud, e.Administrator(), "sqs", wire.Protocols{}))
	t.Cleanup(server.Close)
	return awssqs.New(awssqs.Options{
		BaseEndpoint:     aws.String(server.URL),
		Region:           "eu-central-1",
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

func TestTheSDKSendsReceivesAndDeletes(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	client := newClient(t, e)
	got, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
	if err != nil || *got.QueueUrl != url("jobs") {
		t.Fatalf("%v %+v", err, got)
	}
	attributes := map[string]types.MessageAttributeValue{
		"text":        {DataType: aws.String("String"), StringValue: aws.String("ä 😀")},
		"number":      {DataType: aws.String("Number.int"), StringValue: aws.String("42")},
		"binary":      {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
		"trace.id":    {DataType: aws.String("String"), StringValue: aws.String("x")},
		"trace.other": {DataType: aws.String("String.custom"), StringValue: aws.String("y")},
	}
	const body = "{\"text\": \"\\\"quoted\\\"\", \"x\": \"😀\t\n\"}"
	sent, err := client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: got.QueueUrl, MessageBody: aws.String(body), MessageAttributes: attributes,
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		names []string
		want  int
	}{{nil, 0}, {[]string{"All"}, 5}, {[]string{"trace.*"}, 2}, {[]string{"number", "text", "none"}, 2}} {
		out, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: got.QueueUrl, MessageAttributeNames: test.names, VisibilityTimeout: 0,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"AWSTraceHeader", "SenderId"}})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("%v: %v %+v", test.names, err, out)
		}
		m := out.Messages[0]
		if *m.Body != body || *m.MessageId != *sent.MessageId || len(m.MessageAttributes) != test.want || m.Attributes["AWSTraceHeader"] != "Root=1" || m.Attributes["SenderId"] != "123456789012" {
			t.Errorf("%v: %+v", test.names, m)
		}
		if test.want == 5 && *m.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes {
			t.Errorf("MD5 %s of what was sent as %s", *m.MD5OfMessageAttributes, *sent.MD5OfMessageAttributes)
		}
		if _, err := client.ChangeMessageVisibility(t.Context(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: got.QueueUrl, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: got.QueueUrl})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("%v %+v", err, out)
	}
	if _, err := client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: got.QueueUrl, ReceiptHandle: out.Messages[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	if counts := e.counts(t, "jobs"); counts != "0 0 0" {
		t.Errorf("counts %s", counts)
	}
}

// The SDK for Go checks the MD5 of bodies only; others check the attributes'
// as well. The wanted digests are those of moto 5.2.1.
func TestAttributesHaveTheMD5ThatOtherSDKsCheck(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	for _, test := range []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{
			"my_attribute_name_1": map[string]string{"DataType": "String", "StringValue": "my_attribute_value_1"},
			"my_attribute_name_2": map[string]string{"DataType": "String", "StringValue": "my_attribute_value_2"},
		}, "c48838208d2b4e14e3ca0093a8443f09"},
		{map[string]any{
			"Zahl":  map[string]string{"DataType": "Number.int", "StringValue": "42"},
			"bytes": map[string]string{"DataType": "Binary", "BinaryValue": "AAH/"},
			"text":  map[string]string{"DataType": "String", "StringValue": "ä 😀"},
		}, "b52058d183ada1c7f0b5ecf249d21853"},
		{nil, ""},
	} {
		var out struct{ MD5OfMessageAttributes string }
		e.must(t, "jobs", "SendMessage", map[string]any{"MessageBody": "b", "MessageAttributes": test.attributes}, &out)
		if out.MD5OfMessageAttributes != test.want {
			t.Errorf("%v: MD5 %s, want %s", test.attributes, out.MD5OfMessageAttributes, test.want)
		}
	}
}

func TestTheSDKSendsBatchesWithFailedEntries(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", `, "MaximumMessageSize": 2048`))
	client := newClient(t, e)
	out, err := client.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: aws.String(url("jobs")), Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("fine")},
		{Id: aws.String("b"), MessageBody: aws.String(strings.Repeat("x", 2049))},
		{Id: aws.String("c"), MessageBody: aws.String("bell \a")},
		{Id: aws.String("d"), MessageBody: aws.String("late"), DelaySeconds: 901},
		{Id: aws.String("e"), MessageBody: aws.String("fine too")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var good, bad []string
	for _, s := range out.Successful {
		good = append(good, *s.Id)
	}
	for _, f := range out.Failed {
		bad = append(bad, fmt.Sprint(*f.Id, " ", *f.Code, " ", f.SenderFault))
	}
	if fmt.Sprint(good) != "[a e]" || fmt.Sprint(bad) != "[b InvalidParameterValue true c InvalidMessageContents true d InvalidParameterValue true]" {
		t.Errorf("successful %v, failed %v", good, bad)
	}
	received, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(url("jobs")), MaxNumberOfMessages: 10})
	if err != nil || len(received.Messages) != 2 {
		t.Fatalf("%v %+v", err, received)
	}
	deleted, err := client.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{QueueUrl: aws.String(url("jobs")), Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("x"), ReceiptHandle: received.Messages[0].ReceiptHandle},
		{Id: aws.String("y"), ReceiptHandle: aws.String("nonsense")},
	}})
	if err != nil || len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("%v %+v", err, deleted)
	}
	if counts := e.counts(t, "jobs"); counts != "0 1 0" {
		t.Errorf("counts %s", counts)
	}
}

func TestTheSDKSeesTypedErrors(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	client := newClient(t, e)
	_, err := client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String(url("nobody")), MessageBody: aws.String("x")})
	if _, ok := errors.AsType[*types.QueueDoesNotExist](err); !ok {
		t.Errorf("error %v", err)
	}
	if apiError, ok := errors.AsType[smithy.APIError](err); !ok || apiError.ErrorCode() != "AWS.SimpleQueueService.NonExistentQueue" {
		t.Errorf("error %v", err)
	}
	_, err = client.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: aws.String(url("jobs")), Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("x")}, {Id: aws.String("a"), MessageBody: aws.String("y")},
	}})
	if _, ok := errors.AsType[*types.BatchEntryIdsNotDistinct](err); !ok {
		t.Errorf("error %v", err)
	}
}

func TestTheSDKUsesFIFOQueues(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, fifoQueue("Jobs", `, "ContentBasedDeduplication": true`))
	client, jobs := newClient(t, e), aws.String(url("jobs.fifo"))
	out, err := client.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: jobs, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String("a1"), MessageGroupId: aws.String("a")},
		{Id: aws.String("2"), MessageBody: aws.String("a1"), MessageGroupId: aws.String("a")},
		{Id: aws.String("4"), MessageBody: aws.String("a3"), MessageGroupId: aws.String("a"), MessageDeduplicationId: aws.String("own")},
	}})
	if err != nil || len(out.Successful) != 3 {
		t.Fatalf("%v %+v", err, out)
	}
	if a, b := out.Successful[0], out.Successful[1]; *a.SequenceNumber != *b.SequenceNumber || *a.MessageId != *b.MessageId {
		t.Errorf("the same body is taken in twice: %v and %v", *a.SequenceNumber, *b.SequenceNumber)
	}
	in := &awssqs.ReceiveMessageInput{QueueUrl: jobs, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, ReceiveRequestAttemptId: aws.String("try")}
	for range 2 {
		got, err := client.ReceiveMessage(t.Context(), in)
		if err != nil || len(got.Messages) != 2 || *got.Messages[0].Body != "a1" || *got.Messages[1].Body != "a3" {
			t.Fatalf("%v %+v", err, got)
		}
		if a := got.Messages[1].Attributes; a["MessageGroupId"] != "a" || a["MessageDeduplicationId"] != "own" || a["SequenceNumber"] != *out.Successful[2].SequenceNumber {
			t.Errorf("attributes %v", a)
		}
	}
	_, err = client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: jobs, MessageBody: aws.String("b")})
	if apiError, ok := errors.AsType[smithy.APIError](err); !ok || apiError.ErrorCode() != "MissingParameter" {
		t.Errorf("without a group: %v", err)
	}
}

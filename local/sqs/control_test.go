package sqs_test

// This file makes queues by the API.

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func (e *engine) make(name string, attributes map[string]string) error {
	return e.call("", "CreateQueue", map[string]any{"QueueName": name, "Attributes": attributes, "tags": map[string]string{"team": "b2b"}}, nil)
}

// allowing is a RedriveAllowPolicy for so many queues.
func allowing(n int) string {
	return `{"redrivePermission":"byQueue","sourceQueueArns":[` + strings.TrimSuffix(strings.Repeat(`"a",`, n), ",") + `]}`
}

func TestAQueueIsMadeByACallAsItIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		name, queue string
		attributes  map[string]string
		code        string // empty: made
		message     string
	}{
		{"nothing but a name", "orders", nil, "", ""},
		{"no name", "", nil, "MissingRequiredParameterException", "QueueName"},
		{"a name with a period", "or.ders", nil, "InvalidParameterValueException", "Can only include alphanumeric characters"},
		{"a long name", strings.Repeat("x", 81), nil, "InvalidParameterValueException", "1 to 80"},
		{"a FIFO queue", "orders.fifo", map[string]string{"FifoQueue": "True", "ContentBasedDeduplication": "True"}, "", ""},
		{"a FIFO queue's name for a standard one", "orders.fifo", nil, "InvalidParameterValueException", "Can only include"},
		{"a standard queue's name for a FIFO one", "orders", map[string]string{"FifoQueue": "true"}, "InvalidParameterValueException", "must end with .fifo suffix"},
		{"a queue that is no FIFO queue", "orders", map[string]string{"FifoQueue": "false"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."},
		{"an unknown attribute", "orders", map[string]string{"Colour": "red"}, "InvalidAttributeName", "Unknown Attribute Colour."},
		{"a value out of range", "orders", map[string]string{"DelaySeconds": "901"}, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."},
		{"what only FIFO queues have", "orders", map[string]string{"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication."},
		{"a scope that only FIFO queues have", "orders", map[string]string{"DeduplicationScope": "queue"}, "InvalidAttributeName", "only when FifoQueue is set to true"},
		{"two kinds of keys", "orders", map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"}, "InvalidAttributeName", "one type of server-side encryption"},
		{"the smallest messages", "orders", map[string]string{"MaximumMessageSize": "1024"}, "", ""},
		{"the largest messages", "orders", map[string]string{"MaximumMessageSize": "1048576"}, "", ""},
		{"smaller messages", "orders", map[string]string{"MaximumMessageSize": "1023"}, "InvalidAttributeValue", "MaximumMessageSize"},
		{"a size that is no number", "orders", map[string]string{"MaximumMessageSize": "all"}, "InvalidAttributeValue", "MaximumMessageSize"},
		{"an encryption that is neither on nor off", "orders", map[string]string{"SqsManagedSseEnabled": "some"}, "InvalidAttributeValue", "SqsManagedSseEnabled"},
		{"a key of KMS, and none of SQS", "orders", map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "false"}, "", ""},
		{"a key of KMS for too short", "orders", map[string]string{"KmsDataKeyReusePeriodSeconds": "59"}, "InvalidAttributeValue", "KmsDataKeyReusePeriodSeconds"},
		{"a limit without its scope", "orders.fifo", map[string]string{"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}, "InvalidAttributeValue", "the DeduplicationScope must be messageGroup"},
		{"dead letters that are no JSON", "orders", map[string]string{"RedrivePolicy": "{"}, "InvalidParameterValueException", "not a valid JSON map"},
		{"dead letters after a word", "orders", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "a", "maxReceiveCount": "x"}`}, "InvalidParameterValueException", "RedrivePolicy"},
		{"dead letters after 1001 receives", "orders", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "a", "maxReceiveCount": 1001}`}, "InvalidParameterValueException", "valid values are from 1 to 1000"},
		{"dead letters after 1000 receives", "orders", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:123456789012:orders", "maxReceiveCount": 1000}`}, "InvalidParameterValueException", "does not exist"},
		{"dead letters for nobody", "orders", map[string]string{"RedrivePolicy": `{"maxReceiveCount": 3}`}, "InvalidParameterValueException", "mandatory attribute: deadLetterTargetArn"},
		{"dead letters of everybody", "orders", map[string]string{"RedriveAllowPolicy": `{"redrivePermission":"allowAll"}`}, "", ""},
		{"dead letters of ten queues", "orders", map[string]string{"RedriveAllowPolicy": allowing(10)}, "", ""},
		{"dead letters of eleven queues", "orders", map[string]string{"RedriveAllowPolicy": allowing(11)}, "InvalidParameterValueException", "RedriveAllowPolicy"},
		{"dead letters of chosen queues that are not named", "orders", map[string]string{"RedriveAllowPolicy": `{"redrivePermission": "byQueue"}`}, "InvalidParameterValueException", "RedriveAllowPolicy"},
		{"dead letters of everybody that are named", "orders", map[string]string{"RedriveAllowPolicy": `{"redrivePermission": "allowAll", "sourceQueueArns": ["a"]}`}, "InvalidParameterValueException", "RedriveAllowPolicy"},
		{"dead letters of somebody", "orders", map[string]string{"RedriveAllowPolicy": `{"redrivePermission": "some"}`}, "InvalidParameterValueException", "RedriveAllowPolicy"},
		{"dead letters of whom is no JSON", "orders", map[string]string{"RedriveAllowPolicy": `{`}, "InvalidParameterValueException", "RedriveAllowPolicy"},
		{"a policy that says nothing", "orders", map[string]string{"Policy": `{"Statement": {"Effect": "Perhaps"}}`}, "InvalidAttributeValue", "Policy"},
		{"a policy that is no JSON", "orders", map[string]string{"Policy": "{"}, "InvalidAttributeValue", "Invalid value for the parameter Policy."},
		{"dead letters for a queue that there is not", "orders", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:123456789012:none", "maxReceiveCount": 3}`}, "InvalidParameterValueException", "does not exist"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEngine(t)
			err := e.make(test.queue, test.attributes)
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				has := e.attributes(t, test.queue)
				var tags struct{ Tags map[string]string }
				if e.must(t, test.queue, "ListQueueTags", nil, &tags); !maps.Equal(tags.Tags, map[string]string{"team": "b2b"}) {
					t.Errorf("the tags are %v", tags.Tags)
				}
				for name, value := range test.attributes {
					if !strings.EqualFold(has[name], value) {
						t.Errorf("%s is %q, want %q", name, has[name], value)
					}
				}
				return
			}
			if refusedAs(t, err, test.code); err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("error %v, want %s: %s", err, test.code, test.message)
			}
		})
	}
}

func TestAQueueThatIsThereIsAnsweredUnlessItDiffers(t *testing.T) {
	e := newEngine(t)
	if err := e.make("orders", map[string]string{"DelaySeconds": "5"}); err != nil {
		t.Fatal(err)
	}
	e.send(t, "orders", "kept")
	for delay, want := range map[string]string{"5": "", "6": "A queue already exists with the same name and a different value for attribute DelaySeconds"} {
		err := e.make("orders", map[string]string{"DelaySeconds": delay})
		if want != "" {
			want = "QueueNameExists: " + want
		}
		refusedAs(t, err, want)
	}
	if got := e.counts(t, "orders"); got != "0 0 1" {
		t.Errorf("the queue has %s", got)
	}
}

func TestADeletedQueueIsGoneAndItsNameIsFreeAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		if err := e.make("orders", nil); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 1)
		go func() { waiting <- e.call("orders", "ReceiveMessage", map[string]any{"WaitTimeSeconds": 20}, nil) }()
		synctest.Wait()
		started := time.Now()
		e.must(t, "orders", "DeleteQueue", nil, nil)
		if err := <-waiting; err == nil || cloud.AsError(err).Code != "QueueDoesNotExist" || time.Since(started) != 0 {
			t.Errorf("who waited for a message is told %v, after %s", err, time.Since(started))
		}
		if err := e.call("orders", "GetQueueAttributes", nil, nil); err == nil {
			t.Error("the queue is still there")
		}
		refusedAs(t, e.make("orders", nil), "QueueDeletedRecently")
		time.Sleep(time.Minute)
		if err := e.make("orders", nil); err != nil {
			t.Errorf("after a minute: %v", err)
		}
	})
}

func TestWhatIsReceivedTooOftenStaysWhereItsDeadLetterQueueIsDeleted(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", `, "VisibilityTimeout": 0, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 1}`))
	e.send(t, "jobs", "a")
	e.must(t, "dead", "DeleteQueue", nil, nil)
	for range 3 {
		if got := bodies(e.receive(t, "jobs", nil)); got != "a" {
			t.Fatalf("received %q", got)
		}
	}
}

func TestQueuesAreTagged(t *testing.T) {
	e := newEngine(t)
	if err := e.make("orders", nil); err != nil {
		t.Fatal(err)
	}
	tags := func() string {
		var out struct{ Tags map[string]string }
		e.must(t, "orders", "ListQueueTags", nil, &out)
		return fmt.Sprint(out.Tags)
	}
	e.must(t, "orders", "TagQueue", map[string]any{"Tags": map[string]string{"cost": "", "team": "edi"}}, nil)
	if got := tags(); got != "map[cost: team:edi]" {
		t.Errorf("tags %s", got)
	}
	e.must(t, "orders", "UntagQueue", map[string]any{"TagKeys": []string{"cost", "none"}}, nil)
	if got := tags(); got != "map[team:edi]" {
		t.Errorf("tags %s", got)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	if err := e.call("orders", "TagQueue", map[string]any{"Tags": many}, nil); err == nil {
		t.Error("51 tags are accepted")
	}
	if got := tags(); got != "map[team:edi]" {
		t.Errorf("after 51 were refused the tags are %s", got)
	}
	many["51"] = ""
	refusedAs(t, e.call("", "CreateQueue", map[string]any{"QueueName": "other", "tags": many}, nil), "InvalidParameterValueException")
	delete(many, "51")
	delete(many, "0")
	e.must(t, "orders", "TagQueue", map[string]any{"Tags": many}, nil)
}

func TestAPermissionCountsUntilItIsRemoved(t *testing.T) {
	e := newEngine(t)
	if err := e.make("orders", nil); err != nil {
		t.Fatal(err)
	}
	stranger := cloud.Caller{ARN: "arn:aws:iam::999999999999:root"}
	may := func() bool {
		return e.Authorize(stranger, "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:orders") == nil
	}
	grant := map[string]any{"Label": "partner", "AWSAccountIds": []string{"999999999999"}, "Actions": []string{"SendMessage"}}
	e.must(t, "orders", "AddPermission", grant, nil)
	const want = `{"Version":"2008-10-17","Id":"arn:aws:sqs:eu-central-1:123456789012:orders/SQSDefaultPolicy","Statement":[{"Sid":"partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:eu-central-1:123456789012:orders"}]}`
	if got := e.attributes(t, "orders")["Policy"]; got != want {
		t.Errorf("the policy is %s", got)
	}
	if !may() {
		t.Error("the permission does not count")
	}
	if err := e.call("orders", "AddPermission", grant, nil); err == nil || !strings.Contains(err.Error(), "Already exists") {
		t.Errorf("the same label again: %v", err)
	}
	e.must(t, "orders", "RemovePermission", map[string]any{"Label": "partner"}, nil)
	if _, ok := e.attributes(t, "orders")["Policy"]; ok || may() {
		t.Error("the permission is still there")
	}
	if err := e.call("orders", "RemovePermission", map[string]any{"Label": "partner"}, nil); err == nil || !strings.Contains(err.Error(), "can't find label") {
		t.Errorf("again: %v", err)
	}
}

func TestAPolicyIsAnAttribute(t *testing.T) {
	e := newEngine(t)
	const policy = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}}`
	if err := e.make("orders", map[string]string{"Policy": policy}); err != nil {
		t.Fatal(err)
	}
	may := func() bool {
		return e.Authorize(e.ServiceCaller("events.amazonaws.com", ""), "sqs:SendMessage", "arn:aws:sqs:eu-central-1:123456789012:orders") == nil
	}
	if !may() || e.attributes(t, "orders")["Policy"] != policy {
		t.Error("the policy does not count")
	}
	e.must(t, "orders", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"Policy": ""}}, nil)
	if may() {
		t.Error("the policy counts still")
	}
}

// Clients of the query protocol send forms, to the address of the queue.
func TestTheQueryProtocolHasTheSameActions(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	server := httptest.NewServer(wire.As(e.Cloud, e.Administrator(), "sqs", e.queues.Protocols()))
	defer server.Close()
	post := func(path string, form map[string]string) string {
		values := neturl.Values{"Version": {"2012-11-05"}}
		for name, value := range form {
			values.Set(name, value)
		}
		answer, err := http.PostForm(server.URL+path, values)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	attribute := map[string]string{"MessageAttribute.1.Name": "kind", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "invoice"}
	sent := map[string]string{"Action": "SendMessage", "MessageBody": "a"}
	maps.Copy(sent, attribute)
	for _, step := range []struct {
		name, path string
		form       map[string]string
		want       []string
	}{
		{"send", "/123456789012/jobs", sent, []string{"<SendMessageResult><MessageId>", "<MD5OfMessageAttributes>"}},
		{"send a batch", "/", map[string]string{"Action": "SendMessageBatch", "QueueUrl": "http://x/123456789012/jobs", "SendMessageBatchRequestEntry.1.Id": "1", "SendMessageBatchRequestEntry.1.MessageBody": "b", "SendMessageBatchRequestEntry.2.Id": "2"},
			[]string{"<SendMessageBatchResultEntry><Id>1</Id>", "<BatchResultErrorEntry><Id>2</Id>"}},
		{"receive", "/123456789012/jobs", map[string]string{"Action": "ReceiveMessage", "MaxNumberOfMessages": "10", "AttributeName.1": "ApproximateReceiveCount", "MessageAttributeName.1": "All"},
			[]string{"<ReceiveMessageResult><Message><MessageId>", "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>", "<MessageAttribute><Name>kind</Name><Value><DataType>String</DataType><StringValue>invoice</StringValue></Value></MessageAttribute>"}},
		{"change", "/123456789012/jobs", map[string]string{"Action": "SetQueueAttributes", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "7"}, nil},
		{"look", "/123456789012/jobs", map[string]string{"Action": "GetQueueAttributes", "AttributeName.1": "DelaySeconds"}, []string{"<Attribute><Name>DelaySeconds</Name><Value>7</Value></Attribute>"}},
		{"tag", "/123456789012/jobs", map[string]string{"Action": "TagQueue", "Tag.1.Key": "team", "Tag.1.Value": "b2b"}, nil},
		{"tags", "/123456789012/jobs", map[string]string{"Action": "ListQueueTags"}, []string{"<Tag><Key>team</Key><Value>b2b</Value></Tag>"}},
		{"list", "/", map[string]string{"Action": "ListQueues"}, []string{"<ListQueuesResult><QueueUrl>http://127.0.0.1:4566/123456789012/jobs</QueueUrl>"}},
		{"no such queue", "/123456789012/none", map[string]string{"Action": "PurgeQueue"}, []string{"<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>", "<Detail></Detail>", `xmlns="http://queue.amazonaws.com/doc/2012-11-05/"`}},
		{"no such queue, in the words of this protocol", "/123456789012/none", map[string]string{"Action": "PurgeQueue"}, []string{"<Message>The specified queue does not exist for this wsdl version.</Message>"}},
		{"no such action", "/", map[string]string{"Action": "Fly"}, []string{"<Code>InvalidAction</Code><Message>The action Fly is not valid for this endpoint.</Message>"}},
		{"no action", "/123456789012/jobs", nil, []string{"<UnknownOperationException></UnknownOperationException>"}},
		{"an action that is not about a queue, at its address", "/123456789012/jobs", map[string]string{"Action": "ListQueues"}, []string{"<Code>InvalidAction</Code>"}},
		{"another queue's address, at that of a queue", "/123456789012/none", map[string]string{"Action": "GetQueueUrl", "QueueName": "jobs"}, []string{"<QueueUrl>http://127.0.0.1:4566/123456789012/jobs</QueueUrl>"}},
		{"an empty list", "/123456789012/jobs", map[string]string{"Action": "ReceiveMessage", "MessageAttributeNames": ""}, []string{"<ReceiveMessageResult/>"}},
		{"no such parameter", "/", map[string]string{"Action": "ListQueues", "Colour": "red"}, []string{"<Code>NotImplemented</Code>", "Colour"}},
	} {
		answer := post(step.path, step.form)
		for _, want := range step.want {
			if !strings.Contains(answer, want) {
				t.Errorf("%s: no %s in %s", step.name, want, answer)
			}
		}
	}
}

package sns_test

// This file publishes to FIFO topics, under a virtual clock.

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

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ordered is base with a FIFO topic "news.fifo", the FIFO queues "inbox.fifo" and
// "dead.fifo", and the standard queue "plain".
func ordered(topicProperties string) string {
	resources := strings.NewReplacer(
		`"TopicName": "news"`, `"TopicName": "news.fifo", "FifoTopic": true`+topicProperties,
		`"QueueName": "inbox"`, `"QueueName": "inbox.fifo", "FifoQueue": true`,
		`"QueueName": "dead"`, `"QueueName": "dead.fifo", "FifoQueue": true`,
		`[{"Ref": "Inbox"}, {"Ref": "Dead"}]`, `[{"Ref": "Inbox"}, {"Ref": "Dead"}, {"Ref": "Plain"}]`,
	).Replace(base)
	return resources + `, "Plain": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "plain"}}`
}

const plainARN = `{"Fn::GetAtt": ["Plain", "Arn"]}`

type published struct{ MessageId, SequenceNumber string }

// order publishes messages "group/body", with the body as deduplication id.
func (e *engine) order(t *testing.T, messages ...string) (answers []published) {
	t.Helper()
	for _, m := range messages {
		group, body, _ := strings.Cut(m, "/")
		answers = append(answers, e.publishInOrder(t, map[string]any{"Message": body, "MessageGroupId": group, "MessageDeduplicationId": body}))
	}
	return answers
}

func (e *engine) publishInOrder(t *testing.T, in map[string]any) (answer published) {
	t.Helper()
	in["TopicArn"] = topicARN + ".fifo"
	if err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", in, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// drain receives and deletes all that a queue has.
func (e *engine) drain(t *testing.T, queue string) (bodies []string) {
	t.Helper()
	for more := e.take(t, queue); len(more) > 0; more = e.take(t, queue) {
		bodies = append(bodies, more...)
	}
	return bodies
}

// take receives and deletes what a queue hands out at once, for which it waits.
func (e *engine) take(t *testing.T, queue string) (bodies []string) {
	t.Helper()
	for _, m := range e.receive(t, queue, 1) {
		bodies = append(bodies, m.Body)
		err := e.Do(t.Context(), e.Administrator(), "sqs", "DeleteMessage", map[string]any{"QueueUrl": "http://127.0.0.1/123456789012/" + queue, "ReceiptHandle": m.ReceiptHandle}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	return bodies
}

func TestAFIFOTopicTellsQueuesOfBothTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, ordered("")+subscription("Ordered", "sqs", inboxARN, "")+subscription("Standard", "sqs", plainARN, `, "RawMessageDelivery": true`))
		answer := e.order(t, "g/m")[0]
		got := e.receive(t, "inbox.fifo", 1)
		if len(got) != 1 || got[0].Attributes["MessageGroupId"] != "g" || got[0].Attributes["MessageDeduplicationId"] != "m" {
			t.Fatalf("messages %+v", got)
		}
		var n published
		if err := json.Unmarshal([]byte(got[0].Body), &n); err != nil || n != answer || len(n.SequenceNumber) != 20 {
			t.Errorf("%v, notification %s, published as %+v", err, got[0].Body, answer)
		}
		if plain := e.receive(t, "plain", 1); len(plain) != 1 || plain[0].Body != "m" || plain[0].Attributes["MessageGroupId"] != "" {
			t.Errorf("messages of the standard queue %+v", plain)
		}
	})
}

func TestAStandardTopicTellsStandardQueuesOfTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, ""))
		e.publish(t, map[string]any{"Message": "m", "MessageGroupId": "tenant"})
		if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Attributes["MessageGroupId"] != "tenant" || strings.Contains(got[0].Body, "SequenceNumber") {
			t.Errorf("messages %+v", got)
		}
	})
}

func TestAMessageIsPublishedOnceWithinFiveMinutes(t *testing.T) {
	for _, test := range []struct {
		name, properties string
		second           map[string]any
		wait             time.Duration
		duplicate        bool
	}{
		{"the same id", "", map[string]any{"Message": "other", "MessageGroupId": "g", "MessageDeduplicationId": "id"}, 5*time.Minute - 1, true},
		{"after the interval", "", map[string]any{"Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "id"}, 5 * time.Minute, false},
		{"in another group", "", map[string]any{"Message": "m", "MessageGroupId": "h", "MessageDeduplicationId": "id"}, 0, true},
		{"in another group, with that scope", `, "FifoThroughputScope": "MessageGroup"`, map[string]any{"Message": "m", "MessageGroupId": "h", "MessageDeduplicationId": "id"}, 0, false},
		{"the id that the first one's content has", `, "ContentBasedDeduplication": true`, map[string]any{"Message": "n", "MessageGroupId": "g",
			"MessageDeduplicationId": "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"}, 0, true},
		{"the same content", `, "ContentBasedDeduplication": true`, map[string]any{"Message": "m", "MessageGroupId": "g"}, 0, true},
		{"the same content under an id", `, "ContentBasedDeduplication": true`, map[string]any{"Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "x"}, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t)
				e.mustCreate(t, ordered(test.properties)+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`))
				first := map[string]any{"Message": "m", "MessageGroupId": "g", "MessageDeduplicationId": "id"}
				if strings.Contains(test.properties, "Content") {
					delete(first, "MessageDeduplicationId")
				}
				published := time.Now()
				before := e.publishInOrder(t, first)
				e.drain(t, "inbox.fifo")
				time.Sleep(time.Until(published.Add(test.wait)))
				after := e.publishInOrder(t, test.second)
				if (before == after) != test.duplicate {
					t.Errorf("before %v, after %v", before, after)
				}
				// The queue's own deduplication does not know of the topic's scope.
				if got := e.drain(t, "inbox.fifo"); len(got) != 0 && test.duplicate {
					t.Errorf("messages %v", got)
				}
			})
		})
	}
}

// A group's message waits until the one before it is delivered, however long that
// takes; other groups and other subscriptions do not wait.
func TestDeliveriesKeepTheOrderOfTheirGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, ordered("")+subscription("Ordered", "sqs", inboxARN, `, "RawMessageDelivery": true`)+subscription("Standard", "sqs", plainARN, `, "RawMessageDelivery": true`))
		started := time.Now()
		e.Fault = func(_ context.Context, call cloud.Call) error { // inbox.fifo takes no a1 for 10 s
			if call.Service == "sqs" && call.Action == "SendMessage" && strings.Contains(string(call.Input), `inbox.fifo","MessageBody":"a1"`) && time.Since(started) < 10*time.Second {
				return cloud.Errorf(500, "InternalError", "broken")
			}
			return nil
		}
		e.order(t, "a/a1", "a/a2", "b/b1", "a/a3")
		synctest.Wait()
		if got := e.drain(t, "inbox.fifo"); !slices.Equal(got, []string{"b1"}) {
			t.Errorf("messages %v", got)
		}
		if got := e.drain(t, "plain"); len(got) != 4 {
			t.Errorf("messages of the other subscription %v", got)
		}
		time.Sleep(20 * time.Second)
		e.order(t, "a/a4")
		synctest.Wait()
		if got := e.drain(t, "inbox.fifo"); !slices.Equal(got, []string{"a1", "a2", "a3", "a4"}) {
			t.Errorf("messages %v", got)
		}
	})
}

func TestManyPublishersAndTheQueueSeeOneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, ordered("")+subscription("Sub", "sqs", inboxARN, ""))
		done := make(chan []published)
		for i := range 10 {
			go func() {
				var answers []published
				for j := range 20 {
					answers = append(answers, e.order(t, fmt.Sprintf("g/%d-%d", i, j))...)
				}
				done <- answers
			}()
		}
		var want []string
		for range 10 {
			for _, answer := range <-done {
				want = append(want, answer.SequenceNumber)
			}
		}
		slices.Sort(want)
		synctest.Wait()
		var got []string
		for _, body := range e.drain(t, "inbox.fifo") {
			var n published
			if err := json.Unmarshal([]byte(body), &n); err != nil {
				t.Fatal(err)
			}
			got = append(got, n.SequenceNumber)
		}
		if !slices.Equal(got, want) {
			t.Errorf("received %v\npublished %v", got, want)
		}
	})
}

func TestWhatAFIFOTopicCannotDeliverGoesToItsFIFODeadLettersInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, ordered("")+`, "Closed": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}}`+
			subscription("Sub", "sqs", `{"Fn::GetAtt": ["Closed", "Arn"]}`, `, "RawMessageDelivery": true, "RedrivePolicy": {"deadLetterTargetArn": `+deadARN+`}`))
		e.order(t, "a/a1", "b/b1", "a/a2", "a/a3")
		synctest.Wait()
		got := e.drain(t, "dead.fifo")
		a := slices.DeleteFunc(slices.Clone(got), func(body string) bool { return body == "b1" })
		if len(got) != 4 || !slices.Equal(a, []string{"a1", "a2", "a3"}) {
			t.Errorf("dead letters %v", got)
		}
	})
}

func TestAFilterOfAFIFOTopicsSubscriptionKeepsTheOrderOfWhatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, ordered("")+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true, "FilterPolicyScope": "MessageBody", "FilterPolicy": {"n": [{"numeric": [">", 1]}]}`))
		e.order(t, `g/{"n":1}`, `g/{"n":2}`, `g/{"n":0}`, `g/{"n":3}`)
		synctest.Wait()
		if got := e.drain(t, "inbox.fifo"); !slices.Equal(got, []string{`{"n":2}`, `{"n":3}`}) {
			t.Errorf("messages %v", got)
		}
	})
}

func TestWhatAFIFOTopicRefuses(t *testing.T) {
	for _, test := range []struct{ name, resources, want string }{
		{"mail", ordered("") + subscription("Sub", "email", `"ops@example.com"`, ""), "Invalid protocol type: email"},
		{"a function", ordered("") + subscription("Sub", "lambda", `"arn:aws:lambda:eu-central-1:123456789012:function:f"`, ""), "Invalid protocol type: lambda"},
		{"HTTPS", ordered("") + subscription("Sub", "https", `"https://example.com"`, ""), "Invalid protocol type: https"},
		{"standard dead letters", ordered("") + subscription("Sub", "sqs", inboxARN, `, "RedrivePolicy": {"deadLetterTargetArn": `+plainARN+`}`), "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."},
		{"FIFO dead letters of a standard topic", strings.ReplaceAll(base, `"QueueName": "dead"`, `"FifoQueue": true`) + subscription("Sub", "sqs", inboxARN, `, "RedrivePolicy": {"deadLetterTargetArn": `+deadARN+`}`), "must use a standard queue as DLQ"},
		{"a FIFO queue of a standard topic", strings.ReplaceAll(base, `"QueueName": "inbox"`, `"FifoQueue": true`) + subscription("Sub", "sqs", inboxARN, ""), "FIFO SQS Queues can not be subscribed to standard SNS topics"},
		{"a name without the suffix", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news", "FifoTopic": true}}`, "Fifo Topic names must end with .fifo"},
		{"the suffix alone", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": ".fifo", "FifoTopic": true}}`, "Fifo Topic names must end with .fifo"},
		{"a name of 257", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "` + strings.Repeat("n", 252) + `.fifo", "FifoTopic": true}}`, "between 1 and 256 characters long"},
		{"a standard topic with the suffix", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news.fifo"}}`, "Topic names must be made up of only"},
		{"deduplication of a standard topic", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"ContentBasedDeduplication": true}}`, "can only be set for FIFO topics"},
		{"a scope of a standard topic", `"T": {"Type": "AWS::SNS::Topic", "Properties": {"FifoThroughputScope": "Topic"}}`, "can only be set for FIFO topics"},
		{"an unknown scope", ordered(`, "FifoThroughputScope": "Queue"`), "FifoThroughputScope Reason: Invalid value [Queue]"},
		{"an archive", ordered(`, "ArchivePolicy": {"MessageRetentionPeriod": "1"}`), "property ArchivePolicy is not supported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newEngine(t).create(test.resources); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	created := newEngine(t).mustCreate(t, `"`+strings.Repeat("Long", 60)+`": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": true}}`)
	if name := created.Handles[strings.Repeat("Long", 60)].Attributes["TopicName"].(string); !strings.HasSuffix(name, ".fifo") || len(name) > 256 {
		t.Errorf("generated name %q", name)
	}
}

func TestTheSDKPublishesToFIFOTopics(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, ordered(`, "ContentBasedDeduplication": true`)+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`)+
		`, "Strict": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "strict.fifo", "FifoTopic": true}}, "Plain2": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "plain"}}`)
	client, topic := newClient(t, e, e.Administrator()), aws.String(topicARN+".fifo")
	one, err := client.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("m1"), MessageGroupId: aws.String("g")})
	if err != nil || len(aws.ToString(one.SequenceNumber)) != 20 {
		t.Fatalf("%v %+v", err, one)
	}
	batch, err := client.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("m1"), MessageGroupId: aws.String("g")},
		{Id: aws.String("b"), Message: aws.String("m2"), MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("own")},
	}})
	if err != nil || len(batch.Successful) != 2 || *batch.Successful[0].SequenceNumber != *one.SequenceNumber || *batch.Successful[1].SequenceNumber <= *one.SequenceNumber {
		t.Fatalf("%v %+v", err, batch)
	}
	got := e.take(t, "inbox.fifo")
	if len(got) == 1 { // the second one may have come later, and waits for its group
		got = append(got, e.take(t, "inbox.fifo")...)
	}
	if strings.Join(got, " ") != "m1 m2" {
		t.Errorf("messages %q", got)
	}
	attributes, err := client.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: topic})
	if err != nil || attributes.Attributes["FifoTopic"] != "true" || attributes.Attributes["ContentBasedDeduplication"] != "true" || attributes.Attributes["FifoThroughputScope"] != "" {
		t.Errorf("%v, attributes %v", err, attributes)
	}
	for _, test := range []struct {
		name  string
		topic string
		in    awssns.PublishInput
		want  string
	}{
		{"no group", "news.fifo", awssns.PublishInput{}, "The MessageGroupId parameter is required for FIFO topics"},
		{"no deduplication id", "strict.fifo", awssns.PublishInput{MessageGroupId: aws.String("g")}, "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
		{"a group of 129", "news.fifo", awssns.PublishInput{MessageGroupId: aws.String(strings.Repeat("g", 129))}, "MessageGroupId can only include"},
		{"a deduplication id with a space", "news.fifo", awssns.PublishInput{MessageGroupId: aws.String("g"), MessageDeduplicationId: aws.String("a b")}, "MessageDeduplicationId can only include"},
		{"a deduplication id for a standard topic", "plain", awssns.PublishInput{MessageDeduplicationId: aws.String("d")}, "MessageDeduplicationId parameter that is not valid for this topic type"},
		{"a group with a space for a standard topic", "plain", awssns.PublishInput{MessageGroupId: aws.String("a b")}, "MessageGroupId can only include"},
	} {
		test.in.TopicArn, test.in.Message = aws.String(strings.TrimSuffix(topicARN, "news")+test.topic), aws.String("m")
		_, err := client.Publish(t.Context(), &test.in)
		if invalid, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(invalid.ErrorMessage(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err = client.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("m3"), MessageGroupId: aws.String("g")}, {Id: aws.String("b"), Message: aws.String("m4")},
	}})
	if _, ok := errors.AsType[*types.InvalidParameterException](err); !ok {
		t.Errorf("a batch with an entry without a group: %v", err)
	}
}

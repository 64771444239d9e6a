// Notifications to queues, topics and functions.

package s3_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	queueARN    = "arn:aws:sqs:eu-central-1:111122223333:orders"
	topicARN    = "arn:aws:sns:eu-central-1:111122223333:orders"
	functionARN = "arn:aws:lambda:eu-central-1:111122223333:function:orders"
)

// told is what a destination was told, and by whom.
type told struct {
	service, message, source, trace string
}

// destinations are services that take what they are told. Those that are called
// "closed" may not be told, and those that are called "none" are not there.
func (w *world) destinations() chan told {
	heard := make(chan told, 100)
	var busy atomic.Bool
	take := func(service string, message func(map[string]any) (who, text string)) cloud.Operation {
		return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in map[string]any) (map[string]any, error) {
			who, text := message(in)
			switch {
			case strings.HasSuffix(who, "closed") || caller.Service != "s3.amazonaws.com":
				return nil, cloud.Errorf(403, "AccessDenied", "%s may not", caller.Service)
			case strings.HasSuffix(who, "busy") && !strings.Contains(text, "s3:TestEvent") && !busy.Swap(true):
				return nil, cloud.Errorf(429, "Throttled", "later")
			}
			if in["InvocationType"] != "DryRun" {
				heard <- told{service, text, caller.Context["aws:SourceArn"], cloud.OriginOf(ctx).Trace}
			}
			return nil, nil
		})
	}
	look := func(member string) cloud.Operation {
		return cloud.Handle(func(_ context.Context, _ cloud.Caller, in map[string]any) (map[string]any, error) {
			if name, _ := in[member].(string); strings.HasSuffix(name, "none") {
				return nil, cloud.Errorf(404, "NotFound", "there is no %s", name)
			}
			return nil, nil
		})
	}
	text := func(in map[string]any, name string) string { text, _ := in[name].(string); return text }
	w.cloud.Register("sqs", cloud.Operations{"GetQueueAttributes": look("QueueUrl"), "SendMessage": take("sqs", func(in map[string]any) (string, string) {
		return text(in, "QueueUrl"), text(in, "MessageBody")
	})})
	w.cloud.Register("sns", cloud.Operations{"GetTopicAttributes": look("TopicArn"), "Publish": take("sns", func(in map[string]any) (string, string) {
		return text(in, "TopicArn"), text(in, "Message")
	})})
	w.cloud.Register("lambda", cloud.Operations{"Invoke": take("lambda", func(in map[string]any) (string, string) {
		payload, _ := json.Marshal(in["Payload"])
		return text(in, "FunctionName"), string(payload)
	})})
	return heard
}

func notify(members string) string {
	return "PUT /versioned-bucket?notification\n\n<NotificationConfiguration>" + members + "</NotificationConfiguration>"
}

func queue(members string) string {
	return "<QueueConfiguration><Id>all</Id>" + members + "<Queue>" + queueARN + "</Queue></QueueConfiguration>"
}

func TestADestinationIsToldOfWhatItAsksFor(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	heard := w.destinations()
	for kind, configuration := range map[string]string{
		"sqs":    queue("<Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event><Event>s3:ObjectTagging:*</Event><Event>s3:ObjectAcl:Put</Event>"),
		"sns":    "<TopicConfiguration><Id>all</Id><Topic>" + topicARN + "-busy</Topic><Event>s3:ObjectCreated:Put</Event></TopicConfiguration>",
		"lambda": "<CloudFunctionConfiguration><Id>all</Id><CloudFunction>" + functionARN + "</CloudFunction><Event>s3:ObjectRemoved:DeleteMarkerCreated</Event></CloudFunctionConfiguration>",
	} {
		if got := w.answer(t, notify(configuration)); got != "200" {
			t.Fatalf("%s: %s", kind, got)
		}
		if kind != "lambda" {
			if test := <-heard; !strings.Contains(test.message, `"Event":"s3:TestEvent"`) || !strings.Contains(test.message, `"Bucket":"versioned-bucket"`) || test.service != kind {
				t.Errorf("at first %v", test)
			}
		}
		steps := []struct{ request, event string }{
			{"PUT /versioned-bucket/a%20b\nX-Amzn-Trace-Id: Root=1\n\nhello", "ObjectCreated:Put"},
			{"PUT /versioned-bucket/c\nx-amz-copy-source: versioned-bucket/a%20b", "ObjectCreated:Copy"},
			{"PUT /versioned-bucket/a%20b?tagging\n\n<Tagging><TagSet/></Tagging>", "ObjectTagging:Put"},
			{"DELETE /versioned-bucket/a%20b?tagging", "ObjectTagging:Delete"},
			{"PUT /versioned-bucket/a%20b?acl\nx-amz-acl: bucket-owner-full-control", "ObjectAcl:Put"},
			{"DELETE /versioned-bucket/a%20b", "ObjectRemoved:DeleteMarkerCreated"},
		}
		for _, step := range steps {
			if got := w.answer(t, step.request); !strings.HasPrefix(got, "20") {
				t.Fatalf("%s: %s", step.request, got)
			}
			wanted := kind == "sqs" || kind == "sns" && step.event == "ObjectCreated:Put" || kind == "lambda" && step.event == "ObjectRemoved:DeleteMarkerCreated"
			if !wanted {
				continue
			}
			got := <-heard
			for _, part := range []string{`"eventName":"` + step.event + `"`, `"configurationId":"all"`, `"awsRegion":"eu-central-1"`, `"arn":"arn:aws:s3:::versioned-bucket"`, `"versionId":"`, `"eventVersion":"` + formatOf(step.event)} {
				if !strings.Contains(got.message, part) {
					t.Errorf("%s: %s is not in %s", step.request, part, got.message)
				}
			}
			if !strings.Contains(step.event, "Copy") && !strings.Contains(got.message, `"key":"a+b"`) || got.source != "arn:aws:s3:::versioned-bucket" {
				t.Errorf("%s: got %v", step.request, got)
			}
			if step.event == "ObjectCreated:Put" && (got.trace != "Root=1" || !strings.Contains(got.message, `"size":5,"eTag":"5d41402abc4b2a76b9719d911017c592"`)) {
				t.Errorf("%s: got %v", step.request, got)
			}
		}
		if len(heard) > 0 {
			t.Errorf("%s was told of more: %v", kind, <-heard)
		}
	}
}

// formatOf is the version of what a destination gets.
func formatOf(event string) string {
	if strings.Contains(event, "Tagging") || strings.Contains(event, "Acl") {
		return "2.3"
	}
	return "2.1"
}

func TestWhatIsDeletedForGoodHasNoEntityTag(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	heard := w.destinations()
	w.ask(t, notify("<EventBridgeConfiguration/>"+queue("<Event>s3:ObjectRemoved:Delete</Event>")))
	<-heard // the event that tests it
	id := w.ask(t, "PUT /versioned-bucket/k\n\nx").Header().Get("x-amz-version-id")
	w.ask(t, "DELETE /versioned-bucket/k?versionId="+id)
	if got := <-heard; strings.Contains(got.message, "eTag") || !strings.Contains(got.message, `"versionId":"`+id) {
		t.Errorf("got %v", got)
	}
	if got := string(w.events[1].Detail); strings.Contains(got, "etag") || !strings.Contains(got, `"version-id":"`+id) {
		t.Errorf("EventBridge is told %s", got)
	}
}

func TestTheDeletionOfWhatThereNeverWasIsToldOf(t *testing.T) {
	w := newWorld(t, "plain-bucket", "versioned-bucket")
	w.ask(t, "DELETE /plain-bucket/one")
	w.ask(t, "POST /plain-bucket?delete\n\n<Delete><Object><Key>two</Key></Object><Object><Key>three</Key><VersionId>null</VersionId></Object></Delete>")
	w.ask(t, "DELETE /versioned-bucket/four?versionId=null")
	var keys []string
	for _, e := range w.events {
		var detail struct{ Object struct{ Key string } }
		if err := json.Unmarshal(e.Detail, &detail); err != nil || e.DetailType != "Object Deleted" || !strings.Contains(string(e.Detail), "Permanently") {
			t.Errorf("%s, %v", e.Detail, err)
		}
		keys = append(keys, detail.Object.Key)
	}
	if !slices.Equal(keys, []string{"one", "two"}) {
		t.Errorf("told of %v, want one and two", keys)
	}
}

func TestAVersionWithoutAnIDIsToldWithoutOne(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	w.ask(t, "PUT /versioned-bucket?versioning\n\n<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
	w.put(t, "versioned-bucket", "k", "x")
	if len(w.events) != 1 || strings.Contains(string(w.events[0].Detail), "version-id") {
		t.Errorf("events %v", w.events)
	}
}

func TestAFilterChoosesKeys(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	heard := w.destinations()
	filter := "<Filter><S3Key><FilterRule><Name>PREFIX</Name><Value>in/</Value></FilterRule><FilterRule><Name>suffix</Name><Value>.xml</Value></FilterRule></S3Key></Filter>"
	if got := w.answer(t, notify(queue("<Event>s3:ObjectCreated:*</Event>"+filter))); got != "200" {
		t.Fatal(got)
	}
	<-heard // the test
	if got := w.ask(t, "GET /versioned-bucket?notification").Body.String(); !strings.Contains(got, "<Name>Prefix</Name><Value>in/</Value></FilterRule><FilterRule><Name>Suffix</Name>") {
		t.Errorf("told %s", got)
	}
	for _, key := range []string{"in/a.txt", "out/a.xml", "in/b.xml"} {
		w.put(t, "versioned-bucket", key, "x")
	}
	if got := <-heard; !strings.Contains(got.message, "in/b.xml") || len(heard) > 0 {
		t.Errorf("got %v", got)
	}
	if got := w.answer(t, notify("")); got != "200" {
		t.Fatal(got)
	}
	w.put(t, "versioned-bucket", "in/c.xml", "x")
	w.cloud.Close()
	if len(heard) > 0 {
		t.Errorf("after its end: %v", <-heard)
	}
}

func TestADestinationThatCannotBeIsRefused(t *testing.T) {
	const created = "<Event>s3:ObjectCreated:*</Event>"
	prefix := func(value string) string {
		return "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>" + value + "</Value></FilterRule></S3Key></Filter>"
	}
	other := func(members string) string {
		return strings.Replace(queue(members), "<Id>all</Id>", "<Id>other</Id>", 1)
	}
	for _, row := range []struct{ name, members, want string }{
		{"no ARN", "<QueueConfiguration>" + created + "<Queue>orders</Queue></QueueConfiguration>", "<ArgumentName>Queue</ArgumentName><ArgumentValue>orders</ArgumentValue>"},
		{"a topic as a queue", "<QueueConfiguration>" + created + "<Queue>" + topicARN + "</Queue></QueueConfiguration>", "<ArgumentName>Queue</ArgumentName>"},
		{"no queue", strings.Replace(queue(created), ":orders", ":none", 1), "<ArgumentName1>" + strings.Replace(queueARN, ":orders", ":none", 1) + "</ArgumentName1><ArgumentValue1>The destination queue does not exist"},
		{"two of them", strings.Replace(queue(created+prefix("a")), ":orders", ":none", 1) + strings.Replace(other(created+prefix("b")), ":orders", ":closed", 1), "<ArgumentValue2>Permissions on the destination queue do not allow S3 to publish"},
		{"no topic", "<TopicConfiguration>" + created + "<Topic>" + topicARN + "-none</Topic></TopicConfiguration>", "The destination topic does not exist"},
		{"a function that may not be called", "<CloudFunctionConfiguration>" + created + "<CloudFunction>" + functionARN + "-closed</CloudFunction></CloudFunctionConfiguration>", "-closed, null</ArgumentName1><ArgumentValue1>Not authorized to invoke function ["},
		{"a FIFO queue", strings.Replace(queue(created), ":orders", ":orders.fifo", 1), "FIFO SQS queues are not supported"},
		{"an event that there is not", queue("<Event>s3:ObjectRead</Event>"), "<ArgumentValue>s3:ObjectRead</ArgumentValue>"},
		{"no event", queue(""), "<Code>MalformedXML</Code>"},
		{"a filter by something else", queue(created + "<Filter><S3Key><FilterRule><Name>infix</Name><Value>a</Value></FilterRule></S3Key></Filter>"), "<ArgumentName>FilterRule.Name</ArgumentName><ArgumentValue>infix</ArgumentValue>"},
		{"a rule of a filter without a value", queue(created + strings.Replace(prefix(""), "<Value></Value>", "", 1)), "<Code>MalformedXML</Code>"},
		{"a rule of a filter without a name", queue(created + strings.Replace(prefix("a"), "<Name>prefix</Name>", "", 1)), "<Code>MalformedXML</Code>"},
		{"a rule of a filter of another name", queue(created + strings.Replace(prefix("a"), "prefix", "middle", 1)), "<ArgumentValue>middle</ArgumentValue>"},
		{"one id for two", queue(created+prefix("a")) + queue(created+prefix("b")), "Same ID used for multiple configurations"},
		{"prefixes of each other", queue(created+prefix("a")) + other("<Event>s3:ObjectCreated:Put</Event>"+prefix("ab")), "Configuration is ambiguously defined"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "versioned-bucket")
			w.destinations()
			rec := w.ask(t, notify(row.members))
			if rec.Code != 400 || !strings.Contains(rec.Body.String(), row.want) {
				t.Errorf("got %d %s, want %s", rec.Code, rec.Body, row.want)
			}
		})
	}
	w := newWorld(t, "versioned-bucket")
	w.destinations()
	unchecked := strings.Replace(notify(strings.Replace(queue(created), ":orders", ":none", 1)), "\n\n", "\nx-amz-skip-destination-validation: true\n\n", 1)
	if got := w.answer(t, unchecked); got != "200" {
		t.Errorf("unchecked: got %s", got)
	}
	if got := w.answer(t, notify(queue(created+prefix("a"))+other(created+prefix("b")))); got != "200" {
		t.Errorf("beside each other: got %s", got)
	}
	if got := w.answer(t, notify(queue(created+prefix("")))); got != "200" {
		t.Errorf("of every key: got %s", got)
	}
}

func TestAnEventOfTagsAndListsGoesToEventBridge(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.put(t, "plain-bucket", "k", "x")
	for _, request := range []string{"PUT /plain-bucket/k?tagging\n\n<Tagging><TagSet/></Tagging>", "DELETE /plain-bucket/k?tagging", "PUT /plain-bucket/k?acl\nx-amz-acl: bucket-owner-full-control"} {
		w.ask(t, request)
	}
	var types []string
	for _, e := range w.events {
		types = append(types, e.DetailType)
	}
	if got := fmt.Sprint(types); got != "[Object Created Object Tags Added Object Tags Deleted Object ACL Updated]" {
		t.Errorf("got %s", got)
	}
}

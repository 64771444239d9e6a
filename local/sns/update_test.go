package sns_test

// This file updates topics and their subscriptions.

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (e *engine) stack(t *testing.T, resources string) *cfntest.Stack {
	t.Helper()
	s, err := cfntest.Create(t, e.Site, slices.Collect(maps.Values(e.types)), resources)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// declared is a subscription without its logical id.
func declared(protocol, endpoint, properties string) string {
	_, resource, _ := strings.Cut(subscription("x", protocol, endpoint, properties), ": ")
	return resource
}

func (e *engine) attributes(t *testing.T, action, member, arn string) map[string]string {
	t.Helper()
	var out struct{ Attributes map[string]string }
	if err := e.Do(t.Context(), e.Administrator(), "sns", action, map[string]any{member: arn}, &out); err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

func TestASubscriptionIsUpdatedFromTheNextMessageOn(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, base+subscription("ToInbox", "sqs", inboxARN, ""))
	arn := s.Ref("ToInbox")
	colour := func(value string) map[string]any {
		return map[string]any{"Message": `{"text": "` + value + `"}`, "MessageAttributes": map[string]any{"colour": map[string]any{"DataType": "String", "StringValue": value}}}
	}
	e.publish(t, colour("red"))
	if got := e.receive(t, "inbox", 1); len(got) != 1 || !strings.Contains(got[0].Body, "TopicArn") {
		t.Fatalf("the envelope is %+v", got)
	}

	s.Put(t, "ToInbox", declared("sqs", inboxARN, `, "RawMessageDelivery": true, "FilterPolicy": {"colour": ["blue"]}, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}`))
	if s.Ref("ToInbox") != arn {
		t.Errorf("the subscription is %s now, was %s", s.Ref("ToInbox"), arn)
	}
	e.publish(t, colour("red"))
	e.publish(t, colour("blue"))
	if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Body != `{"text": "blue"}` {
		t.Errorf("by the filter %+v came", got)
	}
	attributes := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)
	if !strings.Contains(attributes["RedrivePolicy"], ":dead") || attributes["RawMessageDelivery"] != "true" {
		t.Errorf("the attributes are %v", attributes)
	}

	s.Put(t, "ToInbox", declared("sqs", inboxARN, `, "FilterPolicyScope": "MessageBody", "FilterPolicy": {"text": ["red"]}`))
	e.publish(t, colour("blue"))
	e.publish(t, colour("red"))
	if got := e.receive(t, "inbox", 1); len(got) != 1 || !strings.Contains(got[0].Body, `\"red\"`) {
		t.Errorf("by the body's filter %+v came", got)
	}
	if got := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", arn)["RedrivePolicy"]; got != "" {
		t.Errorf("the redrive policy is still %s", got)
	}

	if err := s.Try(t, map[string]string{"ToInbox": declared("sqs", inboxARN, `, "FilterPolicy": {"colour": [{"unheard": "of"}]}`)}); err == nil {
		t.Error("a filter that is none was accepted")
	}
	e.publish(t, colour("red"))
	if got := e.receive(t, "inbox", 1); len(got) != 1 {
		t.Errorf("after what was refused %+v came", got)
	}
	s.Put(t, "ToInbox", declared("sqs", inboxARN, ""))
	e.publish(t, colour("green"))
	if got := e.receive(t, "inbox", 1); len(got) != 1 {
		t.Errorf("without a filter %+v came", got)
	}
}

func TestATopicIsUpdatedWithoutItsSubscriptionsLeaving(t *testing.T) {
	e := newEngine(t)
	topic := func(properties string) string {
		return `{"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"` + properties + `}}`
	}
	s := e.stack(t, strings.Replace(base, `{"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news", "DisplayName": "News"}}`, topic(""), 1)+
		subscription("ToDead", "sqs", deadARN, ""))
	arns := func() map[string]string {
		var out struct {
			Subscriptions []struct{ SubscriptionArn, Endpoint string }
		}
		if err := e.Do(t.Context(), e.Administrator(), "sns", "ListSubscriptionsByTopic", map[string]any{"TopicArn": topicARN}, &out); err != nil {
			t.Fatal(err)
		}
		byQueue := map[string]string{}
		for _, sub := range out.Subscriptions {
			byQueue[sub.Endpoint[strings.LastIndex(sub.Endpoint, ":")+1:]] = sub.SubscriptionArn
		}
		return byQueue
	}
	s.Put(t, "News", topic(`, "DisplayName": "Old news"`))
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN)["DisplayName"]; got != "Old news" {
		t.Errorf("the display name is %q", got)
	}
	s.Put(t, "News", topic(`, "Subscription": [{"Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-central-1:123456789012:inbox"}]`))
	first := arns()
	if len(first) != 2 || first["dead"] != s.Ref("ToDead") {
		t.Fatalf("the subscriptions are %v", first)
	}
	s.Put(t, "News", topic(`, "Subscription": [{"Protocol": "email", "Endpoint": "a@example.com"}, {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-central-1:123456789012:inbox"}]`))
	if got := arns(); len(got) != 3 || got["inbox"] != first["inbox"] || got["dead"] != first["dead"] {
		t.Errorf("the subscriptions are %v, were %v", got, first)
	}
	if err := s.Try(t, map[string]string{"News": topic(`, "FifoThroughputScope": "Topic"`)}); err == nil || len(arns()) != 3 {
		t.Errorf("a scope of a topic that is not FIFO was accepted: %v; the subscriptions are %v", err, arns())
	}
	s.Put(t, "News", topic(""))
	if got := arns(); len(got) != 1 || got["dead"] != first["dead"] {
		t.Errorf("the subscriptions are %v, were %v", got, first)
	}
	e.publish(t, map[string]any{"Message": "m"})
	if got := e.receive(t, "dead", 1); len(got) != 1 {
		t.Errorf("%+v came", got)
	}
}

func TestAFIFOTopicLearnsToMakeDeduplicationIDs(t *testing.T) {
	e := newEngine(t)
	topic := func(properties string) string {
		return `{"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news.fifo", "FifoTopic": true` + properties + `}}`
	}
	s := e.stack(t, `"News": `+topic(""))
	publish := func(group string) (number string, err error) {
		var out struct{ SequenceNumber string }
		err = e.Do(t.Context(), e.Administrator(), "sns", "Publish", map[string]any{"TopicArn": topicARN + ".fifo", "Message": "m", "MessageGroupId": group}, &out)
		return out.SequenceNumber, err
	}
	if _, err := publish("a"); err == nil {
		t.Error("a message without a deduplication id was taken in")
	}
	s.Put(t, "News", topic(`, "ContentBasedDeduplication": true`))
	first, err := publish("a")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := publish("b"); err != nil || again != first {
		t.Errorf("the topic's second message is %s, was %s, %v", again, first, err)
	}
	s.Put(t, "News", topic(`, "ContentBasedDeduplication": true, "FifoThroughputScope": "MessageGroup"`))
	second, err := publish("a")
	if err != nil {
		t.Fatal(err)
	}
	if other, err := publish("b"); err != nil || other == second {
		t.Errorf("another group's message is %s, %v", other, err)
	}
	if err := s.Try(t, map[string]string{"News": topic(`, "FifoThroughputScope": "World"`)}); err == nil {
		t.Error("a scope that there is not was accepted")
	}
}

func TestATopicPolicyMovesToAnotherTopic(t *testing.T) {
	e := newEngine(t)
	policy := func(topic, action string) string {
		return `{"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "` + topic + `"}], "PolicyDocument": {"Version": "2012-10-17", "Statement":
			[{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "` + action + `", "Resource": "*"}]}}}`
	}
	s := e.stack(t, `"First": {"Type": "AWS::SNS::Topic"}, "Second": {"Type": "AWS::SNS::Topic"}, "Policy": `+policy("First", "sns:Publish"))
	may := func(topic, action string) bool {
		return e.Authorize(cloud.Caller{ARN: "events.amazonaws.com", Service: "events.amazonaws.com"}, action, s.Ref(topic)) == nil
	}
	s.Put(t, "Policy", policy("First", "sns:GetTopicAttributes"))
	if may("First", "sns:Publish") || !may("First", "sns:GetTopicAttributes") {
		t.Error("the policy is not the one that was put in its place")
	}
	s.Put(t, "Policy", policy("Second", "sns:Publish"))
	if may("First", "sns:GetTopicAttributes") || !may("Second", "sns:Publish") {
		t.Error("the policy has not moved to the second topic")
	}
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", s.Ref("Second"))["Policy"]; !json.Valid([]byte(got)) {
		t.Errorf("the second topic's policy is %q", got)
	}
	s.Remove(t, "Policy")
	if may("Second", "sns:Publish") {
		t.Error("the policy counts still")
	}
}

func TestAlarmsPublishToTopicsThatNobodyHasGivenAPolicy(t *testing.T) {
	e := newEngine(t)
	e.stack(t, `"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}`)
	alarm := e.ServiceCaller("cloudwatch.amazonaws.com", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:a").With("aws:SourceOwner", e.Account)
	may := func(caller cloud.Caller, action string) bool {
		in := map[string]any{"TopicArn": topicARN}
		if action == "Publish" {
			in["Message"] = "m"
		}
		return e.Do(t.Context(), caller, "sns", action, in, nil) == nil
	}
	if !may(alarm, "Publish") {
		t.Error("an alarm may not publish")
	}
	if may(alarm, "DeleteTopic") {
		t.Error("an alarm may delete the topic")
	}
	for name, caller := range map[string]cloud.Caller{"a service": e.ServiceCaller("events.amazonaws.com", ""), "another account's alarm": alarm.With("aws:SourceOwner", "999999999999")} {
		if may(caller, "Publish") {
			t.Errorf("%s may publish", name)
		}
	}
	policy := `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "` + topicARN + `"}]}`
	set := map[string]any{"TopicArn": topicARN, "AttributeName": "Policy", "AttributeValue": policy}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "SetTopicAttributes", set, nil); err != nil || may(alarm, "Publish") {
		t.Errorf("%v, an alarm may publish though the topic's policy says nothing of it", err)
	}
}

func TestATopicThatComesAgainHasNotThePolicyOfTheOneThatWent(t *testing.T) {
	e := newEngine(t)
	const topic = `"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}`
	s := e.stack(t, topic+`, "Other": {"Type": "AWS::SNS::Topic"}`)
	mayPublish := func() bool {
		in := map[string]any{"TopicArn": topicARN, "Message": "m"}
		return e.Do(t.Context(), e.ServiceCaller("events.amazonaws.com", ""), "sns", "Publish", in, nil) == nil
	}
	policy := `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "` + topicARN + `"}]}`
	set := map[string]any{"TopicArn": topicARN, "AttributeName": "Policy", "AttributeValue": policy}
	if err := e.Do(t.Context(), e.Administrator(), "sns", "SetTopicAttributes", set, nil); err != nil || !mayPublish() {
		t.Fatalf("%v, the policy does not permit it", err)
	}
	s.Remove(t, "News")
	_, resource, _ := strings.Cut(topic, ": ")
	s.Put(t, "News", resource)
	if mayPublish() {
		t.Error("the topic of the same name has the policy of the one that was deleted")
	}
}

func TestAPolicyOfATopicThatACallHasDeletedGoesWithItsStack(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, base+`, "Topics": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Ref": "News"}],
		"PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}]}}}`)
	if err := e.Do(t.Context(), e.Administrator(), "sns", "DeleteTopic", map[string]any{"TopicArn": topicARN}, nil); err != nil {
		t.Fatal(err)
	}
	s.Remove(t, "Topics")
}

func TestATopicThatACallHasMadeInThePlaceOfAStacksOutlivesTheStack(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, `"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}`)
	e.call(t, "DeleteTopic", map[string]any{"TopicArn": topicARN})
	e.call(t, "CreateTopic", map[string]any{"Name": "news"})
	s.Remove(t, "News")
	e.publish(t, map[string]any{"Message": "m"})
}

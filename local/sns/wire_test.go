package sns_test

// This file calls the service with the AWS SDK.

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func newClient(t *testing.T, e *engine, caller cloud.Caller) *awssns.Client {
	server := httptest.NewServer(wire.As(e.Cloud, caller, "sns", e.sns.Protocols()))
	t.Cleanup(server.Close)
	return awssns.New(awssns.Options{
		BaseEndpoint:     aws.String(server.URL),
		Region:           "eu-central-1",
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
}

func TestTheSDKPublishes(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`))
	client := newClient(t, e, e.Administrator())
	const text = "<a&b> \"ü 😀\"\n"
	out, err := client.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String(text), MessageAttributes: map[string]types.MessageAttributeValue{
		"kind":  {DataType: aws.String("String"), StringValue: aws.String("a.b=c&d")},
		"count": {DataType: aws.String("Number"), StringValue: aws.String("7")},
	}})
	if err != nil || len(aws.ToString(out.MessageId)) != 36 {
		t.Fatalf("%v %+v", err, out)
	}
	got := e.receive(t, "inbox", 1)
	if len(got) != 1 || got[0].Body != text || got[0].MessageAttributes["kind"].StringValue != "a.b=c&d" || got[0].MessageAttributes["count"].DataType != "Number" {
		t.Errorf("messages %+v", got)
	}
}

func TestTheSDKPublishesBatchesWithFailedEntries(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "RawMessageDelivery": true`))
	client := newClient(t, e, e.Administrator())
	out, err := client.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: aws.String(topicARN), PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("one")},
		{Id: aws.String("b"), Message: aws.String("two"), Subject: aws.String(strings.Repeat("x", 101))},
		{Id: aws.String("c"), Message: aws.String("three")},
	}})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || *out.Failed[0].Code != "InvalidParameter" || !out.Failed[0].SenderFault {
		t.Fatalf("%v %+v", err, out)
	}
	if got := e.receive(t, "inbox", 2); len(got) != 2 {
		t.Errorf("messages %+v", got)
	}
	_, err = client.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: aws.String(topicARN), PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("one")}, {Id: aws.String("a"), Message: aws.String("two")},
	}})
	if _, ok := errors.AsType[*types.BatchEntryIdsNotDistinctException](err); !ok {
		t.Errorf("error %v", err)
	}
}

func TestTheSDKLists(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, ""))
	client := newClient(t, e, e.Administrator())
	topics, err := client.ListTopics(t.Context(), &awssns.ListTopicsInput{})
	if err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != topicARN {
		t.Errorf("%v %+v", err, topics)
	}
	subscriptions, err := client.ListSubscriptionsByTopic(t.Context(), &awssns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)})
	if err != nil || len(subscriptions.Subscriptions) != 1 || *subscriptions.Subscriptions[0].Protocol != "sqs" || *subscriptions.Subscriptions[0].TopicArn != topicARN {
		t.Errorf("%v %+v", err, subscriptions)
	}
	attributes, err := client.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	if err != nil || attributes.Attributes["DisplayName"] != "News" {
		t.Errorf("%v %+v", err, attributes)
	}
}

func TestTheSDKSeesTypedErrors(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	client := newClient(t, e, e.Administrator())
	_, err := client.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN + "2"), Message: aws.String("m")})
	if _, ok := errors.AsType[*types.NotFoundException](err); !ok {
		t.Errorf("unknown topic: %v", err)
	}
	_, err = client.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String(strings.Repeat("x", 256<<10+1))})
	if invalid, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(fmt.Sprint(invalid), "Message too long") {
		t.Errorf("too long: %v", err)
	}
	stranger := newClient(t, e, cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/nobody/s", Role: "arn:aws:iam::123456789012:role/nobody"})
	_, err = stranger.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")})
	if _, ok := errors.AsType[*types.AuthorizationErrorException](err); !ok {
		t.Errorf("not permitted: %v", err)
	}
}

func TestTheSDKReadsAndChangesSubscriptions(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, `, "FilterPolicy": {"kind": ["order"]}, "RedrivePolicy": {"deadLetterTargetArn": `+deadARN+`}`))
	client := newClient(t, e, e.Administrator())
	sub := aws.String(created.Handles["Sub"].Ref)
	attributes := func() map[string]string {
		t.Helper()
		out, err := client.GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: sub})
		if err != nil {
			t.Fatal(err)
		}
		return out.Attributes
	}
	set := func(name, value string) error {
		_, err := client.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: sub, AttributeName: aws.String(name), AttributeValue: aws.String(value)})
		return err
	}
	want := map[string]string{
		"SubscriptionArn": *sub, "TopicArn": topicARN, "Owner": "123456789012", "Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-central-1:123456789012:inbox",
		"ConfirmationWasAuthenticated": "true", "PendingConfirmation": "false", "RawMessageDelivery": "false",
		"FilterPolicy": `{"kind":["order"]}`, "FilterPolicyScope": "MessageAttributes",
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead"}`,
	}
	if got := attributes(); !maps.Equal(got, want) {
		t.Errorf("attributes %v\nwant %v", got, want)
	}
	for _, change := range []struct{ name, value, refused string }{
		{"FilterPolicy", `{"a": {"b": ["c"]}}`, "does not support nested filter policy"},
		{"FilterPolicy", `{a`, "FilterPolicy: failed to parse JSON. Unexpected character ('a' (code 97)): was expecting double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"},
		{"FilterPolicyScope", "MessageBody", ""},
		{"FilterPolicy", `{"a": {"b": ["c"]}}`, ""},
		{"FilterPolicyScope", "MessageAttributes", "does not support nested filter policy"},
		{"FilterPolicyScope", "", "FilterPolicyScope: Invalid value []"},
		{"RawMessageDelivery", "true", ""},
		{"RawMessageDelivery", "yes", "RawMessageDelivery: Invalid value [yes]. Must be true or false."},
		{"RedrivePolicy", "", ""},
		{"RedrivePolicy", "dead", "RedrivePolicy: failed to parse JSON. Unrecognized token 'dead': was expecting"},
		{"RedrivePolicy", `{"deadLetterTargetArn": "arn:aws:sns:eu-central-1:123456789012:dead"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn"},
		{"Colour", "red", "AttributeName"},
	} {
		err := set(change.name, change.value)
		invalid, _ := errors.AsType[*types.InvalidParameterException](err)
		if (err == nil) != (change.refused == "") || err != nil && (invalid == nil || !strings.Contains(invalid.ErrorMessage(), change.refused)) {
			t.Errorf("%s %s: %v, want %q", change.name, change.value, err, change.refused)
		}
	}
	got := attributes()
	if got["FilterPolicy"] != `{"a": {"b": ["c"]}}` || got["FilterPolicyScope"] != "MessageBody" || got["RawMessageDelivery"] != "true" || got["RedrivePolicy"] != "" {
		t.Errorf("attributes %v", got)
	}
	for _, body := range []string{`{"a": {"b": "x"}}`, `{"a": {"b": "c"}}`} {
		e.publish(t, map[string]any{"Message": body})
	}
	if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Body != `{"a": {"b": "c"}}` {
		t.Errorf("messages %+v", got)
	}
	if err := set("FilterPolicy", "{}"); err != nil || attributes()["FilterPolicyScope"] != "" {
		t.Errorf("%v, attributes %v", err, attributes())
	}
	sub = aws.String(*sub + "0")
	if _, ok := errors.AsType[*types.NotFoundException](set("RawMessageDelivery", "true")); !ok {
		t.Error("an unknown subscription is changed")
	}
}

func TestSubscriptionsAreReadAndChangedWithPermissionOnly(t *testing.T) {
	e := newEngine(t)
	created := e.mustCreate(t, base+subscription("Sub", "sqs", inboxARN, ""))
	stranger := newClient(t, e, cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/nobody/s", Role: "arn:aws:iam::123456789012:role/nobody"})
	sub := aws.String(created.Handles["Sub"].Ref)
	_, err := stranger.GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: sub})
	if _, ok := errors.AsType[*types.AuthorizationErrorException](err); !ok || !strings.Contains(err.Error(), "sns:GetSubscriptionAttributes") {
		t.Errorf("read: %v", err)
	}
	_, err = stranger.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{SubscriptionArn: sub, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true")})
	if _, ok := errors.AsType[*types.AuthorizationErrorException](err); !ok || !strings.Contains(err.Error(), "sns:SetSubscriptionAttributes") {
		t.Errorf("changed: %v", err)
	}
}

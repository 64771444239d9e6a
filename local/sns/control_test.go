package sns_test

// This file makes topics and subscriptions with the AWS SDK.

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// message is what an error of the API says.
func message(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode() + " " + e.ErrorMessage()
	}
	return fmt.Sprint(err)
}

func refuses(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(message(err), want) {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

func tagged(pairs ...string) (all []types.Tag) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, types.Tag{Key: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
	}
	return all
}

// A topic that a call makes delivers like one of a template.
func TestATopicMadeByACallDeliversUntilItIsDeleted(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, `"Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}},
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Inbox"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}}}`)
	client := newClient(t, e, e.Administrator())
	made, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("news"), Attributes: map[string]string{"DisplayName": "News"}, Tags: tagged("team", "blue")})
	if err != nil || *made.TopicArn != topicARN {
		t.Fatalf("%v, %+v", err, made)
	}
	sub, err := client.Subscribe(t.Context(), &awssns.SubscribeInput{
		TopicArn: made.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-central-1:123456789012:inbox"),
		Attributes: map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"a": {"b": ["c"]}}`, "FilterPolicyScope": "MessageBody"},
	})
	if err != nil || !strings.HasPrefix(*sub.SubscriptionArn, topicARN+":") {
		t.Fatalf("%v, %+v", err, sub)
	}
	for _, body := range []string{`{"a": {"b": "x"}}`, `{"a": {"b": "c"}}`} {
		e.publish(t, map[string]any{"Message": body})
	}
	if got := e.receive(t, "inbox", 1); len(got) != 1 || got[0].Body != `{"a": {"b": "c"}}` {
		t.Errorf("messages %+v", got)
	}
	attributes := e.attributes(t, "GetSubscriptionAttributes", "SubscriptionArn", *sub.SubscriptionArn)
	if attributes["SubscriptionPrincipal"] != "arn:aws:iam::123456789012:root" || attributes["FilterPolicyScope"] != "MessageBody" {
		t.Errorf("the subscription has %v", attributes)
	}
	for range 2 {
		if _, err := client.Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: sub.SubscriptionArn}); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN); got["SubscriptionsConfirmed"] != "0" || got["SubscriptionsDeleted"] != "1" || got["DisplayName"] != "News" {
		t.Errorf("then the topic has %v", got)
	}
	for range 2 {
		if _, err := client.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: made.TopicArn}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = client.Publish(t.Context(), &awssns.PublishInput{TopicArn: made.TopicArn, Message: aws.String("m")})
	refuses(t, err, "NotFound Topic does not exist")
}

func TestMakingATopicAgainIsNoMistakeUnlessItIsAnotherOne(t *testing.T) {
	e := newEngine(t)
	client := newClient(t, e, e.Administrator())
	create := func(name string, attributes map[string]string, tags ...string) error {
		_, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name, Attributes: attributes, Tags: tagged(tags...)})
		return err
	}
	if err := create("news", map[string]string{"DisplayName": "News", "SignatureVersion": "2"}, "a", "1", "b", "2"); err != nil {
		t.Fatal(err)
	}
	fifo := map[string]string{"FifoTopic": "true"}
	var manyTags strings.Builder
	for i := range 51 {
		fmt.Fprintf(&manyTags, "k%d v ", i)
	}
	for name, test := range map[string]struct {
		topic      string
		attributes map[string]string
		tags       []string
		refused    string
	}{
		"nothing asked":       {"news", nil, nil, ""},
		"the same":            {"news", map[string]string{"DisplayName": "News"}, []string{"b", "2"}, ""},
		"no FIFO topic":       {"news", map[string]string{"FifoTopic": "false"}, nil, ""},
		"another name":        {"news", map[string]string{"DisplayName": "Olds"}, nil, "Attributes Reason: Topic already exists with different attributes"},
		"an attribute more":   {"news", map[string]string{"KmsMasterKeyId": "k"}, nil, "Attributes Reason: Topic already exists with different attributes"},
		"a tag more":          {"news", nil, []string{"c", "3"}, "Tags Reason: Topic already exists with different tags"},
		"a FIFO topic":        {"news", fifo, nil, "Invalid parameter: Topic Name"},
		"a FIFO topic's name": {"news.fifo", nil, nil, "Invalid parameter: Topic Name"},
		"no name":             {"", nil, nil, "Invalid parameter: Topic Name"},
		"a long name":         {strings.Repeat("a", 257), nil, nil, "Invalid parameter: Topic Name"},
		"a colon":             {"new:s", nil, nil, "Invalid parameter: Topic Name"},
		"an unknown one":      {"other", map[string]string{"Colour": "red"}, nil, "InvalidParameter Invalid parameter: AttributeName"},
		"one that is not had": {"other", map[string]string{"SQSSuccessFeedbackRoleArn": "r"}, nil, "NotImplemented"},
		"a broken policy":     {"broken", map[string]string{"Policy": `{"Version": "2012-10-17"`}, nil, "Policy Error"},
		"100 letters":         {"third", map[string]string{"DisplayName": strings.Repeat("ü", 100)}, nil, ""},
		"101 letters":         {"fourth", map[string]string{"DisplayName": strings.Repeat("ü", 101)}, nil, "Invalid parameter: DisplayName"},
		"a long tag":          {"other", nil, []string{strings.Repeat("k", 129), "1"}, "keys have from 1 to 128 characters"},
		"too many tags":       {"other", nil, strings.Fields(manyTags.String()), "TagLimitExceeded"},
		"two tags of a key":   {"other", nil, []string{"a", "1", "a", "2"}, "Duplicated keys are not allowed."},
	} {
		t.Run(name, func(t *testing.T) {
			err := create(test.topic, test.attributes, test.tags...)
			if test.refused == "" && err != nil {
				t.Error(err)
			}
			if test.refused != "" {
				refuses(t, err, test.refused)
			}
		})
	}
	e.Authorizer = allBut("sns:TagResource")
	refuses(t, create("tagged", nil, "a", "1"), "sns:TagResource")
	if err := create("ordered.fifo", map[string]string{"FifoTopic": "true", "ContentBasedDeduplication": "true"}); err != nil {
		t.Fatal(err)
	}
	ordered := e.attributes(t, "GetTopicAttributes", "TopicArn", "arn:aws:sns:eu-central-1:123456789012:ordered.fifo")
	if ordered["FifoTopic"] != "true" || ordered["ContentBasedDeduplication"] != "true" {
		t.Errorf("the FIFO topic has %v", ordered)
	}
}

// allBut permits everything but one action.
type allBut string

func (a allBut) Authorize(_ cloud.Caller, action, _ string) error {
	if action == string(a) {
		return cloud.Errorf(403, "AccessDeniedException", "not authorized to perform: %s", action)
	}
	return nil
}

func (allBut) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

func TestATopicIsChangedAndTold(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	client := newClient(t, e, e.Administrator())
	set := func(name, value string) error {
		_, err := client.SetTopicAttributes(t.Context(), &awssns.SetTopicAttributesInput{TopicArn: aws.String(topicARN), AttributeName: &name, AttributeValue: &value})
		return err
	}
	told := func() map[string]string { return e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN) }
	const policy = `{"Version": "2012-10-17", "Statement": [{"Sid": "s", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/writer"}, "Action": "sns:Publish", "Resource": "` + topicARN + `"}]}`
	for _, change := range []struct{ name, value, refused string }{
		{"DisplayName", "Latest", ""},
		{"DeliveryPolicy", `{"http": {"defaultHealthyRetryPolicy": {"numRetries": 9}}}`, ""},
		{"DeliveryPolicy", `{`, "DeliveryPolicy: failed to parse JSON."},
		{"SignatureVersion", "3", "SignatureVersion"},
		{"Policy", policy, ""},
		{"Policy", `{"Version": "2012-10-17"`, "Policy Error"},
		{"FifoTopic", "false", "Invalid parameter: AttributeName"},
		{"ContentBasedDeduplication", "true", "can only be set for FIFO topics"},
	} {
		if err := set(change.name, change.value); (err != nil) != (change.refused != "") || err != nil && !strings.Contains(message(err), change.refused) {
			t.Errorf("%s %s: %v, want %q", change.name, change.value, err, change.refused)
		}
	}
	got := told()
	if got["DisplayName"] != "Latest" || got["Policy"] != policy || !strings.Contains(got["EffectiveDeliveryPolicy"], `"minDelayTarget":20,"maxDelayTarget":20,"numRetries":9,`) {
		t.Errorf("the topic has %v", got)
	}
	writer := newClient(t, e, cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/writer/s", Role: "arn:aws:iam::123456789012:role/writer"})
	if _, err := writer.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")}); err != nil {
		t.Errorf("the policy does not count: %v", err)
	}
	if err := errors.Join(set("Policy", ""), set("DeliveryPolicy", "")); err != nil {
		t.Fatal(err)
	}
	got = told()
	if _, ok := got["DeliveryPolicy"]; ok || !strings.Contains(got["Policy"], "__default_policy_ID") || !strings.Contains(got["EffectiveDeliveryPolicy"], `"numRetries":3,`) {
		t.Errorf("then the topic has %v", got)
	}
}

func TestAPermissionIsAStatementOfTheTopicsPolicy(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	client := newClient(t, e, e.Administrator())
	add := func(topic, label string, actions ...string) error {
		_, err := client.AddPermission(t.Context(), &awssns.AddPermissionInput{TopicArn: &topic, Label: &label, AWSAccountId: []string{"123456789012", "210987654321"}, ActionName: actions})
		return err
	}
	if err := add(topicARN, "one", "Publish", "Subscribe"); err != nil {
		t.Fatal(err)
	}
	policy := func() string { return e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN)["Policy"] }
	want := `{"Sid":"one","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::210987654321:root"]},"Action":["SNS:Publish","SNS:Subscribe"],"Resource":"` + topicARN + `"}`
	if got := policy(); !strings.Contains(got, "__default_statement_ID") || !strings.HasSuffix(got, want+"]}") {
		t.Errorf("the policy is %s", got)
	}
	refuses(t, add(topicARN, "one", "Publish"), "Statement already exists")
	refuses(t, add(topicARN, "two", "Sing"), "Policy statement action out of service scope!")
	refuses(t, add(topicARN+"0", "two", "Publish"), "Topic does not exist")
	if _, err := client.RemovePermission(t.Context(), &awssns.RemovePermissionInput{TopicArn: aws.String(topicARN), Label: aws.String("one")}); err != nil || strings.Contains(policy(), `"one"`) {
		t.Errorf("%v, then the policy is %s", err, policy())
	}
}

// The default policy, written down, must not let everybody of the account publish.
func TestTheDefaultPolicyPermitsNobodyMore(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	client := newClient(t, e, e.Administrator())
	if _, err := client.AddPermission(t.Context(), &awssns.AddPermissionInput{TopicArn: aws.String(topicARN), Label: aws.String("other"), AWSAccountId: []string{"210987654321"}, ActionName: []string{"Publish"}}); err != nil {
		t.Fatal(err)
	}
	nobody := newClient(t, e, cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/nobody/s", Role: "arn:aws:iam::123456789012:role/nobody"})
	_, err := nobody.Publish(t.Context(), &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")})
	refuses(t, err, "AuthorizationError")
}

func TestSubscribingAgainIsNoMistakeUnlessItIsAnotherSubscription(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	client := newClient(t, e, e.Administrator())
	subscribe := func(protocol, endpoint string, attributes map[string]string) (string, error) {
		out, err := client.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: aws.String(topicARN), Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes})
		if err != nil {
			return "", err
		}
		return *out.SubscriptionArn, nil
	}
	const inbox = "arn:aws:sqs:eu-central-1:123456789012:inbox"
	first, err := subscribe("sqs", inbox, map[string]string{"RawMessageDelivery": "True"})
	if err != nil {
		t.Fatal(err)
	}
	for _, attributes := range []map[string]string{nil, {"RawMessageDelivery": "true"}, {"FilterPolicyScope": "MessageAttributes"}} {
		if again, err := subscribe("sqs", inbox, attributes); err != nil || again != first {
			t.Errorf("with %v: %s, %v, want %s", attributes, again, err, first)
		}
	}
	for name, test := range map[string]struct {
		protocol, endpoint string
		attributes         map[string]string
		want               string // an ARN, or an error
	}{
		"other attributes":     {"sqs", inbox, map[string]string{"RawMessageDelivery": "false"}, "Attributes Reason: Subscription already exists with different attributes"},
		"a queue's URL":        {"sqs", "https://sqs.eu-central-1.amazonaws.com/123456789012/inbox", nil, "Invalid parameter: SQS endpoint ARN"},
		"a function's name":    {"lambda", "f", nil, "Invalid parameter: Lambda endpoint ARN"},
		"a FIFO queue":         {"sqs", inbox + ".fifo", nil, "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues"},
		"no address":           {"email", "bob", nil, "Invalid parameter: Email address"},
		"no phone":             {"sms", "NAA+15551234567", nil, "InvalidParameter Invalid SMS endpoint: NAA+15551234567"},
		"another protocol":     {"https", "http://example.com", nil, "Endpoint must match the specified protocol"},
		"an unknown protocol":  {"pigeon", "home", nil, "Amazon SNS does not support this protocol string: pigeon"},
		"an app":               {"application", "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/a/b", nil, "NotImplemented"},
		"a wrong attribute":    {"sqs", inbox + "2", map[string]string{"RawMessageDelivery": "maybe"}, "Attributes Reason: RawMessageDelivery: Invalid value [maybe]."},
		"a replay":             {"sqs", inbox + "2", map[string]string{"ReplayPolicy": "{}"}, "NotImplemented"},
		"a phone":              {"sms", "+1 555 123 4567", nil, topicARN + ":"},
		"a phone, obscurely":   {"sms", "+12/34-567.890", nil, topicARN + ":"},
		"a page":               {"http", "http://example.com", nil, "pending confirmation"},
		"a queue of elsewhere": {"sqs", "arn:aws:sqs:eu-central-1:123456789012:none", nil, topicARN + ":"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := subscribe(test.protocol, test.endpoint, test.attributes)
			if err != nil {
				got = message(err)
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
	if got := e.attributes(t, "GetTopicAttributes", "TopicArn", topicARN); got["SubscriptionsConfirmed"] != "4" || got["SubscriptionsPending"] != "1" {
		t.Errorf("the topic has %v", got)
	}
}

func TestTagsOfTopicsAreThoseOfTheTemplateAndOfCalls(t *testing.T) {
	e := newEngine(t)
	topic := func(tags string) string {
		return `{"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news", "Tags": [` + tags + `]}}`
	}
	s := e.stack(t, `"News": `+topic(`{"Key": "team", "Value": "blue"}`))
	client := newClient(t, e, e.Administrator())
	arn := aws.String(topicARN)
	tags := func() string {
		t.Helper()
		out, err := client.ListTagsForResource(t.Context(), &awssns.ListTagsForResourceInput{ResourceArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, tag := range out.Tags {
			if !strings.HasPrefix(*tag.Key, "aws:") { // those of its stack
				all = append(all, *tag.Key+"="+*tag.Value)
			}
		}
		return strings.Join(all, " ")
	}
	if got := tags(); got != "team=blue" {
		t.Errorf("the tags are %s", got)
	}
	if _, err := client.TagResource(t.Context(), &awssns.TagResourceInput{ResourceArn: arn, Tags: tagged("team", "red", "stage", "dev")}); err != nil || tags() != "team=red stage=dev" {
		t.Errorf("%v, the tags are %s", err, tags())
	}
	_, err := client.TagResource(t.Context(), &awssns.TagResourceInput{ResourceArn: arn, Tags: tagged("a", "1", "a", "2")})
	refuses(t, err, "Duplicated keys are not allowed.")
	if _, err := client.UntagResource(t.Context(), &awssns.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}}); err != nil || tags() != "stage=dev" {
		t.Errorf("%v, the tags are %s", err, tags())
	}
	s.Put(t, "News", topic(`{"Key": "team", "Value": "green"}`))
	if got := tags(); got != "stage=dev team=green" {
		t.Errorf("after an update the tags are %s", got)
	}
	arn = aws.String(topicARN + "0")
	_, err = client.TagResource(t.Context(), &awssns.TagResourceInput{ResourceArn: arn, Tags: tagged("a", "1")})
	refuses(t, err, "ResourceNotFound")
}

func TestListsComeInPages(t *testing.T) {
	e := newEngine(t)
	client := newClient(t, e, e.Administrator())
	var want []string
	for i := range 101 {
		name := fmt.Sprintf("t%03d", i)
		made, err := client.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, *made.TopicArn)
		if _, err := client.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: aws.String(want[0]), Protocol: aws.String("email"), Endpoint: aws.String(name + "@example.com")}); err != nil {
			t.Fatal(err)
		}
	}
	// The SDK may close a request's body before net/http has seen its end, which
	// breaks off a long answer to a fast client: it asks again, if it may.
	again := func(o *awssns.Options) { o.RetryMaxAttempts = 3 }
	var got []string
	subscriptions := map[string]bool{}
	for topics := awssns.NewListTopicsPaginator(client, &awssns.ListTopicsInput{}); topics.HasMorePages(); {
		page, err := topics.NextPage(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Topics) > 100 {
			t.Fatalf("a page has %d topics", len(page.Topics))
		}
		for _, topic := range page.Topics {
			got = append(got, *topic.TopicArn)
		}
	}
	for pages := awssns.NewListSubscriptionsByTopicPaginator(client, &awssns.ListSubscriptionsByTopicInput{TopicArn: &want[0]}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Subscriptions) > 100 {
			t.Fatalf("a page has %d subscriptions", len(page.Subscriptions))
		}
		for _, s := range page.Subscriptions {
			subscriptions[*s.Endpoint] = true
		}
	}
	if !slices.Equal(got, want) || len(subscriptions) != 101 {
		t.Errorf("%d topics and %d subscriptions", len(got), len(slices.Collect(maps.Keys(subscriptions))))
	}
	_, err := client.ListTopics(t.Context(), &awssns.ListTopicsInput{NextToken: aws.String("?")})
	refuses(t, err, "NextToken")
}

func TestEachCallNeedsItsPermission(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, base)
	nobody := cloud.Caller{ARN: "arn:aws:sts::123456789012:assumed-role/nobody/s", Role: "arn:aws:iam::123456789012:role/nobody"}
	for action, input := range map[string]map[string]any{
		"AddPermission": {"TopicArn": topicARN, "Label": "l"}, "ConfirmSubscription": {"TopicArn": topicARN, "Token": "t"}, "CreateTopic": {"Name": "t"},
		"DeleteTopic": {"TopicArn": topicARN}, "ListTagsForResource": {"ResourceArn": topicARN}, "RemovePermission": {"TopicArn": topicARN, "Label": "l"},
		"SetTopicAttributes": {"TopicArn": topicARN, "AttributeName": "DisplayName"}, "Subscribe": {"TopicArn": topicARN},
		"TagResource": {"ResourceArn": topicARN}, "Unsubscribe": {"SubscriptionArn": topicARN + ":s"}, "UntagResource": {"ResourceArn": topicARN},
	} {
		err := e.Do(t.Context(), nobody, "sns", action, input, nil)
		if err == nil || !strings.Contains(err.Error(), "not authorized to perform: sns:"+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestUnsubscribingNeedsTheARNOfASubscription(t *testing.T) {
	e := newEngine(t)
	for arn, want := range map[string]string{
		"pending confirmation": "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1",
		topicARN:               "Invalid parameter: SubscriptionId",
		"":                     "SubscriptionArn Reason: no value for required parameter",
	} {
		err := e.Do(t.Context(), e.Administrator(), "sns", "Unsubscribe", map[string]any{"SubscriptionArn": arn}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", arn, err, want)
		}
	}
}

package sqs_test

// This file updates queues that hold messages.

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// stack is a stack that can be updated.
func (e *engine) stack(t *testing.T, resources string) *cfntest.Stack {
	t.Helper()
	s, err := cfntest.Create(t, e.Site, slices.Collect(maps.Values(e.types)), resources)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// declared is a queue without its logical id.
func declared(id, properties string) string {
	_, resource, _ := strings.Cut(queue(id, properties), ": ")
	return resource
}

func (e *engine) attributes(t *testing.T, queue string) map[string]string {
	t.Helper()
	var out struct{ Attributes map[string]string }
	e.must(t, queue, "GetQueueAttributes", map[string]any{"AttributeNames": []string{"All"}}, &out)
	return out.Attributes
}

func TestEveryPropertyOfAQueueCanBeUpdated(t *testing.T) {
	const (
		dead  = `"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}`
		allow = `"RedriveAllowPolicy": {"redrivePermission": "denyAll"}`
	)
	for _, row := range []struct{ property, attribute, before, after string }{
		{`"DelaySeconds": 7`, "DelaySeconds", "0", "7"},
		{`"MaximumMessageSize": 2048`, "MaximumMessageSize", "1048576", "2048"},
		{`"MessageRetentionPeriod": 600`, "MessageRetentionPeriod", "345600", "600"},
		{`"ReceiveMessageWaitTimeSeconds": 9`, "ReceiveMessageWaitTimeSeconds", "0", "9"},
		{`"VisibilityTimeout": 90`, "VisibilityTimeout", "30", "90"},
		{dead, "RedrivePolicy", "", `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead.fifo","maxReceiveCount":3}`},
		{allow, "RedriveAllowPolicy", "", `{"redrivePermission":"denyAll"}`},
		{`"ContentBasedDeduplication": true`, "ContentBasedDeduplication", "false", "true"},
		{`"DeduplicationScope": "messageGroup"`, "DeduplicationScope", "queue", "messageGroup"},
		{`"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"`, "FifoThroughputLimit", "perQueue", "perMessageGroupId"},
		{`"KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": 200`, "KmsDataKeyReusePeriodSeconds", "", "200"},
		{`"KmsMasterKeyId": "alias/aws/sqs"`, "SqsManagedSseEnabled", "true", "false"},
		{`"SqsManagedSseEnabled": false`, "SqsManagedSseEnabled", "true", "false"},
		{`"Tags": [{"Key": "a", "Value": "b"}]`, "DelaySeconds", "0", "0"},
	} {
		t.Run(row.property, func(t *testing.T) {
			e := newEngine(t)
			plain := declared("Orders.fifo", `, "FifoQueue": true`)
			s := e.stack(t, `"Orders": `+plain+`, "Dead": `+declared("Dead.fifo", `, "FifoQueue": true`)+`,
				"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Orders"}], "PolicyDocument": {"Statement": []}}}`)
			e.must(t, "orders.fifo", "SendMessage", map[string]any{"MessageBody": "kept", "MessageGroupId": "g", "MessageDeduplicationId": "1"}, nil)
			if got := e.attributes(t, "orders.fifo")[row.attribute]; got != row.before {
				t.Errorf("%s is %q, want %q", row.attribute, got, row.before)
			}
			s.Put(t, "Orders", declared("Orders.fifo", `, "FifoQueue": true, `+row.property))
			changed := e.attributes(t, "orders.fifo")
			if changed[row.attribute] != row.after || changed["Policy"] == "" {
				t.Errorf("%s is %q, want %q; the policy is %q", row.attribute, changed[row.attribute], row.after, changed["Policy"])
			}
			s.Put(t, "Orders", plain)
			want := row.before
			if slices.Contains([]string{"DeduplicationScope", "FifoThroughputLimit", "SqsManagedSseEnabled"}, row.attribute) {
				want = row.after // CloudFormation does not take it back
			}
			if got := e.attributes(t, "orders.fifo")[row.attribute]; got != want {
				t.Errorf("%s is %q again, want %q", row.attribute, got, want)
			}
			if got := bodies(e.receive(t, "orders.fifo", nil)); got != "kept" {
				t.Errorf("the queue has %q", got)
			}
		})
	}
}

func TestWhatAQueueCannotBeIsRefusedAndChangesNothing(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, queue("Orders", `, "DelaySeconds": 3`)+`, `+queue("Dead", `, "RedriveAllowPolicy": {"redrivePermission": "denyAll"}`))
	for _, properties := range []string{
		`, "DelaySeconds": 901`,
		`, "DelaySeconds": 5, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}`,
	} {
		if err := s.Try(t, map[string]string{"Orders": declared("Orders", properties)}); err == nil {
			t.Errorf("%s was accepted", properties)
		}
		if got := e.attributes(t, "orders")["DelaySeconds"]; got != "3" {
			t.Errorf("after %s messages are delayed by %s s", properties, got)
		}
	}
}

func TestMessagesThatWaitAreMeasuredByTheSettingsThatTheirQueueHasNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		s := e.stack(t, queue("Orders", "")+`, `+queue("Dead", `, "MessageRetentionPeriod": 1209600`))
		e.send(t, "orders", "old")
		time.Sleep(2 * time.Minute)
		e.send(t, "orders", "young")
		s.Put(t, "Orders", declared("Orders", `, "MessageRetentionPeriod": 100`))
		if got := e.counts(t, "orders"); got != "1 0 0" {
			t.Errorf("with messages of 100 seconds at most there are %s", got)
		}
		s.Put(t, "Orders", declared("Orders", `, "MessageRetentionPeriod": 1209600`))
		time.Sleep(10 * 24 * time.Hour)
		if got := e.counts(t, "orders"); got != "1 0 0" {
			t.Errorf("with messages of 14 days at most there are %s", got)
		}

		// What is in flight comes back as it was taken; what is taken later stays longer.
		e.receive(t, "orders", nil)
		s.Put(t, "Orders", declared("Orders", `, "VisibilityTimeout": 300, "MessageRetentionPeriod": 1209600`))
		time.Sleep(31 * time.Second)
		if got := bodies(e.receive(t, "orders", nil)); got != "young" {
			t.Errorf("after the old visibility timeout %q is there", got)
		}
		time.Sleep(31 * time.Second)
		if got := e.counts(t, "orders"); got != "0 1 0" {
			t.Errorf("before the new visibility timeout there are %s", got)
		}

		// It has been received twice already.
		s.Put(t, "Orders", declared("Orders", `, "MessageRetentionPeriod": 1209600, "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}`))
		time.Sleep(300 * time.Second)
		if got := bodies(e.receive(t, "orders", nil)); got != "" {
			t.Errorf("%q was received for the third time", got)
		}
		if got := bodies(e.receive(t, "dead", nil)); got != "young" {
			t.Errorf("the dead letters are %q", got)
		}
	})
}

// A delay counts for what is in a FIFO queue already, and not in a standard one.
func TestADelayCountsForWhatIsInAFIFOQueue(t *testing.T) {
	for name, row := range map[string]struct {
		suffix, fifo string
		after        map[time.Duration]string
	}{
		"standard": {"", "", map[time.Duration]string{15 * time.Second: "0 0 1", 35 * time.Second: "1 0 0"}},
		"FIFO":     {".fifo", `, "FifoQueue": true`, map[time.Duration]string{5 * time.Second: "0 0 1", 15 * time.Second: "1 0 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			for after, want := range row.after {
				synctest.Test(t, func(t *testing.T) {
					e := newEngine(t)
					s := e.stack(t, `"Orders": `+declared("Orders"+row.suffix, row.fifo+`, "DelaySeconds": 30`))
					message := map[string]any{"MessageBody": "m"}
					if row.fifo != "" {
						message["MessageGroupId"], message["MessageDeduplicationId"] = "g", "1"
					}
					e.must(t, "orders"+row.suffix, "SendMessage", message, nil)
					s.Put(t, "Orders", declared("Orders"+row.suffix, row.fifo+`, "DelaySeconds": 10`))
					time.Sleep(after)
					if got := e.counts(t, "orders"+row.suffix); got != want {
						t.Errorf("after %s there are %s, want %s", after, got, want)
					}
				})
			}
		})
	}
}

func TestAnotherDelayOfAFIFOQueueIsSeenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, fifoQueue("Jobs", ""))
		e.order(t, "jobs.fifo", "b/in-flight")
		e.receive(t, "jobs.fifo", nil) // comes back before what has the first delay, and after what has the second
		set := func(delay string) {
			e.must(t, "jobs.fifo", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"DelaySeconds": delay}}, nil)
		}
		set("60")
		e.order(t, "jobs.fifo", "a/delayed")
		started := time.Now()
		done := make(chan []message)
		go func() { done <- e.receive(t, "jobs.fifo", map[string]any{"WaitTimeSeconds": 20}) }()
		time.Sleep(time.Second)
		set("7")
		if got := bodies(<-done); got != "delayed" || time.Since(started) != 7*time.Second {
			t.Errorf("received %q after %s", got, time.Since(started))
		}
	})
}

func TestWhatHasExpiredDoesNotComeBackByALongerRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", `, "MessageRetentionPeriod": 61`))
		e.send(t, "jobs", "old")
		time.Sleep(61 * time.Second)
		e.must(t, "jobs", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"MessageRetentionPeriod": "3600"}}, nil)
		if got := e.counts(t, "jobs"); got != "0 0 0" {
			t.Errorf("the queue has %s", got)
		}
	})
}

func TestAStackGoesWhoseQueueIsGoneAlready(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, `"Jobs": `+declared("Jobs", ""))
	e.must(t, "jobs", "DeleteQueue", nil, nil)
	s.Remove(t, "Jobs")
}

func TestAQueuePolicyMovesToOtherQueues(t *testing.T) {
	e := newEngine(t)
	policy := func(queues, action string) string {
		return `{"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [` + queues + `], "PolicyDocument": {"Version": "2012-10-17", "Statement":
			[{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "` + action + `", "Resource": "*"}]}}}`
	}
	s := e.stack(t, queue("First", "")+`, `+queue("Second", "")+`, "Policy": `+policy(`{"Ref": "First"}`, "sqs:SendMessage"))
	may := func(queue, action string) bool {
		return e.Authorize(cloud.Caller{ARN: "events.amazonaws.com", Service: "events.amazonaws.com"}, action, "arn:aws:sqs:eu-central-1:123456789012:"+queue) == nil
	}
	if !may("first", "sqs:SendMessage") || may("second", "sqs:SendMessage") {
		t.Fatal("the policy is not the first queue's")
	}
	s.Put(t, "Policy", policy(`{"Ref": "First"}`, "sqs:GetQueueUrl"))
	if may("first", "sqs:SendMessage") || !may("first", "sqs:GetQueueUrl") {
		t.Error("the policy is not the one that was put in its place")
	}
	s.Put(t, "Policy", policy(`{"Ref": "Second"}`, "sqs:SendMessage"))
	if may("first", "sqs:GetQueueUrl") || !may("second", "sqs:SendMessage") || e.attributes(t, "first")["Policy"] != "" {
		t.Error("the policy has not moved to the second queue")
	}
	if err := s.Try(t, map[string]string{"Policy": policy(`"http://127.0.0.1/123456789012/none"`, "sqs:SendMessage")}); err == nil || !may("second", "sqs:SendMessage") {
		t.Errorf("a queue that there is not was accepted: %v", err)
	}
	s.Remove(t, "Policy")
	if may("second", "sqs:SendMessage") {
		t.Error("the policy outlives its resource")
	}
}

// As where a queue becomes another kind of queue: both are there until the
// template's other resources have moved.
func TestAQueueThatIsReplacedHasAnotherName(t *testing.T) {
	e := newEngine(t)
	s := e.stack(t, `"Orders": {"Type": "AWS::SQS::Queue"}`)
	before := s.Ref("Orders")
	s.Put(t, "Orders", `{"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}}`)
	after := s.Ref("Orders")
	if before == after || !strings.HasSuffix(after, ".fifo") {
		t.Errorf("%s is replaced by %s", before, after)
	}
	var out struct{ QueueUrls []string }
	if err := e.Do(t.Context(), e.Administrator(), "sqs", "ListQueues", map[string]any{}, &out); err != nil || len(out.QueueUrls) != 1 {
		t.Errorf("there are queues %v, %v", out.QueueUrls, err)
	}
}

func TestTagsThatCallsHaveSetOutliveAnUpdate(t *testing.T) {
	e := newEngine(t)
	tagged := func(tags string) string { return declared("Orders", `, "Tags": [`+tags+`]`) }
	s := e.stack(t, `"Orders": `+tagged(`{"Key": "old", "Value": "1"}, {"Key": "kept", "Value": "1"}`))
	e.must(t, "orders", "TagQueue", map[string]any{"Tags": map[string]string{"call": "2"}}, nil)
	s.Put(t, "Orders", tagged(`{"Key": "kept", "Value": "3"}, {"Key": "new", "Value": "3"}`))
	var out struct{ Tags map[string]string }
	e.must(t, "orders", "ListQueueTags", map[string]any{}, &out)
	if want := map[string]string{"call": "2", "kept": "3", "new": "3"}; !maps.Equal(out.Tags, want) {
		t.Errorf("the tags are %v, want %v", out.Tags, want)
	}
}

func TestAnInlinePolicyIsItsQueues(t *testing.T) {
	e := newEngine(t)
	policy := func(action string) string {
		return `{"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"Queue": {"Ref": "Jobs"}, "PolicyDocument": {"Version": "2012-10-17", "Statement":
			[{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "` + action + `", "Resource": "*"}]}}}`
	}
	s := e.stack(t, queue("Jobs", "")+`, "Policy": `+policy("sqs:SendMessage"))
	may := func(action string) bool {
		return e.Authorize(cloud.Caller{ARN: "events.amazonaws.com", Service: "events.amazonaws.com"}, action, "arn:aws:sqs:eu-central-1:123456789012:jobs") == nil
	}
	if !may("sqs:SendMessage") || may("sqs:GetQueueUrl") {
		t.Error("the policy is not the one that was declared")
	}
	s.Put(t, "Policy", policy("sqs:GetQueueUrl"))
	if may("sqs:SendMessage") || !may("sqs:GetQueueUrl") {
		t.Error("the policy is not the one that was put in its place")
	}
	s.Remove(t, "Policy")
	if may("sqs:GetQueueUrl") || e.attributes(t, "jobs")["Policy"] != "" {
		t.Error("the policy outlives its resource")
	}
}

package sqs_test

// This file looks at answers as they are sent.

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// answer is what an action answers, as it is sent.
func (e *engine) answer(t *testing.T, queue, action string, in map[string]any) string {
	t.Helper()
	var out json.RawMessage
	e.must(t, queue, action, in, &out)
	return string(out)
}

func TestABatchTellsWhichOfItsEntriesFailedAndWhy(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", `, "MaximumMessageSize": 1024`))
	e.send(t, "jobs", "x")
	m := e.receive(t, "jobs", nil)[0]
	const bad = `{"Id":"bad","SenderFault":true,"Code":"ReceiptHandleIsInvalid","Message":"The input receipt handle \"x\" is not a valid receipt handle."}`
	for _, row := range []struct{ action, entries, want string }{
		{"SendMessageBatch", `[{"Id": "bad"}]`, `{"Successful":[],"Failed":[{"Id":"bad","SenderFault":true,"Code":"MissingParameter","Message":"The request must contain the parameter MessageBody."}]}`},
		{"SendMessageBatch", `[{"Id": "long", "MessageBody": "` + strings.Repeat("x", 1025) + `"}]`, `{"Successful":[],"Failed":[{"Id":"long","SenderFault":true,"Code":"InvalidParameterValue","Message":"One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes."}]}`},
		{"ChangeMessageVisibilityBatch", `[{"Id": "bad", "ReceiptHandle": "x", "VisibilityTimeout": 1}]`, `{"Successful":[],"Failed":[` + bad + `]}`},
		{"ChangeMessageVisibilityBatch", `[{"Id": "bad", "ReceiptHandle": "x"}, {"Id": "good", "ReceiptHandle": "` + m.ReceiptHandle + `", "VisibilityTimeout": 60}]`, `{"Successful":[{"Id":"good"}],"Failed":[` + bad + `]}`},
		{"DeleteMessageBatch", `[{"Id": "bad", "ReceiptHandle": "x"}]`, `{"Successful":[],"Failed":[` + bad + `]}`},
		{"DeleteMessageBatch", `[{"Id": "good", "ReceiptHandle": "` + m.ReceiptHandle + `"}]`, `{"Successful":[{"Id":"good"}]}`},
	} {
		if got := e.answer(t, "jobs", row.action, map[string]any{"Entries": json.RawMessage(row.entries)}); got != row.want {
			t.Errorf("%s of %s: %s, want %s", row.action, row.entries, got, row.want)
		}
	}
	if got := e.counts(t, "jobs"); got != "0 0 0" {
		t.Errorf("the queue has %s", got)
	}
}

func TestAQueueTellsWhenItWasMadeAndChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		for range 2 { // there is one the second time
			if got, want := e.answer(t, "", "CreateQueue", map[string]any{"QueueName": "jobs"}), `{"QueueUrl":"`+url("jobs")+`"}`; got != want {
				t.Errorf("made %s, want %s", got, want)
			}
		}
		e.must(t, "jobs", "TagQueue", map[string]any{"Tags": map[string]string{"first": "1"}}, nil)
		times := func() string {
			a := e.attributes(t, "jobs")
			return a["QueueArn"] + " " + a["CreatedTimestamp"] + " " + a["LastModifiedTimestamp"]
		}
		if got := times(); got != queues+"jobs 946684800 946684800" {
			t.Errorf("when it is made: %s", got)
		}
		time.Sleep(time.Minute)
		e.must(t, "jobs", "SetQueueAttributes", map[string]any{"Attributes": map[string]string{"DelaySeconds": "1"}}, nil)
		if got := times(); got != queues+"jobs 946684800 946684860" {
			t.Errorf("when it is changed: %s", got)
		}
	})
}

func TestWhatIsSetCanBeTakenAway(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven(`, "RedriveAllowPolicy": {"redrivePermission": "denyAll"}, "KmsMasterKeyId": "alias/k"`)))
	for _, row := range []struct {
		attributes map[string]string
		want       map[string]string // empty: not told
	}{
		{map[string]string{"RedrivePolicy": ""}, map[string]string{"RedrivePolicy": "", "RedriveAllowPolicy": `{"redrivePermission":"denyAll"}`}},
		{map[string]string{"RedriveAllowPolicy": ""}, map[string]string{"RedriveAllowPolicy": "", "KmsMasterKeyId": "alias/k", "KmsDataKeyReusePeriodSeconds": "300", "SqsManagedSseEnabled": "false"}},
		{map[string]string{"SqsManagedSseEnabled": "true"}, map[string]string{"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "", "SqsManagedSseEnabled": "true"}},
		{map[string]string{"KmsMasterKeyId": ""}, map[string]string{"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"}},
		{map[string]string{"KmsMasterKeyId": "k"}, map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "false"}},
	} {
		e.must(t, "jobs", "SetQueueAttributes", map[string]any{"Attributes": row.attributes}, nil)
		has := e.attributes(t, "jobs")
		for name, want := range row.want {
			if value, ok := has[name]; value != want || ok != (want != "") {
				t.Errorf("after %v, %s is %q (%t), want %q", row.attributes, name, value, ok, want)
			}
		}
	}
}

func TestATemplatesQueueHasItsTagsAndTellsWhatItIs(t *testing.T) {
	e := newEngine(t)
	made := e.mustCreate(t, queue("Jobs", `, "ContentBasedDeduplication": false, "Tags": [{"Key": "team", "Value": "b2b"}]`)+`,
		`+fifoQueue("Orders", `, "ContentBasedDeduplication": false, "SqsManagedSseEnabled": true`)+`,
		"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Jobs"}], "PolicyDocument": {"Statement": []}}},
		"Inline": {"Type": "AWS::SQS::QueueInlinePolicy", "Properties": {"Queue": {"Ref": "Jobs"}, "PolicyDocument": {"Statement": []}}}`)
	if got := made.Handles["Jobs"].Attributes; !maps.Equal(got, map[string]any{"Arn": queues + "jobs", "QueueName": "jobs", "QueueUrl": url("jobs")}) {
		t.Errorf("the queue's attributes are %v", got)
	}
	if p := made.Handles["Policy"]; !strings.HasPrefix(p.Ref, "app-Policy-") || !maps.Equal(p.Attributes, map[string]any{"Id": p.Ref}) {
		t.Errorf("the policy is %+v", p)
	}
	if ref := made.Handles["Inline"].Ref; ref != url("jobs") {
		t.Errorf("the inline policy is %s", ref)
	}
	if got := e.answer(t, "jobs", "ListQueueTags", nil); got != `{"Tags":{"team":"b2b"}}` {
		t.Errorf("the tags are %s", got)
	}
}

func TestSourcesOfDeadLettersComeInPages(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Dead", "")+","+queue("Jobs", redriven(""))+","+queue("Other", "")+","+queue("Tasks", redriven("")))
	var page struct {
		QueueUrls []string `json:"queueUrls"`
		NextToken string
	}
	var pages []string
	for in := map[string]any{"MaxResults": 1}; ; in["NextToken"] = page.NextToken {
		page.NextToken = ""
		e.must(t, "dead", "ListDeadLetterSourceQueues", in, &page)
		pages = append(pages, fmt.Sprint(page.QueueUrls))
		if page.NextToken == "" {
			break
		}
	}
	if got, want := strings.Join(pages, ""), "["+url("jobs")+"]["+url("tasks")+"]"; got != want {
		t.Errorf("pages %s, want %s", got, want)
	}
	if got := e.answer(t, "jobs", "ListDeadLetterSourceQueues", nil); got != `{"queueUrls":[]}` {
		t.Errorf("of none: %s", got)
	}
}

// SDKs compare the digests with those that they make.
func TestDigestsAreOfWhatIsAnswered(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	text := func(value string) map[string]string {
		return map[string]string{"DataType": "String", "StringValue": value}
	}
	digest := func(attributes map[string]any, member string) string {
		t.Helper()
		in := map[string]any{"MessageBody": "x", "MessageAttributes": attributes, "MessageSystemAttributes": map[string]any{"AWSTraceHeader": text("Root=1")}}
		var out map[string]string
		e.must(t, "jobs", "SendMessage", in, &out)
		return out[member]
	}
	if got, want := digest(nil, "MD5OfMessageSystemAttributes"), digest(map[string]any{"AWSTraceHeader": text("Root=1")}, "MD5OfMessageAttributes"); got != want || got == "" {
		t.Errorf("the digest of system attributes is %q, of the same as attributes %q", got, want)
	}
	e.receive(t, "jobs", nil)
	one := digest(map[string]any{"a": text("1")}, "MD5OfMessageAttributes")
	e.receive(t, "jobs", nil)
	digest(map[string]any{"a": text("1"), "b": text("2")}, "")
	for _, pattern := range []string{"*", ".*"} {
		got := e.receive(t, "jobs", map[string]any{"MessageAttributeNames": []string{pattern}, "VisibilityTimeout": 0})
		if len(got[0].MessageAttributes) != 2 {
			t.Errorf("%s are %v", pattern, got[0].MessageAttributes)
		}
	}
	if got := e.receive(t, "jobs", map[string]any{"MessageAttributeNames": []string{"a"}}); got[0].MD5OfMessageAttributes != one || one == "" {
		t.Errorf("of one of two attributes the digest is %q, want %q", got[0].MD5OfMessageAttributes, one)
	}
}

func TestAnErrorHasItsStatus(t *testing.T) {
	e := newEngine(t)
	e.mustCreate(t, queue("Jobs", ""))
	e.must(t, "jobs", "PurgeQueue", nil, nil)
	if err := cloud.AsError(e.call("jobs", "PurgeQueue", nil, nil)); err.Status != 403 || err.QueryCode != "AWS.SimpleQueueService.PurgeQueueInProgress" {
		t.Errorf("a second purge: %d %s", err.Status, err.QueryCode)
	}
}

func TestAMessageHasTheAttributesThatItWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.mustCreate(t, queue("Jobs", ""))
		const plain = `{"ApproximateFirstReceiveTimestamp":"946684800000","ApproximateReceiveCount":"1",%s"SenderId":"123456789012","SentTimestamp":"946684800000"}`
		for trace, more := range map[string]string{"": "", "Root=1": `"AWSTraceHeader":"Root=1",`} {
			ctx := cloud.WithOrigin(t.Context(), cloud.Origin{Trace: trace})
			if err := e.Do(ctx, e.Administrator(), "sqs", "SendMessage", map[string]any{"QueueUrl": url("jobs"), "MessageBody": "x"}, nil); err != nil {
				t.Fatal(err)
			}
			m := e.receive(t, "jobs", nil)[0]
			got, err := json.Marshal(m.Attributes)
			if want := strings.Replace(plain, "%s", "", 1); err != nil || string(got) != strings.Replace(plain, "%s", "", 1) && trace == "" {
				t.Errorf("%v, the attributes are %s, want %s", err, got, want)
			}
			if m.Attributes["AWSTraceHeader"] != trace || len(m.Attributes) != strings.Count(plain, ":")+strings.Count(more, ":") {
				t.Errorf("of a request of trace %q the attributes are %s", trace, got)
			}
		}
		own := map[string]any{"QueueUrl": url("jobs"), "MessageBody": "x", "MessageSystemAttributes": rich["MessageSystemAttributes"]}
		if err := e.Do(cloud.WithOrigin(t.Context(), cloud.Origin{Trace: "Root=2"}), e.Administrator(), "sqs", "SendMessage", own, nil); err != nil {
			t.Fatal(err)
		}
		if got := e.receive(t, "jobs", nil)[0].Attributes["AWSTraceHeader"]; got != "Root=1" {
			t.Errorf("the sender's own trace has become %s", got)
		}
		if got := e.answer(t, "jobs", "ReceiveMessage", nil); got != "{}" {
			t.Errorf("nothing is received as %s", got)
		}
	})
}

package constructs_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
)

func asynchronousLab(t *testing.T) *lab {
	return newLab(t, func(stack awscdk.Stack) {
		events := awssqs.NewQueue(stack, jsii.String("Events"), nil)
		awscdk.NewCfnOutput(stack, jsii.String("EventsUrl"), &awscdk.CfnOutputProps{Value: events.QueueUrl()})
		topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
		heard := awssqs.NewQueue(stack, jsii.String("Heard"), nil)
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(heard, &awssnssubscriptions.SqsSubscriptionProps{RawMessageDelivery: jsii.Bool(true)}))
		awscdk.NewCfnOutput(stack, jsii.String("HeardUrl"), &awscdk.CfnOutputProps{Value: heard.QueueUrl()})
		workflowapi.New(stack, "API", workflowapi.Props{RequestsPerSecond: 10_000, Asynchronous: []workflowapi.Asynchronous{
			{Path: "echo", StateMachine: machine(stack, "Echo", echo, standard)},
			{Path: "told", StateMachine: machine(stack, "Told", echo, standard), Progress: workflowapi.Progress{Queue: events}},
			{Path: "announced", StateMachine: machine(stack, "Announced", echo, standard), Progress: workflowapi.Progress{Topic: topic}},
			{Path: "failing", StateMachine: machine(stack, "Failing", fail, standard)},
			{Path: "slow", StateMachine: machine(stack, "Slow", slower, standard)},
			{Path: "modelled", StateMachine: machine(stack, "Modelled", echo, standard), Model: &awsapigateway.JsonSchema{Type: awsapigateway.JsonSchemaType_OBJECT}},
		}})
	})
}

// start posts a body under a key and wants a 202.
func (l *lab) start(t testing.TB, path, key, body string) answer {
	t.Helper()
	got := l.send(t, "POST", path, body, underKey(key))
	if got.status != 202 {
		t.Fatalf("%s: got %d %s", path, got.status, got.body)
	}
	return got
}

func underKey(key string) http.Header {
	if key == "" {
		return nil
	}
	return http.Header{"Idempotency-Key": {key}}
}

// follow is the path of a Location, below the stage.
func follow(got answer) string { return strings.TrimPrefix(got.header.Get("Location"), "/v1/") }

// ended waits until an execution has ended.
func (l *lab) ended(t testing.TB, path string) answer {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got := l.send(t, "GET", path, "", nil)
		if got.status != 200 || got.member("status") != "RUNNING" {
			return got
		}
		if time.Now().After(deadline) {
			t.Fatalf("still running: %s", got.body)
		}
	}
}

func TestAsynchronousRouteStartsOncePerKeyAndTellsTheStatus(t *testing.T) {
	l := asynchronousLab(t)

	t.Run("the output at the Location, as it was written", func(t *testing.T) {
		const body = "{\"n\":12345678901234567890.10,\n\t\"é\":\"it's \\\"q\\\" \\\\' $input #end 😀\"}"
		got := l.start(t, "echo", "", body)
		name := strings.TrimPrefix(follow(got), "echo/")
		if name != got.header.Get("X-Amzn-Requestid") || !strings.HasSuffix(got.member("executionArn"), ":"+name) {
			t.Errorf("Location %s, body %s", got.header.Get("Location"), got.body)
		}
		status := l.ended(t, follow(got))
		if status.status != 200 || status.member("status") != "SUCCEEDED" || !strings.Contains(status.body, `"output":`+body) ||
			status.member("startDate") != got.member("startDate") || status.member("executionArn") != got.member("executionArn") {
			t.Errorf("started %s\nthen %d %s", got.body, status.status, status.body)
		}
	})
	t.Run("the same key again, running and ended", func(t *testing.T) {
		for _, path := range []string{"slow", "echo"} {
			first := l.start(t, path, "key-1.é", `{"a": 1}`)
			if path == "echo" {
				l.ended(t, follow(first))
			}
			again := l.start(t, path, "key-1.é", `{"a": 1}`)
			if again.body != first.body || again.header.Get("Location") != first.header.Get("Location") {
				t.Errorf("%s: got %s %s, first it was %s %s", path, again.header.Get("Location"), again.body, first.header.Get("Location"), first.body)
			}
			other := l.send(t, "POST", path, `{"a": 2}`, underKey("key-1.é"))
			wantError(t, other, 409, "IDEMPOTENCY_CONFLICT", "The Idempotency-Key was used before, with another body.")
		}
	})
	t.Run("the key's header in small letters", func(t *testing.T) {
		got := l.send(t, "POST", "echo", "", http.Header{"idempotency-key": {"small"}})
		if got.status != 202 || follow(got) != "echo/small" {
			t.Errorf("got %d %v", got.status, got.header)
		}
	})
	t.Run("running and failed", func(t *testing.T) {
		if got := l.send(t, "GET", follow(l.start(t, "slow", "", "")), "", nil); got.member("status") != "RUNNING" || got.member("stopDate") != "null" {
			t.Errorf("got %s", got.body)
		}
		got := l.ended(t, follow(l.start(t, "failing", "", `{"error":"E\"'","cause":"it's\n\"so\" \\ $x"}`)))
		if got.status != 200 || got.member("status") != "FAILED" || got.member("error") != `E"'` || got.member("cause") != "it's\n\"so\" \\ $x" {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("refused", func(t *testing.T) {
		const aKey = "An Idempotency-Key has 1 to 80 letters, digits and the like: a UUID is one."
		wantError(t, l.post(t, "echo", `{`), 400, "BAD_REQUEST_BODY", "The body is not JSON.")
		wantError(t, l.post(t, "echo", "\"\n\""), 400, "BAD_REQUEST_BODY", "The body is not JSON.")
		wantError(t, l.post(t, "echo", "\x00"), 400, "BAD_REQUEST_BODY", "The body is not JSON.")
		wantError(t, l.post(t, "echo", `"`+strings.Repeat("a", 256<<10)+`"`), 413, "REQUEST_TOO_LARGE", "The body has more than 256 KiB.")
		wantError(t, l.post(t, "echo", `"`+strings.Repeat("a", 256<<10-150)+`"`), 413, "REQUEST_TOO_LARGE", "The body has more than 256 KiB.")
		for _, key := range []string{"a b", `a"b`, `a\b`, "a:b", "$input", strings.Repeat("k", 81)} {
			wantError(t, l.send(t, "POST", "echo", "{}", underKey(key)), 400, "INVALID_IDEMPOTENCY_KEY", aKey)
		}
		if got := l.post(t, "modelled", `[]`); got.status != 400 || !strings.Contains(got.member("message"), "does not fit") {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("unknown, and never another machine's", func(t *testing.T) {
		hidden := strings.TrimPrefix(follow(l.start(t, "slow", "hidden", `{}`)), "slow/")
		arn := l.start(t, "slow", "hidden", `{}`).member("executionArn")
		machine, _, _ := strings.Cut(arn[strings.Index(arn, "Slow"):], ":")
		for _, name := range []string{
			"nobody", hidden, arn, ":" + arn, machine + ":" + hidden, "x:" + machine + ":" + hidden, "../slow/" + hidden, `","executionArn":"` + arn,
			`\","executionArn":"` + arn, "*", "%", "a+b", " ", "\x00", "'", "\u2028",
		} {
			for _, escaped := range []string{url.PathEscape(name), everyByte(name), everyByte(everyByte(name))} {
				wantError(t, l.send(t, "GET", "echo/"+escaped, "", nil), 404, "EXECUTION_NOT_FOUND", "There is no such execution.")
			}
		}
	})
	for path, output := range map[string]string{"told": "EventsUrl", "announced": "HeardUrl"} {
		t.Run("progress of "+path, func(t *testing.T) {
			started := l.start(t, path, "", `{"x":1}`)
			if got := strings.Join(l.told(t, output, started.member("executionArn")), " "); got != "RUNNING SUCCEEDED" && got != "SUCCEEDED RUNNING" {
				t.Errorf("told %s", got)
			}
		})
	}
}

// told waits for the two messages about an execution, and for nothing else.
func (l *lab) told(t *testing.T, queue, execution string) (statuses []string) {
	t.Helper()
	client := sqs.New(sqs.Options{Region: l.Cloud.Region, BaseEndpoint: aws.String(l.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	for deadline := time.Now().Add(20 * time.Second); len(statuses) < 2 && time.Now().Before(deadline); {
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(l.Endpoints().Outputs["Stack"][queue].(string)), WaitTimeSeconds: 5, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range got.Messages {
			event := answer{body: *message.Body}
			if event.member("executionArn") != execution {
				t.Errorf("got %s", event.body)
			}
			statuses = append(statuses, event.member("status"))
		}
	}
	return statuses
}

// everyByte escapes each byte of a text.
func everyByte(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
	}
	return b.String()
}

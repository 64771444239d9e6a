package sns_test

// This file starts the service with the queues and the function that it delivers to.

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/sns"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

type engine struct {
	*cloud.Cloud
	sns       *sns.SNS
	types     map[string]cfn.Type
	functions *functions
}

// functions stands for Lambda: it notes what it is invoked with.
type functions struct {
	mu     sync.Mutex
	inputs []string
	fail   error
}

func (f *functions) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.inputs)
}

func (f *functions) Supports(action string) bool { return action == "Invoke" }

func (f *functions) Call(_ context.Context, _ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inputs = append(f.inputs, string(input))
	return json.RawMessage(`{"StatusCode":202}`), f.fail
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	return newEngineWith(t, sns.Options{})
}

// testKey is the key of all engines: to make one takes its time.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newEngineWith(t *testing.T, o sns.Options) *engine {
	t.Helper()
	o.Key = testKey()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	t.Cleanup(c.Close)
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	queues := sqs.New(c, sqs.Options{Endpoint: func() string { return "http://127.0.0.1:4566" }})
	topics := sns.New(c, o)
	e := &engine{Cloud: c, sns: topics, types: map[string]cfn.Type{}, functions: &functions{}}
	c.Register("sqs", queues)
	c.Register("sns", topics)
	c.Register("lambda", e.functions)
	for _, list := range [][]cfn.Type{queues.Types(), topics.Types()} {
		for _, t := range list {
			e.types[t.Name] = t
		}
	}
	return e
}

// meter adds up what the topic publishes.
type meter struct {
	mu   sync.Mutex
	sums map[string]float64
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.Namespace == "AWS/SNS" && d.Dimensions["TopicName"] == "news" {
		m.sums[d.Name] += d.Value
	}
}

func (m *meter) sum(metric string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sums[metric]
}

func newMeasuredEngine(t *testing.T) (*engine, *meter) {
	t.Helper()
	e, m := newEngine(t), &meter{sums: map[string]float64{}}
	e.Meter = m
	return e, m
}

func (e *engine) create(resources string) (*cfn.Created, error) {
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		return nil, err
	}
	if faults := template.Check(e.types); len(faults) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	stack := cfn.Stack{Name: "app", Site: e.Site, Template: template}
	return stack.Create(context.Background(), e.types)
}

func (e *engine) mustCreate(t *testing.T, resources string) *cfn.Created {
	t.Helper()
	created, err := e.create(resources)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

const topicARN = "arn:aws:sns:eu-central-1:123456789012:news"

// base is a topic "news", the queues "inbox" and "dead", and the policy that
// lets the topic send to them.
const base = `
	"News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news", "DisplayName": "News"}},
	"Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}},
	"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
	"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Inbox"}, {"Ref": "Dead"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": "News"}}}}]}}}`

// subscription is one of the topic's.
func subscription(id, protocol, endpoint, properties string) string {
	return `, "` + id + `": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "News"}, "Protocol": "` + protocol + `", "Endpoint": ` + endpoint + properties + `}}`
}

const (
	inboxARN = `{"Fn::GetAtt": ["Inbox", "Arn"]}`
	deadARN  = `{"Fn::GetAtt": ["Dead", "Arn"]}`
)

func (e *engine) publish(t *testing.T, in map[string]any) string {
	t.Helper()
	input := map[string]any{"TopicArn": topicARN}
	for name, value := range in {
		input[name] = value
	}
	var out struct{ MessageId string }
	if err := e.Do(t.Context(), e.Administrator(), "sns", "Publish", input, &out); err != nil {
		t.Fatal(err)
	}
	return out.MessageId
}

type queueMessage struct {
	Body              string
	ReceiptHandle     string
	Attributes        map[string]string
	MessageAttributes map[string]struct {
		DataType, StringValue string
		BinaryValue           []byte
	}
}

// receive waits, for a second at most, until a queue has n messages.
func (e *engine) receive(t *testing.T, queue string, n int) []queueMessage {
	t.Helper()
	var got []queueMessage
	for {
		var out struct{ Messages []queueMessage }
		err := e.Do(t.Context(), e.Administrator(), "sqs", "ReceiveMessage", map[string]any{
			"QueueUrl": "http://127.0.0.1/123456789012/" + queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "MessageAttributeNames": []string{"All"}, "AttributeNames": []string{"All"},
		}, &out)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, out.Messages...)
		if len(got) >= n || len(out.Messages) == 0 {
			return got
		}
	}
}

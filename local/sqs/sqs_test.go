package sqs_test

// This file starts the service for the tests.

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

type engine struct {
	*cloud.Cloud
	types  map[string]cfn.Type
	queues *sqs.SQS
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	t.Cleanup(c.Close)
	identity := iam.New(c)
	c.Authorizer, c.Policies = identity, identity
	queues := sqs.New(c, sqs.Options{Endpoint: func() string { return "http://127.0.0.1:4566" }})
	c.Register("sqs", queues)
	e := &engine{Cloud: c, types: map[string]cfn.Type{}, queues: queues}
	for _, list := range [][]cfn.Type{identity.Types(), queues.Types()} {
		for _, t := range list {
			e.types[t.Name] = t
		}
	}
	return e
}

// create makes a stack "app" of resources, as JSON members of Resources.
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

// queue is a queue resource; its name is the logical id in lower case.
func queue(id, properties string) string {
	return `"` + id + `": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "` + strings.ToLower(id) + `"` + properties + `}}`
}

func url(queue string) string { return "http://127.0.0.1:4566/123456789012/" + queue }

// call performs an action on a queue, or on none; in has the further members.
func (e *engine) call(queue, action string, in map[string]any, out any) error {
	input := map[string]any{}
	if queue != "" {
		input["QueueUrl"] = url(queue)
	}
	for name, value := range in {
		input[name] = value
	}
	return e.Do(context.Background(), e.Administrator(), "sqs", action, input, out)
}

func (e *engine) must(t *testing.T, queue, action string, in map[string]any, out any) {
	t.Helper()
	if err := e.call(queue, action, in, out); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

func (e *engine) send(t *testing.T, queue string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		e.must(t, queue, "SendMessage", map[string]any{"MessageBody": body}, nil)
	}
}

type message struct {
	MessageId, ReceiptHandle, Body string
	Attributes                     map[string]string
	MD5OfMessageAttributes         string
	MessageAttributes              map[string]any
}

// rich is a message that says all that a sender can say, and everything asks for it.
var (
	rich = map[string]any{
		"MessageBody": "rich", "MessageGroupId": "tenant",
		"MessageAttributes":       map[string]any{"kind": map[string]string{"DataType": "String", "StringValue": "invoice"}},
		"MessageSystemAttributes": map[string]any{"AWSTraceHeader": map[string]string{"DataType": "String", "StringValue": "Root=1"}},
	}
	everything = map[string]any{"MessageAttributeNames": []string{"All"}}
)

// receive receives up to ten messages with all their attributes.
func (e *engine) receive(t *testing.T, queue string, in map[string]any) []message {
	t.Helper()
	input := map[string]any{"MaxNumberOfMessages": 10, "AttributeNames": []string{"All"}}
	for name, value := range in {
		input[name] = value
	}
	var out struct{ Messages []message }
	e.must(t, queue, "ReceiveMessage", input, &out)
	return out.Messages
}

func bodies(messages []message) string {
	var list []string
	for _, m := range messages {
		list = append(list, m.Body)
	}
	return strings.Join(list, " ")
}

// counts are a queue's visible, invisible and delayed messages: "1 0 0".
func (e *engine) counts(t *testing.T, queue string) string {
	t.Helper()
	var out struct{ Attributes map[string]string }
	e.must(t, queue, "GetQueueAttributes", map[string]any{"AttributeNames": []string{"All"}}, &out)
	a := out.Attributes
	return a["ApproximateNumberOfMessages"] + " " + a["ApproximateNumberOfMessagesNotVisible"] + " " + a["ApproximateNumberOfMessagesDelayed"]
}

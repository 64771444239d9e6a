package statemachines

// This file runs onboarding against the engine's own table and queue, under a
// virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/sqs"
)

// club is an account with the machine, its table and its queue.
type club struct {
	*cloud.Cloud
	t       *testing.T
	created *cfn.Created

	mu        sync.Mutex
	referrals []contract.Referral
	refuse    func(action string) error // of calls, unless it is nil
}

// inClub runs a test under a virtual clock.
func inClub(t *testing.T, test func(t *testing.T, c *club)) {
	synctest.Test(t, func(t *testing.T) {
		c := &club{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), t: t}
		defer c.Close()
		c.Fault = func(_ context.Context, call cloud.Call) error {
			if c.refuse == nil || call.Caller.Root {
				return nil
			}
			return c.refuse(call.Action)
		}
		services := map[string]cloud.API{
			"dynamodb": dynamodb.New(c.Cloud, dynamodb.Options{}),
			"sqs":      sqs.New(c.Cloud, sqs.Options{Endpoint: func() string { return "http://127.0.0.1" }}),
			"states":   newStates(t, c.Cloud),
			"lambda":   functions{"process": c.process},
		}
		types := map[string]cfn.Type{}
		for name, api := range services {
			c.Register(name, api)
			if definer, ok := api.(interface{ Types() []cfn.Type }); ok {
				for _, kind := range definer.Types() {
					types[kind.Name] = kind
				}
			}
		}
		definition, err := json.Marshal(Definition("onboarding/onboarding.asl.json"))
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(fmt.Appendf(nil, clubTemplate, definition))
		if err != nil {
			t.Fatal(err)
		}
		stack := cfn.Stack{Name: "test", Site: c.Site, Template: template}
		if c.created, err = stack.Create(t.Context(), types); err != nil {
			t.Fatal(err)
		}
		test(t, c)
	})
}

func (c *club) process(payload json.RawMessage) (any, error) {
	var r contract.Referral
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.referrals = append(c.referrals, r)
	return contract.Processed, nil
}

func (c *club) do(service, action string, in, out any) {
	c.t.Helper()
	if err := c.Do(c.t.Context(), c.Administrator(), service, action, in, out); err != nil {
		c.t.Fatalf("%s: %v", action, err)
	}
}

// start starts an execution and returns its ARN.
func (c *club) start(input string) string {
	c.t.Helper()
	var started struct {
		ExecutionArn string `json:"executionArn"`
	}
	c.do("states", "StartExecution", map[string]any{"stateMachineArn": c.created.Handles["Machine"].Ref, "input": input}, &started)
	return started.ExecutionArn
}

// end waits for an execution, and returns its output, or "error: cause".
func (c *club) end(arn string) string {
	c.t.Helper()
	for {
		var d struct{ Status, Output, Error, Cause string }
		c.do("states", "DescribeExecution", map[string]any{"executionArn": arn}, &d)
		switch d.Status {
		case "SUCCEEDED":
			return d.Output
		case "RUNNING":
			time.Sleep(time.Second)
			continue
		}
		return d.Error + ": " + d.Cause
	}
}

func (c *club) run(input string) string {
	c.t.Helper()
	return c.end(c.start(input))
}

// attributes are those of a user's profile, in DynamoDB's JSON, or nil.
func (c *club) attributes(userID string) map[string]json.RawMessage {
	c.t.Helper()
	var got struct{ Item map[string]json.RawMessage }
	c.do("dynamodb", "GetItem", map[string]any{"TableName": c.created.Handles["Users"].Ref, "ConsistentRead": true,
		"Key": map[string]any{"PK": map[string]string{"S": userID}, "SK": map[string]string{"S": "PROFILE"}}}, &got)
	return got.Item
}

// profile is what a user gave, of the attributes; known are those of which the
// value depends on the run.
func (c *club) profile(userID string) (given string, own []string) {
	c.t.Helper()
	attributes := c.attributes(userID)
	for _, name := range []string{contract.AttrOnboardedBy, contract.AttrEventSentAt, contract.AttrReferredAt} {
		if attributes[name] != nil {
			own = append(own, name)
			delete(attributes, name)
		}
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text), own
}

// events takes the messages out of the queue.
func (c *club) events() []string {
	c.t.Helper()
	var bodies []string
	for {
		var got struct {
			Messages []struct{ Body, ReceiptHandle string }
		}
		queue := c.created.Handles["Events"].Ref
		c.do("sqs", "ReceiveMessage", map[string]any{"QueueUrl": queue, "MaxNumberOfMessages": 10}, &got)
		if len(got.Messages) == 0 {
			return bodies
		}
		for _, m := range got.Messages {
			bodies = append(bodies, m.Body)
			c.do("sqs", "DeleteMessage", map[string]any{"QueueUrl": queue, "ReceiptHandle": m.ReceiptHandle}, nil)
		}
	}
}

// times refuses the first n calls of an action.
func times(n int, action string) func(string) error {
	return func(called string) error {
		if called != action || n == 0 {
			return nil
		}
		n--
		return cloud.Errorf(503, "ServiceUnavailable", "%s is away", action)
	}
}

package scheduler_test

// This file starts the service beside targets that remember what they are asked,
// with a real client.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/pipes"
	"github.com/tradepost-dev/tradepost/local/scheduler"
	"github.com/tradepost-dev/tradepost/local/wire"
)

const (
	role    = "arn:aws:iam::111122223333:role/scheduler"
	machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:m"
	queue   = "arn:aws:sqs:eu-west-1:111122223333:q"
)

// asked is a call that a target has got, and when, in seconds from the start.
type asked struct {
	second  int
	action  string
	caller  string
	members map[string]any
}

type engine struct {
	*cloud.Cloud
	service *scheduler.Scheduler
	began   time.Time

	mu      sync.Mutex
	calls   []asked
	fails   func(call int) error // of targets but SQS; nil: none does
	drops   func(call int) error // of SQS
	metrics map[string]float64   // by name, without dimensions
	grouped map[string]float64   // in the default group
}

func (e *engine) Observe(d cloud.Datum) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.Namespace == "AWS/Scheduler" && len(d.Dimensions) == 0 {
		e.metrics[d.Name] += d.Value
	} else if d.Dimensions["ScheduleGroup"] == "default" {
		e.grouped[d.Name] += d.Value
	}
}

// remember is an action of a target.
func (e *engine) remember(action string) cloud.Operation {
	return cloud.Handle(func(_ context.Context, caller cloud.Caller, in map[string]any) (any, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.calls = append(e.calls, asked{int(time.Since(e.began).Seconds()), action, caller.Role, in})
		if e.drops != nil && action == "sqs:SendMessage" {
			return struct{}{}, e.drops(len(e.calls) - 1)
		}
		if e.fails != nil && action != "sqs:SendMessage" {
			return struct{}{}, e.fails(len(e.calls) - 1)
		}
		return struct{}{}, nil
	})
}

// seconds are when the targets were called.
func (e *engine) seconds() []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	var seconds []int
	for _, c := range e.calls {
		seconds = append(seconds, c.second)
	}
	return seconds
}

// inEngine runs a test under a virtual clock, which begins at midnight of the 1st
// of January 2000, UTC.
func inEngine(t *testing.T, test func(t *testing.T, e *engine, client *awsscheduler.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
		t.Cleanup(c.Close)
		e := &engine{Cloud: c, service: scheduler.New(c), began: time.Now(), metrics: map[string]float64{}, grouped: map[string]float64{}}
		c.Meter, c.Authorizer = e, anything{}
		c.Register("scheduler", e.service)
		for service, action := range map[string]string{
			"states": "StartExecution", "sqs": "SendMessage", "sns": "Publish", "lambda": "Invoke", "events": "PutEvents", "kinesis": "PutRecord",
		} {
			c.Register(service, cloud.Operations{action: e.remember(service + ":" + action)})
		}
		var network pipes.Network
		here, err := network.Listen("scheduler")
		if err != nil {
			t.Fatal(err)
		}
		server := &httptest.Server{Listener: here, Config: &http.Server{Handler: wire.As(c, c.Administrator(), "scheduler", e.service.Protocols())}}
		server.Start()
		t.Cleanup(server.Close)
		test(t, e, awsscheduler.New(awsscheduler.Options{
			BaseEndpoint: aws.String(server.URL), Region: "eu-west-1", HTTPClient: network.Client(), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		}))
	})
}

// anything permits everything.
type anything struct{}

func (anything) Authorize(cloud.Caller, string, string) error { return nil }

func (anything) Assume(_ cloud.Caller, role, _ string) (cloud.Caller, error) {
	return cloud.Caller{ARN: role, Role: role}, nil
}

// daily is a schedule of a state machine, with an expression.
func daily(expression string) *awsscheduler.CreateScheduleInput {
	return &awsscheduler.CreateScheduleInput{
		Name: aws.String("daily"), ScheduleExpression: &expression, FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: "OFF"},
		Target: &types.Target{Arn: aws.String(machine), RoleArn: aws.String(role), Input: aws.String(`{}`)},
	}
}

func create(t *testing.T, client *awsscheduler.Client, in *awsscheduler.CreateScheduleInput) {
	t.Helper()
	if _, err := client.CreateSchedule(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// expect checks an error's code, and that its message contains a text.
func expect(t *testing.T, what string, err error, want, message string) {
	t.Helper()
	got := ""
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		got = e.ErrorCode()
	} else if err != nil {
		got = err.Error()
	}
	if got != want || err != nil && !strings.Contains(err.Error(), message) {
		t.Errorf("%s: got %v, want %s: %s", what, err, want, message)
	}
}

// text is a value as JSON.
func text(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

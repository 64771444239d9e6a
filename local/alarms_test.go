package local_test

// This file drives every alarm of every synthesized template into ALARM and back
// under a virtual clock.

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/pipes"
)

func TestEveryAlarmGoesOffAndOnAgain(t *testing.T) {
	templates, err := filepath.Glob(filepath.Join("..", "testdata", "*.template.json"))
	if err != nil || len(templates) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, path := range append(templates, filepath.Join("testdata", "alarms.json")) {
		s := cutOut(t, path)
		if len(s.alarms) == 0 {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { s.drive(t) })
		})
	}
}

// A cause makes an alarm's metric breach n times over; mend undoes what would
// last.
type cause struct {
	bring func(d *drill, a watched, n int)
	mend  func(d *drill, a watched)
}

// causes are what the metrics of AWS's services are brought about by. A metric
// outside of AWS's namespaces is put by PutMetricData, as a program would.
var causes = map[string]cause{
	"AWS/SQS ApproximateNumberOfMessagesVisible":    {(*drill).fill, (*drill).purge},
	"AWS/SQS ApproximateAgeOfOldestMessage":         {func(d *drill, a watched, _ int) { d.fill(a, 1) }, (*drill).purge},
	"AWS/SQS NumberOfMessagesSent":                  {(*drill).fill, (*drill).purge},
	"AWS/SQS ApproximateNumberOfMessagesNotVisible": {func(d *drill, a watched, n int) { d.fill(a, n); d.receive(a, n) }, (*drill).purge},

	"AWS/States ExecutionsFailed":   {execute("fail"), nil},
	"AWS/States ExecutionsTimedOut": {execute("hang"), nil},
	"AWS/States ExecutionsAborted":  {execute("stop"), nil},
	"AWS/States ExecutionThrottled": {
		func(d *drill, a watched, n int) { d.throttle.Store(true); execute("pass")(d, a, n) },
		func(d *drill, a watched) { d.throttle.Store(false) },
	},

	"AWS/Lambda Errors": {func(d *drill, a watched, n int) {
		for range n {
			d.do("lambda", "Invoke", map[string]any{"FunctionName": a.dimension("FunctionName")}, nil)
		}
	}, nil},

	// Measured where requests come in over a socket, or where nothing is short.
	"AWS/ApiGateway 5XXError":                           {(*drill).observe, nil},
	"AWS/ApiGateway 4XXError":                           {(*drill).observe, nil},
	"AWS/ApiGateway Latency":                            {(*drill).observe, nil},
	"AWS/Lambda Throttles":                              {(*drill).observe, nil},
	"AWS/Lambda Duration":                               {(*drill).observe, nil},
	"AWS/Lambda IteratorAge":                            {(*drill).observe, nil},
	"AWS/Lambda DestinationDeliveryFailures":            {(*drill).observe, nil},
	"AWS/Lambda AsyncEventsDropped":                     {(*drill).observe, nil},
	"AWS/DynamoDB SystemErrors":                         {(*drill).observe, nil},
	"AWS/DynamoDB ThrottledRequests":                    {(*drill).observe, nil},
	"AWS/DynamoDB ReadThrottleEvents":                   {(*drill).observe, nil},
	"AWS/DynamoDB WriteThrottleEvents":                  {(*drill).observe, nil},
	"AWS/Events FailedInvocations":                      {(*drill).observe, nil},
	"AWS/Events InvocationsFailedToBeSentToDlq":         {(*drill).observe, nil},
	"AWS/SNS NumberOfNotificationsFailed":               {(*drill).observe, nil},
	"AWS/SNS NumberOfNotificationsFailedToRedriveToDlq": {(*drill).observe, nil},
}

// watched is an alarm as DescribeAlarms tells it.
type watched struct {
	AlarmName, Namespace, MetricName, StateValue, ComparisonOperator string
	Threshold                                                        float64
	Dimensions                                                       []struct{ Name, Value string }
	AlarmActions, OKActions                                          []string
}

func (a watched) dimension(name string) string {
	for _, d := range a.Dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// drill is an engine whose alarms are tried.
type drill struct {
	*testing.T
	engine   *local.Engine
	throttle atomic.Bool
}

func (s section) drive(t *testing.T) {
	d := &drill{T: t}
	handlers := map[string]lambda.Handler{}
	for _, id := range s.functions {
		handlers["app/"+id] = failing{}
	}
	engine, err := local.Start(t.Context(), local.Options{
		Assembly: s.template, Handlers: handlers,
		Ports: &pipes.Network{},
		Fault: func(_ context.Context, call cloud.Call) error {
			if call.Action == "StateTransition" && d.throttle.Load() {
				return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	d.engine = engine
	alarms := d.alarms()
	if len(alarms) != len(s.alarms) {
		t.Errorf("%d of %d alarms exist", len(alarms), len(s.alarms))
	}
	for _, a := range alarms {
		d.try(a)
	}
}

type failing struct{}

func (failing) Invoke(context.Context, []byte) ([]byte, error) { return nil, fmt.Errorf("wanted") }

func (d *drill) do(service, action string, in, out any) {
	d.Helper()
	if err := d.engine.Cloud.Do(d.Context(), d.engine.Cloud.Administrator(), service, action, in, out); err != nil {
		d.Fatalf("%s %s: %v", service, action, err)
	}
}

func (d *drill) alarms(names ...string) []watched {
	d.Helper()
	var out struct{ MetricAlarms, CompositeAlarms []watched }
	d.do("cloudwatch", "DescribeAlarms", map[string]any{"AlarmNames": names, "AlarmTypes": []string{"MetricAlarm", "CompositeAlarm"}}, &out)
	return append(out.MetricAlarms, out.CompositeAlarms...)
}

// try drives one alarm to and fro.
func (d *drill) try(a watched) {
	d.Helper()
	c, known := causes[a.Namespace+" "+a.MetricName]
	if !strings.HasPrefix(a.Namespace, "AWS/") && a.Namespace != "" {
		c, known = cause{(*drill).put, nil}, true
	}
	if !known {
		d.Errorf("alarm %s: no cause of %s of %s is known: add one to the table", a.AlarmName, a.MetricName, a.Namespace)
		return
	}
	if !strings.HasPrefix(a.ComparisonOperator, "GreaterThan") {
		d.Errorf("alarm %s: %s cannot be brought about by more of the metric", a.AlarmName, a.ComparisonOperator)
		return
	}
	d.wait(a, "OK", "INSUFFICIENT_DATA")
	c.bring(d, a, int(math.Ceil(a.Threshold))+1)
	d.wait(a, "ALARM")
	if len(a.AlarmActions) == 0 || !d.told(a, "ALARM") {
		d.Errorf("alarm %s: nobody was told", a.AlarmName)
	}
	if c.mend != nil {
		c.mend(d, a)
	}
	d.wait(a, "OK")
	if len(a.OKActions) > 0 && !d.told(a, "OK") {
		d.Errorf("alarm %s: nobody was told that it is over", a.AlarmName)
	}
}

// wait waits for one of some states.
func (d *drill) wait(a watched, states ...string) {
	d.Helper()
	for started := time.Now(); time.Since(started) < 6*time.Hour; time.Sleep(10 * time.Second) {
		if state := d.alarms(a.AlarmName)[0].StateValue; slices.Contains(states, state) {
			return
		}
	}
	d.Fatalf("alarm %s on %s of %s did not come to be %q", a.AlarmName, a.MetricName, a.Namespace, states)
}

// told tells whether a topic told of the alarm's new state.
func (d *drill) told(a watched, state string) bool {
	d.Helper()
	for {
		var out struct {
			Messages []struct{ Body, ReceiptHandle string }
		}
		in := map[string]any{"QueueUrl": "http://x/" + d.engine.Cloud.Account + "/drill", "WaitTimeSeconds": 20}
		d.do("sqs", "ReceiveMessage", in, &out)
		if len(out.Messages) == 0 {
			return false
		}
		in = map[string]any{"QueueUrl": in["QueueUrl"], "ReceiptHandle": out.Messages[0].ReceiptHandle}
		d.do("sqs", "DeleteMessage", in, nil)
		var notice struct{ AlarmName, NewStateValue string }
		if err := json.Unmarshal([]byte(out.Messages[0].Body), &notice); err != nil {
			d.Fatal(err)
		}
		if notice.AlarmName == a.AlarmName && notice.NewStateValue == state {
			return true
		}
	}
}

func (d *drill) queue(a watched) string {
	return "http://x/" + d.engine.Cloud.Account + "/" + a.dimension("QueueName")
}

func (d *drill) fill(a watched, n int) {
	for i := range n {
		in := map[string]any{"QueueUrl": d.queue(a), "MessageBody": "x"}
		if strings.HasSuffix(d.queue(a), ".fifo") { // each in a group of its own, which nothing blocks
			id := strconv.Itoa(i)
			in["MessageGroupId"], in["MessageDeduplicationId"] = id, id
		}
		d.do("sqs", "SendMessage", in, nil)
	}
}

func (d *drill) receive(a watched, n int) {
	for range n {
		d.do("sqs", "ReceiveMessage", map[string]any{"QueueUrl": d.queue(a), "VisibilityTimeout": 3600}, nil)
	}
}

func (d *drill) purge(a watched) {
	d.do("sqs", "PurgeQueue", map[string]any{"QueueUrl": d.queue(a)}, nil)
}

// execute starts executions of the stand-in.
func execute(what string) func(d *drill, a watched, n int) {
	return func(d *drill, a watched, n int) {
		for range n {
			var started struct{ ExecutionArn string }
			d.do("states", "StartExecution", map[string]any{"stateMachineArn": a.dimension("StateMachineArn"), "input": `{"do":"` + what + `"}`}, &started)
			if what == "stop" {
				d.do("states", "StopExecution", map[string]any{"executionArn": started.ExecutionArn}, nil)
			}
		}
	}
}

// put publishes the metric as a program does.
func (d *drill) put(a watched, n int) {
	d.do("cloudwatch", "PutMetricData", map[string]any{"Namespace": a.Namespace, "MetricData": []any{
		map[string]any{"MetricName": a.MetricName, "Dimensions": a.Dimensions, "Value": n},
	}}, nil)
}

// observe publishes the metric as its service does.
func (d *drill) observe(a watched, n int) {
	dimensions := map[string]string{}
	for _, dimension := range a.Dimensions {
		dimensions[dimension.Name] = dimension.Value
	}
	for _, m := range d.engine.Cloud.Metrics() {
		if m.Namespace == a.Namespace && m.Name == a.MetricName {
			m.Observe(dimensions, float64(n))
		}
	}
}

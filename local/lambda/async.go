package lambda

// This file carries out asynchronous invocations: retries, maximum age, and
// where the results go.

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// asyncConfig is an AWS::Lambda::EventInvokeConfig.
type asyncConfig struct {
	said      invokeSettings
	modified  time.Time
	maxAge    time.Duration
	retries   int
	onSuccess string // ARN of a queue, topic, function or event bus, or empty
	onFailure string
}

func defaultAsyncConfig() asyncConfig { return asyncConfig{maxAge: 6 * time.Hour, retries: 2} }

// How long Lambda waits before it tries again: after a function's error, and
// after it was throttled.
const (
	errorRetryDelay    = time.Minute // doubled after each attempt
	throttleRetryDelay = time.Second // doubled up to the next
	throttleRetryMax   = 5 * time.Minute
)

// enqueue takes over an invocation that its caller does not wait for.
func (l *Lambda) enqueue(r request) {
	r.target.observe(l.metrics.received, 1)
	l.cloud.Go(func(ctx context.Context) {
		ctx = cloud.Because(ctx, r.cause)
		outcome, ok := l.deliver(ctx, r)
		if ok {
			l.dispatch(r.traced(ctx), r, outcome)
		}
	})
}

// outcome is how an asynchronous invocation ended.
type outcome struct {
	condition string // Success, RetriesExhausted, EventAgeExceeded, ZeroReservedConcurrency
	attempts  int    // of invocations that reached the function
	answer    answer // of the last one
	config    asyncConfig
}

// deliver tries until it has an outcome; there is none if the engine ends.
func (l *Lambda) deliver(ctx context.Context, r request) (outcome, bool) {
	config := r.target.asyncConfigOf(r.target.qualifier)
	received := time.Now()
	expires := received.Add(config.maxAge)
	o := outcome{config: config}
	throttled, failed := throttleRetryDelay, errorRetryDelay
	for {
		var delay time.Duration
		r.target.observe(l.metrics.age, float64(time.Since(received).Milliseconds()))
		a, err := l.run(ctx, r)
		switch {
		case ctx.Err() != nil:
			return o, false
		case r.target.switchedOff():
			o.condition = "ZeroReservedConcurrency" // a function that is switched off gets no retries
			return o, true
		case err != nil:
			delay = throttled
			throttled = min(2*throttled, throttleRetryMax)
		case !a.failed:
			o.condition, o.answer, o.attempts = "Success", a, o.attempts+1
			return o, true
		default:
			o.answer, o.attempts = a, o.attempts+1
			if o.attempts > config.retries {
				o.condition = "RetriesExhausted"
				return o, true
			}
			delay = failed
			failed *= 2
		}
		if time.Now().Add(delay).After(expires) {
			o.condition = "EventAgeExceeded"
			return o, true
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return o, false
		}
	}
}

// dispatch sends the outcome to the function's destination and, if it failed,
// the event to its dead-letter queue, with the permissions of the function's role.
func (l *Lambda) dispatch(ctx context.Context, r request, o outcome) {
	if t, err := r.target.now(); err == nil {
		r.target = t
	}
	destination := o.config.onFailure
	if o.condition != "Success" {
		r.target.observe(l.metrics.dropped, 1)
	}
	if o.condition == "Success" {
		destination = o.config.onSuccess
	} else if r.target.deadLetters != "" {
		if err := cloud.Insist(ctx, func() error { return l.sendDeadLetter(ctx, r, o) }); err != nil {
			r.target.observe(l.metrics.deadLetterErrors, 1)
			r.target.log.note("dead-letter queue %s: %v", r.target.deadLetters, err)
		}
	}
	if destination == "" {
		return
	}
	if err := cloud.Insist(ctx, func() error { return l.sendRecord(ctx, r, o, destination) }); err != nil {
		r.target.observe(l.metrics.undelivered, 1)
		r.target.log.note("destination %s: %v", destination, err)
	}
}

// record is what a destination gets.
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// qualified is the ARN by which destinations know a function, which always says of
// what version or alias it is: rules of the CDK's look for it.
func (t target) qualified() string { return t.function.arn + ":" + cmp.Or(t.qualifier, latest) }

func newRecord(r request, o outcome) record {
	rec := record{
		Version:        "1.0",
		Timestamp:      time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		RequestContext: requestContext{r.id, r.target.qualified(), o.condition, o.attempts},
		RequestPayload: r.payload,
	}
	if o.attempts == 0 {
		return rec
	}
	rec.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: o.answer.version}
	if o.answer.failed {
		rec.ResponseContext.FunctionError = "Unhandled"
	}
	if json.Valid(o.answer.payload) {
		rec.ResponsePayload = o.answer.payload
	}
	return rec
}

func (l *Lambda) sendRecord(ctx context.Context, r request, o outcome, destination string) error {
	record, err := cloud.Encode(newRecord(r, o))
	if err != nil {
		return err
	}
	caller := r.target.caller
	switch serviceOf(destination) {
	case "lambda":
		return l.cloud.Do(ctx, caller, "lambda", "Invoke", invokeInput{FunctionName: destination, InvocationType: "Event", Payload: record}, nil)
	case "events":
		return l.putEvent(ctx, caller, r, o, destination, record)
	default:
		return l.send(ctx, caller, destination, record)
	}
}

// send sends a message to a queue or a topic.
func (l *Lambda) send(ctx context.Context, caller cloud.Caller, destination string, message []byte) error {
	if serviceOf(destination) == "sns" {
		return l.cloud.Do(ctx, caller, "sns", "Publish", map[string]any{"TopicArn": destination, "Message": string(message)}, nil)
	}
	return l.cloud.Do(ctx, caller, "sqs", "SendMessage", map[string]any{"QueueUrl": cloud.QueueURL(destination), "MessageBody": string(message)}, nil)
}

func (l *Lambda) putEvent(ctx context.Context, caller cloud.Caller, r request, o outcome, bus string, record []byte) error {
	result := "Failure"
	if o.condition == "Success" {
		result = "Success"
	}
	entry := map[string]any{
		"EventBusName": bus,
		"Source":       "lambda",
		"DetailType":   "Lambda Function Invocation Result - " + result,
		"Resources":    []string{bus, r.target.qualified()},
		"Detail":       string(record),
	}
	var output struct {
		Entries []struct{ ErrorCode, ErrorMessage string }
	}
	err := l.cloud.Do(ctx, caller, "events", "PutEvents", map[string]any{"Entries": []any{entry}}, &output)
	if err == nil && len(output.Entries) > 0 && output.Entries[0].ErrorCode != "" {
		err = cloud.Errorf(400, output.Entries[0].ErrorCode, "%s", output.Entries[0].ErrorMessage)
	}
	return err
}

// sendDeadLetter sends the event itself, with the error as message attributes.
func (l *Lambda) sendDeadLetter(ctx context.Context, r request, o outcome) error {
	var failure struct{ ErrorMessage string }
	if err := json.Unmarshal(o.answer.payload, &failure); err != nil {
		failure.ErrorMessage = string(o.answer.payload)
	}
	text := failure.ErrorMessage[:min(len(failure.ErrorMessage), 1<<10)]
	attribute := func(dataType, value string) map[string]string {
		return map[string]string{"DataType": dataType, "StringValue": value}
	}
	attributes := map[string]any{
		"RequestID": attribute("String", r.id),
		"ErrorCode": attribute("Number", "200"),
	}
	if text != "" {
		attributes["ErrorMessage"] = attribute("String", text)
	}
	caller, arn := r.target.caller, r.target.deadLetters
	if serviceOf(arn) == "sns" {
		return l.cloud.Do(ctx, caller, "sns", "Publish", map[string]any{"TopicArn": arn, "Message": string(r.payload), "MessageAttributes": attributes}, nil)
	}
	return l.cloud.Do(ctx, caller, "sqs", "SendMessage", map[string]any{"QueueUrl": cloud.QueueURL(arn), "MessageBody": string(r.payload), "MessageAttributes": attributes}, nil)
}

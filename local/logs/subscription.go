package logs

// This file is subscription filters: where they send a group's events to.

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs/filter"
)

const (
	maxSubscriptions = 2 // of a group
	maxDelivery      = 24 * time.Hour
	principal        = "logs.amazonaws.com"
)

// subscription is as it was put. The service's lock guards it but for what is to be sent.
type subscription struct {
	name, pattern string
	destination   string // ARN
	role          string // of a destination that is no function
	distribution  string // ByLogStream or Random
	created       time.Time
	compiled      *filter.Pattern

	mu      sync.Mutex
	pending []shipment
	sending bool
	gone    bool
}

// shipment is events on their way to a destination.
type shipment struct {
	MessageType string         `json:"messageType"`
	Owner       string         `json:"owner"`
	Group       string         `json:"logGroup"`
	Stream      string         `json:"logStream"`
	Filters     []string       `json:"subscriptionFilters"`
	Events      []shippedEvent `json:"logEvents"`
}

type shippedEvent struct {
	ID      string            `json:"id"`
	Time    int64             `json:"timestamp"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"extractedFields,omitempty"`
}

// hear takes those of a stream's events that the subscription is about.
func (f *subscription) hear(owner, group, stream string, events []event) (sent shipment, any bool) {
	sent = shipment{MessageType: "DATA_MESSAGE", Owner: owner, Group: group, Stream: stream, Filters: []string{f.name}}
	for _, e := range events {
		if !f.compiled.Matches(e.message) {
			continue
		}
		fields := map[string]string{}
		for name, value := range f.compiled.Fields(e.message) {
			fields[strings.TrimPrefix(name, "$")] = value
		}
		sent.Events = append(sent.Events, shippedEvent{e.id(), e.time, e.message, fields})
	}
	return sent, len(sent.Events) > 0
}

// ship sends events after those that are being sent already.
func (l *Logs) ship(f *subscription, s shipment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, s)
	if !f.sending {
		f.sending = true
		l.cloud.Go(func(ctx context.Context) { l.drain(ctx, f) })
	}
}

func (l *Logs) drain(ctx context.Context, f *subscription) {
	for {
		f.mu.Lock()
		if len(f.pending) == 0 || ctx.Err() != nil {
			f.pending, f.sending = nil, false
			f.mu.Unlock()
			return
		}
		next := f.pending[0]
		f.pending = f.pending[1:]
		f.mu.Unlock()
		l.deliver(ctx, f, next)
	}
}

// cancel lets go of what has not been sent.
func (f *subscription) cancel() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
}

func (f *subscription) cancelled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gone
}

// deliver sends events until the destination has them, for a day at most and while
// there is the subscription. What the destination refuses for good is dropped.
func (l *Logs) deliver(ctx context.Context, f *subscription, s shipment) {
	began := time.Now()
	delays := func(attempts int) (time.Duration, bool) {
		return min(time.Second<<min(attempts-1, 10), 5*time.Minute), time.Since(began) <= maxDelivery
	}
	_ = cloud.Retry(ctx, delays, func() error {
		if f.cancelled() {
			return nil
		}
		return l.send(ctx, f, s)
	})
}

func (l *Logs) send(ctx context.Context, f *subscription, s shipment) error {
	zipped, err := s.zipped()
	if err != nil {
		return err
	}
	source := l.arn(s.Group) + ":*"
	if service(f.destination) == "lambda" {
		var payload struct {
			Logs struct {
				Data []byte `json:"data"`
			} `json:"awslogs"`
		}
		payload.Logs.Data = zipped
		text, err := json.Marshal(payload)
		if err != nil {
			return err
		}
		return l.cloud.Do(ctx, l.invoker(f.destination, source), "lambda", "Invoke", map[string]any{
			"FunctionName": f.destination, "InvocationType": "Event", "Payload": json.RawMessage(text),
		}, nil)
	}
	caller, err := l.cloud.Assume(l.cloud.ServiceCaller(principal, source), f.role, "CloudWatchLogs")
	if err != nil {
		return err
	}
	key := s.Stream
	if f.distribution == "Random" {
		key = cloud.UUID()
	}
	return l.cloud.Do(ctx, caller, "kinesis", "PutRecord", map[string]any{"StreamARN": f.destination, "Data": zipped, "PartitionKey": key}, nil)
}

// invoker is CloudWatch Logs as functions' policies name it: with its region, as it
// once was, or without.
func (l *Logs) invoker(function, source string) cloud.Caller {
	regional := l.cloud.ServiceCaller("logs."+l.cloud.Region+".amazonaws.com", source)
	if l.cloud.Authorize(regional, "lambda:InvokeFunction", function) == nil {
		return regional
	}
	return l.cloud.ServiceCaller(principal, source)
}

func (s shipment) zipped() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// service is which one an ARN is of.
func service(arn string) string {
	parsed, _ := cloud.ParseARN(arn)
	return parsed.Service
}

type putSubscriptionFilterInput struct {
	Group        string  `json:"logGroupName"`
	Name         string  `json:"filterName"`
	Pattern      *string `json:"filterPattern"`
	Destination  string  `json:"destinationArn"`
	Role         string  `json:"roleArn"`
	Distribution string  `json:"distribution"`
	Transformed  bool    `json:"applyOnTransformedLogs"` // nothing is transformed here
}

func (in putSubscriptionFilterInput) filter() (*subscription, error) {
	if err := checkFilter(in.Name, in.Pattern); err != nil {
		return nil, err
	}
	compiled, err := filter.Parse(*in.Pattern)
	kind := service(in.Destination)
	switch {
	case err != nil:
		return nil, invalid("Invalid filter pattern: %v", err)
	case in.Destination == "":
		return nil, invalid("1 validation error detected: Value null at 'destinationArn' failed to satisfy constraint: Member must not be null")
	case kind == "kinesis" && in.Role == "":
		return nil, invalid("destinationArn for vendor kinesis cannot be used without roleArn")
	case kind == "lambda" && in.Role != "":
		return nil, invalid("destinationArn for vendor lambda cannot be used with roleArn")
	case kind != "kinesis" && kind != "lambda":
		return nil, &cfn.Unsupported{Property: "DestinationArn", Reason: "the local engine sends to functions and to streams of Kinesis only, not to " + in.Destination}
	case in.Distribution == "":
		in.Distribution = "ByLogStream"
	case in.Distribution != "ByLogStream" && in.Distribution != "Random":
		return nil, invalid("1 validation error detected: Value '%s' at 'distribution' failed to satisfy constraint: Member must satisfy enum value set: [Random, ByLogStream]", in.Distribution)
	}
	return &subscription{
		name: in.Name, pattern: *in.Pattern, destination: in.Destination, role: in.Role, distribution: in.Distribution, created: time.Now(), compiled: compiled,
	}, nil
}

func (l *Logs) putSubscriptionFilter(_ context.Context, caller cloud.Caller, in putSubscriptionFilterInput) (struct{}, error) {
	f, err := in.filter()
	if err != nil {
		return struct{}{}, cfn.AsCall("PutSubscriptionFilter", err, invalid)
	}
	if in.Role != "" {
		if err := l.cloud.MayPass(caller, in.Role, principal); err != nil {
			return struct{}{}, err
		}
	}
	if err := l.mayInvoke(in.Group, f); err != nil {
		return struct{}{}, err
	}
	return l.change(caller, "PutSubscriptionFilter", in.Group, func(g *group) error { return g.putSubscription(f) })
}

// mayInvoke asks whether a function lets the group's events in, as AWS does when a
// filter is put.
func (l *Logs) mayInvoke(group string, f *subscription) error {
	if service(f.destination) != "lambda" {
		return nil
	}
	if arn, _ := cloud.ParseARN(f.destination); arn.Account != l.cloud.Account {
		return cloud.Errorf(400, "AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross account lambda triggers.")
	}
	if l.cloud.Authorize(l.invoker(f.destination, l.arn(group)+":*"), "lambda:InvokeFunction", f.destination) != nil {
		return invalid("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
	}
	return nil
}

func (g *group) putSubscription(f *subscription) error {
	before := g.subscriptions[f.name]
	switch {
	case before != nil:
		f.created = before.created
		before.cancel()
	case len(g.subscriptions) >= maxSubscriptions:
		return errLimit
	}
	g.listen()
	g.subscriptions[f.name] = f
	return nil
}

func (l *Logs) deleteSubscriptionFilter(_ context.Context, caller cloud.Caller, in filterName) (struct{}, error) {
	if err := checkFilter(in.Name, new(string)); err != nil {
		return struct{}{}, err
	}
	return l.change(caller, "DeleteSubscriptionFilter", in.Group, func(g *group) error { return g.dropSubscription(in.Name) })
}

func (g *group) dropSubscription(name string) error {
	f := g.subscriptions[name]
	if f == nil {
		return cloud.Errorf(400, "ResourceNotFoundException", "The specified subscription filter does not exist.")
	}
	f.cancel()
	delete(g.subscriptions, name)
	return nil
}

type describeSubscriptionFiltersInput struct {
	Group     string `json:"logGroupName"`
	Prefix    string `json:"filterNamePrefix"`
	Limit     *int   `json:"limit"`     // 1 to 50, which is the default
	NextToken string `json:"nextToken"` // the last name of the page before
}

type describedSubscription struct {
	Transformed  bool   `json:"applyOnTransformedLogs"`
	Created      int64  `json:"creationTime"`
	Destination  string `json:"destinationArn"`
	Distribution string `json:"distribution"`
	Name         string `json:"filterName"`
	Pattern      string `json:"filterPattern"`
	Group        string `json:"logGroupName"`
	Role         string `json:"roleArn,omitempty"`
}

type describeSubscriptionFiltersOutput struct {
	Filters   []describedSubscription `json:"subscriptionFilters"`
	NextToken string                  `json:"nextToken,omitempty"`
}

func (l *Logs) describeSubscriptionFilters(_ context.Context, caller cloud.Caller, in describeSubscriptionFiltersInput) (describeSubscriptionFiltersOutput, error) {
	out := describeSubscriptionFiltersOutput{Filters: []describedSubscription{}}
	limit, err := limited(in.Limit, 50, 50)
	if err != nil {
		return out, err
	}
	_, err = l.change(caller, "DescribeSubscriptionFilters", in.Group, func(g *group) error {
		for _, name := range slices.Sorted(maps.Keys(g.subscriptions)) {
			if name <= in.NextToken || !strings.HasPrefix(name, in.Prefix) {
				continue
			}
			if len(out.Filters) == limit {
				out.NextToken = out.Filters[limit-1].Name
				break
			}
			f := g.subscriptions[name]
			out.Filters = append(out.Filters, describedSubscription{
				Created: milliseconds(f.created), Destination: f.destination, Distribution: f.distribution, Name: name, Pattern: f.pattern, Group: g.name, Role: f.role,
			})
		}
		return nil
	})
	return out, err
}

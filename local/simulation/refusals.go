package simulation

// This file is how services refuse calls: by their own fault, and since there are too
// many, be it one or all for some seconds.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// internal is how a service fails by its own fault.
func (p *passage) internal() error {
	return cloud.Errorf(500, cmp.Or(internalCodes[p.call.Service], "InternalFailure"), "simulated: the service failed")
}

var internalCodes = map[string]string{
	"dynamodb": "InternalServerError", "sqs": "InternalFailure", "lambda": "ServiceException", "s3": "InternalError", "sns": "InternalError",
	"secretsmanager": "InternalServiceError", "states": "InternalFailure", "events": "InternalException",
}

// throttled is how a service says that it was called too often.
func (p *passage) throttled() error {
	switch p.call.Service {
	case "s3":
		return cloud.Errorf(503, "SlowDown", "Please reduce your request rate.")
	case "sqs":
		return cloud.Errorf(400, "RequestThrottled", "Request is throttled.")
	case "lambda":
		return cloud.Errorf(429, "TooManyRequestsException", "Rate Exceeded.")
	}
	return cloud.Errorf(400, "ThrottlingException", "Rate exceeded")
}

// How long a burst lasts at most, and how long a function takes no batches: longer than
// messages are hidden, so that some become visible again unseen.
const (
	longest  = 30 * time.Second
	starving = 10 * time.Minute
)

// busy tells whether what is called is in a burst, or comes into one by this call.
func (p *passage) busy() bool { return p.jammed(Burst, p.subjects, longest) }

// starved tells whether an event source's function has no concurrency left for its
// batches, which others have used up, or comes to that by this call.
func (p *passage) starved() bool {
	source := p.call.Caller.Context["aws:SourceArn"]
	feeds := p.call.Service == "lambda" && p.call.Action == "Invoke" && strings.Contains(source, ":event-source-mapping:")
	return feeds && p.jammed(Starved, func() []string { return []string{"batches of " + last(source)} }, starving)
}

// jammed tells whether there are too many calls of one of some subjects, or are from
// now on, for a while.
func (p *passage) jammed(kind Kind, of func() []string, most time.Duration) bool {
	w := p.weather
	now := time.Now()
	if w.jams(now) && slices.ContainsFunc(of(), w.jammed) {
		return true
	}
	if !p.hits(kind) {
		return false
	}
	subjects := of()
	span := 1 + time.Duration(p.draw("burst")*float64(most))
	p.note(fmt.Sprintf("for %v there are too many calls of %s", span, strings.Join(subjects, ", ")))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range subjects {
		w.busy[s] = now.Add(span)
	}
	return true
}

// jams tells whether there are too many calls of anything now, and forgets what there
// were too many of.
func (w *weather) jams(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.busy, func(_ string, until time.Time) bool { return !now.Before(until) })
	return !w.ended && len(w.busy) > 0
}

// jammed tells whether there are too many calls of a subject, of those that jams has left.
func (w *weather) jammed(subject string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, jammed := w.busy[subject]
	return jammed
}

// subjects are what the call counts for: the tables, the queue, the function or the
// stream that it is made to, or else the service as a whole.
func (p *passage) subjects() []string {
	var input struct {
		TableName, QueueUrl, FunctionName, StreamName, StreamARN string
		RequestItems                                             map[string]json.RawMessage
		TransactItems                                            []map[string]struct{ TableName string }
	}
	if json.Unmarshal(p.call.Input, &input) != nil {
		return []string{p.call.Service}
	}
	names := map[string]bool{}
	for _, id := range []string{input.TableName, input.QueueUrl, input.FunctionName, input.StreamName, input.StreamARN} {
		names[last(id)] = id != ""
	}
	for table := range input.RequestItems {
		names[last(table)] = true
	}
	for _, item := range input.TransactItems {
		for _, of := range item {
			names[last(of.TableName)] = true
		}
	}
	maps.DeleteFunc(names, func(_ string, named bool) bool { return !named })
	if len(names) == 0 {
		return []string{p.call.Service}
	}
	var subjects []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		subjects = append(subjects, p.call.Service+" "+name)
	}
	return subjects
}

// exceeded is how a service says that more is asked of a table or a stream than it
// has capacity for; others say it as they do of one call.
func (p *passage) exceeded() error {
	if p.call.Service != "dynamodb" && p.call.Service != "kinesis" {
		return p.throttled()
	}
	const code = "ProvisionedThroughputExceededException"
	var input struct{ TransactItems []json.RawMessage }
	if json.Unmarshal(p.call.Input, &input) != nil || len(input.TransactItems) == 0 {
		return cloud.Errorf(400, code, "The level of configured provisioned throughput was exceeded.")
	}
	return cancelled(len(input.TransactItems))
}

// cancelled is how DynamoDB says so of a transaction: of one of its items.
func cancelled(items int) error {
	type reason struct{ Code, Message string }
	reasons, codes := slices.Repeat([]reason{{Code: "None"}}, items), slices.Repeat([]string{"None"}, items)
	codes[0] = "ProvisionedThroughputExceeded"
	reasons[0] = reason{codes[0], "The level of configured provisioned throughput for the table was exceeded."}
	failure := cloud.Errorf(400, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	failure.Fields = map[string]any{"CancellationReasons": reasons}
	return failure
}

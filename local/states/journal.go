// This file writes the logs of executions: what happens in them, into the log group
// of their machine.
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html

package states

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	// deliveryDelay is how long events are gathered before they are written.
	deliveryDelay = 200 * time.Millisecond

	// A stream is written for so long before a new one is begun, as batches may
	// not span more.
	streamAge = 24 * time.Hour

	// A batch may have so many lines, of so many bytes with what each costs.
	maxLines, maxBatch, lineCost = 10_000, 1 << 20, 26

	// maxLogged is the most that is written of an input or output, escaped.
	maxLogged = 248 << 10

	// validation is the stream that is there once a machine may have its log written.
	validation = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
)

// A journal is the log of the executions of a revision. A nil one logs nothing.
type journal struct {
	cloud    *cloud.Cloud
	machine  string // its name
	group    string
	level    string
	withData bool

	mu      sync.Mutex
	pending []happened
	due     bool // a delivery

	writing sync.Mutex // guards what follows
	stream  string     // empty: there is none yet
	begun   time.Time
}

// happened is an event of an execution.
type happened struct {
	event
	execution string
	redrives  int
}

// journal returns the log of a revision of a machine, or nil if it has none.
func (m *machine) journal(l loggingConfiguration) *journal {
	if l.Level == "OFF" || len(l.Destinations) == 0 {
		return nil
	}
	return &journal{
		cloud: m.states.cloud, machine: m.name, level: l.Level, withData: l.IncludeExecutionData,
		group: groupOf(l.Destinations[0].CloudWatchLogsLogGroup.LogGroupArn),
	}
}

// groupOf is the name in a log group's ARN, which ends in ":*".
func groupOf(arn string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(arn, ":*"), ":log-group:")
	return name
}

// takes tells whether events of a kind are logged.
// https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
func (j *journal) takes(kind string) bool {
	bad := slices.ContainsFunc([]string{"Failed", "Aborted", "TimedOut"}, func(ending string) bool { return strings.HasSuffix(kind, ending) })
	switch j.level {
	case "FATAL":
		return bad && strings.HasPrefix(kind, "Execution")
	case "ERROR":
		return bad || kind == "FailStateEntered"
	default:
		return true
	}
}

// note logs an event, in a while.
func (j *journal) note(h happened) {
	if j == nil || !j.takes(h.kind) {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = append(j.pending, h)
	if j.due {
		return
	}
	j.due = true
	j.cloud.Go(func(ctx context.Context) {
		select {
		case <-time.After(deliveryDelay):
		case <-ctx.Done():
		}
		j.deliver()
	})
}

// deliver writes what has happened since the last time. A group that is not there
// any more gets nothing.
func (j *journal) deliver() {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	events := j.pending
	j.pending, j.due = nil, false
	j.mu.Unlock()
	slices.SortStableFunc(events, func(a, b happened) int { return cmp.Compare(a.at, b.at) })
	var batch []line
	size := 0
	for _, h := range events {
		text, err := j.line(h)
		if err != nil {
			continue // events can be encoded
		}
		if len(batch) == maxLines || size+len(text)+lineCost > maxBatch {
			j.put(batch)
			batch, size = nil, 0
		}
		batch, size = append(batch, line{h.at, text}), size+len(text)+lineCost
	}
	if len(batch) > 0 {
		j.put(batch)
	}
}

// line is an event of CloudWatch Logs.
type line struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// put writes lines to the stream, which it makes if need be.
func (j *journal) put(lines []line) {
	if now := time.Now(); j.stream == "" || now.Sub(j.begun) >= streamAge {
		j.begun = now
		j.stream = "states/" + j.machine + "/" + now.UTC().Format("2006-01-02-15-04") + "/" + cloud.UUID()[:8]
		if j.do("CreateLogStream", map[string]any{"logGroupName": j.group, "logStreamName": j.stream}) != nil {
			j.stream = ""
			return
		}
	}
	if j.do("PutLogEvents", map[string]any{"logGroupName": j.group, "logStreamName": j.stream, "logEvents": lines}) != nil {
		j.stream = "" // it has been deleted
	}
}

// do calls CloudWatch Logs as the service that delivers logs, which the machine's
// role has let write into the group.
func (j *journal) do(action string, input any) error {
	const delivery = "delivery.logs.amazonaws.com"
	return j.cloud.Do(context.Background(), cloud.Caller{ARN: delivery, Service: delivery, Root: true}, "logs", action, input, nil)
}

// validate shows that the group can be written into.
func (j *journal) validate() {
	if j == nil {
		return
	}
	if j.do("CreateLogStream", map[string]any{"logGroupName": j.group, "logStreamName": validation}) != nil {
		return // another machine's delivery has been validated
	}
	_ = j.do("PutLogEvents", map[string]any{"logGroupName": j.group, "logStreamName": validation, "logEvents": []line{{
		time.Now().UnixMilli(), "Permissions are set correctly to allow AWS CloudWatch Logs to write into your logs while creating a subscription.",
	}}})
}

// line is how an event is logged: all of its numbers are texts but those of its
// details.
func (j *journal) line(h happened) (string, error) {
	details, err := j.details(h)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(struct {
		ID        string         `json:"id"`
		Type      string         `json:"type"`
		Details   map[string]any `json:"details"`
		Previous  string         `json:"previous_event_id"`
		At        string         `json:"event_timestamp"`
		Execution string         `json:"execution_arn"`
		Redrives  string         `json:"redrive_count"`
	}{
		strconv.Itoa(h.id), h.kind, details, strconv.Itoa(h.previous), strconv.FormatInt(h.at, 10), h.execution, strconv.Itoa(h.redrives),
	})
	return string(text), err
}

// details are an event's, with what is too long cut off, or without any data.
func (j *journal) details(h happened) (map[string]any, error) {
	if h.event.details == nil {
		return map[string]any{}, nil
	}
	text, err := h.encode()
	if err != nil {
		return nil, err
	}
	event, err := present(text, j.withData)
	if err != nil {
		return nil, err
	}
	details, _ := event[h.event.details.member()].(map[string]any)
	for member, about := range payloadMembers() {
		value, isText := details[member].(string)
		switch {
		case !j.withData:
			delete(details, about)
		case isText && len(value) > maxLogged/6: // escaped it has at most 6 times as many bytes
			details[member], details[about] = shortened(value)
		}
	}
	return details, nil
}

// shortened cuts a text that is too long to be logged.
func shortened(text string) (string, truncated) {
	whole, _ := json.Marshal(text) // a text can be encoded
	if len(whole)-len(`""`) <= maxLogged {
		return text, truncated{}
	}
	size := 0
	for at, r := range text {
		escaped, _ := json.Marshal(string(r))
		size += len(escaped) - len(`""`)
		if size > maxLogged {
			return text[:at], truncated{true}
		}
	}
	return text, truncated{}
}

package logs_test

// This file is the cloud in which the tests of filters, and of what the API tells, are run.

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
)

// listener is a cloud with the service, and all that it tells others.
type listener struct {
	*cloud.Cloud
	logs *logs.Logs

	mu      sync.Mutex
	data    []string // NAMESPACE/NAME UNIT map[...] VALUE @SECOND
	sent    []string // DESTINATION GROUP/STREAM MESSAGE|MESSAGE
	failing int      // how many deliveries fail from now on
	fault   error    // with which they do
}

func (l *listener) Observe(d cloud.Datum) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.data = append(l.data, fmt.Sprintf("%s/%s %s %v %g @%d", d.Namespace, d.Name, d.Unit, d.Dimensions, d.Value, d.Time.Second()))
}

func newListener(t *testing.T) *listener {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	l := &listener{Cloud: c, logs: logs.New(c), fault: cloud.Errorf(500, "ServiceException", "not now")}
	c.Meter = l
	c.Register("logs", l.logs)
	c.Register("lambda", cloud.Operations{"Invoke": cloud.Handle(func(_ context.Context, caller cloud.Caller, in struct {
		FunctionName, InvocationType string
		Payload                      json.RawMessage
	}) (struct{}, error) {
		var payload struct{ AWSLogs struct{ Data []byte } }
		if err := json.Unmarshal(in.Payload, &payload); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, l.take(caller.Service+" "+in.InvocationType+" "+in.FunctionName, payload.AWSLogs.Data)
	})})
	c.Register("kinesis", cloud.Operations{"PutRecord": cloud.Handle(func(_ context.Context, caller cloud.Caller, in struct {
		StreamARN, PartitionKey string
		Data                    []byte
	}) (struct{}, error) {
		return struct{}{}, l.take(caller.Role+" "+in.PartitionKey+" "+in.StreamARN, in.Data)
	})})
	return l
}

func (l *listener) take(to string, zipped []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing > 0 {
		l.failing--
		return l.fault
	}
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	var s struct {
		MessageType, Owner, LogGroup, LogStream string
		SubscriptionFilters                     []string
		LogEvents                               []struct {
			ID, Message     string
			Timestamp       int64
			ExtractedFields map[string]string
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	var messages []string
	for _, e := range s.LogEvents {
		if len(e.ID) != 56 || e.Timestamp == 0 {
			return fmt.Errorf("the event is %+v", e)
		}
		messages = append(messages, strings.TrimSpace(e.Message+" "+e.ExtractedFields["level"]))
	}
	l.sent = append(l.sent, fmt.Sprintf("%s: %s %s %s/%s %v %s", to, s.MessageType, s.Owner, s.LogGroup, s.LogStream, s.SubscriptionFilters, strings.Join(messages, "|")))
	return nil
}

func (l *listener) do(t *testing.T, action string, in any) error {
	t.Helper()
	return l.Do(t.Context(), l.Administrator(), "logs", action, in, nil)
}

func (l *listener) must(t *testing.T, action string, in any) {
	t.Helper()
	if err := l.do(t, action, in); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// heard returns what has been published and sent since it was asked last.
func (l *listener) heard() (data, sent []string) {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	data, sent = l.data, l.sent
	l.data, l.sent = nil, nil
	return data, sent
}

type values = map[string]any

// group makes the group "g" with the stream "s".
func (l *listener) group(t *testing.T) {
	t.Helper()
	l.must(t, "CreateLogGroup", values{"logGroupName": "g"})
	l.must(t, "CreateLogStream", values{"logGroupName": "g", "logStreamName": "s"})
}

func (l *listener) put(t *testing.T, messages ...string) {
	t.Helper()
	var events []values
	for _, message := range messages {
		events = append(events, values{"timestamp": time.Now().UnixMilli(), "message": message})
	}
	l.must(t, "PutLogEvents", values{"logGroupName": "g", "logStreamName": "s", "logEvents": events})
}

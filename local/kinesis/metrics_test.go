package kinesis_test

// This file is what is measured of a stream, with each metric's unit.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// gauge keeps what is measured: "Name Unit 1".
type gauge struct {
	mu    sync.Mutex
	lines []string
}

func (g *gauge) Observe(d cloud.Datum) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lines = append(g.lines, fmt.Sprintf("%s %s %g", d.Name, d.Unit, d.Value))
	if d.Namespace != "AWS/Kinesis" || len(d.Dimensions) != 1 || d.Dimensions["StreamName"] != "clicks" {
		g.lines = append(g.lines, fmt.Sprintf("%+v", d))
	}
}

func TestEachCallIsMeasured(t *testing.T) {
	exceeded := cloud.Errorf(400, "ProvisionedThroughputExceededException", "too much")
	batch := map[string]any{"StreamName": "clicks", "Records": records(3, 4)}
	for _, row := range []struct {
		name, action string
		in           map[string]any
		faults       []error // of the calls that follow, one each
		want         []string
	}{
		{"a record", "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "key", "Data": data(4)}, nil, []string{
			"IncomingBytes Bytes 7", "IncomingRecords Count 1", "PutRecord.Bytes Bytes 7", "PutRecord.Latency Milliseconds 0", "PutRecord.Success Count 1", "WriteProvisionedThroughputExceeded Count 0"}},
		{"a record too many", "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "key", "Data": data(4)}, []error{exceeded}, []string{
			"PutRecord.Success Count 0", "WriteProvisionedThroughputExceeded Count 1"}},
		{"a record that cannot be", "PutRecord", map[string]any{"StreamName": "clicks", "PartitionKey": "", "Data": data(4)}, nil, []string{"PutRecord.Success Count 0"}},
		{"a record, by the stream's ARN, that cannot be", "PutRecord", map[string]any{"StreamARN": clicksARN, "PartitionKey": "", "Data": data(4)}, nil, []string{"PutRecord.Success Count 0"}},
		{"a record of no stream", "PutRecord", map[string]any{"StreamName": "other", "PartitionKey": "k", "Data": data(4)}, nil, nil},
		{"a batch", "PutRecords", batch, nil, []string{
			"IncomingBytes Bytes 15", "IncomingRecords Count 3", "PutRecords.Bytes Bytes 15", "PutRecords.Latency Milliseconds 0", "PutRecords.Success Count 1", "PutRecords.TotalRecords Count 3",
			"PutRecords.SuccessfulRecords Count 3", "PutRecords.FailedRecords Count 0", "PutRecords.ThrottledRecords Count 0", "WriteProvisionedThroughputExceeded Count 0"}},
		{"a batch of which one is put", "PutRecords", batch, []error{nil, exceeded, cloud.Errorf(500, "InternalFailure", "no")}, []string{
			"IncomingBytes Bytes 5", "IncomingRecords Count 1", "PutRecords.Bytes Bytes 5", "PutRecords.Latency Milliseconds 0", "PutRecords.Success Count 1", "PutRecords.TotalRecords Count 3",
			"PutRecords.SuccessfulRecords Count 1", "PutRecords.FailedRecords Count 1", "PutRecords.ThrottledRecords Count 1", "WriteProvisionedThroughputExceeded Count 1"}},
		{"a batch of which none is put", "PutRecords", batch, []error{nil, exceeded, exceeded, exceeded}, []string{
			"IncomingBytes Bytes 0", "IncomingRecords Count 0", "PutRecords.Bytes Bytes 0", "PutRecords.Latency Milliseconds 0", "PutRecords.Success Count 0", "PutRecords.TotalRecords Count 3",
			"PutRecords.SuccessfulRecords Count 0", "PutRecords.FailedRecords Count 0", "PutRecords.ThrottledRecords Count 3", "WriteProvisionedThroughputExceeded Count 3"}},
		{"a batch too many", "PutRecords", batch, []error{exceeded}, []string{"PutRecords.Success Count 0", "WriteProvisionedThroughputExceeded Count 3"}},
		{"a read", "GetRecords", nil, nil, []string{
			"GetRecords.Bytes Bytes 14", "GetRecords.Records Count 2", "GetRecords.IteratorAgeMilliseconds Milliseconds 2000", "GetRecords.Latency Milliseconds 0", "GetRecords.Success Count 1", "ReadProvisionedThroughputExceeded Count 0"}},
		{"a read too many", "GetRecords", nil, []error{exceeded}, []string{"GetRecords.Success Count 0", "ReadProvisionedThroughputExceeded Count 1"}},
		{"a list", "ListStreams", map[string]any{}, []error{exceeded}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, g := newEngine(t), &gauge{}
				e.mustCreate(t, stream("Clicks", "")+","+stream("Another", ""))
				if row.action == "GetRecords" {
					e.put(t, "key", "1234")
					e.put(t, "key", "5678")
					time.Sleep(2 * time.Second)
					e.put(t, "key", "9")
					row.in = map[string]any{"ShardIterator": e.iterator(t, "TRIM_HORIZON", nil), "Limit": 2}
				}
				if len(row.faults) > 0 {
					e.Fault = func(_ context.Context, call cloud.Call) error {
						if len(row.faults) == 0 {
							return nil
						}
						fault := row.faults[0]
						row.faults = row.faults[1:]
						return fault
					}
				}
				e.Meter = g
				_ = e.Do(t.Context(), e.Administrator(), "kinesis", row.action, row.in, nil) // it may fail
				if !slices.Equal(g.lines, row.want) {
					t.Errorf("measured\n%s\nwant\n%s", strings.Join(g.lines, "\n"), strings.Join(row.want, "\n"))
				}
			})
		})
	}
}

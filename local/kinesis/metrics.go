package kinesis

// This file publishes the metrics of streams. Those of single shards, which AWS
// sells apart, are not there.

import (
	"encoding/json"
	"path"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
type metrics struct {
	incomingBytes, incomingRecords                            *cloud.Metric
	putBytes, putLatency, putSuccess                          *cloud.Metric
	batchBytes, batchLatency, batchSuccess                    *cloud.Metric
	batchTotal, batchSuccessful, batchFailed, batchThrottled  *cloud.Metric
	readBytes, readRecords, readAge, readLatency, readSuccess *cloud.Metric
	writeThroughputExceeded, readThroughputExceeded           *cloud.Metric
}

func newMetrics(c *cloud.Cloud) metrics {
	metric := func(name, unit string) *cloud.Metric {
		return c.Metric("AWS/Kinesis", name, unit, []string{"StreamName"})
	}
	return metrics{
		incomingBytes:           metric("IncomingBytes", "Bytes"),
		incomingRecords:         metric("IncomingRecords", "Count"),
		putBytes:                metric("PutRecord.Bytes", "Bytes"),
		putLatency:              metric("PutRecord.Latency", "Milliseconds"),
		putSuccess:              metric("PutRecord.Success", "Count"),
		batchBytes:              metric("PutRecords.Bytes", "Bytes"),
		batchLatency:            metric("PutRecords.Latency", "Milliseconds"),
		batchSuccess:            metric("PutRecords.Success", "Count"),
		batchTotal:              metric("PutRecords.TotalRecords", "Count"),
		batchSuccessful:         metric("PutRecords.SuccessfulRecords", "Count"),
		batchFailed:             metric("PutRecords.FailedRecords", "Count"),
		batchThrottled:          metric("PutRecords.ThrottledRecords", "Count"),
		readBytes:               metric("GetRecords.Bytes", "Bytes"),
		readRecords:             metric("GetRecords.Records", "Count"),
		readAge:                 metric("GetRecords.IteratorAgeMilliseconds", "Milliseconds"),
		readLatency:             metric("GetRecords.Latency", "Milliseconds"),
		readSuccess:             metric("GetRecords.Success", "Count"),
		writeThroughputExceeded: metric("WriteProvisionedThroughputExceeded", "Count"),
		readThroughputExceeded:  metric("ReadProvisionedThroughputExceeded", "Count"),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (m metrics) put(s *stream, size int, took time.Duration) {
	m.incomingBytes.Observe(s.dimensions, float64(size))
	m.incomingRecords.Observe(s.dimensions, 1)
	m.putBytes.Observe(s.dimensions, float64(size))
	m.putLatency.Observe(s.dimensions, milliseconds(took))
	m.putSuccess.Observe(s.dimensions, 1)
	m.writeThroughputExceeded.Observe(s.dimensions, 0)
}

// batchCount is what became of a PutRecords.
type batchCount struct {
	records, throttled, failed int // failed: for other reasons
	bytes                      int // of those that were put
}

const exceeded = "ProvisionedThroughputExceededException"

func (c *batchCount) fail(code string) {
	if code == exceeded {
		c.throttled++
	} else {
		c.failed++
	}
}

func (m metrics) putBatch(s *stream, c batchCount, took time.Duration) {
	put := c.records - c.throttled - c.failed
	success := 0.0
	if put > 0 {
		success = 1 // of one record is enough
	}
	m.incomingBytes.Observe(s.dimensions, float64(c.bytes))
	m.incomingRecords.Observe(s.dimensions, float64(put))
	m.batchBytes.Observe(s.dimensions, float64(c.bytes))
	m.batchLatency.Observe(s.dimensions, milliseconds(took))
	m.batchSuccess.Observe(s.dimensions, success)
	m.batchTotal.Observe(s.dimensions, float64(c.records))
	m.batchSuccessful.Observe(s.dimensions, float64(put))
	m.batchFailed.Observe(s.dimensions, float64(c.failed))
	m.batchThrottled.Observe(s.dimensions, float64(c.throttled))
	m.writeThroughputExceeded.Observe(s.dimensions, float64(c.throttled))
}

func (m metrics) read(s *stream, records, size int, behind, took time.Duration) {
	m.readBytes.Observe(s.dimensions, float64(size))
	m.readRecords.Observe(s.dimensions, float64(records))
	m.readAge.Observe(s.dimensions, float64(behind.Milliseconds()))
	m.readLatency.Observe(s.dimensions, milliseconds(took))
	m.readSuccess.Observe(s.dimensions, 1)
	m.readThroughputExceeded.Observe(s.dimensions, 0)
}

// Failed implements cloud.FailureObserver. No shard is ever full here: only a
// Fault throttles.
func (k *Kinesis) Failed(call cloud.Call, err error) {
	var in struct {
		target
		ShardIterator string
		Records       []json.RawMessage
	}
	if json.Unmarshal(call.Input, &in) != nil {
		return // it says nothing of a stream
	}
	name := in.StreamName
	if name == "" && in.StreamARN != "" {
		name = path.Base(in.StreamARN)
	}
	if it, err := parseIterator(in.ShardIterator); err == nil {
		name = it.Stream
	}
	if !slices.ContainsFunc(k.sorted(), func(s *stream) bool { return s.name == name }) {
		return
	}
	dimensions := map[string]string{"StreamName": name}
	throttled := cloud.AsError(err).Code == exceeded
	count := func(success, exceeded *cloud.Metric, records int) {
		success.Observe(dimensions, 0)
		if throttled {
			exceeded.Observe(dimensions, float64(records))
		}
	}
	switch call.Action {
	case "PutRecord":
		count(k.metrics.putSuccess, k.metrics.writeThroughputExceeded, 1)
	case "PutRecords":
		count(k.metrics.batchSuccess, k.metrics.writeThroughputExceeded, len(in.Records))
	case "GetRecords":
		count(k.metrics.readSuccess, k.metrics.readThroughputExceeded, 1)
	}
}

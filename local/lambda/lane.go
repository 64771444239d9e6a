package lambda

// This file is a Kinesis stream as a source. Each shard is read in lanes, as many
// as ParallelizationFactor says: a lane has the records of some partition keys,
// reads the shard at a pace of its own, and passes over all others. So records of
// one key keep their order, and one that nobody can process holds up its own lane.

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// readInterval is how long a lane waits at the end of its shard before it looks
// for more: Lambda reads a shard once a second.
const readInterval = time.Second

// maxRead is how many records GetRecords returns at most.
const maxRead = 10_000

// lane implements source.
type lane struct {
	mapping  *mapping
	progress *progress
	stream   string // ARN
	shard    string
	number   int // from 0 to lanes-1
	lanes    int // of the shard
	wants    filter
	policy   retryPolicy

	former []division // what the shard's records went to before, and how far it came

	iterator string        // to the shard's next record; empty if there is none that is good
	last     string        // sequence number of the record that was read last; empty at the start
	waiting  []batchRecord // that were read and not yet handed out
}

var _ source = (*lane)(nil)

func (l *lane) arn() string { return l.stream }

// call calls Kinesis as the function's role.
func (l *lane) call(ctx context.Context, action string, in, out any) error {
	return l.mapping.lambda.cloud.Do(ctx, l.mapping.target().caller, "kinesis", action, in, out)
}

// place gets an iterator to where the lane goes on. What it read last may be of a
// stream that is no more; then it begins anew.
func (l *lane) place(ctx context.Context) error {
	from := l.progress.position()
	if l.last != "" {
		from = position{ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: l.last}
	}
	var out struct{ ShardIterator string }
	err := l.call(ctx, "GetShardIterator", struct {
		StreamARN, ShardId string
		position
	}{l.stream, l.shard, from}, &out)
	if err != nil && l.last != "" && cloud.AsError(err).Code == "InvalidArgumentException" {
		l.last, l.former = "", nil
		return l.place(ctx)
	}
	if err != nil {
		return fmt.Errorf("find the place in %s: %w", l.shard, err)
	}
	l.iterator = out.ShardIterator
	return nil
}

// streamRecord is a record as GetRecords answers it.
type streamRecord struct {
	SequenceNumber              string
	ApproximateArrivalTimestamp cloud.Time
	Data                        []byte
	PartitionKey                string
}

func (l *lane) receive(ctx context.Context, max int) (batch, error) {
	for len(l.waiting) == 0 {
		more, err := l.look(ctx, min(max*l.lanes, maxRead))
		if err != nil {
			return batch{}, err
		}
		if !more {
			pause(ctx, readInterval)
		}
		if ctx.Err() != nil && len(l.waiting) == 0 {
			return batch{}, ctx.Err()
		}
	}
	n := min(max, len(l.waiting))
	b := batch{records: l.waiting[:n:n]}
	l.waiting = l.waiting[n:]
	return l.fresh(ctx, b, verdict{})
}

// look reads the shard's next records, and tells whether it found any.
func (l *lane) look(ctx context.Context, limit int) (found bool, err error) {
	if l.iterator == "" {
		if err := l.place(ctx); err != nil {
			return false, err
		}
	}
	var out struct {
		Records           []streamRecord
		NextShardIterator string
	}
	err = l.call(ctx, "GetRecords", map[string]any{"StreamARN": l.stream, "ShardIterator": l.iterator, "Limit": limit}, &out)
	if err != nil {
		if cloud.AsError(err).Code == "ExpiredIteratorException" {
			l.iterator = ""
		}
		return false, err
	}
	l.iterator = out.NextShardIterator
	for _, r := range out.Records {
		l.last = r.SequenceNumber
		if !l.owns(r) || !l.wants.match(r.Data) {
			continue
		}
		body, err := json.Marshal(l.record(r))
		if err != nil {
			return false, fmt.Errorf("record %s: %w", r.SequenceNumber, err)
		}
		l.waiting = append(l.waiting, batchRecord{id: r.SequenceNumber, body: body, arrived: time.Time(r.ApproximateArrivalTimestamp)})
	}
	return len(out.Records) > 0, nil
}

// owns tells whether a record is the lane's, and not one that was done with when
// the shard had other lanes.
func (l *lane) owns(r streamRecord) bool {
	return owner(r.PartitionKey, l.lanes) == l.number && !slices.ContainsFunc(l.former, func(d division) bool {
		return !later(r.SequenceNumber, d.done[owner(r.PartitionKey, d.lanes)])
	})
}

// owner is which of a shard's lanes has the records of a partition key.
func owner(partitionKey string, lanes int) int {
	sum := fnv.New32a()
	sum.Write([]byte(partitionKey))
	return int(sum.Sum32() % uint32(lanes))
}

// kinesisRecord is a record as the function sees it.
type kinesisRecord struct {
	Kinesis struct {
		SchemaVersion  string     `json:"kinesisSchemaVersion"`
		PartitionKey   string     `json:"partitionKey"`
		SequenceNumber string     `json:"sequenceNumber"`
		Data           []byte     `json:"data"`
		Arrived        cloud.Time `json:"approximateArrivalTimestamp"`
	} `json:"kinesis"`
	EventSource       string `json:"eventSource"`
	EventVersion      string `json:"eventVersion"`
	EventID           string `json:"eventID"`
	EventName         string `json:"eventName"`
	InvokeIdentityARN string `json:"invokeIdentityArn"`
	AWSRegion         string `json:"awsRegion"`
	EventSourceARN    string `json:"eventSourceARN"`
}

func (l *lane) record(r streamRecord) kinesisRecord {
	record := kinesisRecord{
		EventSource:       "aws:kinesis",
		EventVersion:      "1.0",
		EventID:           l.shard + ":" + r.SequenceNumber,
		EventName:         "aws:kinesis:record",
		InvokeIdentityARN: l.mapping.target().role,
		AWSRegion:         l.mapping.lambda.cloud.Region,
		EventSourceARN:    l.stream,
	}
	record.Kinesis.SchemaVersion = "1.0"
	record.Kinesis.PartitionKey = r.PartitionKey
	record.Kinesis.SequenceNumber = r.SequenceNumber
	record.Kinesis.Data = r.Data
	record.Kinesis.Arrived = r.ApproximateArrivalTimestamp
	return record
}

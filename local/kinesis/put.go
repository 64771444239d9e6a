package kinesis

// This file puts records into streams.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
const (
	maxKey        = 256 // characters
	maxBatch      = 500
	maxBatchBytes = 10 << 20
)

// entry is a record as it is put.
type entry struct {
	Data            []byte
	PartitionKey    string
	ExplicitHashKey *string `json:",omitempty"`
}

func (e entry) size() int { return len(e.PartitionKey) + len(e.Data) }

// check is of a single record; at is where it stands in the request.
func (e entry) check(s *stream, at string) error {
	if e.Data == nil {
		return unfit(at+"data", "null", "Member must not be null")
	}
	if n := utf8.RuneCountInString(e.PartitionKey); n < 1 || n > maxKey {
		return unfit(at+"partitionKey", e.PartitionKey, fmt.Sprintf("Member must have length between 1 and %d", maxKey))
	}
	if most := s.now().maxRecord; e.size() > most {
		return unfit(at+"data", fmt.Sprintf("of %d bytes", len(e.Data)), fmt.Sprintf("Member must have length less than or equal to %d, partition key included", most))
	}
	return nil
}

// hashKey is what decides about the record's shard.
func (e entry) hashKey() (hashKey, error) {
	if e.ExplicitHashKey == nil {
		return hashKeyOf(e.PartitionKey), nil
	}
	h, ok := parseHashKey(*e.ExplicitHashKey)
	if !ok {
		return h, invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", *e.ExplicitHashKey)
	}
	return h, nil
}

type putRecordInput struct {
	target
	entry
	SequenceNumberForOrdering *string
}

// placed is where a record was put.
type placed struct {
	ShardId        string
	SequenceNumber string
}

func (k *Kinesis) putRecord(ctx context.Context, _ cloud.Caller, s *stream, in putRecordInput) (any, error) {
	started := time.Now()
	if err := in.check(s, ""); err != nil {
		return nil, err
	}
	h, err := in.hashKey()
	if err != nil {
		return nil, err
	}
	// Numbers always rise here, so there is nothing to do about the order; but
	// what cannot be an earlier number is none.
	if n := in.SequenceNumberForOrdering; n != nil && *n != "0" {
		if earlier, ok := parseSequence(*n); !ok || earlier.arrived > started.Unix() {
			return nil, invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.", *n, s.name, k.cloud.Account)
		}
	}
	out := s.put(in.entry, h, k.cloud.Made(ctx, "record", s.arn, ""))
	k.metrics.put(s, in.size(), time.Since(started))
	return struct {
		placed
		EncryptionType string `json:",omitempty"`
	}{out, s.encrypted()}, nil
}

func (s *stream) put(e entry, h hashKey, cause *cloud.Cause) placed {
	shard := s.shardOf(h)
	s.Changed()
	number := shard.put(e.PartitionKey, e.Data, cause)
	return placed{shard.id(), number.String()}
}

type putRecordsInput struct {
	target
	Records []entry
}

// result is what became of a record of a batch.
type result struct {
	ShardId        string `json:",omitempty"`
	SequenceNumber string `json:",omitempty"`
	ErrorCode      string `json:",omitempty"`
	ErrorMessage   string `json:",omitempty"`
}

// putRecords puts each record by itself: one that fails keeps none of the others
// back, and neither those behind it.
func (k *Kinesis) putRecords(ctx context.Context, caller cloud.Caller, s *stream, in putRecordsInput) (any, error) {
	started := time.Now()
	keys, err := in.check(s)
	if err != nil {
		return nil, err
	}
	out := struct {
		FailedRecordCount int
		Records           []result
		EncryptionType    string `json:",omitempty"`
	}{Records: make([]result, len(in.Records)), EncryptionType: s.encrypted()}
	count := batchCount{records: len(in.Records)}
	for i, e := range in.Records {
		if err := k.interrupt(ctx, caller, s, e); err != nil {
			e := cloud.AsError(err)
			out.FailedRecordCount++
			out.Records[i] = result{ErrorCode: e.Code, ErrorMessage: e.Message}
			count.fail(e.Code)
			continue
		}
		placed := s.put(e, keys[i], k.cloud.Made(ctx, "record", s.arn, ""))
		out.Records[i] = result{ShardId: placed.ShardId, SequenceNumber: placed.SequenceNumber}
		count.bytes += e.size()
	}
	k.metrics.putBatch(s, count, time.Since(started))
	return out, nil
}

// check refuses the whole batch for a fault of any record, as AWS does, and
// returns the records' hash keys.
func (in putRecordsInput) check(s *stream) ([]hashKey, error) {
	if n := len(in.Records); n < 1 || n > maxBatch {
		return nil, unfit("records", fmt.Sprintf("of %d", n), fmt.Sprintf("Member must have length between 1 and %d", maxBatch))
	}
	keys, size := make([]hashKey, len(in.Records)), 0
	for i, e := range in.Records {
		if err := e.check(s, fmt.Sprintf("records.%d.member.", i+1)); err != nil {
			return nil, err
		}
		size += e.size()
		var err error
		if keys[i], err = e.hashKey(); err != nil {
			return nil, err
		}
	}
	if size > maxBatchBytes {
		return nil, invalid("Records size exceeds %d MB limit", maxBatchBytes>>20)
	}
	return keys, nil
}

// interrupt asks whether a record of a batch fails, as if it were put alone.
func (k *Kinesis) interrupt(ctx context.Context, caller cloud.Caller, s *stream, e entry) error {
	if k.cloud.Fault == nil {
		return nil
	}
	input, err := json.Marshal(putRecordInput{target: target{StreamName: s.name, StreamARN: s.arn}, entry: e})
	if err != nil {
		return fmt.Errorf("encode a record of %s: %w", s.name, err)
	}
	return k.cloud.Interrupt(ctx, cloud.Call{Caller: caller, Service: "kinesis", Action: "PutRecord", Input: input})
}

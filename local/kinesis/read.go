package kinesis

// This file reads records from shards, by iterators.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// iteratorLife is how long an iterator can be used.
const iteratorLife = 5 * time.Minute

// iterator is what an iterator says, which is a secret of AWS's.
type iterator struct {
	Stream  string
	Created int64 // the stream's, in nanoseconds: one of the same name may follow
	Shard   string
	Place   uint64 // of the next record
	Issued  int64  // in nanoseconds
}

func (s *stream) iterate(shard *shard, place uint64) string {
	var room [256]byte
	text := append(append(append(room[:0], s.name...), '/'), shard.id()...)
	text = strconv.AppendInt(append(text, '/'), s.created.UnixNano(), 10)
	text = strconv.AppendUint(append(text, '/'), place, 10)
	text = strconv.AppendInt(append(text, '/'), time.Now().UnixNano(), 10)
	return base64.StdEncoding.EncodeToString(text)
}

func parseIterator(text string) (it iterator, err error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	parts := strings.Split(string(raw), "/")
	if err != nil || len(parts) != 5 || parts[0] == "" {
		return iterator{}, invalid("Invalid ShardIterator.")
	}
	it.Stream, it.Shard = parts[0], parts[1]
	var faults [3]error
	it.Created, faults[0] = strconv.ParseInt(parts[2], 10, 64)
	it.Place, faults[1] = strconv.ParseUint(parts[3], 10, 64)
	it.Issued, faults[2] = strconv.ParseInt(parts[4], 10, 64)
	if errors.Join(faults[:]...) != nil {
		return iterator{}, invalid("Invalid ShardIterator.")
	}
	return it, nil
}

type shardIteratorInput struct {
	target
	ShardId                string
	ShardIteratorType      string
	StartingSequenceNumber string
	Timestamp              *cloud.Time
}

func (k *Kinesis) getShardIterator(_ context.Context, _ cloud.Caller, s *stream, in shardIteratorInput) (any, error) {
	shard, err := s.shard(in.ShardId)
	if err != nil {
		return nil, err
	}
	place, err := k.startingPlace(s, shard, in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"ShardIterator": s.iterate(shard, place)}, nil
}

func (k *Kinesis) startingPlace(s *stream, shard *shard, in shardIteratorInput) (uint64, error) {
	switch in.ShardIteratorType {
	case "TRIM_HORIZON":
		return 0, nil // whatever is the first when it is used
	case "LATEST":
		return shard.next(), nil
	case "AT_TIMESTAMP":
		if in.Timestamp == nil {
			return 0, invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
		}
		t, now := time.Time(*in.Timestamp), time.Now()
		if t.UnixMilli() > now.UnixMilli() {
			return 0, invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d", t.UnixMilli(), now.UnixMilli())
		}
		return shard.since(t), nil
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		number, ok := parseSequence(in.StartingSequenceNumber)
		if !ok || number.created != shard.created.Unix() || number.shard != shard.number || number.place >= shard.next() {
			return 0, invalid("StartingSequenceNumber %s used in GetShardIterator on shard %s in stream %s under account %s is invalid.", in.StartingSequenceNumber, in.ShardId, s.name, k.cloud.Account)
		}
		if in.ShardIteratorType == "AT_SEQUENCE_NUMBER" {
			return number.place, nil
		}
		return number.place + 1, nil
	}
	return 0, unfit("shardIteratorType", in.ShardIteratorType, "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
}

const maxRead = 10_000 // records

type getRecordsInput struct {
	StreamARN     string
	ShardIterator string
	Limit         *int
	DryRun        bool
}

// Idle implements cloud.Idler: a read does not wait.
func (k *Kinesis) Idle(_ context.Context, caller cloud.Caller, text string, _ time.Duration) bool {
	it, err := parseIterator(text)
	if err != nil || time.Since(time.Unix(0, it.Issued)) >= iteratorLife/2 {
		return false
	}
	s, err := k.open(caller, "GetRecords", target{StreamName: it.Stream})
	if err != nil || it.Created != s.created.UnixNano() {
		return false
	}
	shard, err := s.shard(it.Shard)
	if err != nil || it.Place < shard.next() {
		return false
	}
	k.metrics.read(s, 0, 0, 0, 0)
	return true
}

// output is a record as GetRecords answers it.
type output struct {
	SequenceNumber              string
	ApproximateArrivalTimestamp cloud.Time
	Data                        []byte
	PartitionKey                string
	EncryptionType              string `json:",omitempty"`
}

type getRecordsOutput struct {
	Records            []output
	NextShardIterator  string
	MillisBehindLatest int64
}

// getRecords finds the stream by the iterator, and so does the permission.
func (k *Kinesis) getRecords(ctx context.Context, caller cloud.Caller, in getRecordsInput) (getRecordsOutput, error) {
	started := time.Now()
	it, err := parseIterator(in.ShardIterator)
	if err != nil {
		return getRecordsOutput{}, err
	}
	s, err := k.open(caller, "GetRecords", target{StreamName: it.Stream, StreamARN: in.StreamARN, DryRun: in.DryRun})
	if err != nil {
		return getRecordsOutput{}, err
	}
	shard, err := s.shard(it.Shard)
	if err != nil || it.Created != s.created.UnixNano() {
		return getRecordsOutput{}, invalid("Invalid ShardIterator.")
	}
	issued := time.Unix(0, it.Issued)
	if age := started.Sub(issued); age >= iteratorLife {
		return getRecordsOutput{}, cloud.Errorf(400, "ExpiredIteratorException", "Iterator expired. The iterator was created at time %s while right now it is %s which is further in the future than the tolerated delay of %d milliseconds.",
			issued.UTC().Format(time.UnixDate), started.UTC().Format(time.UnixDate), iteratorLife.Milliseconds())
	}
	limit := maxRead
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > maxRead {
		return getRecordsOutput{}, unfit("limit", limit, fmt.Sprintf("Member must have value between 1 and %d", maxRead))
	}
	shard.expire(started.Add(-s.retained()))
	got := shard.read(it.Place, limit, started)
	out := getRecordsOutput{
		Records:            make([]output, len(got.records)),
		NextShardIterator:  s.iterate(shard, got.next),
		MillisBehindLatest: got.behind.Milliseconds(),
	}
	size := 0
	for i, r := range got.records {
		size += r.size()
		number := shard.numbered(got.place+uint64(i), r).String()
		cloud.Tell(ctx, r.cause.Named(number))
		out.Records[i] = output{number, cloud.Time(r.arrived), r.data, r.key, s.encrypted()}
	}
	k.metrics.read(s, len(got.records), size, got.behind, time.Since(started))
	return out, nil
}

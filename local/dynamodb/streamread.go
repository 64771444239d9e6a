package dynamodb

// Reading of streams, by iterators.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxRecords    = 1000
	maxReadBytes  = 1 << 20 // of records in an answer
	iteratorLife  = 15 * time.Minute
	timePrecision = time.Second // of the time of a change, as it is told
)

// iterator is what an iterator says, which is a secret of AWS's.
type iterator struct {
	Shard  string
	Place  uint64 // of the next change; 0: of the first that there is
	Issued int64  // in nanoseconds
}

func (s *stream) iterate(shard string, place uint64) (string, error) {
	text, err := json.Marshal(iterator{shard, place, time.Now().UnixNano()})
	return s.arn + "|1|" + base64.StdEncoding.EncodeToString(text), err
}

func parseIterator(text string) (arn string, it iterator, err error) {
	arn, rest, ok := strings.Cut(text, "|1|")
	raw, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || json.Unmarshal(raw, &it) != nil {
		return "", it, invalid("Invalid ShardIterator")
	}
	return arn, it, nil
}

type iteratorRequest struct {
	StreamArn         string
	ShardId           string
	ShardIteratorType string
	SequenceNumber    string
}

type iteratorAnswer struct{ ShardIterator string }

// check refuses what is wrong whatever the shard is.
func (r iteratorRequest) check() error {
	switch {
	case r.ShardId == "":
		return missingMember("shardId")
	case r.ShardIteratorType == "":
		return missingMember("shardIteratorType")
	}
	if err := checkEnum("shardIteratorType", r.ShardIteratorType, "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"); err != nil {
		return err
	}
	numbered := strings.HasSuffix(r.ShardIteratorType, "_SEQUENCE_NUMBER")
	switch {
	case numbered && r.SequenceNumber == "":
		return invalid("SequenceNumber must be specified when ShardIteratorType is %s", r.ShardIteratorType)
	case !numbered && r.SequenceNumber != "":
		return invalid("SequenceNumber must not be specified when ShardIteratorType is %s", r.ShardIteratorType)
	}
	return nil
}

func (d *DynamoDB) getShardIterator(_ context.Context, caller cloud.Caller, in iteratorRequest) (iteratorAnswer, error) {
	s, err := d.openStream(caller, "GetShardIterator", in.StreamArn)
	if err != nil {
		return iteratorAnswer{}, err
	}
	if err := in.check(); err != nil {
		return iteratorAnswer{}, err
	}
	place, err := s.start(in)
	if err != nil {
		return iteratorAnswer{}, err
	}
	text, err := s.iterate(in.ShardId, place)
	return iteratorAnswer{text}, err
}

// start is the place where an iterator begins.
func (s *stream) start(in iteratorRequest) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := s.shard(in.ShardId)
	if shard == nil {
		return 0, s.noShard(in.ShardId)
	}
	switch in.ShardIteratorType {
	case "TRIM_HORIZON":
		return 0, nil
	case "LATEST":
		return shard.behind(), nil
	}
	place, ok := s.place(in.SequenceNumber)
	switch {
	case !ok || place < shard.start || place >= max(shard.behind(), shard.start+1):
		return 0, invalid("Invalid SequenceNumber: %s is not of shard %s", in.SequenceNumber, shard.id)
	case in.ShardIteratorType == "AFTER_SEQUENCE_NUMBER" || place == shard.start: // where there is no change
		place++
	}
	if place < shard.first {
		return 0, errTrimmed()
	}
	return place, nil
}

func (s *stream) noShard(id string) error {
	return cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: Shard does not exist: %s", id)
}

func errTrimmed() error {
	return cloud.Errorf(400, "TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
}

type getRecordsAnswer struct {
	Records           []streamRecord
	NextShardIterator string `json:",omitzero"` // unless the shard is closed, and has been read
}

func (d *DynamoDB) getRecords(ctx context.Context, caller cloud.Caller, in struct {
	ShardIterator string
	Limit         *int
}) (getRecordsAnswer, error) {
	if in.ShardIterator == "" {
		return getRecordsAnswer{}, missingMember("shardIterator")
	}
	arn, it, err := parseIterator(in.ShardIterator)
	if err != nil {
		return getRecordsAnswer{}, err
	}
	s, err := d.openStream(caller, "GetRecords", arn)
	if err != nil {
		return getRecordsAnswer{}, err
	}
	limit, err := within("limit", in.Limit, maxRecords)
	if err != nil {
		return getRecordsAnswer{}, err
	}
	if time.Since(time.Unix(0, it.Issued)) >= iteratorLife {
		return getRecordsAnswer{}, cloud.Errorf(400, "ExpiredIteratorException", "Iterator expired.")
	}
	return d.read(ctx, s, it, limit)
}

// Idle implements cloud.Idler: a read does not wait.
func (d *DynamoDB) Idle(_ context.Context, caller cloud.Caller, text string, _ time.Duration) bool {
	arn, it, err := parseIterator(text)
	if err != nil || time.Since(time.Unix(0, it.Issued)) >= iteratorLife/2 {
		return false
	}
	s, err := d.openStream(caller, "GetRecords", arn)
	if err != nil {
		return false
	}
	changes, _, closed, err := s.changes(it, 1)
	return err == nil && len(changes) == 0 && !closed
}

// read tells of the changes from an iterator on.
func (d *DynamoDB) read(ctx context.Context, s *stream, it iterator, limit int) (getRecordsAnswer, error) {
	answer := getRecordsAnswer{Records: []streamRecord{}}
	changes, place, closed, err := s.changes(it, limit)
	if err != nil {
		return answer, err
	}
	bytes := 0
	for i, c := range changes {
		r := s.record(d.cloud.Region, place, c)
		if bytes += r.DynamoDB.SizeBytes; i > 0 && bytes > maxReadBytes {
			closed = false
			break
		}
		answer.Records = append(answer.Records, r)
		if cloud.Asked(ctx) && c.cause != nil {
			cloud.Tell(ctx, d.cloud.Happened(cloud.Cause{Type: "record", Resource: s.arn, ID: r.DynamoDB.SequenceNumber, At: c.at, Of: []*cloud.Cause{c.cause.Named(keyID(r.DynamoDB.Keys))}}))
		}
		place++
	}
	if !closed {
		answer.NextShardIterator, err = s.iterate(it.Shard, place)
	}
	return answer, err
}

// changes are those from an iterator on, of which the first is at a place, and
// whether no more will follow.
func (s *stream) changes(it iterator, limit int) (changes []delta, place uint64, closed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := s.shard(it.Shard)
	switch {
	case shard == nil:
		return nil, 0, false, s.noShard(it.Shard)
	case it.Place == 0:
		it.Place = shard.first
	case it.Place < shard.first:
		return nil, 0, false, errTrimmed()
	}
	rest := shard.changes[min(it.Place-shard.first, uint64(len(shard.changes))):]
	n := min(limit, len(rest))
	return slices.Clone(rest[:n]), it.Place, !shard.ended.IsZero() && n == len(rest), nil
}

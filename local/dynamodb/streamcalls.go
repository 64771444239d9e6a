package dynamodb

// The API of streams, but for what is in them.

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxStreams = 100 // in an answer of ListStreams, and shards in one of DescribeStream
	minShardID = 28  // characters
)

// streamSpec says whether a table has a stream.
type streamSpec struct {
	StreamEnabled  *bool
	StreamViewType string `json:",omitzero"`
}

// check refuses what is wrong whatever the table is. Without a specification, all is right.
func (s *streamSpec) check() error {
	switch {
	case s == nil:
		return nil
	case s.StreamEnabled == nil:
		return missingMember("streamSpecification.streamEnabled")
	case *s.StreamEnabled && s.StreamViewType == "":
		return invalid("One or more parameter values were invalid: StreamViewType is required when StreamEnabled is true")
	case !*s.StreamEnabled && s.StreamViewType != "":
		return invalid("One or more parameter values were invalid: StreamViewType is not allowed when StreamEnabled is false")
	}
	return checkView("streamSpecification.streamViewType", s.StreamViewType)
}

func checkView(member, view string) error {
	return checkEnum(member, view, "NEW_IMAGE", "OLD_IMAGE", newAndOld, "KEYS_ONLY")
}

// view is that of the stream, empty without one.
func (s *streamSpec) view() string {
	if s == nil {
		return ""
	}
	return s.StreamViewType
}

// restream is the view of a table that has one now, after an update.
func (s *streamSpec) restream(table, now string) (view string, err error) {
	switch {
	case s == nil:
		return now, nil
	case *s.StreamEnabled && now != "":
		return "", invalid("Table already has an enabled stream: TableName: %s", table)
	case !*s.StreamEnabled && now == "":
		return "", invalid("Table has no stream to disable: TableName: %s", table)
	}
	return s.StreamViewType, nil
}

// openStream authorizes the caller and finds a stream.
func (d *DynamoDB) openStream(caller cloud.Caller, action, arn string) (*stream, error) {
	switch {
	case arn == "":
		return nil, missingMember("streamArn")
	case !streamARN.MatchString(arn):
		return nil, invalid("Invalid StreamArn: %s", arn)
	}
	if err := d.cloud.Authorize(caller, "dynamodb:"+action, arn); err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	s, ok := d.streams[arn]
	if !ok {
		return nil, cloud.Errorf(400, "ResourceNotFoundException", "Requested resource not found: Stream: %s not found", arn)
	}
	return s, nil
}

var streamARN = regexp.MustCompile(`^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[a-zA-Z0-9_.-]{3,255}/stream/[^/]+$`)

type listStreamsAnswer struct {
	Streams                []listedStream
	LastEvaluatedStreamArn string `json:",omitzero"`
}

type listedStream struct{ StreamArn, TableName, StreamLabel string }

func (d *DynamoDB) listStreams(_ context.Context, caller cloud.Caller, in struct {
	TableName               string
	ExclusiveStartStreamArn string
	Limit                   *int
}) (listStreamsAnswer, error) {
	answer := listStreamsAnswer{Streams: []listedStream{}}
	if err := d.cloud.Authorize(caller, "dynamodb:ListStreams", "*"); err != nil {
		return answer, err
	}
	limit, err := within("limit", in.Limit, maxStreams)
	switch {
	case err != nil:
		return answer, err
	case in.ExclusiveStartStreamArn != "" && !streamARN.MatchString(in.ExclusiveStartStreamArn):
		return answer, invalid("Invalid StreamArn: %s", in.ExclusiveStartStreamArn)
	}
	wanted := in.TableName
	if wanted != "" {
		if wanted, err = tableName(wanted); err != nil {
			return answer, err
		}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, arn := range slices.Sorted(maps.Keys(d.streams)) {
		s := d.streams[arn]
		if arn <= in.ExclusiveStartStreamArn || wanted != "" && s.table != wanted {
			continue
		}
		if len(answer.Streams) == limit {
			answer.LastEvaluatedStreamArn = answer.Streams[limit-1].StreamArn
			break
		}
		answer.Streams = append(answer.Streams, listedStream{arn, s.table, s.label})
	}
	return answer, nil
}

// within is a limit that a call may give.
func within(member string, given *int, most int) (int, error) {
	switch {
	case given == nil:
		return most, nil
	case *given < 1:
		return 0, invalid("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to 1", *given, member)
	case *given > most:
		return 0, invalid("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", *given, member, most)
	}
	return *given, nil
}

type describeStreamRequest struct {
	StreamArn             string
	ExclusiveStartShardId string
	Limit                 *int
	ShardFilter           *struct{ Type, ShardId string }
}

// check refuses filters that are none.
func (r describeStreamRequest) check() error {
	f := r.ShardFilter
	switch {
	case f == nil:
		return nil
	case f.Type == "":
		return missingMember("shardFilter.type")
	case f.ShardId == "":
		return missingMember("shardFilter.shardId")
	case len(f.ShardId) < minShardID:
		return invalid("1 validation error detected: Value '%s' at 'shardFilter.shardId' failed to satisfy constraint: Member must have length greater than or equal to %d", f.ShardId, minShardID)
	}
	return checkEnum("shardFilter.type", f.Type, "CHILD_SHARDS")
}

type streamDescription struct {
	StreamArn               string
	StreamLabel             string
	StreamStatus            string // ENABLED or DISABLED
	StreamViewType          string
	CreationRequestDateTime cloud.Time
	TableName               string
	KeySchema               []keyElement
	Shards                  []shardDescription
	LastEvaluatedShardId    string `json:",omitzero"`
}

type shardDescription struct {
	ShardId             string
	SequenceNumberRange struct {
		StartingSequenceNumber string
		EndingSequenceNumber   string `json:",omitzero"`
	}
	ParentShardId string `json:",omitzero"`
}

type describeStreamAnswer struct{ StreamDescription streamDescription }

func (d *DynamoDB) describeStream(_ context.Context, caller cloud.Caller, in describeStreamRequest) (describeStreamAnswer, error) {
	s, err := d.openStream(caller, "DescribeStream", in.StreamArn)
	if err != nil {
		return describeStreamAnswer{}, err
	}
	limit, err := within("limit", in.Limit, maxStreams)
	if err != nil {
		return describeStreamAnswer{}, err
	}
	return describeStreamAnswer{s.describe(in, limit)}, in.check()
}

func (s *stream) describe(in describeStreamRequest, limit int) streamDescription {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := streamDescription{
		StreamArn: s.arn, StreamLabel: s.label, StreamStatus: "ENABLED", StreamViewType: s.view, CreationRequestDateTime: cloud.Time(s.created),
		TableName: s.table, KeySchema: s.keys, Shards: []shardDescription{},
	}
	if !s.ended.IsZero() {
		told.StreamStatus = "DISABLED"
	}
	for _, shard := range s.shards {
		if shard.id <= in.ExclusiveStartShardId || in.ShardFilter != nil && shard.parent != in.ShardFilter.ShardId {
			continue
		}
		if len(told.Shards) == limit {
			told.LastEvaluatedShardId = told.Shards[limit-1].ShardId
			break
		}
		told.Shards = append(told.Shards, s.describeShard(shard))
	}
	return told
}

func (s *stream) describeShard(shard *shard) shardDescription {
	d := shardDescription{ShardId: shard.id, ParentShardId: shard.parent}
	d.SequenceNumberRange.StartingSequenceNumber = s.sequence(shard.start)
	if !shard.ended.IsZero() {
		d.SequenceNumberRange.EndingSequenceNumber = s.sequence(shard.end - 1)
	}
	return d
}

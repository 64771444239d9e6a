package lambda

// This file is DynamoDB as a feed: of a table's stream one shard follows another,
// and is read when that is done with.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/match"
)

type tables struct{}

var _ feed = tables{}

func (tables) check(m *mapping, stream string) error {
	for _, action := range []string{"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"} {
		resource := stream
		if action == "ListStreams" {
			resource = "*"
		}
		if err := m.lambda.cloud.Authorize(m.target().caller, "dynamodb:"+action, resource); err != nil {
			return invalid("Cannot access stream %s. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM: %v", stream, err)
		}
	}
	return nil
}

// retention is the same for all streams of tables.
func (tables) retention(context.Context, *mapping, string) (time.Duration, error) {
	return 24 * time.Hour, nil
}

func (tables) shards(ctx context.Context, m *mapping, stream string) (shards []streamShard, err error) {
	in := map[string]any{"StreamArn": stream}
	for {
		var out struct {
			StreamDescription struct {
				Shards               []struct{ ShardId, ParentShardId string }
				LastEvaluatedShardId string
			}
		}
		err := m.do(ctx, "dynamodb", "DescribeStream", in, &out)
		switch {
		case err != nil && cloud.AsError(err).Code == "ResourceNotFoundException":
			return nil, invalid("Stream not found: %s", stream)
		case err != nil:
			return nil, fmt.Errorf("event source %s: %w", stream, err)
		}
		for _, s := range out.StreamDescription.Shards {
			shards = append(shards, streamShard{s.ShardId, s.ParentShardId})
		}
		if out.StreamDescription.LastEvaluatedShardId == "" {
			return shards, nil
		}
		in["ExclusiveStartShardId"] = out.StreamDescription.LastEvaluatedShardId
	}
}

// begin is at the shard to which the mapping has come. In the first run that is the
// oldest one; or the newest, behind all that is in it, since there is no way to ask
// for what came after a time.
func (t tables) begin(ctx context.Context, m *mapping, p *progress, stream string, shards []streamShard) ([]string, error) {
	if len(shards) == 0 {
		return nil, nil // it was disabled, and all of it has expired
	}
	if at := p.in(); listed(shards, at) {
		return []string{at}, nil
	}
	first, behind := shards[0].id, ""
	if p.position().ShardIteratorType == "LATEST" {
		first = shards[len(shards)-1].id
		var err error
		if behind, err = t.newest(ctx, m, stream, first); err != nil {
			return nil, err
		}
	}
	p.enter(first, behind)
	return []string{first}, nil
}

// newest is the number of the last record of a shard, empty if it has none.
func (t tables) newest(ctx context.Context, m *mapping, stream, shard string) (number string, err error) {
	l := &lane{mapping: m, stream: stream, shard: shard}
	if l.iterator, err = t.place(ctx, l, position{ShardIteratorType: "TRIM_HORIZON"}); err != nil {
		return "", err
	}
	for {
		records, next, err := t.read(ctx, l, maxTableRead)
		if err != nil {
			return "", err
		}
		if len(records) > 0 {
			number = records[len(records)-1].number
		}
		if len(records) == 0 || next == "" {
			return number, nil
		}
		l.iterator = next
	}
}

func (tables) place(ctx context.Context, l *lane, from position) (string, error) {
	in := map[string]any{"StreamArn": l.stream, "ShardId": l.shard, "ShardIteratorType": from.ShardIteratorType}
	if from.StartingSequenceNumber != "" {
		in["SequenceNumber"] = from.StartingSequenceNumber
	}
	var out struct{ ShardIterator string }
	err := l.mapping.do(ctx, "dynamodb", "GetShardIterator", in, &out)
	return out.ShardIterator, err
}

// lost is of a record that was trimmed.
func (tables) lost(code string) bool { return code == "TrimmedDataAccessException" }

// maxTableRead is how many records GetRecords returns at most.
const maxTableRead = 1000

// tableRecord is a record as the function sees it. It is read from GetRecords' answer,
// which spells the members of the identity in another way.
type tableRecord struct {
	EventID      string          `json:"eventID"`
	EventName    string          `json:"eventName"`
	EventVersion string          `json:"eventVersion"`
	EventSource  string          `json:"eventSource"`
	AWSRegion    string          `json:"awsRegion"`
	DynamoDB     json.RawMessage `json:"dynamodb"`
	UserIdentity *tableIdentity  `json:"userIdentity,omitempty"`

	EventSourceARN string `json:"eventSourceARN"`
}

type tableIdentity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
}

func (t tables) read(ctx context.Context, l *lane, limit int) (records []streamRecord, next string, err error) {
	var out struct {
		Records           []tableRecord
		NextShardIterator string
	}
	in := map[string]any{"ShardIterator": l.iterator, "Limit": min(limit, maxTableRead)}
	causes := heard{}
	if err := l.mapping.do(causes.hear(ctx), "dynamodb", "GetRecords", in, &out); err != nil {
		return nil, "", err
	}
	for _, r := range out.Records {
		record, err := t.record(l, r)
		if err != nil {
			return nil, "", err
		}
		record.cause = causes[record.number]
		records = append(records, record)
	}
	return records, out.NextShardIterator, nil
}

func (tables) idle(ctx context.Context, l *lane) bool {
	return l.mapping.idle(ctx, "dynamodb", l.iterator, 0)
}

func (tables) record(l *lane, r tableRecord) (streamRecord, error) {
	r.EventSourceARN = l.stream
	var change struct {
		SequenceNumber              string
		Keys                        json.RawMessage
		ApproximateCreationDateTime cloud.Time
	}
	if err := json.Unmarshal(r.DynamoDB, &change); err != nil {
		return streamRecord{}, fmt.Errorf("record %s of %s: %w", r.EventID, l.shard, err)
	}
	body, err := json.Marshal(r)
	return streamRecord{number: change.SequenceNumber, key: string(change.Keys), arrived: time.Time(change.ApproximateCreationDateTime), change: body}, err
}

func (tables) body(_ *lane, r streamRecord) ([]byte, error) { return r.change, nil }

// seen is all of the record.
func (tables) seen(r streamRecord) (match.Node, bool) {
	value, err := jsonvalue.Decode(r.change)
	record, ok := value.(*jsonvalue.Object)
	return record, ok && err == nil
}

// info tells times to the second, which is all that is known of them.
func (tables) info(d *discarded, b batchInfo) {
	b.ArrivalOfFirst = strings.TrimSuffix(b.ArrivalOfFirst, ".000Z") + "Z"
	b.ArrivalOfLast = strings.TrimSuffix(b.ArrivalOfLast, ".000Z") + "Z"
	d.Table = &b
}

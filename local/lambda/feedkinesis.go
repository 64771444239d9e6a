package lambda

// This file is Kinesis as a feed: all shards are read beside each other, and none
// follows another.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/match"
)

type kinesis struct{}

var _ feed = kinesis{}

func (kinesis) check(m *mapping, stream string) error {
	for _, action := range []string{"GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"} {
		if err := m.lambda.cloud.Authorize(m.target().caller, "kinesis:"+action, stream); err != nil {
			return invalid("Cannot access stream %s. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in Kinesis: %v", stream, err)
		}
	}
	return nil
}

func (kinesis) retention(ctx context.Context, m *mapping, stream string) (time.Duration, error) {
	var out struct {
		StreamDescription struct{ RetentionPeriodHours int }
	}
	if err := m.do(ctx, "kinesis", "DescribeStream", map[string]any{"StreamARN": stream, "Limit": 1}, &out); err != nil {
		return 0, fmt.Errorf("event source %s: %w", stream, err)
	}
	return time.Duration(out.StreamDescription.RetentionPeriodHours) * time.Hour, nil
}

func (kinesis) shards(ctx context.Context, m *mapping, stream string) (shards []streamShard, err error) {
	in := map[string]any{"StreamARN": stream}
	for {
		var out struct {
			Shards    []struct{ ShardId string }
			NextToken string
		}
		err := m.do(ctx, "kinesis", "ListShards", in, &out)
		switch {
		case err != nil && cloud.AsError(err).Code == "ResourceNotFoundException":
			return nil, invalid("Stream not found: %s", stream)
		case err != nil:
			return nil, fmt.Errorf("event source %s: %w", stream, err)
		}
		for _, s := range out.Shards {
			shards = append(shards, streamShard{id: s.ShardId})
		}
		if out.NextToken == "" {
			return shards, nil
		}
		in = map[string]any{"NextToken": out.NextToken}
	}
}

func (kinesis) begin(_ context.Context, _ *mapping, _ *progress, _ string, shards []streamShard) ([]string, error) {
	var ids []string
	for _, s := range shards {
		ids = append(ids, s.id)
	}
	return ids, nil
}

func (kinesis) place(ctx context.Context, l *lane, from position) (string, error) {
	var out struct{ ShardIterator string }
	err := l.mapping.do(ctx, "kinesis", "GetShardIterator", struct {
		StreamARN, ShardId string
		position
	}{l.stream, l.shard, from}, &out)
	return out.ShardIterator, err
}

// lost is of a stream that is no more, of which another one has the name, or may get
// it.
func (kinesis) lost(code string) bool {
	return code == "InvalidArgumentException" || code == "ResourceNotFoundException"
}

func (kinesis) read(ctx context.Context, l *lane, limit int) (records []streamRecord, next string, err error) {
	var out struct {
		Records []struct {
			SequenceNumber              string
			ApproximateArrivalTimestamp cloud.Time
			Data                        []byte
			PartitionKey                string
		}
		NextShardIterator string
	}
	in := map[string]any{"StreamARN": l.stream, "ShardIterator": l.iterator, "Limit": min(limit, 10_000)}
	causes := heard{}
	if err := l.mapping.do(causes.hear(ctx), "kinesis", "GetRecords", in, &out); err != nil {
		return nil, "", err
	}
	for _, r := range out.Records {
		records = append(records, streamRecord{number: r.SequenceNumber, key: r.PartitionKey, arrived: time.Time(r.ApproximateArrivalTimestamp), data: r.Data, cause: causes[r.SequenceNumber]})
	}
	return records, out.NextShardIterator, nil
}

func (kinesis) idle(ctx context.Context, l *lane) bool {
	return l.mapping.idle(ctx, "kinesis", l.iterator, 0)
}

// seen are the record's data, if they are JSON.
func (kinesis) seen(r streamRecord) (match.Node, bool) {
	value, err := jsonvalue.Decode(r.data)
	return jsonvalue.NewObject(1).Set("data", value), err == nil
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

func (kinesis) body(l *lane, r streamRecord) ([]byte, error) {
	record := kinesisRecord{
		EventSource:       "aws:kinesis",
		EventVersion:      "1.0",
		EventID:           l.shard + ":" + r.number,
		EventName:         "aws:kinesis:record",
		InvokeIdentityARN: l.mapping.target().role,
		AWSRegion:         l.mapping.lambda.cloud.Region,
		EventSourceARN:    l.stream,
	}
	record.Kinesis.SchemaVersion = "1.0"
	record.Kinesis.PartitionKey = r.key
	record.Kinesis.SequenceNumber = r.number
	record.Kinesis.Data = r.data
	record.Kinesis.Arrived = cloud.Time(r.arrived)
	return json.Marshal(record)
}

func (kinesis) info(d *discarded, b batchInfo) { d.Kinesis = &b }

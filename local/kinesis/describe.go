package kinesis

// This file answers questions about streams, and changes how long they keep
// records.

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type mode struct{ StreamMode string }

func (s *stream) mode() mode {
	if s.now().onDemand {
		return mode{"ON_DEMAND"}
	}
	return mode{"PROVISIONED"}
}

// description is what all descriptions of a stream say.
type description struct {
	StreamName              string
	StreamARN               string
	StreamStatus            string
	StreamModeDetails       mode
	StreamCreationTimestamp cloud.Time
}

// details are what two of them say besides.
type details struct {
	description
	RetentionPeriodHours int
	EnhancedMonitoring   []enhancedMetrics
	EncryptionType       string
	KeyId                string `json:",omitempty"`
}

type enhancedMetrics struct{ ShardLevelMetrics []string }

func (s *stream) description() description {
	return description{s.name, s.arn, "ACTIVE", s.mode(), cloud.Time(s.created)}
}

func (s *stream) details() details {
	return details{s.description(), int(s.retained().Hours()), []enhancedMetrics{{[]string{}}}, cmp.Or(s.encrypted(), "NONE"), s.now().key}
}

// shardOutput is a shard as it is described. An open one has no end.
type shardOutput struct {
	ShardId             string
	HashKeyRange        hashKeyRange
	SequenceNumberRange sequenceNumberRange
}

type hashKeyRange struct{ StartingHashKey, EndingHashKey string }

type sequenceNumberRange struct{ StartingSequenceNumber string }

func (s *shard) output() shardOutput {
	return shardOutput{s.id(), hashKeyRange{s.from.String(), s.to.String()}, sequenceNumberRange{beginning(s.number, s.created).String()}}
}

// page returns the shards after one of an id, at most limit, and whether more follow.
func (s *stream) page(after string, limit int) (page []shardOutput, more bool) {
	page = []shardOutput{}
	for _, shard := range s.shards {
		if shard.id() <= after {
			continue
		}
		if len(page) == limit {
			return page, true
		}
		page = append(page, shard.output())
	}
	return page, false
}

type describeInput struct {
	target
	ExclusiveStartShardId string
	Limit                 *int
}

func (k *Kinesis) describeStream(_ context.Context, _ cloud.Caller, s *stream, in describeInput) (any, error) {
	limit, err := within("limit", in.Limit, 100, 10_000)
	if err != nil {
		return nil, err
	}
	var out struct {
		details
		Shards        []shardOutput
		HasMoreShards bool
	}
	out.details = s.details()
	out.Shards, out.HasMoreShards = s.page(in.ExclusiveStartShardId, limit)
	return map[string]any{"StreamDescription": out}, nil
}

// within returns a limit that a call may give.
func within(member string, given *int, otherwise, most int) (int, error) {
	if given == nil {
		return otherwise, nil
	}
	if *given < 1 || *given > most {
		return 0, unfit(member, *given, fmt.Sprintf("Member must have value between 1 and %d", most))
	}
	return *given, nil
}

func (k *Kinesis) describeStreamSummary(_ context.Context, _ cloud.Caller, s *stream, _ target) (any, error) {
	return map[string]any{"StreamDescriptionSummary": struct {
		details
		OpenShardCount     int
		ConsumerCount      int
		MaxRecordSizeInKiB int
	}{s.details(), len(s.shards), 0, s.now().maxRecord >> 10}}, nil
}

type listShardsInput struct {
	target
	NextToken             string
	ExclusiveStartShardId string
	MaxResults            *int
	ShardFilter           *struct {
		Type      string
		ShardId   string
		Timestamp *cloud.Time
	}
	StreamCreationTimestamp *cloud.Time
}

// tokenLife is how long the token of a page of shards can be used.
const tokenLife = 300 * time.Second

// token is what a page of shards ends with.
type token struct {
	Stream, After string
	Issued        int64 // in nanoseconds
}

// after is the id of the shard behind which the list begins. All shards have been
// open since the stream was made, so of the filters one alone makes a difference.
func (in listShardsInput) after() (string, error) {
	f := in.ShardFilter
	if f == nil {
		return in.ExclusiveStartShardId, nil
	}
	switch f.Type {
	case "AFTER_SHARD_ID":
		return f.ShardId, nil
	case "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP":
		return in.ExclusiveStartShardId, nil
	}
	return "", unfit("shardFilter.type", f.Type, "Member must satisfy enum value set: [AFTER_SHARD_ID, AT_TRIM_HORIZON, FROM_TRIM_HORIZON, AT_LATEST, AT_TIMESTAMP, FROM_TIMESTAMP]")
}

func (k *Kinesis) listShards(_ context.Context, caller cloud.Caller, in listShardsInput) (any, error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		t, err := in.resume()
		if err != nil {
			return nil, err
		}
		in.StreamName, after = t.Stream, t.After
	}
	s, err := k.open(caller, "ListShards", in.target)
	if err != nil {
		return nil, err
	}
	limit, err := within("maxResults", in.MaxResults, 1000, 10_000)
	if err != nil {
		return nil, err
	}
	var out struct {
		Shards    []shardOutput
		NextToken string `json:",omitempty"`
	}
	var more bool
	if out.Shards, more = s.page(after, min(limit, 1000)); more {
		text, err := json.Marshal(token{s.name, out.Shards[len(out.Shards)-1].ShardId, time.Now().UnixNano()})
		if err != nil {
			return nil, err
		}
		out.NextToken = base64.StdEncoding.EncodeToString(text)
	}
	return out, nil
}

// resume reads the token, which names the stream instead of the call.
func (in listShardsInput) resume() (t token, err error) {
	if in.StreamName != "" || in.ExclusiveStartShardId != "" || in.StreamCreationTimestamp != nil {
		return t, invalid("NextToken and StreamName, ExclusiveStartShardId or StreamCreationTimestamp cannot be provided together.")
	}
	raw, err := base64.StdEncoding.DecodeString(in.NextToken)
	if err != nil || json.Unmarshal(raw, &t) != nil || t.Stream == "" {
		return t, invalid("NextToken %s is invalid.", in.NextToken)
	}
	if time.Since(time.Unix(0, t.Issued)) >= tokenLife {
		return t, cloud.Errorf(400, "ExpiredNextTokenException", "NextToken has expired: it can be used for %d seconds.", int(tokenLife.Seconds()))
	}
	return t, nil
}

type listStreamsInput struct {
	ExclusiveStartStreamName string
	NextToken                string // the last name of the page before
	Limit                    *int
}

func (k *Kinesis) listStreams(_ context.Context, caller cloud.Caller, in listStreamsInput) (any, error) {
	if err := k.cloud.Authorize(caller, "kinesis:ListStreams", "*"); err != nil {
		return nil, err
	}
	limit, err := within("limit", in.Limit, 100, 10_000)
	if err != nil {
		return nil, err
	}
	out := struct {
		StreamNames     []string
		StreamSummaries []description
		HasMoreStreams  bool
		NextToken       string `json:",omitempty"`
	}{StreamNames: []string{}, StreamSummaries: []description{}}
	for _, s := range k.sorted() {
		if s.name <= max(in.ExclusiveStartStreamName, in.NextToken) {
			continue
		}
		if out.HasMoreStreams = len(out.StreamNames) == limit; out.HasMoreStreams {
			out.NextToken = out.StreamNames[limit-1]
			break
		}
		out.StreamNames = append(out.StreamNames, s.name)
		out.StreamSummaries = append(out.StreamSummaries, s.description())
	}
	return out, nil
}

// The hours for which a stream may keep records.
const (
	minRetention = 24
	maxRetention = 8760
)

type retentionInput struct {
	target
	RetentionPeriodHours *int
}

func (k *Kinesis) increaseRetention(_ context.Context, _ cloud.Caller, s *stream, in retentionInput) (any, error) {
	return s.retain(in, func(hours, now int) error {
		if hours < now {
			return invalid("Requested retention period (%d hours) for stream %s can not be shorter than existing retention period (%d hours). Use DecreaseRetentionPeriod API.", hours, s.name, now)
		}
		return nil
	})
}

func (k *Kinesis) decreaseRetention(_ context.Context, _ cloud.Caller, s *stream, in retentionInput) (any, error) {
	return s.retain(in, func(hours, now int) error {
		if hours > now {
			return invalid("Requested retention period (%d hours) for stream %s can not be longer than existing retention period (%d hours). Use IncreaseRetentionPeriod API.", hours, s.name, now)
		}
		return nil
	})
}

func (s *stream) retain(in retentionInput, check func(hours, now int) error) (any, error) {
	if in.RetentionPeriodHours == nil {
		return nil, unfit("retentionPeriodHours", "null", "Member must not be null")
	}
	hours := *in.RetentionPeriodHours
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkRetention(hours); err != nil {
		return nil, err
	}
	if err := check(hours, int(s.settings.retention.Hours())); err != nil {
		return nil, err
	}
	s.settings.retention = time.Duration(hours) * time.Hour
	return struct{}{}, nil
}

func checkRetention(hours int) error {
	if hours < minRetention {
		return invalid("Minimum allowed retention period is %d hours. Requested retention period (%d hours) is too short.", minRetention, hours)
	}
	if hours > maxRetention {
		return invalid("Maximum allowed retention period is %d hours. Requested retention period (%d hours) is too long.", maxRetention, hours)
	}
	return nil
}

package salvage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// stream has records 10 to 19, and gives three at a time. The first call of each
// kind is throttled.
type stream struct {
	t         *testing.T
	first     int // the oldest that is left
	throttled map[string]bool
	parked    []string
	fault     error // of parking 14
}

func (s *stream) busy(call string) error {
	if s.throttled == nil {
		s.throttled = map[string]bool{}
	}
	if s.throttled[call] {
		return nil
	}
	s.throttled[call] = true
	return &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException"}
}

func (s *stream) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	if *in.StreamARN != "arn" || *in.ShardId != "shard" || in.ShardIteratorType != types.ShardIteratorTypeAtSequenceNumber {
		s.t.Errorf("asks for %+v", in)
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: in.StartingSequenceNumber}, s.busy("iterator")
}

func (s *stream) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	if err := s.busy("records"); err != nil {
		return nil, err
	}
	next, _ := strconv.Atoi(*in.ShardIterator)
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(1)}
	for n := max(next, s.first); n < min(next+3, 20); n++ {
		out.Records = append(out.Records, types.Record{SequenceNumber: aws.String(fmt.Sprint(n)), PartitionKey: aws.String("k"), Data: []byte("d")})
	}
	if next+3 >= 20 {
		out.MillisBehindLatest = aws.Int64(0)
	}
	out.NextShardIterator = aws.String(fmt.Sprint(next + 3))
	return out, nil
}

func (s *stream) Park(_ context.Context, record events.KinesisRecord, reason string) error {
	if !strings.Contains(reason, "after 6 attempts: RetryAttemptsExhausted") || record.PartitionKey != "k" || string(record.Data) != "d" {
		s.t.Errorf("%+v: %s", record, reason)
	}
	if record.SequenceNumber == "14" && s.fault != nil {
		return s.fault
	}
	s.parked = append(s.parked, record.SequenceNumber)
	return nil
}

func told(first, last string, size int) string {
	return fmt.Sprintf(`{"requestContext":{"condition":"RetryAttemptsExhausted","approximateInvokeCount":6},"version":"1.0",
		"KinesisBatchInfo":{"shardId":"shard","startSequenceNumber":%q,"endSequenceNumber":%q,"batchSize":%d,"streamArn":"arn"}}`, first, last, size)
}

func TestTheRecordsThatLambdaTellsOfAreParkedAndNoOthers(t *testing.T) {
	for _, row := range []struct {
		name, body string
		first      int
		fault      error
		parked     []string
		failed     bool
	}{
		{"one", told("12", "12", 1), 10, nil, []string{"12"}, false},
		{"over pages", told("11", "15", 5), 10, nil, []string{"11", "12", "13", "14", "15"}, false},
		{"to the end of the shard", told("18", "19", 2), 10, nil, []string{"18", "19"}, false},
		{"some are gone", told("11", "15", 5), 14, nil, []string{"14", "15"}, true},
		{"all are gone", told("11", "12", 2), 14, nil, nil, true},
		{"one cannot be parked", told("13", "15", 3), 10, errors.New("no queue"), []string{"13"}, true},
		{"no JSON", "hello", 10, nil, nil, true},
		{"something else", `{"requestContext":{}}`, 10, nil, nil, true},
		{"no numbers", told("", "x", 1), 10, nil, nil, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stream{t: t, first: row.first, fault: row.fault}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			h := &Handler{Kinesis: s, StreamARN: "arn", Parker: s}
			response, err := h.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: row.body}}})
			if failed := len(response.BatchItemFailures) == 1; err != nil || failed != row.failed || !slices.Equal(s.parked, row.parked) {
				t.Errorf("%s: parked %q, %+v, %v", row.name, s.parked, response, err)
			}
		})
	}
}

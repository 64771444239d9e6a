package lambda

// This file tells the on-failure destination of a mapping about records of a
// stream that are given up.

import (
	"context"
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// discarded is what the destination gets:
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
type discarded struct {
	RequestContext  requestContext `json:"requestContext"`
	ResponseContext *batchResponse `json:"responseContext,omitempty"` // unless it was too old
	Version         string         `json:"version"`
	Timestamp       string         `json:"timestamp"`
	Kinesis         *batchInfo     `json:"KinesisBatchInfo,omitempty"`
	Table           *batchInfo     `json:"DDBStreamBatchInfo,omitempty"`
	Payload         string         `json:"payload,omitempty"` // the event; for buckets only
}

type batchResponse struct {
	StatusCode      int     `json:"statusCode"`
	ExecutedVersion string  `json:"executedVersion"`
	FunctionError   *string `json:"functionError"` // null where the function has said what failed
}

type batchInfo struct {
	ShardID             string `json:"shardId"`
	StartSequenceNumber string `json:"startSequenceNumber"`
	EndSequenceNumber   string `json:"endSequenceNumber"`
	ArrivalOfFirst      string `json:"approximateArrivalOfFirstRecord"`
	ArrivalOfLast       string `json:"approximateArrivalOfLastRecord"`
	BatchSize           int    `json:"batchSize"`
	StreamARN           string `json:"streamArn"`
}

// recordTooOld is why records are given up that no further attempt may have.
const recordTooOld = "RecordAgeExceeded"

func isoMilliseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (l *lane) discarded(b batch, v verdict, condition string) discarded {
	target := l.mapping.called
	first, last := b.records[0], b.records[len(b.records)-1]
	d := discarded{
		RequestContext: requestContext{v.request, target.arn(), condition, max(1, b.invoked)},
		Version:        "1.0",
		Timestamp:      isoMilliseconds(time.Now()),
	}
	l.feed.info(&d, batchInfo{
		ShardID:             l.shard,
		StartSequenceNumber: first.id,
		EndSequenceNumber:   last.id,
		ArrivalOfFirst:      isoMilliseconds(first.arrived),
		ArrivalOfLast:       isoMilliseconds(last.arrived),
		BatchSize:           len(b.records),
		StreamARN:           l.stream,
	})
	if d.RequestContext.RequestID == "" { // of an attempt that did not come to the function
		d.RequestContext.RequestID = cloud.UUID()
	}
	if b.invoked > 0 && condition != recordTooOld {
		d.ResponseContext = &batchResponse{StatusCode: 200, ExecutedVersion: v.answer.version}
		if unhandled := "Unhandled"; v.answer.failed {
			d.ResponseContext.FunctionError = &unhandled
		}
	}
	return d
}

// deliveryDelay is how long it takes until a destination is told again that has no
// time just now.
func deliveryDelay(attempts int) (time.Duration, bool) {
	return time.Duration(attempts) * time.Second, attempts < 5
}

// discard gives records up. It fails only when ctx ends: what the destination does
// not take is lost, as on AWS, and a metric tells.
func (l *lane) discard(ctx context.Context, b batch, v verdict, condition string) error {
	m := l.mapping
	ctx = cloud.Because(ctx, b.causes()...)
	m.called.log.note("event source %s: %d records of %s from %s to %s are given up: %s",
		l.stream, len(b.records), l.shard, b.records[0].id, b.records[len(b.records)-1].id, condition)
	if l.policy.onFailure == "" {
		l.progress.note(l, b)
		return nil
	}
	d := l.discarded(b, v, condition)
	err := cloud.Retry(ctx, deliveryDelay, func() error { return l.tell(ctx, d, b) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		m.called.observe(m.lambda.metrics.undelivered, 1)
		m.called.log.note("destination %s: %v", l.policy.onFailure, err)
	}
	l.progress.note(l, b)
	return nil
}

// tell sends the record to a queue or a topic, or puts it into a bucket, where it
// has the records themselves with it.
func (l *lane) tell(ctx context.Context, d discarded, b batch) error {
	m := l.mapping
	caller, destination := m.target().caller, l.policy.onFailure
	bucket, inBucket := strings.CutPrefix(destination, "arn:aws:s3:::")
	if inBucket {
		payload, err := eventOf(b)
		if err != nil {
			return err
		}
		d.Payload = string(payload)
	}
	message, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if !inBucket {
		return m.lambda.send(ctx, caller, destination, message)
	}
	now := time.Now().UTC()
	key := path.Join("aws/lambda", path.Base(strings.ReplaceAll(m.arn, ":", "/")), l.shard,
		now.Format("2006/01/02"), now.Format("2006-01-02T15.04.05")+"-"+cloud.UUID())
	return m.lambda.cloud.Do(ctx, caller, "s3", "PutObject", map[string]any{"Bucket": bucket, "Key": key, "Body": json.RawMessage(message)}, nil)
}

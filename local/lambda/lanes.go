package lambda

// This file makes the lanes of a mapping.

import (
	"context"
	"fmt"
	"time"
)

// lanes makes sure, as AWS does, that the function's role may read the stream, and
// places the lanes of all shards where the mapping begins.
func (m *mapping) lanes(ctx context.Context, p mappingSettings, s *eventSource) ([]*lane, error) {
	c, t := m.lambda.cloud, m.target()
	for _, action := range []string{"GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"} {
		if err := c.Authorize(t.caller, "kinesis:"+action, p.EventSourceArn); err != nil {
			return nil, invalid("Cannot access stream %s. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in Kinesis: %v", p.EventSourceArn, err)
		}
	}
	wants, err := p.filter()
	if err != nil {
		return nil, err
	}
	policy, err := m.retryPolicy(ctx, p)
	if err != nil {
		return nil, err
	}
	shards, err := m.shards(ctx, p.EventSourceArn)
	if err != nil {
		return nil, err
	}
	factor := 1
	if p.ParallelizationFactor != nil {
		factor = *p.ParallelizationFactor
	}
	if s.progress == nil {
		s.progress = &progress{start: p.startingPosition(), done: map[string]string{}}
		if err := c.Keep(m.arn, s.progress); err != nil {
			return nil, err
		}
	}
	var lanes []*lane
	for _, shard := range shards {
		for i := range factor {
			own := *m // each lane has it to itself, with the lane as its source
			l := &lane{mapping: &own, progress: s.progress, stream: p.EventSourceArn, shard: shard, number: i, lanes: factor, wants: wants, policy: policy}
			own.source = l
			l.last, l.former = s.progress.of(l)
			if err := l.place(ctx); err != nil {
				return nil, err
			}
			lanes = append(lanes, l)
		}
	}
	s.progress.begun()
	return lanes, nil
}

// retryPolicy reads how long the stream keeps records, beyond which none is tried
// again.
func (m *mapping) retryPolicy(ctx context.Context, p mappingSettings) (retryPolicy, error) {
	var out struct {
		StreamDescription struct{ RetentionPeriodHours int }
	}
	err := m.lambda.cloud.Do(ctx, m.target().caller, "kinesis", "DescribeStream", map[string]any{"StreamARN": p.EventSourceArn, "Limit": 1}, &out)
	if err != nil {
		return retryPolicy{}, fmt.Errorf("event source %s: %w", p.EventSourceArn, err)
	}
	policy := retryPolicy{
		bisect:  p.BisectBatchOnFunctionError,
		retries: -1,
		maxAge:  time.Duration(out.StreamDescription.RetentionPeriodHours) * time.Hour,
	}
	if p.MaximumRetryAttempts != nil {
		policy.retries = *p.MaximumRetryAttempts
	}
	if n := p.MaximumRecordAgeInSeconds; n != nil && *n > 0 {
		policy.maxAge = min(policy.maxAge, time.Duration(*n)*time.Second)
	}
	if p.DestinationConfig != nil {
		policy.onFailure = p.DestinationConfig.OnFailure.Destination
	}
	return policy, nil
}

// shards lists the ids of the stream's shards.
func (m *mapping) shards(ctx context.Context, stream string) (ids []string, err error) {
	in := map[string]any{"StreamARN": stream}
	for {
		var out struct {
			Shards    []struct{ ShardId string }
			NextToken string
		}
		if err := m.lambda.cloud.Do(ctx, m.target().caller, "kinesis", "ListShards", in, &out); err != nil {
			return nil, fmt.Errorf("event source %s: %w", stream, err)
		}
		for _, shard := range out.Shards {
			ids = append(ids, shard.ShardId)
		}
		if out.NextToken == "" {
			return ids, nil
		}
		in = map[string]any{"NextToken": out.NextToken}
	}
}

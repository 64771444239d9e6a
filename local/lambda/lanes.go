package lambda

// This file makes the lanes of a mapping.

import (
	"context"
	"time"
)

// lanes makes sure, as AWS does, that the function's role may read the stream, and
// places the lanes of all shards where the mapping begins.
func (m *mapping) lanes(ctx context.Context, p mappingSettings, s *eventSource) ([]*lane, error) {
	feed := feedOf(serviceOf(p.EventSourceArn))
	if err := feed.check(m, p.EventSourceArn); err != nil {
		return nil, err
	}
	wants, err := p.filter()
	if err != nil {
		return nil, err
	}
	shards, err := feed.shards(ctx, m, p.EventSourceArn)
	if err != nil {
		return nil, err
	}
	policy, err := m.retryPolicy(ctx, feed, p)
	if err != nil {
		return nil, err
	}
	factor := 1
	if p.ParallelizationFactor != nil {
		factor = *p.ParallelizationFactor
	}
	if s.progress == nil {
		s.progress = &progress{start: p.startingPosition(), done: map[string]string{}, left: map[string]bool{}}
		if err := m.lambda.cloud.Keep(m.arn, s.progress); err != nil {
			return nil, err
		}
	}
	ids, err := feed.begin(ctx, m, s.progress, p.EventSourceArn, shards)
	if err != nil {
		return nil, err
	}
	var lanes []*lane
	for _, shard := range ids {
		for i := range factor {
			own := *m // each lane has it to itself, with the lane as its source
			l := &lane{mapping: &own, progress: s.progress, feed: feed, stream: p.EventSourceArn, shard: shard, number: i, lanes: factor, wants: wants, policy: policy}
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

// retryPolicy is what the mapping says, within how long the stream keeps records:
// beyond that none is tried again.
func (m *mapping) retryPolicy(ctx context.Context, f feed, p mappingSettings) (retryPolicy, error) {
	retention, err := f.retention(ctx, m, p.EventSourceArn)
	if err != nil {
		return retryPolicy{}, err
	}
	policy := retryPolicy{
		bisect:  p.BisectBatchOnFunctionError,
		retries: -1,
		maxAge:  retention,
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

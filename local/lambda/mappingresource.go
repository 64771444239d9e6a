package lambda

// This file creates and updates event source mappings, of queues and of streams.

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/fifo"
)

type mappingProperties struct {
	mappingSettings

	KmsKeyArn     cfn.Ignored
	LoggingConfig cfn.Ignored
	MetricsConfig cfn.Ignored
	Tags          []cloud.Tag
}

// mappingSettings are said of a mapping, in the names of templates and calls alike.
type mappingSettings struct {
	BatchSize                      *int
	Enabled                        *bool
	EventSourceArn                 string
	FunctionName                   string
	FilterCriteria                 *filterCriteria
	FunctionResponseTypes          []string
	MaximumBatchingWindowInSeconds int
	ScalingConfig                  scalingConfig

	// Of streams only; tumbling windows are not there.
	BisectBatchOnFunctionError bool
	DestinationConfig          *failureDestination
	MaximumRecordAgeInSeconds  *int
	MaximumRetryAttempts       *int
	ParallelizationFactor      *int
	StartingPosition           string
	StartingPositionTimestamp  *float64 // in seconds
}

type (
	scalingConfig struct {
		MaximumConcurrency *int `json:",omitempty"`
	}
	failureDestination struct {
		OnFailure destination
		OnSuccess *destination `json:",omitempty"` // which no mapping has
	}
	filterCriteria struct {
		Filters []struct{ Pattern string }
	}
)

// check refuses what AWS refuses of all sources.
func (p mappingSettings) check() error {
	if d := p.DestinationConfig; d != nil && d.OnSuccess != nil {
		return errNoDestination
	}
	if n := p.BatchSize; n != nil && (*n < 1 || *n > 10_000) {
		return invalid("BatchSize is %d; it must be from 1 to 10000", *n)
	}
	if w := p.MaximumBatchingWindowInSeconds; w < 0 || w > 300 {
		return invalid("MaximumBatchingWindowInSeconds is %d; it must be from 0 to 300", w)
	}
	for _, kind := range p.FunctionResponseTypes {
		if kind != "ReportBatchItemFailures" {
			return invalid("FunctionResponseTypes has %q; it may have ReportBatchItemFailures", kind)
		}
	}
	return nil
}

// checkQueue refuses what AWS refuses of SQS queues.
func (p mappingSettings) checkQueue() error {
	if p.BisectBatchOnFunctionError || p.DestinationConfig != nil || p.MaximumRecordAgeInSeconds != nil || p.MaximumRetryAttempts != nil ||
		p.ParallelizationFactor != nil || p.StartingPosition != "" || p.StartingPositionTimestamp != nil {
		return invalid("a queue has no StartingPosition, and nothing of retries but its own redrive policy")
	}
	if fifo.Named(p.EventSourceArn) {
		if p.MaximumBatchingWindowInSeconds > 0 {
			return invalid("Batching window is not supported for FIFO queues")
		}
		if n := p.BatchSize; n != nil && *n > 10 {
			return invalid("BatchSize is %d; it must be from 1 to 10 for a FIFO queue", *n)
		}
	}
	if n := p.BatchSize; n != nil && *n > 10 && p.MaximumBatchingWindowInSeconds < 1 {
		return invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
	}
	if n := p.ScalingConfig.MaximumConcurrency; n != nil && (*n < 2 || *n > 1000) {
		return invalid("ScalingConfig.MaximumConcurrency is %d; it must be from 2 to 1000", *n)
	}
	return nil
}

// checkStream refuses what AWS refuses of streams.
func (p mappingSettings) checkStream() error {
	if p.ScalingConfig.MaximumConcurrency != nil {
		return invalid("a stream has no ScalingConfig; its batches at a time are a matter of ParallelizationFactor")
	}
	if !slices.Contains([]string{"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"}, p.StartingPosition) {
		return invalid("StartingPosition is %q; it must be TRIM_HORIZON, LATEST or AT_TIMESTAMP", p.StartingPosition)
	}
	if p.StartingPosition == "AT_TIMESTAMP" && serviceOf(p.EventSourceArn) == "dynamodb" {
		return invalid("Unsupported starting position for arn type: %s", p.EventSourceArn)
	}
	if (p.StartingPosition == "AT_TIMESTAMP") != (p.StartingPositionTimestamp != nil) {
		return invalid("StartingPositionTimestamp must be given with the StartingPosition AT_TIMESTAMP, and with no other")
	}
	if n := p.ParallelizationFactor; n != nil && (*n < 1 || *n > maxLanes) {
		return invalid("ParallelizationFactor is %d; it must be from 1 to %d", *n, maxLanes)
	}
	if n := p.MaximumRetryAttempts; n != nil && (*n < -1 || *n > 10_000) {
		return invalid("MaximumRetryAttempts is %d; it must be from -1 to 10000", *n)
	}
	if n := p.MaximumRecordAgeInSeconds; n != nil && *n != -1 && (*n < 60 || *n > 604_800) {
		return invalid("MaximumRecordAgeInSeconds is %d; it must be -1, or from 60 to 604800", *n)
	}
	if p.DestinationConfig != nil {
		if s := serviceOf(p.DestinationConfig.OnFailure.Destination); !slices.Contains([]string{"sqs", "sns", "s3"}, s) {
			return &cfn.Unsupported{Property: "DestinationConfig.OnFailure.Destination", Reason: fmt.Sprintf("destinations of %q are not served by the local engine, only queues, topics and buckets", s)}
		}
	}
	return nil
}

// eventSource is a mapping as it is now.
type eventSource struct {
	arn      string
	changing sync.Mutex // whoever updates or deletes it
	said     mappingSettings
	called   target
	tags     map[string]string
	modified time.Time
	progress *progress    // nil of a queue
	result   atomic.Value // see mapping
	stops    []func()     // of its work; none while it is disabled
}

func (s *eventSource) id() string { return s.arn[strings.LastIndex(s.arn, ":")+1:] }

func (s *eventSource) stop() {
	for _, stop := range s.stops {
		stop()
	}
	s.stops = nil
}

func (l *Lambda) createEventSourceMapping(ctx context.Context, r cfn.Resource, p mappingProperties) (cfn.Handle, error) {
	s := &eventSource{arn: l.cloud.ARN("lambda", "event-source-mapping:"+mappingID(r)), tags: cloud.RedeclaredTagMap(nil, nil, p.Tags)}
	if err := l.startNew(ctx, s, p.mappingSettings); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: s.id(), Attributes: map[string]any{"Id": s.id(), "EventSourceMappingArn": s.arn}, Delete: func(context.Context) error { return l.endMapping(s) }}, nil
}

// startNew starts a mapping that is new, and makes it known.
func (l *Lambda) startNew(ctx context.Context, s *eventSource, p mappingSettings) error {
	if err := l.start(ctx, s, p); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mappings[s.id()] = s
	return nil
}

// endMapping deletes a mapping. What the function has got by then it finishes.
func (l *Lambda) endMapping(s *eventSource) error {
	l.mu.Lock()
	delete(l.mappings, s.id())
	l.mu.Unlock()
	s.changing.Lock()
	defer s.changing.Unlock()
	s.stop()
	return l.cloud.Forget(s.arn)
}

// updateEventSourceMapping lets a mapping go on in another way. What the function
// has got by then it finishes.
func (l *Lambda) updateEventSourceMapping(ctx context.Context, _ cfn.Resource, h cfn.Handle, before, after mappingProperties) (cfn.Handle, error) {
	s, err := l.mapping(h.Ref)
	if err != nil {
		return h, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	l.mu.Lock()
	s.tags = cloud.RedeclaredTagMap(s.tags, before.Tags, after.Tags)
	l.mu.Unlock()
	return h, l.restart(ctx, s, before.mappingSettings, after.mappingSettings)
}

// restart lets a mapping go on in another way, or as before if it can not. The
// caller has it for changing.
func (l *Lambda) restart(ctx context.Context, s *eventSource, before, after mappingSettings) error {
	s.stop()
	if err := l.start(ctx, s, after); err != nil {
		return errors.Join(err, l.start(ctx, s, before))
	}
	return nil
}

func (l *Lambda) mapping(id string) (*eventSource, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, ok := l.mappings[id]
	if !ok {
		return nil, errNoResource
	}
	return s, nil
}

// start begins the work of a mapping that has none, unless it is disabled.
func (l *Lambda) start(ctx context.Context, s *eventSource, p mappingSettings) error {
	if p.FilterCriteria != nil && len(p.FilterCriteria.Filters) == 0 {
		p.FilterCriteria = nil // as AWS tells it then
	}
	if err := p.check(); err != nil {
		return err
	}
	t, err := l.find(p.FunctionName)
	if err != nil {
		return err
	}
	m := mapping{
		lambda:  l,
		arn:     s.arn,
		called:  t,
		window:  time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		partial: len(p.FunctionResponseTypes) > 0,
	}
	var work []func(context.Context)
	switch service := serviceOf(p.EventSourceArn); service {
	case "sqs":
		work, err = m.ofQueue(ctx, p)
	case "kinesis", "dynamodb":
		work, err = m.ofStream(ctx, p, s)
	default:
		err = &cfn.Unsupported{Property: "EventSourceArn", Reason: fmt.Sprintf("event sources of %q are not served by the local engine, only SQS queues and streams of Kinesis and DynamoDB", service)}
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	s.said, s.called, s.modified = p, t, time.Now()
	l.mu.Unlock()
	if p.enabled() {
		for _, w := range work {
			s.stops = append(s.stops, l.cloud.Start(w))
		}
	}
	return nil
}

func (p mappingSettings) enabled() bool { return p.Enabled == nil || *p.Enabled }

// mappingID is the mapping's UUID, the same in every run.
func mappingID(r cfn.Resource) string {
	sum := sha256.Sum256([]byte(r.Key()))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// ofQueue is the work of a mapping that polls a queue.
func (m mapping) ofQueue(ctx context.Context, p mappingSettings) ([]func(context.Context), error) {
	if err := p.checkQueue(); err != nil {
		return nil, err
	}
	wants, err := p.filter()
	if err != nil {
		return nil, err
	}
	queue, err := newQueueSource(ctx, &m, p.EventSourceArn)
	if err != nil {
		return nil, err
	}
	queue.wants = wants
	m.source, m.batchSize, m.concurrency = queue, 10, pollers
	if p.BatchSize != nil {
		m.batchSize = *p.BatchSize
	}
	if n := p.ScalingConfig.MaximumConcurrency; n != nil {
		m.concurrency = *n
	}
	if m.called.inProcess == nil {
		// A batch that would only wait for an environment is better left in
		// the queue, where its visibility timeout has not begun.
		m.concurrency = min(m.concurrency, m.lambda.opts.Limits.Environments)
	}
	return []func(context.Context){m.poll}, nil
}

// ofStream is the work of a mapping that follows a stream: that of each lane by
// itself, from where the mapping has come to.
func (m mapping) ofStream(ctx context.Context, p mappingSettings, s *eventSource) ([]func(context.Context), error) {
	if err := p.checkStream(); err != nil {
		return nil, err
	}
	m.batchSize, m.result = 100, &s.result
	if p.BatchSize != nil {
		m.batchSize = *p.BatchSize
	}
	lanes, err := m.lanes(ctx, p, s)
	if err != nil {
		return nil, err
	}
	work := make([]func(context.Context), len(lanes))
	for i, l := range lanes {
		work[i] = l.mapping.follow
	}
	return work, nil
}

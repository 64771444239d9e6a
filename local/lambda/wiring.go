package lambda

// This file creates what connects functions to others: permissions, settings
// of asynchronous invocations, and event source mappings.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type permissionProperties struct {
	Action        string
	FunctionName  string
	Principal     string
	SourceArn     string
	SourceAccount string
}

// createPermission adds a statement to the function's resource policy.
func (l *Lambda) createPermission(_ context.Context, r cfn.Resource, p permissionProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	id := r.PhysicalName(100)
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": []any{p.statement(id, t.arn())}})
	if err != nil {
		return cfn.Handle{}, err
	}
	if err := l.cloud.SetResourcePolicy(t.arn(), id, policy); err != nil {
		return cfn.Handle{}, fmt.Errorf("policy of %s: %w", t.arn(), err)
	}
	return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}, Delete: func(context.Context) error {
		return l.cloud.SetResourcePolicy(t.arn(), id, nil)
	}}, nil
}

func (p permissionProperties) statement(id, arn string) map[string]any {
	statement := map[string]any{"Sid": id, "Effect": "Allow", "Action": p.Action, "Resource": arn}
	switch {
	case p.Principal == "*":
		statement["Principal"] = "*"
	case strings.HasSuffix(p.Principal, ".amazonaws.com"):
		statement["Principal"] = map[string]string{"Service": p.Principal}
	default:
		statement["Principal"] = map[string]string{"AWS": p.Principal}
	}
	condition := map[string]any{}
	if p.SourceArn != "" {
		condition["ArnLike"] = map[string]string{"aws:SourceArn": p.SourceArn}
	}
	if p.SourceAccount != "" {
		condition["StringEquals"] = map[string]string{"aws:SourceAccount": p.SourceAccount}
	}
	if len(condition) > 0 {
		statement["Condition"] = condition
	}
	return statement
}

type eventInvokeProperties struct {
	FunctionName             string
	Qualifier                string
	MaximumEventAgeInSeconds *int
	MaximumRetryAttempts     *int
	DestinationConfig        struct {
		OnSuccess struct{ Destination string }
		OnFailure struct{ Destination string }
	}
}

func (l *Lambda) createEventInvokeConfig(_ context.Context, r cfn.Resource, p eventInvokeProperties) (cfn.Handle, error) {
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	config := defaultAsyncConfig()
	if n := p.MaximumEventAgeInSeconds; n != nil {
		if *n < 60 || *n > 21600 {
			return cfn.Handle{}, invalid("MaximumEventAgeInSeconds is %d; it must be from 60 to 21600", *n)
		}
		config.maxAge = time.Duration(*n) * time.Second
	}
	if n := p.MaximumRetryAttempts; n != nil {
		if *n < 0 || *n > 2 {
			return cfn.Handle{}, invalid("MaximumRetryAttempts is %d; it must be from 0 to 2", *n)
		}
		config.retries = *n
	}
	config.onSuccess = p.DestinationConfig.OnSuccess.Destination
	config.onFailure = p.DestinationConfig.OnFailure.Destination
	for name, arn := range map[string]string{"OnSuccess": config.onSuccess, "OnFailure": config.onFailure} {
		if s := serviceOf(arn); !slices.Contains([]string{"", "sqs", "sns", "lambda", "events"}, s) {
			return cfn.Handle{}, &cfn.Unsupported{Property: "DestinationConfig." + name, Reason: "destinations of " + s + " are not served by the local engine"}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.async[p.Qualifier] = config
	return cfn.Handle{Ref: r.PhysicalName(100), Delete: cfn.Removal(&t.mu, t.async, p.Qualifier)}, nil
}

type mappingProperties struct {
	BatchSize                      *int
	Enabled                        *bool
	EventSourceArn                 string
	FunctionName                   string
	FunctionResponseTypes          []string
	MaximumBatchingWindowInSeconds int
	ScalingConfig                  struct{ MaximumConcurrency *int }

	KmsKeyArn     cfn.Ignored
	LoggingConfig cfn.Ignored
	MetricsConfig cfn.Ignored
	Tags          cfn.Ignored
}

// check refuses what AWS refuses. The limits are those of SQS standard queues.
func (p mappingProperties) check() error {
	if s := serviceOf(p.EventSourceArn); s != "sqs" {
		return &cfn.Unsupported{Property: "EventSourceArn", Reason: fmt.Sprintf("event sources of %q are not served by the local engine, only SQS queues", s)}
	}
	if n := p.BatchSize; n != nil && (*n < 1 || *n > 10_000) {
		return invalid("BatchSize is %d; it must be from 1 to 10000", *n)
	}
	if w := p.MaximumBatchingWindowInSeconds; w < 0 || w > 300 {
		return invalid("MaximumBatchingWindowInSeconds is %d; it must be from 0 to 300", w)
	}
	if n := p.BatchSize; n != nil && *n > 10 && p.MaximumBatchingWindowInSeconds < 1 {
		return invalid("BatchSize is %d; above 10, MaximumBatchingWindowInSeconds must be at least 1", *n)
	}
	if n := p.ScalingConfig.MaximumConcurrency; n != nil && (*n < 2 || *n > 1000) {
		return invalid("ScalingConfig.MaximumConcurrency is %d; it must be from 2 to 1000", *n)
	}
	for _, kind := range p.FunctionResponseTypes {
		if kind != "ReportBatchItemFailures" {
			return invalid("FunctionResponseTypes has %q; it may have ReportBatchItemFailures", kind)
		}
	}
	return nil
}

func (l *Lambda) createEventSourceMapping(ctx context.Context, r cfn.Resource, p mappingProperties) (cfn.Handle, error) {
	if err := p.check(); err != nil {
		return cfn.Handle{}, err
	}
	t, err := l.find(p.FunctionName)
	if err != nil {
		return cfn.Handle{}, err
	}
	queue, err := newQueueSource(ctx, l.cloud, t, p.EventSourceArn)
	if err != nil {
		return cfn.Handle{}, err
	}
	m := &mapping{
		lambda:      l,
		target:      t,
		source:      queue,
		batchSize:   10,
		window:      time.Duration(p.MaximumBatchingWindowInSeconds) * time.Second,
		concurrency: pollers,
		partial:     len(p.FunctionResponseTypes) > 0,
	}
	if p.BatchSize != nil {
		m.batchSize = *p.BatchSize
	}
	if n := p.ScalingConfig.MaximumConcurrency; n != nil {
		m.concurrency = *n
	}
	if t.inProcess == nil {
		// A batch that would only wait for an environment is better left in
		// the queue, where its visibility timeout has not begun.
		m.concurrency = min(m.concurrency, l.opts.Limits.Environments)
	}
	stop := func() {}
	if p.Enabled == nil || *p.Enabled {
		stop = l.cloud.Start(m.poll)
	}
	id := cloud.UUID()
	return cfn.Handle{Ref: id, Attributes: map[string]any{
		"Id":                    id,
		"EventSourceMappingArn": l.cloud.ARN("lambda", "event-source-mapping:"+id),
	}, Delete: func(context.Context) error {
		stop()
		return nil
	}}, nil
}

package lambda

// This file creates what connects functions to others: permissions, and settings
// of asynchronous invocations.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
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

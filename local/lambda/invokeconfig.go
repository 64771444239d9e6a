package lambda

// This file is the settings of asynchronous invocations, as templates and calls
// give them.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// invokeSettings are those of a function through a qualifier.
type invokeSettings struct {
	MaximumEventAgeInSeconds *int
	MaximumRetryAttempts     *int
	DestinationConfig        destinationConfig
}

type destinationConfig struct {
	OnSuccess destination
	OnFailure destination
}

type destination struct {
	Destination string `json:",omitempty"` // ARN of a queue, topic, function or event bus
}

// shown is how AWS writes a destination in its refusals.
func (d destination) shown(kind string) string {
	if d.Destination == "" {
		return "null"
	}
	return kind + "(destination=" + d.Destination + ")"
}

// config refuses what AWS refuses, and fills what is not said.
func (s invokeSettings) config() (asyncConfig, error) {
	config := defaultAsyncConfig()
	config.said, config.modified = s, time.Now()
	if n := s.MaximumEventAgeInSeconds; n != nil {
		if *n < 60 || *n > 21600 {
			return config, invalid("MaximumEventAgeInSeconds is %d; it must be from 60 to 21600", *n)
		}
		config.maxAge = time.Duration(*n) * time.Second
	}
	if n := s.MaximumRetryAttempts; n != nil {
		if *n < 0 || *n > 2 {
			return config, invalid("MaximumRetryAttempts is %d; it must be from 0 to 2", *n)
		}
		config.retries = *n
	}
	config.onSuccess, config.onFailure = s.DestinationConfig.OnSuccess.Destination, s.DestinationConfig.OnFailure.Destination
	for name, arn := range map[string]string{"OnSuccess": config.onSuccess, "OnFailure": config.onFailure} {
		if s := serviceOf(arn); !slices.Contains([]string{"", "sqs", "sns", "lambda", "events"}, s) {
			return config, &cfn.Unsupported{Property: "DestinationConfig." + name, Reason: "destinations of " + s + " are not served by the local engine"}
		}
	}
	return config, nil
}

type invokeConfigInput struct {
	FunctionName             string
	Qualifier                string
	MaximumEventAgeInSeconds *int
	MaximumRetryAttempts     *int
	DestinationConfig        *destinationConfig
}

type invokeConfigOutput struct {
	FunctionArn              string
	LastModified             cloud.Time
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	MaximumRetryAttempts     *int `json:",omitempty"`
	DestinationConfig        destinationConfig
}

func (f *function) toldAsync(qualifier string, c asyncConfig) invokeConfigOutput {
	return invokeConfigOutput{f.arn + ":" + qualifier, cloud.Time(c.modified), c.said.MaximumEventAgeInSeconds, c.said.MaximumRetryAttempts, c.said.DestinationConfig}
}

func (l *Lambda) putInvokeConfig(_ context.Context, caller cloud.Caller, in invokeConfigInput) (invokeConfigOutput, error) {
	return l.setInvokeConfig(caller, "lambda:PutFunctionEventInvokeConfig", in, invokeSettings{})
}

// updateInvokeConfig changes what the call says, and leaves what it does not.
func (l *Lambda) updateInvokeConfig(_ context.Context, caller cloud.Caller, in invokeConfigInput) (invokeConfigOutput, error) {
	_, _, before, err := l.openAsync(caller, "lambda:UpdateFunctionEventInvokeConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return invokeConfigOutput{}, err
	}
	return l.setInvokeConfig(caller, "lambda:UpdateFunctionEventInvokeConfig", in, before.said)
}

func (l *Lambda) setInvokeConfig(caller cloud.Caller, action string, in invokeConfigInput, before invokeSettings) (invokeConfigOutput, error) {
	if in.MaximumEventAgeInSeconds == nil && in.MaximumRetryAttempts == nil && in.DestinationConfig == nil {
		return invokeConfigOutput{}, invalid("You must specify at least one of error handling or destination setting.")
	}
	t, err := l.open(caller, action, in.FunctionName, in.Qualifier)
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			return invokeConfigOutput{}, cloud.Errorf(404, "ResourceNotFoundException", "The function doesn't exist.")
		}
		return invokeConfigOutput{}, err
	}
	wanted := before
	set(&wanted.MaximumEventAgeInSeconds, optional(in.MaximumEventAgeInSeconds))
	set(&wanted.MaximumRetryAttempts, optional(in.MaximumRetryAttempts))
	set(&wanted.DestinationConfig, in.DestinationConfig)
	if err := l.checkDestinations(t, wanted.DestinationConfig); err != nil {
		return invokeConfigOutput{}, err
	}
	config, err := wanted.config()
	if err != nil {
		return invokeConfigOutput{}, asCall(action, err)
	}
	qualifier := cmp.Or(t.qualifier, latest)
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	t.async[qualifier] = config
	return t.toldAsync(qualifier, config), nil
}

// checkDestinations refuses a function as its own destination, and one that is not there.
func (l *Lambda) checkDestinations(t target, d destinationConfig) error {
	for _, arn := range []string{d.OnSuccess.Destination, d.OnFailure.Destination} {
		if arn != "" && !slices.Contains([]string{"sqs", "sns", "lambda", "events", "s3"}, serviceOf(arn)) {
			return invalid("The provided destination config DestinationConfig(onSuccess=%s, onFailure=%s) is invalid.", d.OnSuccess.shown("OnSuccess"), d.OnFailure.shown("OnFailure"))
		}
		if serviceOf(arn) != "lambda" {
			continue
		}
		other, err := l.find(arn)
		if err != nil {
			return invalid("The destination ARN %s is invalid.", arn)
		}
		if other.function == t.function {
			return invalid("You can't specify the function as a destination for itself.")
		}
	}
	return nil
}

// openAsync finds the settings of a function through a qualifier.
func (l *Lambda) openAsync(caller cloud.Caller, action, name, qualifier string) (target, string, asyncConfig, error) {
	if err := l.checkName(functionName, name, qualifier); err != nil {
		return target{}, "", asyncConfig{}, err
	}
	name, embedded := parseName(name)
	qualifier = cmp.Or(qualifier, embedded, latest)
	arn := l.cloud.ARN("lambda", "function:"+name)
	if err := l.cloud.Authorize(caller, action, arn); err != nil {
		return target{}, "", asyncConfig{}, err
	}
	missing := cloud.Errorf(404, "ResourceNotFoundException", "The function %s:%s doesn't have an EventInvokeConfig", arn, qualifier)
	t, err := l.find(arn)
	if err != nil {
		return t, "", asyncConfig{}, missing
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	config, ok := t.async[qualifier]
	if !ok {
		return t, "", config, missing
	}
	return t, qualifier, config, nil
}

func (l *Lambda) getInvokeConfig(_ context.Context, caller cloud.Caller, in functionInput) (invokeConfigOutput, error) {
	t, qualifier, config, err := l.openAsync(caller, "lambda:GetFunctionEventInvokeConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return invokeConfigOutput{}, err
	}
	return t.toldAsync(qualifier, config), nil
}

func (l *Lambda) deleteInvokeConfig(_ context.Context, caller cloud.Caller, in functionInput) (struct{}, error) {
	t, qualifier, _, err := l.openAsync(caller, "lambda:DeleteFunctionEventInvokeConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return struct{}{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	delete(t.async, qualifier)
	return struct{}{}, nil
}

type listInvokeConfigsInput struct {
	page
	FunctionName string
}

type listInvokeConfigsOutput struct {
	FunctionEventInvokeConfigs []invokeConfigOutput
	NextMarker                 string `json:",omitempty"`
}

func (l *Lambda) listInvokeConfigs(_ context.Context, caller cloud.Caller, in listInvokeConfigsInput) (out listInvokeConfigsOutput, err error) {
	t, err := l.open(caller, "lambda:ListFunctionEventInvokeConfigs", in.FunctionName, "")
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			err = cloud.Errorf(404, "ResourceNotFoundException", "The function doesn't exist.")
		}
		return out, err
	}
	if n := in.MaxItems; n != nil && *n > 50 {
		return out, unsatisfied(fmt.Sprintf("'%d'", *n), "maxItems", "Member must have value less than or equal to 50")
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	var all []invokeConfigOutput
	for _, qualifier := range slices.Sorted(maps.Keys(t.async)) {
		all = append(all, t.toldAsync(qualifier, t.async[qualifier]))
	}
	out.FunctionEventInvokeConfigs, out.NextMarker, err = pageOf(in.page, all, 50)
	return out, err
}

package lambda

// This file is the settings of asynchronous invocations, as templates and calls
// give them.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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

// over is what the call says, and of other settings what it does not.
func (in invokeConfigInput) over(s invokeSettings) invokeSettings {
	set(&s.MaximumEventAgeInSeconds, optional(in.MaximumEventAgeInSeconds))
	set(&s.MaximumRetryAttempts, optional(in.MaximumRetryAttempts))
	set(&s.DestinationConfig, in.DestinationConfig)
	return s
}

func (l *Lambda) putInvokeConfig(_ context.Context, caller cloud.Caller, in invokeConfigInput) (invokeConfigOutput, error) {
	const action = "lambda:PutFunctionEventInvokeConfig"
	if err := in.check(); err != nil {
		return invokeConfigOutput{}, err
	}
	t, err := l.open(caller, action, in.FunctionName, in.Qualifier)
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			err = errNoFunction
		}
		return invokeConfigOutput{}, err
	}
	if err := l.checkDestinations(t.function, in.DestinationConfig); err != nil {
		return invokeConfigOutput{}, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	return t.keepAsync(action, cmp.Or(t.qualifier, latest), in.over(invokeSettings{}))
}

// updateInvokeConfig changes what the call says, and leaves what it does not.
func (l *Lambda) updateInvokeConfig(_ context.Context, caller cloud.Caller, in invokeConfigInput) (invokeConfigOutput, error) {
	const action = "lambda:UpdateFunctionEventInvokeConfig"
	f, qualifier, err := l.openAsync(caller, action, in.FunctionName, in.Qualifier)
	if err != nil {
		if cloud.AsError(err).Code == "ResourceNotFoundException" {
			err = errNoFunction
		}
		return invokeConfigOutput{}, err
	}
	if err := in.check(); err != nil {
		return invokeConfigOutput{}, err
	}
	if err := l.checkDestinations(f, in.DestinationConfig); err != nil {
		return invokeConfigOutput{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	before, err := f.asyncOf(qualifier)
	if err != nil {
		return invokeConfigOutput{}, err
	}
	return f.keepAsync(action, qualifier, in.over(before.said))
}

// keepAsync gives a qualifier settings. The lock is held.
func (f *function) keepAsync(action, qualifier string, wanted invokeSettings) (invokeConfigOutput, error) {
	config, err := wanted.config()
	if err != nil {
		return invokeConfigOutput{}, asCall(action, err)
	}
	f.async[qualifier] = config
	return f.toldAsync(qualifier, config), nil
}

func (in invokeConfigInput) check() error {
	if in.MaximumEventAgeInSeconds == nil && in.MaximumRetryAttempts == nil && in.DestinationConfig == nil {
		return invalid("You must specify at least one of error handling or destination setting.")
	}
	return nil
}

var errNoFunction = cloud.Errorf(404, "ResourceNotFoundException", "The function doesn't exist.")

var destinationPattern = regexp.MustCompile(`^($|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*))`)

// checkDestinations refuses a function as its own destination, and one that is not there.
func (l *Lambda) checkDestinations(f *function, d *destinationConfig) error {
	if d == nil {
		return nil
	}
	for _, where := range [][2]string{{"onSuccess", d.OnSuccess.Destination}, {"onFailure", d.OnFailure.Destination}} {
		arn := where[1]
		if !destinationPattern.MatchString(arn) {
			return unsatisfied("'"+arn+"'", "destinationConfig."+where[0]+".destination", "Member must satisfy regular expression pattern: "+strings.TrimSuffix(strings.TrimPrefix(destinationPattern.String(), "^("), ")"))
		}
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
		if other.function == f {
			return invalid("You can't specify the function as a destination for itself.")
		}
	}
	return nil
}

// openAsync finds the function of settings, and the qualifier that they are through.
func (l *Lambda) openAsync(caller cloud.Caller, action, name, qualifier string) (*function, string, error) {
	if err := l.checkName(functionName, name, qualifier); err != nil {
		return nil, "", err
	}
	name, embedded := parseName(name)
	qualifier = cmp.Or(qualifier, embedded, latest)
	arn := l.cloud.ARN("lambda", "function:"+name)
	if err := l.cloud.Authorize(caller, action, arn); err != nil {
		return nil, "", err
	}
	t, err := l.find(arn)
	if err != nil {
		return nil, "", noInvokeConfig(arn, qualifier)
	}
	return t.function, qualifier, nil
}

// asyncOf are the settings of a qualifier. The lock is held.
func (f *function) asyncOf(qualifier string) (asyncConfig, error) {
	config, ok := f.async[qualifier]
	if !ok {
		return config, noInvokeConfig(f.arn, qualifier)
	}
	return config, nil
}

func noInvokeConfig(arn, qualifier string) error {
	return cloud.Errorf(404, "ResourceNotFoundException", "The function %s:%s doesn't have an EventInvokeConfig", arn, qualifier)
}

func (l *Lambda) getInvokeConfig(_ context.Context, caller cloud.Caller, in functionInput) (invokeConfigOutput, error) {
	f, qualifier, err := l.openAsync(caller, "lambda:GetFunctionEventInvokeConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return invokeConfigOutput{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	config, err := f.asyncOf(qualifier)
	if err != nil {
		return invokeConfigOutput{}, err
	}
	return f.toldAsync(qualifier, config), nil
}

func (l *Lambda) deleteInvokeConfig(_ context.Context, caller cloud.Caller, in functionInput) (struct{}, error) {
	f, qualifier, err := l.openAsync(caller, "lambda:DeleteFunctionEventInvokeConfig", in.FunctionName, in.Qualifier)
	if err != nil {
		return struct{}{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err = f.asyncOf(qualifier)
	delete(f.async, qualifier)
	return struct{}{}, err
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
			err = errNoFunction
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

package lambda

// This file is event source mappings as calls make and change them.

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type createMappingInput struct {
	mappingSettings

	Tags map[string]string

	KMSKeyArn     cloud.Ignored
	LoggingConfig cloud.Ignored
	MetricsConfig cloud.Ignored
}

// mappingOutput is an EventSourceMappingConfiguration.
type mappingOutput struct {
	UUID                           string
	EventSourceMappingArn          string
	EventSourceArn                 string
	FunctionArn                    string
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	FunctionResponseTypes          []string
	LastModified                   cloud.Time
	LastProcessingResult           string `json:",omitempty"`
	State                          string
	StateTransitionReason          string
	FilterCriteria                 *filterCriteria `json:",omitempty"`
	ScalingConfig                  *scalingConfig  `json:",omitempty"`
	*streamOutput
}

// streamOutput is of streams only.
type streamOutput struct {
	BisectBatchOnFunctionError bool
	DestinationConfig          failureDestination
	MaximumRecordAgeInSeconds  int
	MaximumRetryAttempts       int
	ParallelizationFactor      int
	StartingPosition           string
	StartingPositionTimestamp  *float64 `json:",omitempty"`
	TumblingWindowInSeconds    int
}

// told is what clients are told of a mapping. The service's lock is held.
func (s *eventSource) told() mappingOutput {
	p := s.said
	out := mappingOutput{
		UUID: s.id(), EventSourceMappingArn: s.arn, EventSourceArn: p.EventSourceArn, FunctionArn: s.called.arn(),
		BatchSize: 10, MaximumBatchingWindowInSeconds: p.MaximumBatchingWindowInSeconds, FunctionResponseTypes: append([]string{}, p.FunctionResponseTypes...),
		LastModified: cloud.Time(s.modified), State: "Enabled", StateTransitionReason: "USER_INITIATED", FilterCriteria: p.FilterCriteria,
	}
	if !p.enabled() {
		out.State = "Disabled"
	}
	if p.ScalingConfig.MaximumConcurrency != nil {
		out.ScalingConfig = &p.ScalingConfig
	}
	if service := serviceOf(p.EventSourceArn); service == "kinesis" || service == "dynamodb" {
		out.BatchSize, out.StateTransitionReason, out.LastProcessingResult = 100, "User action", "No records processed"
		if result, ok := s.result.Load().(string); ok {
			out.LastProcessingResult = result
		}
		out.streamOutput = p.toldStream()
	}
	if p.BatchSize != nil {
		out.BatchSize = *p.BatchSize
	}
	return out
}

func (p mappingSettings) toldStream() *streamOutput {
	out := &streamOutput{
		BisectBatchOnFunctionError: p.BisectBatchOnFunctionError, MaximumRecordAgeInSeconds: -1, MaximumRetryAttempts: -1, ParallelizationFactor: 1,
		StartingPosition: p.StartingPosition, StartingPositionTimestamp: p.StartingPositionTimestamp,
	}
	set(&out.DestinationConfig, p.DestinationConfig)
	set(&out.MaximumRecordAgeInSeconds, p.MaximumRecordAgeInSeconds)
	set(&out.MaximumRetryAttempts, p.MaximumRetryAttempts)
	set(&out.ParallelizationFactor, p.ParallelizationFactor)
	return out
}

func (l *Lambda) createMappingByCall(ctx context.Context, caller cloud.Caller, in createMappingInput) (mappingOutput, error) {
	if err := l.cloud.Authorize(caller, "lambda:CreateEventSourceMapping", "*"); err != nil {
		return mappingOutput{}, err
	}
	if err := l.checkMapping(in.mappingSettings); err != nil {
		return mappingOutput{}, err
	}
	if len(in.Tags) > 0 {
		if err := l.cloud.Authorize(caller, "lambda:TagResource", l.cloud.ARN("lambda", "event-source-mapping:*")); err != nil {
			return mappingOutput{}, err
		}
	}
	if err := checkTags(in.Tags); err != nil {
		return mappingOutput{}, err
	}
	s := &eventSource{arn: l.cloud.ARN("lambda", "event-source-mapping:"+cloud.UUID()), tags: in.Tags}
	if err := l.startNew(ctx, s, in.mappingSettings); err != nil {
		return mappingOutput{}, asCall("CreateEventSourceMapping", err)
	}
	if !in.enabled() {
		return l.tell(s, ""), nil
	}
	return l.tell(s, "Creating"), nil
}

// checkMapping refuses, in AWS's words, what a call may say wrongly.
func (l *Lambda) checkMapping(p mappingSettings) error {
	if p.EventSourceArn == "" {
		return invalid("Unrecognized event source.")
	}
	service := serviceOf(p.EventSourceArn)
	if positions := []string{"LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"}; p.StartingPosition != "" && !slices.Contains(positions, p.StartingPosition) {
		return unsatisfied("'"+p.StartingPosition+"'", "startingPosition", "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]")
	}
	if (service == "kinesis" || service == "dynamodb") && p.StartingPosition == "" {
		return invalid("1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.")
	}
	if service == "sqs" && p.DestinationConfig != nil {
		return errNoDestination
	}
	if err := l.checkName(functionName, p.FunctionName, ""); err != nil {
		return err
	}
	t, err := l.find(p.FunctionName)
	if err != nil {
		return invalid("Function does not exist")
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, other := range l.mappings {
		if other.said.EventSourceArn == p.EventSourceArn && other.called.arn() == t.arn() {
			return cloud.Errorf(409, "ResourceConflictException", taken[service], p.EventSourceArn, t.name, other.id())
		}
	}
	return nil
}

var errNoDestination = invalid("Unsupported DestinationConfig parameter for given event source mapping type.")

// taken says, by the source's service, that a function has it already.
var taken = map[string]string{
	"sqs":      "An event source mapping with SQS arn (\" %s \") and function (\" %s \") already exists. " + elsewhere,
	"kinesis":  ofStreamTaken,
	"dynamodb": ofStreamTaken,
}

const (
	ofStreamTaken = "The event source arn (\" %s \") and function (\" %s \") provided mapping already exists. " + elsewhere
	elsewhere     = "Please update or delete the existing mapping with UUID %s"
)

// tell is told in the state that a call begins.
func (l *Lambda) tell(s *eventSource, state string) mappingOutput {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := s.told()
	out.State = cmp.Or(state, out.State)
	return out
}

type mappingInput struct{ UUID string }

func (l *Lambda) openMapping(caller cloud.Caller, action, id string) (*eventSource, error) {
	if err := l.cloud.Authorize(caller, action, l.cloud.ARN("lambda", "event-source-mapping:"+id)); err != nil {
		return nil, err
	}
	return l.mapping(id)
}

func (l *Lambda) getMapping(_ context.Context, caller cloud.Caller, in mappingInput) (mappingOutput, error) {
	s, err := l.openMapping(caller, "lambda:GetEventSourceMapping", in.UUID)
	if err != nil {
		return mappingOutput{}, err
	}
	return l.tell(s, ""), nil
}

func (l *Lambda) deleteMapping(_ context.Context, caller cloud.Caller, in mappingInput) (mappingOutput, error) {
	s, err := l.openMapping(caller, "lambda:DeleteEventSourceMapping", in.UUID)
	if err != nil {
		return mappingOutput{}, err
	}
	return l.tell(s, "Deleting"), l.endMapping(s)
}

type updateMappingInput struct {
	UUID                           string
	BatchSize                      *int
	BisectBatchOnFunctionError     *bool
	DestinationConfig              *failureDestination
	Enabled                        *bool
	FilterCriteria                 *filterCriteria
	FunctionName                   *string
	FunctionResponseTypes          []string
	MaximumBatchingWindowInSeconds *int
	MaximumRecordAgeInSeconds      *int
	MaximumRetryAttempts           *int
	ParallelizationFactor          *int
	ScalingConfig                  *scalingConfig

	KMSKeyArn     cloud.Ignored
	LoggingConfig cloud.Ignored
	MetricsConfig cloud.Ignored
}

// of is what is said of a mapping then. A list of filters without any takes the
// filters away.
func (in updateMappingInput) of(p mappingSettings) mappingSettings {
	set(&p.BatchSize, optional(in.BatchSize))
	set(&p.BisectBatchOnFunctionError, in.BisectBatchOnFunctionError)
	set(&p.DestinationConfig, optional(in.DestinationConfig))
	set(&p.Enabled, optional(in.Enabled))
	set(&p.FunctionName, in.FunctionName)
	set(&p.MaximumBatchingWindowInSeconds, in.MaximumBatchingWindowInSeconds)
	set(&p.MaximumRecordAgeInSeconds, optional(in.MaximumRecordAgeInSeconds))
	set(&p.MaximumRetryAttempts, optional(in.MaximumRetryAttempts))
	set(&p.ParallelizationFactor, optional(in.ParallelizationFactor))
	set(&p.ScalingConfig, in.ScalingConfig)
	if in.FunctionResponseTypes != nil {
		p.FunctionResponseTypes = in.FunctionResponseTypes
	}
	if in.FilterCriteria != nil {
		p.FilterCriteria = in.FilterCriteria
	}
	return p
}

func (l *Lambda) updateMapping(ctx context.Context, caller cloud.Caller, in updateMappingInput) (mappingOutput, error) {
	s, err := l.openMapping(caller, "lambda:UpdateEventSourceMapping", in.UUID)
	if err != nil {
		return mappingOutput{}, err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	l.mu.RLock()
	before := s.said
	l.mu.RUnlock()
	after := in.of(before)
	if err := l.restart(ctx, s, before, after); err != nil {
		return mappingOutput{}, asCall("UpdateEventSourceMapping", err)
	}
	state := "Updating"
	if before.enabled() != after.enabled() {
		state = map[bool]string{true: "Enabling", false: "Disabling"}[after.enabled()]
	}
	return l.tell(s, state), nil
}

type listMappingsInput struct {
	page
	EventSourceArn string
	FunctionName   string
}

type listMappingsOutput struct {
	EventSourceMappings []mappingOutput
	NextMarker          string `json:",omitempty"`
}

func (l *Lambda) listMappings(_ context.Context, caller cloud.Caller, in listMappingsInput) (out listMappingsOutput, err error) {
	if err := l.cloud.Authorize(caller, "lambda:ListEventSourceMappings", "*"); err != nil {
		return out, err
	}
	wanted := ""
	if in.FunctionName != "" {
		if err := l.checkName(functionName, in.FunctionName, ""); err != nil {
			return out, err
		}
		name, qualifier := parseName(in.FunctionName)
		wanted = target{function: &function{arn: l.cloud.ARN("lambda", "function:"+name)}, qualifier: qualifier}.arn()
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []mappingOutput
	for _, id := range slices.Sorted(maps.Keys(l.mappings)) {
		s := l.mappings[id]
		if (wanted == "" || s.called.arn() == wanted) && (in.EventSourceArn == "" || s.said.EventSourceArn == in.EventSourceArn) {
			all = append(all, s.told())
		}
	}
	out.EventSourceMappings, out.NextMarker, err = pageOf(in.page, all, 10_000)
	return out, err
}

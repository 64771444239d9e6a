// Package sagemaker is Amazon SageMaker AI for the local engine: training and
// transform jobs, models, and endpoints that answer. No container is run here:
// jobs take their time and end as a mock configuration says, which also has what
// endpoints answer.
package sagemaker

// This file is the service itself: its operations, and what they have in common.

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// principal is SageMaker as who takes on the roles of jobs and models.
const principal = "sagemaker.amazonaws.com"

// Options configure the service.
type Options struct {
	// Mocks say how jobs and endpoints end and what endpoints answer: the
	// responses to actions of aws-sdk:sagemaker. Default: no job can be started,
	// endpoints come into service, and none answers.
	Mocks *mock.Config

	// Objects are where jobs read and write. Required.
	Objects *s3.S3
}

// SageMaker is the service. It implements cloud.API: inputs and outputs have the
// members of the SDKs' shapes.
type SageMaker struct {
	cloud.Operations

	cloud   *cloud.Cloud
	options Options
	metrics metrics

	mu         sync.Mutex // guards what follows
	trainings  map[string]*job[trainingJob]
	transforms map[string]*job[transformJob]
	models     map[string]*model
	configs    map[string]*endpointConfig
	endpoints  map[string]*endpoint
}

var (
	_ cloud.API    = (*SageMaker)(nil)
	_ cloud.Worker = (*SageMaker)(nil)
)

// New returns a service without anything in it.
func New(c *cloud.Cloud, o Options) *SageMaker {
	s := &SageMaker{
		cloud: c, options: o, metrics: newMetrics(c),
		trainings: map[string]*job[trainingJob]{}, transforms: map[string]*job[transformJob]{},
		models: map[string]*model{}, configs: map[string]*endpointConfig{}, endpoints: map[string]*endpoint{},
	}
	s.Operations = cloud.Operations{
		"CreateEndpoint":         cloud.Handle(s.createEndpoint).Without("ExcludeRetainedVariantProperties", "RetainAllVariantProperties", "RetainDeploymentConfig"),
		"CreateEndpointConfig":   cloud.Handle(s.createEndpointConfig),
		"CreateModel":            cloud.Handle(s.createModel),
		"CreateTrainingJob":      cloud.Handle(s.createTrainingJob),
		"CreateTransformJob":     cloud.Handle(s.createTransformJob).Without(ofTraining...),
		"DeleteEndpoint":         cloud.Handle(s.deleteEndpoint),
		"DeleteEndpointConfig":   cloud.Handle(s.deleteEndpointConfig),
		"DeleteModel":            cloud.Handle(s.deleteModel),
		"DescribeEndpoint":       cloud.Handle(s.describeEndpoint),
		"DescribeEndpointConfig": cloud.Handle(s.describeEndpointConfig),
		"DescribeModel":          cloud.Handle(s.describeModel),
		"DescribeTrainingJob":    cloud.Handle(s.describeTrainingJob),
		"DescribeTransformJob":   cloud.Handle(s.describeTransformJob),
		"InvokeEndpoint":         cloud.Handle(s.invokeEndpoint),
		"ListEndpointConfigs":    cloud.Handle(s.listEndpointConfigs).Without("StatusEquals"),
		"ListEndpoints":          cloud.Handle(s.listEndpoints),
		"ListModels":             cloud.Handle(s.listModels).Without("StatusEquals"),
		"ListTrainingJobs":       cloud.Handle(s.listTrainingJobs),
		"ListTransformJobs":      cloud.Handle(s.listTransformJobs),
		"StopTrainingJob":        cloud.Handle(s.stopTrainingJob),
		"StopTransformJob":       cloud.Handle(s.stopTransformJob),
		"UpdateEndpoint":         cloud.Handle(s.updateEndpoint).Without("Tags"),
	}
	return s
}

// ofTraining are members of a source that the one of a transform job does not have.
var ofTraining = []string{
	"TransformInput.DataSource.S3DataSource.S3DataDistributionType", "TransformInput.DataSource.S3DataSource.AttributeNames",
	"TransformInput.DataSource.S3DataSource.InstanceGroupNames", "TransformInput.DataSource.S3DataSource.ModelAccessConfig",
}

// Protocols implements wire.Speaker: endpoints are invoked by REST.
func (s *SageMaker) Protocols() wire.Protocols {
	return wire.Protocols{
		REST: &wire.REST{Routes: []wire.Route{{
			Pattern: "POST /endpoints/{EndpointName}/invocations", Action: "InvokeEndpoint",
			Headers: map[string]string{
				"Content-Type": "ContentType", "Accept": "Accept", "X-Amzn-SageMaker-Custom-Attributes": "CustomAttributes",
				"X-Amzn-SageMaker-Target-Variant": "TargetVariant", "X-Amzn-SageMaker-Inference-Id": "InferenceId",
			},
			AnswerHeaders: map[string]string{
				"Content-Type": "ContentType", "X-Amzn-SageMaker-Custom-Attributes": "CustomAttributes",
				"X-Amzn-Invoked-Production-Variant": "InvokedProductionVariant",
			},
			Payload: "Body", Text: true,
		}}},
		MaxRequest: maxBody,
	}
}

// AwaitJob implements cloud.Worker; the id is what follows the account in an ARN:
// training-job/NAME.
func (s *SageMaker) AwaitJob(ctx context.Context, id string) error {
	kind, name, _ := strings.Cut(id, "/")
	s.mu.Lock()
	var ended chan struct{}
	switch kind {
	case "training-job":
		if j := s.trainings[name]; j != nil {
			ended = j.ended
		}
	case "transform-job":
		if j := s.transforms[name]; j != nil {
			ended = j.ended
		}
	}
	s.mu.Unlock()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *SageMaker) arn(kind, name string) string { return s.cloud.ARN("sagemaker", kind+"/"+name) }

// may asks whether the caller may perform an action on a resource.
func (s *SageMaker) may(caller cloud.Caller, action, kind, name string) error {
	return s.cloud.Authorize(caller, "sagemaker:"+action, s.arn(kind, name))
}

// mayTag asks whether the caller may give tags to what it creates.
func (s *SageMaker) mayTag(caller cloud.Caller, kind, name string, tags []tag) error {
	if len(tags) == 0 {
		return nil
	}
	return s.may(caller, "AddTags", kind, name)
}

type tag struct{ Key, Value string }

// names are what jobs, models, endpoints and their configurations may be called.
var names = regexp.MustCompile(`^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$`)

// checkName refuses what is no name; member is what the API calls it.
func checkName(member, name string) error {
	if name == "" {
		return required(member)
	}
	if !names.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name, lowerFirst(member))
	}
	return nil
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// required is the error of a member that is missing.
func required(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", lowerFirst(member))
}

func invalid(format string, arguments ...any) error {
	return cloud.Errorf(400, "ValidationException", format, arguments...)
}

// missing and existing are the errors of what is not there, and of what is.
func (s *SageMaker) missing(what, kind, name string) error {
	return invalid("Could not find %s %q.", what, s.arn(kind, name))
}

func (s *SageMaker) existing(what, kind, name string) error {
	return invalid("Cannot create already existing %s %q.", what, s.arn(kind, name))
}

// passable asks whether the caller may give a role to SageMaker, and whether that
// may take it on.
func (s *SageMaker) passable(caller cloud.Caller, b bearer) error {
	if err := s.cloud.MayPass(caller, b.role, principal); err != nil {
		return err
	}
	if _, err := s.as(b); err != nil {
		return invalid("Could not assume role %s. Please ensure that the role exists and allows principal '%s' to assume the role.", b.role, principal)
	}
	return nil
}

// bearer is what a role is taken on for.
type bearer struct {
	role string
	arn  string // of the job or the model
}

// as takes on a role.
func (s *SageMaker) as(b bearer) (cloud.Caller, error) {
	return s.cloud.Assume(s.cloud.ServiceCaller(principal, b.arn), b.role, "SageMaker")
}

// response is the mocked response to an action on a resource, or nil. Where it
// says that the call fails, that is the error.
func (s *SageMaker) response(action, name string) (*mock.Response, error) {
	response, err := s.options.Mocks.Next("sagemaker", action, name)
	if err != nil {
		return nil, invalid("%v", err)
	}
	if response == nil {
		return nil, nil
	}
	if err := response.Throw.Refusal(); err != nil {
		return nil, asModeled(cloud.AsError(err))
	}
	return response, nil
}

// asModeled names an error as SageMaker does: Step Functions adds Exception to
// names that do not end in it.
func asModeled(e *cloud.Error) error {
	statuses := map[string]int{
		"ResourceInUse": 400, "ResourceLimitExceeded": 400, "ResourceNotFound": 400,
		"InternalFailure": 500, "ModelError": 424, "ServiceUnavailable": 503, "ValidationError": 400,
	}
	if name := strings.TrimSuffix(e.Code, "Exception"); statuses[name] != 0 {
		e.Code, e.Status = name, statuses[name]
	}
	if e.Code == "ModelError" {
		e.Fields = map[string]any{"OriginalStatusCode": 500, "OriginalMessage": e.Message}
	}
	return e
}

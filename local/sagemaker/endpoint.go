package sagemaker

// This file is endpoints: how they come into service, and change.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// The statuses of endpoints.
const (
	creating       = "Creating"
	inService      = "InService"
	updating       = "Updating"
	rollingBack    = "RollingBack"
	rollbackFailed = "UpdateRollbackFailed"
	deleting       = "Deleting"
)

// deployTime is how long an endpoint takes for each change.
const deployTime = 2 * time.Second

// endpoint is an endpoint, whose description its service guards.
type endpoint struct {
	endpointShape
	serves *endpointConfig // nil until it has come into service
	gone   chan struct{}   // closed when it is being deleted
}

type endpointShape struct {
	EndpointName         string
	EndpointARN          string `json:"EndpointArn"`
	EndpointConfigName   string `json:",omitempty"`
	EndpointStatus       string
	FailureReason        string           `json:",omitempty"`
	ProductionVariants   []variantSummary `json:",omitempty"`
	CreationTime         cloud.Time
	LastModifiedTime     cloud.Time
	LastDeploymentConfig json.RawMessage `json:",omitempty"`
}

type variantSummary struct {
	VariantName             string
	CurrentInstanceCount    int `json:",omitempty"`
	DesiredInstanceCount    int `json:",omitempty"`
	CurrentWeight           *cloud.Double
	DesiredWeight           *cloud.Double
	CurrentServerlessConfig json.RawMessage `json:",omitempty"`
	DeployedImages          []deployedImage
}

type deployedImage struct {
	ResolutionTime cloud.Time
	ResolvedImage  string
	SpecifiedImage string
}

// variants are a configuration's as an endpoint has them.
func (c *endpointConfig) variants(now cloud.Time) []variantSummary {
	var summaries []variantSummary
	for _, v := range c.ProductionVariants {
		summaries = append(summaries, variantSummary{
			VariantName: v.VariantName, CurrentInstanceCount: v.InitialInstanceCount, DesiredInstanceCount: v.InitialInstanceCount,
			CurrentWeight: v.InitialVariantWeight, DesiredWeight: v.InitialVariantWeight, CurrentServerlessConfig: v.ServerlessConfig,
			DeployedImages: []deployedImage{{now, c.images[v.VariantName], c.images[v.VariantName]}},
		})
	}
	return summaries
}

type endpointInput struct {
	EndpointName       string
	EndpointConfigName string
	DeploymentConfig   json.RawMessage
	Tags               []tag // of CreateEndpoint

	// Of UpdateEndpoint. Nothing changes the variants but the configuration.
	ExcludeRetainedVariantProperties json.RawMessage
	RetainAllVariantProperties       bool
	RetainDeploymentConfig           bool
}

type endpointOutput struct {
	EndpointARN string `json:"EndpointArn"`
}

// authorizeEndpoint asks for an action on an endpoint and its configuration.
func (s *SageMaker) authorizeEndpoint(caller cloud.Caller, action string, in endpointInput) error {
	if err := checkName("EndpointName", in.EndpointName); err != nil {
		return err
	}
	if err := checkName("EndpointConfigName", in.EndpointConfigName); err != nil {
		return err
	}
	if err := s.may(caller, action, "endpoint", in.EndpointName); err != nil {
		return err
	}
	return s.may(caller, action, "endpoint-config", in.EndpointConfigName)
}

func (s *SageMaker) createEndpoint(_ context.Context, caller cloud.Caller, in endpointInput) (endpointOutput, error) {
	if err := s.authorizeEndpoint(caller, "CreateEndpoint", in); err != nil {
		return endpointOutput{}, err
	}
	if err := s.mayTag(caller, "endpoint", in.EndpointName, in.Tags); err != nil {
		return endpointOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endpoints[in.EndpointName] != nil {
		return endpointOutput{}, s.existing("endpoint", "endpoint", in.EndpointName)
	}
	c, ok := s.configs[in.EndpointConfigName]
	if !ok {
		return endpointOutput{}, s.missing("endpoint configuration", "endpoint-config", in.EndpointConfigName)
	}
	end, err := s.deploymentEnd("createEndpoint", in.EndpointName, creating, failed)
	if err != nil {
		return endpointOutput{}, err
	}
	now := cloud.Time(time.Now())
	e := &endpoint{endpointShape: endpointShape{
		EndpointName: in.EndpointName, EndpointARN: s.arn("endpoint", in.EndpointName), EndpointConfigName: in.EndpointConfigName,
		EndpointStatus: creating, CreationTime: now, LastModifiedTime: now, LastDeploymentConfig: in.DeploymentConfig,
	}, gone: make(chan struct{})}
	s.endpoints[in.EndpointName] = e
	s.cloud.Go(func(ctx context.Context) { s.deploy(ctx, e, c, end) })
	return endpointOutput{e.EndpointARN}, nil
}

func (s *SageMaker) updateEndpoint(_ context.Context, caller cloud.Caller, in endpointInput) (endpointOutput, error) {
	if err := s.authorizeEndpoint(caller, "UpdateEndpoint", in); err != nil {
		return endpointOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.endpoints[in.EndpointName]
	if !ok {
		return endpointOutput{}, s.missing("endpoint", "endpoint", in.EndpointName)
	}
	switch e.EndpointStatus {
	case inService:
	case failed, rollbackFailed:
		return endpointOutput{}, invalid("Cannot update endpoint %q with status %s. It can only be deleted.", e.EndpointARN, e.EndpointStatus)
	default:
		return endpointOutput{}, invalid("Cannot update in-progress endpoint %q.", e.EndpointARN)
	}
	c, ok := s.configs[in.EndpointConfigName]
	if !ok {
		return endpointOutput{}, s.missing("endpoint configuration", "endpoint-config", in.EndpointConfigName)
	}
	end, err := s.deploymentEnd("updateEndpoint", in.EndpointName, updating, rollingBack, failed, rollbackFailed)
	if err != nil {
		return endpointOutput{}, err
	}
	if !in.RetainDeploymentConfig {
		e.LastDeploymentConfig = in.DeploymentConfig
	}
	s.enter(e, updating, "")
	s.cloud.Go(func(ctx context.Context) { s.deploy(ctx, e, c, end) })
	return endpointOutput{e.EndpointARN}, nil
}

// deploymentEnd is how a deployment ends: in service unless a response says
// otherwise. Of the other statuses the first is the one of an endpoint that never
// comes to an end, and the second that of one that fails.
func (s *SageMaker) deploymentEnd(action, name string, others ...string) (endpointShape, error) {
	end := endpointShape{EndpointStatus: inService}
	response, err := s.response(action, name)
	if err != nil || response == nil {
		return end, err
	}
	if end, err = endOfDeployment(response, others); err != nil {
		return end, misscripted(action, name, err)
	}
	return end, nil
}

func endOfDeployment(response *mock.Response, others []string) (endpointShape, error) {
	end := endpointShape{EndpointStatus: inService}
	hasFailed, err := response.Describe(&end, &end.FailureReason)
	if err != nil {
		return end, err
	}
	if hasFailed && end.EndpointStatus == inService {
		end.EndpointStatus = others[1]
	}
	if end.EndpointStatus != inService && !slices.Contains(others, end.EndpointStatus) {
		return end, fmt.Errorf("a deployment does not end as %s", end.EndpointStatus)
	}
	return end, nil
}

// deploy has an endpoint serve by a configuration, after a while, or not.
func (s *SageMaker) deploy(ctx context.Context, e *endpoint, c *endpointConfig, end endpointShape) {
	if !e.pause(ctx) {
		return
	}
	switch end.EndpointStatus {
	case creating, updating: // it never comes to an end
	case inService:
		s.mu.Lock()
		defer s.mu.Unlock()
		e.serves, e.EndpointConfigName = c, c.EndpointConfigName
		e.ProductionVariants = c.variants(cloud.Time(time.Now()))
		s.enter(e, inService, "")
	case rollingBack:
		s.change(e, rollingBack, end.FailureReason)
		if e.pause(ctx) {
			s.change(e, inService, end.FailureReason)
		}
	default:
		s.change(e, end.EndpointStatus, cmp.Or(end.FailureReason, "The endpoint could not be deployed."))
	}
}

// pause waits, and tells whether the endpoint is still to be deployed.
func (e *endpoint) pause(ctx context.Context) bool {
	timer := time.NewTimer(deployTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-e.gone:
		return false
	case <-timer.C:
		return true
	}
}

// change sets the status; enter does so under the service's lock.
func (s *SageMaker) change(e *endpoint, status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(e, status, reason)
}

func (s *SageMaker) enter(e *endpoint, status, reason string) {
	e.EndpointStatus, e.FailureReason, e.LastModifiedTime = status, reason, cloud.Time(time.Now())
	s.tellEndpoint(&e.endpointShape)
}

type endpointNamed struct{ EndpointName string }

// endpoint finds an endpoint for a caller. It is called under the service's lock.
func (s *SageMaker) endpoint(caller cloud.Caller, action, name string) (*endpoint, error) {
	if err := checkName("EndpointName", name); err != nil {
		return nil, err
	}
	if err := s.may(caller, action, "endpoint", name); err != nil {
		return nil, err
	}
	e, ok := s.endpoints[name]
	if !ok {
		return nil, s.missing("endpoint", "endpoint", name)
	}
	return e, nil
}

func (s *SageMaker) describeEndpoint(_ context.Context, caller cloud.Caller, in endpointNamed) (endpointShape, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.endpoint(caller, "DescribeEndpoint", in.EndpointName)
	if err != nil {
		return endpointShape{}, err
	}
	return e.endpointShape, nil
}

// deleteEndpoint deletes an endpoint that is not being created or changed.
func (s *SageMaker) deleteEndpoint(_ context.Context, caller cloud.Caller, in endpointNamed) (struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.endpoint(caller, "DeleteEndpoint", in.EndpointName)
	if err != nil {
		return struct{}{}, err
	}
	switch e.EndpointStatus {
	case creating, updating, rollingBack, deleting:
		return struct{}{}, invalid("Cannot update in-progress endpoint %q.", e.EndpointARN)
	}
	s.enter(e, deleting, "")
	s.cloud.Go(func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(phase):
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.endpoints, in.EndpointName)
		}
	})
	return struct{}{}, nil
}

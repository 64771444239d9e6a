package sagemaker

// This file is models.

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// modelSpec is what a model is asked to be, and is described as.
type modelSpec struct {
	ModelName                string
	ExecutionRoleARN         string      `json:"ExecutionRoleArn,omitempty"`
	PrimaryContainer         *container  `json:",omitempty"`
	Containers               []container `json:",omitempty"`
	EnableNetworkIsolation   bool
	InferenceExecutionConfig json.RawMessage `json:",omitempty"`
	VpcConfig                json.RawMessage `json:",omitempty"`
}

type container struct {
	Image                      string            `json:",omitempty"`
	ModelDataURL               string            `json:"ModelDataUrl,omitempty"`
	Mode                       string            `json:",omitempty"`
	ContainerHostname          string            `json:",omitempty"`
	ModelPackageName           string            `json:",omitempty"`
	InferenceSpecificationName string            `json:",omitempty"`
	Environment                map[string]string `json:",omitempty"`
	AdditionalModelDataSources json.RawMessage   `json:",omitempty"`
	ImageConfig                json.RawMessage   `json:",omitempty"`
	ModelDataSource            json.RawMessage   `json:",omitempty"`
	MultiModelConfig           json.RawMessage   `json:",omitempty"`
}

// model is a model as it is described.
type model struct {
	modelSpec
	ModelARN     string `json:"ModelArn"`
	CreationTime cloud.Time
}

type createModelInput struct {
	modelSpec
	Tags []tag
}

type createModelOutput struct {
	ModelARN string `json:"ModelArn"`
}

func (s *SageMaker) createModel(ctx context.Context, caller cloud.Caller, in createModelInput) (createModelOutput, error) {
	name := in.ModelName
	if err := checkName("ModelName", name); err != nil {
		return createModelOutput{}, err
	}
	if err := s.may(caller, "CreateModel", "model", name); err != nil {
		return createModelOutput{}, err
	}
	if err := s.mayTag(caller, "model", name, in.Tags); err != nil {
		return createModelOutput{}, err
	}
	if err := in.check(); err != nil {
		return createModelOutput{}, err
	}
	b := bearer{in.ExecutionRoleARN, s.arn("model", name)}
	if err := s.passable(caller, b); err != nil {
		return createModelOutput{}, err
	}
	for _, c := range in.all() {
		if err := s.checkModelData(ctx, b, c.ModelDataURL); err != nil {
			return createModelOutput{}, err
		}
	}
	m := &model{modelSpec: in.modelSpec, ModelARN: s.arn("model", name), CreationTime: cloud.Time(time.Now())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.models[name] != nil {
		return createModelOutput{}, s.existing("model", "model", name)
	}
	s.models[name] = m
	return createModelOutput{m.ModelARN}, nil
}

// all are the containers of a model.
func (m *modelSpec) all() []container {
	if m.PrimaryContainer != nil {
		return []container{*m.PrimaryContainer}
	}
	return m.Containers
}

func (m *modelSpec) check() error {
	switch {
	case m.ExecutionRoleARN == "":
		return required("ExecutionRoleArn")
	case (m.PrimaryContainer == nil) == (len(m.Containers) == 0):
		return invalid("You must provide either PrimaryContainer or Containers, and not both.")
	}
	for _, c := range m.all() {
		if c.Image == "" && c.ModelPackageName == "" {
			return invalid("Both Image and ModelPackageName cannot be empty. Please provide a value for one of them.")
		}
	}
	return nil
}

// checkModelData looks for a model's archive, as its role.
func (s *SageMaker) checkModelData(ctx context.Context, b bearer, address string) error {
	if address == "" {
		return nil
	}
	bucket, key, err := location("PrimaryContainer.ModelDataUrl", address)
	if err != nil {
		return err
	}
	client, err := s.objects(b)
	if err != nil {
		return err
	}
	_, err = client.Head(ctx, bucket, key, "")
	switch {
	case err == nil:
		return nil
	case cloud.AsError(err).Status == 404:
		return invalid("Could not find model data at %s.", address)
	}
	return invalid("Could not access model data at %s. Please ensure that the role %q exists and that its trust relationship policy allows the action \"sts:AssumeRole\" for the service principal %q. Also ensure that the role has \"s3:GetObject\" permissions and that the object is located in %s.",
		address, b.role, principal, s.cloud.Region)
}

type modelNamed struct{ ModelName string }

// model finds a model for a caller.
func (s *SageMaker) model(caller cloud.Caller, action, name string) (*model, error) {
	if err := checkName("ModelName", name); err != nil {
		return nil, err
	}
	if err := s.may(caller, action, "model", name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[name]
	if !ok {
		return nil, s.missing("model", "model", name)
	}
	return m, nil
}

func (s *SageMaker) describeModel(_ context.Context, caller cloud.Caller, in modelNamed) (*model, error) {
	return s.model(caller, "DescribeModel", in.ModelName)
}

// deleteModel deletes a model, even one that serves: the endpoint keeps it.
func (s *SageMaker) deleteModel(_ context.Context, caller cloud.Caller, in modelNamed) (struct{}, error) {
	if _, err := s.model(caller, "DeleteModel", in.ModelName); err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.models, in.ModelName)
	return struct{}{}, nil
}

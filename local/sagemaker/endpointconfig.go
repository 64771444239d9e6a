package sagemaker

// This file is the configurations that endpoints serve by.

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// endpointConfigSpec is what a configuration is asked to be, and is described as.
type endpointConfigSpec struct {
	EndpointConfigName       string
	ProductionVariants       []variant
	KmsKeyID                 string          `json:"KmsKeyId,omitempty"`
	ExecutionRoleARN         string          `json:"ExecutionRoleArn,omitempty"`
	EnableNetworkIsolation   bool            `json:",omitempty"`
	AsyncInferenceConfig     json.RawMessage `json:",omitempty"`
	DataCaptureConfig        json.RawMessage `json:",omitempty"`
	ExplainerConfig          json.RawMessage `json:",omitempty"`
	MetricsConfig            json.RawMessage `json:",omitempty"`
	ShadowProductionVariants json.RawMessage `json:",omitempty"`
	VpcConfig                json.RawMessage `json:",omitempty"`
}

type variant struct {
	VariantName                                 string
	ModelName                                   string
	InitialInstanceCount                        int             `json:",omitempty"`
	InitialVariantWeight                        *cloud.Double   `json:",omitempty"`
	InstanceType                                string          `json:",omitempty"`
	AcceleratorType                             string          `json:",omitempty"`
	InferenceAmiVersion                         string          `json:",omitempty"`
	ContainerStartupHealthCheckTimeoutInSeconds int             `json:",omitempty"`
	ModelDataDownloadTimeoutInSeconds           int             `json:",omitempty"`
	VolumeSizeInGB                              int             `json:",omitempty"`
	EnableSSMAccess                             bool            `json:",omitempty"`
	CoreDumpConfig                              json.RawMessage `json:",omitempty"`
	ManagedInstanceScaling                      json.RawMessage `json:",omitempty"`
	RoutingConfig                               json.RawMessage `json:",omitempty"`
	ServerlessConfig                            json.RawMessage `json:",omitempty"`
}

// endpointConfig is a configuration as it is described.
type endpointConfig struct {
	endpointConfigSpec
	EndpointConfigARN string `json:"EndpointConfigArn"`
	CreationTime      cloud.Time

	images map[string]string // of the models, by variant
}

type createEndpointConfigInput struct {
	endpointConfigSpec
	Tags []tag
}

type createEndpointConfigOutput struct {
	EndpointConfigARN string `json:"EndpointConfigArn"`
}

// maxVariants is the most that a configuration may have.
const maxVariants = 10

func (s *SageMaker) createEndpointConfig(_ context.Context, caller cloud.Caller, in createEndpointConfigInput) (createEndpointConfigOutput, error) {
	name := in.EndpointConfigName
	if err := checkName("EndpointConfigName", name); err != nil {
		return createEndpointConfigOutput{}, err
	}
	if err := s.may(caller, "CreateEndpointConfig", "endpoint-config", name); err != nil {
		return createEndpointConfigOutput{}, err
	}
	if err := s.mayTag(caller, "endpoint-config", name, in.Tags); err != nil {
		return createEndpointConfigOutput{}, err
	}
	if err := in.check(); err != nil {
		return createEndpointConfigOutput{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.configs[name] != nil {
		return createEndpointConfigOutput{}, s.existing("endpoint configuration", "endpoint-config", name)
	}
	c := &endpointConfig{
		endpointConfigSpec: in.endpointConfigSpec, EndpointConfigARN: s.arn("endpoint-config", name), CreationTime: cloud.Time(time.Now()),
		images: map[string]string{},
	}
	for i := range c.ProductionVariants {
		v := &c.ProductionVariants[i]
		m, ok := s.models[v.ModelName]
		if !ok {
			return createEndpointConfigOutput{}, s.missing("model", "model", v.ModelName)
		}
		if v.InitialVariantWeight == nil {
			weight := cloud.Double(1)
			v.InitialVariantWeight = &weight
		}
		c.images[v.VariantName] = m.all()[0].Image
	}
	s.configs[name] = c
	return createEndpointConfigOutput{c.EndpointConfigARN}, nil
}

func (c *endpointConfigSpec) check() error {
	if n := len(c.ProductionVariants); n < 1 || n > maxVariants {
		return invalid("1 validation error detected: Value at 'productionVariants' failed to satisfy constraint: Member must have length between 1 and %d", maxVariants)
	}
	seen := map[string]bool{}
	for i := range c.ProductionVariants {
		v := &c.ProductionVariants[i]
		if err := checkName("VariantName", v.VariantName); err != nil {
			return err
		}
		switch {
		case seen[v.VariantName]:
			return invalid("Duplicate production variant name %s.", v.VariantName)
		case v.ModelName == "":
			return invalid("The local engine has no inference components: the variant %s needs a ModelName.", v.VariantName)
		case v.ServerlessConfig == nil && (v.InstanceType == "" || v.InitialInstanceCount < 1):
			return invalid("The variant %s needs an InstanceType and an InitialInstanceCount of at least 1, or a ServerlessConfig.", v.VariantName)
		}
		seen[v.VariantName] = true
	}
	return nil
}

type endpointConfigNamed struct{ EndpointConfigName string }

func (s *SageMaker) config(caller cloud.Caller, action, name string) (*endpointConfig, error) {
	if err := checkName("EndpointConfigName", name); err != nil {
		return nil, err
	}
	if err := s.may(caller, action, "endpoint-config", name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.configs[name]
	if !ok {
		return nil, s.missing("endpoint configuration", "endpoint-config", name)
	}
	return c, nil
}

func (s *SageMaker) describeEndpointConfig(_ context.Context, caller cloud.Caller, in endpointConfigNamed) (*endpointConfig, error) {
	return s.config(caller, "DescribeEndpointConfig", in.EndpointConfigName)
}

// deleteEndpointConfig deletes a configuration, even one that an endpoint serves
// by: SageMaker only warns of that.
func (s *SageMaker) deleteEndpointConfig(_ context.Context, caller cloud.Caller, in endpointConfigNamed) (struct{}, error) {
	if _, err := s.config(caller, "DeleteEndpointConfig", in.EndpointConfigName); err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.configs, in.EndpointConfigName)
	return struct{}{}, nil
}

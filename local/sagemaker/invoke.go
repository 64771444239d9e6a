package sagemaker

// This file is what endpoints answer: what a mock configuration says.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// maxBody is the most that an endpoint takes and answers, in bytes.
// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
const maxBody = 25 << 20

// text is a body: a JSON text, or another JSON value as its text.
type text []byte

func (t text) MarshalJSON() ([]byte, error) { return json.Marshal(string(t)) }

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	*t = compact.Bytes()
	return err
}

type invokeEndpointInput struct {
	EndpointName     string
	Body             text
	ContentType      string
	Accept           string
	CustomAttributes string
	TargetVariant    string
	InferenceID      string `json:"InferenceId"`
}

type invokeEndpointOutput struct {
	Body                     text
	ContentType              string `json:",omitempty"`
	CustomAttributes         string `json:",omitempty"`
	InvokedProductionVariant string `json:",omitempty"`
}

func (s *SageMaker) invokeEndpoint(_ context.Context, caller cloud.Caller, in invokeEndpointInput) (invokeEndpointOutput, error) {
	name := in.EndpointName
	if err := s.may(caller, "InvokeEndpoint", "endpoint", name); err != nil {
		return invokeEndpointOutput{}, err
	}
	variant, err := s.serving(name, in.TargetVariant)
	if err != nil {
		return invokeEndpointOutput{}, err
	}
	s.metrics.invoked(name, variant)
	response, err := s.response("invokeEndpoint", name)
	if err == nil && response == nil {
		err = cloud.Errorf(400, "ValidationError", "The local engine runs no containers: a mock configuration has to say what this endpoint answers, as the response to invokeEndpoint of aws-sdk:sagemaker for %s.", name)
	}
	var out invokeEndpointOutput
	if err == nil {
		out, err = answer(response, in, variant)
	}
	s.metrics.answered(name, variant, err)
	return out, err
}

// serving returns the variant that answers: that which the caller wants, or the
// first that has a weight. An endpoint that is changed or could not be serves on
// as it did.
func (s *SageMaker) serving(name, wanted string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.endpoints[name]
	if !ok || e.serves == nil || e.EndpointStatus == deleting {
		return "", cloud.Errorf(400, "ValidationError", "Endpoint %s of account %s not found.", name, s.cloud.Account)
	}
	for _, v := range e.serves.ProductionVariants {
		if v.VariantName == wanted || wanted == "" && *v.InitialVariantWeight > 0 {
			return v.VariantName, nil
		}
	}
	return "", cloud.Errorf(400, "ValidationError", "Variant %s of endpoint %s not found.", wanted, name)
}

// answer is what a response says of the answer.
func answer(response *mock.Response, in invokeEndpointInput, variant string) (invokeEndpointOutput, error) {
	var out invokeEndpointOutput
	var reason string
	hasFailed, err := response.Describe(&out, &reason)
	if err != nil {
		return out, cloud.Errorf(400, "ValidationError", "invokeEndpoint of aws-sdk:sagemaker for %s: %v", in.EndpointName, err)
	}
	if hasFailed {
		return out, asModeled(cloud.Errorf(424, "ModelError", "%s", reason))
	}
	if len(out.Body) > maxBody {
		return out, cloud.Errorf(400, "ValidationError", "The answer is longer than %d bytes.", maxBody)
	}
	accepted := in.Accept
	if accepted == "*/*" {
		accepted = ""
	}
	out.ContentType = cmp.Or(out.ContentType, accepted, in.ContentType, "application/octet-stream")
	out.InvokedProductionVariant = cmp.Or(out.InvokedProductionVariant, variant)
	return out, nil
}

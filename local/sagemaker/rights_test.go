package sagemaker_test

import (
	"strings"
	"testing"
	"testing/synctest"

	awssagemaker "github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const here = "arn:aws:sagemaker:eu-west-1:111122223333:"

func TestEveryActionNeedsItsPermissions(t *testing.T) {
	source := map[string]any{"S3DataSource": map[string]any{"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}
	tags := []map[string]string{{"Key": "a", "Value": "b"}}
	trainingJob := map[string]any{
		"TrainingJobName": "n", "RoleArn": role, "AlgorithmSpecification": map[string]any{"TrainingImage": "i", "TrainingInputMode": "File"},
		"OutputDataConfig": map[string]any{"S3OutputPath": "s3://data/o"}, "ResourceConfig": map[string]any{}, "StoppingCondition": map[string]any{}, "Tags": tags,
	}
	for _, row := range []struct {
		action string
		in     map[string]any
		needs  []string
	}{
		{"CreateTrainingJob", trainingJob, []string{"sagemaker:CreateTrainingJob " + here + "training-job/n", "sagemaker:AddTags " + here + "training-job/n", "iam:PassRole " + role}},
		{"DescribeTrainingJob", map[string]any{"TrainingJobName": "n"}, []string{"sagemaker:DescribeTrainingJob " + here + "training-job/n"}},
		{"StopTrainingJob", map[string]any{"TrainingJobName": "n"}, []string{"sagemaker:StopTrainingJob " + here + "training-job/n"}},
		{"ListTrainingJobs", nil, []string{"sagemaker:ListTrainingJobs *"}},
		{"CreateTransformJob", map[string]any{"TransformJobName": "n", "ModelName": "one", "TransformInput": map[string]any{"DataSource": source}, "TransformOutput": map[string]any{"S3OutputPath": "s3://data/o"}, "TransformResources": map[string]any{}, "Tags": tags},
			[]string{"sagemaker:CreateTransformJob " + here + "transform-job/n", "sagemaker:AddTags " + here + "transform-job/n"}},
		{"DescribeTransformJob", map[string]any{"TransformJobName": "n"}, []string{"sagemaker:DescribeTransformJob " + here + "transform-job/n"}},
		{"StopTransformJob", map[string]any{"TransformJobName": "n"}, []string{"sagemaker:StopTransformJob " + here + "transform-job/n"}},
		{"ListTransformJobs", nil, []string{"sagemaker:ListTransformJobs *"}},
		{"CreateModel", map[string]any{"ModelName": "n", "ExecutionRoleArn": role, "PrimaryContainer": map[string]any{"Image": "i"}, "Tags": tags},
			[]string{"sagemaker:CreateModel " + here + "model/n", "sagemaker:AddTags " + here + "model/n", "iam:PassRole " + role}},
		{"DescribeModel", map[string]any{"ModelName": "n"}, []string{"sagemaker:DescribeModel " + here + "model/n"}},
		{"DeleteModel", map[string]any{"ModelName": "n"}, []string{"sagemaker:DeleteModel " + here + "model/n"}},
		{"ListModels", nil, []string{"sagemaker:ListModels *"}},
		{"CreateEndpointConfig", map[string]any{"EndpointConfigName": "n", "ProductionVariants": []any{map[string]any{"VariantName": "a", "ModelName": "one", "InstanceType": "t", "InitialInstanceCount": 1}}, "Tags": tags},
			[]string{"sagemaker:CreateEndpointConfig " + here + "endpoint-config/n", "sagemaker:AddTags " + here + "endpoint-config/n"}},
		{"DescribeEndpointConfig", map[string]any{"EndpointConfigName": "n"}, []string{"sagemaker:DescribeEndpointConfig " + here + "endpoint-config/n"}},
		{"DeleteEndpointConfig", map[string]any{"EndpointConfigName": "n"}, []string{"sagemaker:DeleteEndpointConfig " + here + "endpoint-config/n"}},
		{"ListEndpointConfigs", nil, []string{"sagemaker:ListEndpointConfigs *"}},
		{"CreateEndpoint", map[string]any{"EndpointName": "n", "EndpointConfigName": "one", "Tags": tags},
			[]string{"sagemaker:CreateEndpoint " + here + "endpoint/n", "sagemaker:CreateEndpoint " + here + "endpoint-config/one", "sagemaker:AddTags " + here + "endpoint/n"}},
		{"UpdateEndpoint", map[string]any{"EndpointName": "n", "EndpointConfigName": "one"},
			[]string{"sagemaker:UpdateEndpoint " + here + "endpoint/n", "sagemaker:UpdateEndpoint " + here + "endpoint-config/one"}},
		{"DescribeEndpoint", map[string]any{"EndpointName": "n"}, []string{"sagemaker:DescribeEndpoint " + here + "endpoint/n"}},
		{"DeleteEndpoint", map[string]any{"EndpointName": "n"}, []string{"sagemaker:DeleteEndpoint " + here + "endpoint/n"}},
		{"ListEndpoints", nil, []string{"sagemaker:ListEndpoints *"}},
		{"InvokeEndpoint", map[string]any{"EndpointName": "n"}, []string{"sagemaker:InvokeEndpoint " + here + "endpoint/n"}},
	} {
		t.Run(row.action, func(t *testing.T) {
			inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
				configure(t, client, "one")
				for i, need := range row.needs {
					without := append(append(only{}, row.needs[:i]...), row.needs[i+1:]...)
					e.Authorizer = without
					if err := e.call(t.Context(), row.action, row.in); err == nil || !strings.Contains(err.Error(), strings.Replace(need, " ", " on ", 1)) {
						t.Errorf("without %s: %v", need, err)
					}
				}
				e.Authorizer = only(row.needs)
				if err := e.call(t.Context(), row.action, row.in); err != nil && cloud.AsError(err).Code == "AccessDeniedException" {
					t.Errorf("with all of it: %v", err)
				}
				synctest.Wait()
				e.Authorizer = nil
			})
		})
	}
}

// passing permits everything but sees which service a role is passed to.
type passing struct {
	to      string
	trusted bool
}

func (p *passing) Authorize(caller cloud.Caller, action, _ string) error {
	if action == "iam:PassRole" {
		p.to = caller.Context["iam:PassedToService"] + " " + caller.Context["a"]
	}
	return nil
}

func (p *passing) Assume(service cloud.Caller, role, _ string) (cloud.Caller, error) {
	if !p.trusted || service.Service != "sagemaker.amazonaws.com" {
		return cloud.Caller{}, cloud.Errorf(403, "AccessDeniedException", "no")
	}
	return cloud.Caller{Role: role}, nil
}

func TestARoleIsPassedToSageMaker(t *testing.T) {
	inEngine(t, trained, func(t *testing.T, e *engine, client *awssagemaker.Client) {
		p := &passing{}
		e.Authorizer = p
		err := e.Do(t.Context(), cloud.Caller{Context: map[string]string{"a": "b"}}, "sagemaker", "CreateModel",
			map[string]any{"ModelName": "n", "ExecutionRoleArn": role, "PrimaryContainer": map[string]any{"Image": "i"}}, nil)
		if p.to != "sagemaker.amazonaws.com b" || err == nil || !strings.Contains(err.Error(), "Could not assume role "+role) {
			t.Errorf("passed to %q, %v", p.to, err)
		}
		p.trusted = true
		if err := e.call(t.Context(), "CreateModel", map[string]any{"ModelName": "n", "ExecutionRoleArn": role, "PrimaryContainer": map[string]any{"Image": "i"}}); err != nil {
			t.Errorf("trusted: %v", err)
		}
	})
}

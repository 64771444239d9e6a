package training

// This file declares the state machines, and what they may do.

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// queueing is how long a job may wait for machines, beyond the time that it may
// run.
const queueing = time.Hour

func (s *System) addMachines(props Props, settings operation.Settings) {
	s.Endpoint = workflow.New(s.Construct, "Endpoint", workflow.Props{
		Definition:    statemachines.Definition("training/endpoint.asl.json"),
		Substitutions: map[string]string{"Name": s.Name, "EndpointSeconds": seconds(props.Serve.Timeout)},
		Alarms:        props.Alarms.Endpoint,
		Operation:     settings,
	})
	operation.Allow(s.Endpoint, []string{s.sageMaker("endpoint", s.Name)}, "sagemaker:DescribeEndpoint", "sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:DeleteEndpoint")
	operation.Allow(s.Endpoint, []string{s.sageMaker("endpoint-config", s.Name+"-*")}, "sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint")

	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition: statemachines.Definition("training/training.asl.json"),
		Substitutions: map[string]string{
			"Name": s.Name, "RunsTable": *s.Runs.TableName(),
			"DataBucket": *s.Data.BucketName(), "DataPrefix": props.DataPrefix, "WorkBucket": *s.Work.BucketName(),
			"FindDataArn": *s.FindData.Function.FunctionArn(), "PredictArn": *s.Predict.Function.FunctionArn(),
			"JobName": *s.Job.Ref(), "TransformTimeoutSeconds": seconds(props.Transform.Timeout + queueing),
			"Image": props.Train.Image, "TrainingRoleArn": *s.TrainingRole.RoleArn(),
			"HyperParameters": expression(orEmpty(props.Train.HyperParameters)), "MetricDefinitions": expression(definitions(props.Train.Metrics)),
			"TrainingInstanceType": props.Train.InstanceType, "TrainingVolume": strconv.Itoa(props.Train.Volume),
			"TrainingSeconds": seconds(props.Train.Timeout), "TrainingTimeoutSeconds": seconds(props.Train.Timeout + queueing),
			"Metric": props.Gate.Metric, "Gate": props.Gate.expression(),
			"EndpointInstanceType": props.Serve.InstanceType, "EndpointInstances": strconv.Itoa(props.Serve.Instances),
			"EndpointMachineArn": *s.Endpoint.StateMachine.StateMachineArn(), "EndpointTimeoutSeconds": seconds(props.Serve.Timeout + 10*time.Minute),
		},
		Alarms:    props.Alarms.Runs,
		Operation: settings,
	})
	s.allow()
}

// allow lets the workflow do its steps.
func (s *System) allow() {
	w := s.Workflow
	operation.AllowTable(w, s.Runs, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
	s.FindData.GrantInvoke(w)
	s.Predict.GrantInvoke(w)
	operation.Allow(w, []string{operation.ARN(s.Construct, "glue", "job/"+*s.Job.Ref())}, "glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
	operation.Allow(w, []string{s.sageMaker("training-job", s.Name+"-*")}, "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "sagemaker:AddTags", "sagemaker:ListTags")
	operation.Allow(w, []string{s.sageMaker("model", s.Name+"-*")}, "sagemaker:CreateModel", "sagemaker:DeleteModel")
	operation.Allow(w, []string{s.sageMaker("endpoint-config", s.Name+"-*")}, "sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig")
	operation.Allow(w, []string{s.sageMaker("endpoint", s.Name)}, "sagemaker:DescribeEndpoint", "sagemaker:DeleteEndpoint")
	s.Endpoint.GrantStartExecution(w)
	operation.Allow(w, []string{s.Endpoint.Executions()}, "states:DescribeExecution", "states:StopExecution")
	// Step Functions hears of the ends of jobs by rules of its own.
	operation.Allow(w, []string{
		operation.ARN(s.Construct, "events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"), operation.ARN(s.Construct, "events", "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"),
	}, "events:DescribeRule", "events:PutRule", "events:PutTargets")
	// Of its own name, the policy is none that the state machine waits for: it
	// names the state machine.
	own := awsiam.NewPolicy(w.Construct, jsii.String("Runs"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{w.Role},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Actions: jsii.Strings("states:DescribeExecution"), Resources: jsii.Strings(w.Executions()),
			}),
		},
	})
	s.passRole()
	operation.Suppress(own, "AwsSolutions-IAM5", "Any execution of this one state machine may be the run that is going.", `^Resource::.*:execution:.*:\*$`)
	operation.Suppress(w.Role, "AwsSolutions-IAM5", "Each run has a training job, a model and a configuration of its own, named after the system; and an execution of the endpoint's state machine.",
		`^Resource::.*:(training-job|model|endpoint-config)/.*-\*$`, `^Resource::.*:execution:.*:\*$`)
	operation.Suppress(s.Endpoint.Role, "AwsSolutions-IAM5", "Each run has a configuration of its own, named after the system.", `^Resource::.*:endpoint-config/.*-\*$`)
}

// passRole lets SageMaker act by the container's role.
func (s *System) passRole() {
	s.Workflow.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("iam:PassRole"), Resources: &[]*string{s.TrainingRole.RoleArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "sagemaker.amazonaws.com"}},
	}))
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// expression is a value as a JSONata expression, inside of the text of a JSON
// string, which is where the definition has it.
func expression(value any) string {
	inner, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts always marshal
	}
	outer, err := json.Marshal(string(inner))
	if err != nil {
		panic(err)
	}
	return string(outer[1 : len(outer)-1])
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// definition is one of SageMaker's MetricDefinitions.
type definition struct{ Name, Regex string }

func definitions(metrics map[string]string) []definition {
	list := []definition{}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		list = append(list, definition{name, metrics[name]})
	}
	return list
}

package constructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

const waiting = `{"StartAt":"Wait","TimeoutSeconds":60,"States":{"Wait":{"Type":"Wait","Seconds":${Pause},"Comment":"${Why}","End":true}}}`

var waitingFor = map[string]string{"Pause": "5", "Why": "a test"}

func TestWorkflowLogsErrorsWithoutPartnersData(t *testing.T) {
	stack := cdktest.NewStack(t)
	workflow.New(stack, "Flow", workflow.Props{Definition: waiting, Substitutions: waitingFor})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Flow"), `{
		"StateMachineType": "STANDARD",
		"DefinitionSubstitutions": {"Pause": "5", "Why": "a test"},
		"LoggingConfiguration": {"Level": "ERROR", "IncludeExecutionData": false},
		"TracingConfiguration": {"Enabled": true},
		"RoleArn": "<Flow/Role.Arn>"
	}`)
	template.Has(template.At("AWS::Logs::LogGroup", "Flow/Logs"), `{"RetentionInDays": 90}`)
}

func TestWorkflowsAlarmsTellTheTopic(t *testing.T) {
	stack := cdktest.NewStack(t)
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	workflow.New(stack, "Flow", workflow.Props{Definition: waiting, Substitutions: waitingFor, Operation: operation.Settings{AlarmTopic: topic}})
	template := cdktest.Synth(t, stack)
	for path, metric := range map[string]string{
		"Flow/FailedAlarm": "ExecutionsFailed", "Flow/TimedOutAlarm": "ExecutionsTimedOut", "Flow/ThrottledAlarm": "ExecutionThrottled",
	} {
		template.Has(template.At("AWS::CloudWatch::Alarm", path), `{
			"MetricName": "`+metric+`", "Threshold": 1, "AlarmActions": ["<Topic>"],
			"Dimensions": [{"Name": "StateMachineArn", "Value": "<Flow>"}]
		}`)
	}
}

func TestFailedExecutionsReachTheTarget(t *testing.T) {
	stack := cdktest.NewStack(t)
	queue := awssqs.NewQueue(stack, jsii.String("Failures"), nil)
	workflow.New(stack, "Flow", workflow.Props{
		Definition: waiting, Substitutions: waitingFor,
		OnFailure: awseventstargets.NewSqsQueue(queue, nil),
	})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::Events::Rule", "Flow/Failures"), `{"EventPattern": {
		"source": ["aws.states"],
		"detail-type": ["Step Functions Execution Status Change"],
		"detail": {"stateMachineArn": ["<Flow>"], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}
	}}`)
}

func TestGrantStartExecutionIsExact(t *testing.T) {
	stack := cdktest.NewStack(t)
	flow := workflow.New(stack, "Flow", workflow.Props{Definition: waiting, Substitutions: waitingFor})
	role := awsiam.NewRole(stack, jsii.String("Starter"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	flow.GrantStartExecution(role)
	operation.Allow(flow, []string{"arn:aws:sns:::topic"}, "sns:Publish")
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::IAM::Policy", "Starter/DefaultPolicy"), `{"PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "<Flow>"}
	]}}`)
}

func TestWrongWorkflowPropsAreReportedTogether(t *testing.T) {
	target := func() workflow.Props { return workflow.Props{Definition: waiting, Substitutions: waitingFor} }
	for name, test := range map[string]struct {
		change func(*workflow.Props)
		want   []string
	}{
		"no definition": {
			func(p *workflow.Props) { p.Definition = "" },
			[]string{"workflow.Workflow Flow", "give Definition"},
		},
		"placeholders": {
			func(p *workflow.Props) { p.Substitutions = map[string]string{"Paws": "4", "Why": ""} },
			[]string{"${Pause} has no value", "has no ${Paws}"},
		},
		"not JSON": {
			func(p *workflow.Props) { p.Definition += "}" },
			[]string{"the definition is not JSON"},
		},
		"no time limit": {
			func(p *workflow.Props) { p.Definition = strings.Replace(p.Definition, `"TimeoutSeconds":60,`, "", 1) },
			[]string{"no TimeoutSeconds"},
		},
		"too long for Express": {
			func(p *workflow.Props) {
				p.Express = true
				p.Definition = strings.Replace(p.Definition, `"TimeoutSeconds":60,`, `"TimeoutSeconds":301,`, 1)
			},
			[]string{"TimeoutSeconds is 301: an Express workflow ends after 5m0s"},
		},
		"Express tells nobody": {
			func(p *workflow.Props) {
				p.Express = true
				p.OnFailure = awseventstargets.NewSqsQueue(awssqs.NewQueue(cdktest.NewStack(t), jsii.String("Queue"), nil), nil)
			},
			[]string{"sends no status events"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			props := target()
			test.change(&props)
			message := cdktest.Panics(func() { workflow.New(cdktest.NewStack(t), "Flow", props) })
			for _, part := range test.want {
				if !strings.Contains(message, part) {
					t.Errorf("no %q in %q", part, message)
				}
			}
		})
	}
}

package constructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/instances"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// instancesSystem is the template of a switch with default props.
func instancesSystem(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "instances")
}

// EC2 lets nobody describe one instance only; all else is on the one.
func TestTheSwitchIsForOneInstance(t *testing.T) {
	template := synthOnce(t, "instances existing", func(stack awscdk.Stack) {
		instances.New(stack, "Switch", instances.Props{InstanceID: "i-0123456789abcdef0"})
	})
	var got []string
	for _, line := range permissions(template) {
		role, action, resource := split3(line)
		if strings.HasPrefix(action, "ec2:") {
			got = append(got, strings.Join([]string{role, action, resource}, " "))
		}
	}
	const one = "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/i-0123456789abcdef0"
	var want []string
	for _, machine := range []string{"Express", "Standard"} {
		role := "Switch/" + machine + "/Role "
		want = append(want, role+"ec2:DescribeInstances *", role+"ec2:StartInstances "+one, role+"ec2:StopInstances "+one)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if made := template.OfType("AWS::EC2::Instance"); len(made) != 0 {
		t.Errorf("%d instances are made", len(made))
	}
	for _, machine := range []string{"Express", "Standard"} {
		template.Has(template.At("AWS::StepFunctions::StateMachine", "Switch/"+machine),
			`{"StateMachineType": "`+strings.ToUpper(machine)+`", "DefinitionSubstitutions": {"InstanceId": "i-0123456789abcdef0"}}`)
	}
}

func TestAnInstanceThatIsMadeIsSmallEncryptedAndGivesNoCredentialsAway(t *testing.T) {
	template := instancesSystem(t)
	template.Has(template.At("AWS::EC2::Instance", "Switch/Instance"), `{"InstanceType": "t4g.nano", "MetadataOptions": {"HttpTokens": "required"},
		"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true, "VolumeType": "gp3"}}]}`)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Switch/Express"), `{"DefinitionSubstitutions": {"InstanceId": "<Switch/Instance>"}}`)
}

// A caller who comes too early is told so, and is no reason to wake anybody.
func TestTheSwitchSaysWhenItsExecutionsFailOften(t *testing.T) {
	template := instancesSystem(t)
	for _, machine := range []string{"Express", "Standard"} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Switch/"+machine+"/FailedAlarm"), `{"Threshold": 5, "AlarmActions": ["<Switch/Alarms>"]}`)
	}
}

func TestTheSwitchTellsOfTheProgressOfWhatItDoesLater(t *testing.T) {
	template := synthOnce(t, "instances progress", func(stack awscdk.Stack) {
		instances.New(stack, "Switch", instances.Props{Progress: workflowapi.Progress{Queue: awssqs.NewQueue(stack, jsii.String("Queue"), nil)}})
	})
	rules := template.OfType("AWS::Events::Rule")
	if len(rules) != 1 {
		t.Fatalf("%d rules", len(rules))
	}
	template.Has(rules[0], `{"EventPattern": {"detail": {"stateMachineArn": ["<Switch/Standard>"]}}, "Targets": [{"Arn": "<Queue.Arn>", "DeadLetterConfig": {"Arn": "<Switch/API/ProgressDeadLetters.Arn>"}, "Id": "Target0", "InputPath": "$.detail"}]}`)
}

func TestTheSwitchIsGrantedWithAllOfItsRoutesAndNothingElse(t *testing.T) {
	template := synthOnce(t, "instances grants", func(stack awscdk.Stack) {
		system := instances.New(stack, "Switch", instances.Props{})
		system.GrantSwitch(awsiam.NewRole(stack, jsii.String("Caller"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()}))
	})
	var got []string
	for _, line := range permissions(template) {
		if role, action, resource := split3(line); role == "Caller" {
			got = append(got, action+" "+resource)
		}
	}
	var want []string
	for _, route := range []string{"GET/standard-instance/*", "POST/express-instance", "POST/standard-instance"} {
		want = append(want, "execute-api:Invoke arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Switch/API>/<Switch/API/Resource/DeploymentStage.v1>/"+route)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWrongSwitchPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		instances.New(cdktest.NewStack(t), "Switch", instances.Props{
			InstanceID: "i-0123456789abcdef0", SubnetID: "subnet-1",
			API: workflowapi.Props{Synchronous: []workflowapi.Synchronous{{Path: "mine"}}, Asynchronous: []workflowapi.Asynchronous{{Path: "ours"}}},
			Alarms: instances.Alarms{
				Standard: workflow.Alarms{Failed: operation.Alarm{Threshold: -1}},
				API:      workflowapi.Alarms{Starters: workflow.Alarms{Aborted: operation.Alarm{Threshold: -2}}},
			},
		})
	})
	for _, part := range []string{"instances.System Switch", `SubnetID is "subnet-1"`, "API has 2 routes",
		"Alarms.Standard.Failed.Threshold is -1", "Alarms.API.Starters.Aborted.Threshold is -2"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

// Package instances puts a switch for an EC2 instance behind a REST API: a
// request starts the instance if it is stopped, and stops it if it is running.
//
//	POST /express-instance  --> Express: Check Instance Status --> Start Instance or Stop Instance
//	POST /standard-instance --> Standard: Wait 29 s --> the same
//	GET  /standard-instance/{execution}
//
// A body, and the input of an execution, is {"instance_id": ...}. The first
// route answers when the instance is switched, the second at once: its Location
// is the third, which tells what came of it. What cannot be switched gets an
// answer of its own. No function stands between.
package instances

// This file puts the system together.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	contract "github.com/tradepost-dev/tradepost/internal/contract/instances"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// ExpressPath and StandardPath are the routes.
const (
	ExpressPath  = "express-instance"
	StandardPath = "standard-instance"
)

// Props are the properties of a System.
type Props struct {
	// InstanceID is of an existing instance. Default: one is made, of type
	// t4g.nano with Amazon Linux 2023, which is terminated with the stack.
	InstanceID string

	// SubnetID is where the instance is made. Not for an existing one. Default:
	// a subnet of the account's default VPC.
	SubnetID string

	// Progress tells of what becomes of executions of Standard, so that callers
	// need not ask. Default: nobody is told.
	Progress workflowapi.Progress

	// API says who may call, and how often. Routes, alarms and operation are the
	// system's own. Default: callers sign by IAM.
	API workflowapi.Props

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long logs are kept, whom the alarms tell, and which key
	// encrypts them. Default: see operation.Settings.
	Operation operation.Settings
}

// System is all of it.
type System struct {
	Construct constructs.Construct

	// InstanceID is of the one instance that can be switched.
	InstanceID string

	// Instance is nil for an existing instance.
	Instance awsec2.CfnInstance

	// Express and Standard run an execution per request. Their output is JSON
	// with instance_id, action (STARTED or STOPPED), previous and current.
	Express, Standard *workflow.Workflow

	API        *workflowapi.API
	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	operation.Must("instances.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	s := &System{Construct: this, InstanceID: props.InstanceID, AlarmTopic: settings.AlarmTopic}
	if s.InstanceID == "" {
		s.addInstance(props.SubnetID)
	}
	alarms := props.Alarms.withDefaults()
	s.Express = s.machine("Express", "instances/express.asl.json", alarms.Express, settings)
	s.Standard = s.machine("Standard", "instances/standard.asl.json", alarms.Standard, settings)

	api := props.API
	api.Synchronous = []workflowapi.Synchronous{{Path: ExpressPath, StateMachine: s.Express.StateMachine, Errors: contract.Statuses}}
	api.Asynchronous = []workflowapi.Asynchronous{{Path: StandardPath, StateMachine: s.Standard.StateMachine, Progress: props.Progress}}
	api.Alarms, api.Operation = alarms.API, settings
	if api.Description == "" {
		api.Description = "Starts and stops an EC2 instance"
	}
	s.API = workflowapi.New(this, "API", api)
	s.addOverview()
	return s
}

func (p Props) validate() error {
	var faults operation.Faults
	if p.InstanceID != "" && p.SubnetID != "" {
		faults.Addf("SubnetID is %q: an existing instance is in a subnet already", p.SubnetID)
	}
	if routes := len(p.API.Synchronous) + len(p.API.Asynchronous); routes > 0 {
		faults.Addf("API has %d routes: the routes are the system's own", routes)
	}
	p.Alarms.validate(&faults)
	return faults.Err()
}

// addInstance declares an instance that does nothing in particular.
func (s *System) addInstance(subnet string) {
	image := awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{CpuType: awsec2.AmazonLinuxCpuType_ARM_64})
	props := &awsec2.CfnInstanceProps{
		ImageId:      image.GetImage(s.Construct).ImageId,
		InstanceType: jsii.String("t4g.nano"),
		BlockDeviceMappings: []any{&awsec2.CfnInstance_BlockDeviceMappingProperty{
			DeviceName: jsii.String("/dev/xvda"),
			Ebs:        &awsec2.CfnInstance_EbsProperty{Encrypted: jsii.Bool(true), VolumeType: jsii.String("gp3")},
		}},
		MetadataOptions: &awsec2.CfnInstance_MetadataOptionsProperty{HttpTokens: jsii.String("required")},
		Tags:            &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: s.Construct.Node().Path()}},
	}
	if subnet != "" {
		props.SubnetId = &subnet
	}
	s.Instance = awsec2.NewCfnInstance(s.Construct, jsii.String("Instance"), props)
	s.InstanceID = *s.Instance.Ref()
	operation.Suppress(s.Instance, "AwsSolutions-EC28", "Who switches an instance on and off by hand does not look at it every minute.")
	operation.Suppress(s.Instance, "AwsSolutions-EC29", "The instance holds nothing: whoever deletes the stack wants it gone.")
}

func (s *System) machine(id, definition string, alarms workflow.Alarms, settings operation.Settings) *workflow.Workflow {
	w := workflow.New(s.Construct, id, workflow.Props{
		Definition:    statemachines.Definition(definition),
		Substitutions: map[string]string{"InstanceId": s.InstanceID},
		Express:       id == "Express",
		Alarms:        alarms,
		Operation:     settings,
	})
	stack := awscdk.Stack_Of(s.Construct)
	instance := stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("ec2"), Resource: jsii.String("instance"), ResourceName: &s.InstanceID})
	operation.Allow(w, []string{*instance}, "ec2:StartInstances", "ec2:StopInstances")
	operation.Allow(w, []string{"*"}, "ec2:DescribeInstances") // which workflow has answered cdk-nag for
	return w
}

// GrantSwitch lets a grantee call the routes, if callers sign by IAM.
func (s *System) GrantSwitch(grantee awsiam.IGrantable) awsiam.Grant {
	return s.API.GrantInvoke(grantee, ExpressPath).Combine(s.API.GrantInvoke(grantee, StandardPath))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Express", s.Express.MetricSucceeded(nil), s.Express.MetricFailed(nil), s.Express.MetricTimedOut(nil)),
		operation.Graph("Standard", s.Standard.MetricSucceeded(nil), s.Standard.MetricFailed(nil), s.Standard.MetricTimedOut(nil)),
		operation.Graph("REST API", s.API.MetricRequests(nil), s.API.MetricClientErrors(nil), s.API.MetricServerErrors(nil)),
	)
}

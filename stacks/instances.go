package stacks

// This file declares the stack of the switch for an EC2 instance.

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/instances"
)

var instanceID = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)

// readInstances takes from the context:
//
//	instance        id of an existing EC2 instance (default: one is made)
//	instanceSubnet  where it is made (default: in the account's default VPC)
//	webAcl, allowedRanges, keepApiAccount  as those of B2B
func readInstances(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	props := instances.Props{
		InstanceID: context.text("instance", ""),
		SubnetID:   context.text("instanceSubnet", ""),
	}
	props.API.WebACL = context.text("webAcl", "")
	props.API.AllowedRanges = context.list("allowedRanges")
	props.API.KeepAPIAccount = context.flag("keepApiAccount")
	if props.InstanceID != "" && !instanceID.MatchString(props.InstanceID) {
		context.fault("instance is %q: give the id of an EC2 instance, such as i-0123456789abcdef0", props.InstanceID)
	}
	if props.InstanceID != "" && props.SubnetID != "" {
		context.fault("instanceSubnet is %q: an existing instance is in a subnet already", props.SubnetID)
	}
	return func(app awscdk.App) awscdk.Stack { return newInstances(app, config, props) }
}

func newInstances(app awscdk.App, config Config, props instances.Props) awscdk.Stack {
	stack := config.newStack(app, "Instances", "a switch for an EC2 instance, by REST and workflow executions")
	props.Operation = config.operation(stack)
	system := instances.New(stack, "Instances", props)
	output(stack, "URL", "Address below which the routes are", system.API.URL())
	output(stack, "InstanceID", "The instance that they switch", system.InstanceID)
	output(stack, "ExpressARN", "State machine that switches it at once", *system.Express.StateMachine.StateMachineArn())
	output(stack, "StandardARN", "State machine that waits first", *system.Standard.StateMachine.StateMachineArn())
	config.finish(stack, system.AlarmTopic)
	return stack
}

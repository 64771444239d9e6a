package stacks

// This file declares the stack of user onboarding.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/onboarding"
)

// readOnboarding takes from the context:
//
//	usersTable   name of an existing table of users (default: it is made)
func readOnboarding(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	users := context.text("usersTable", "")
	return func(app awscdk.App) awscdk.Stack { return newOnboarding(app, config, users) }
}

func newOnboarding(app awscdk.App, config Config, users string) awscdk.Stack {
	stack := config.newStack(app, "Onboarding", "new users, each saved, announced and referred by its own workflow execution")
	props := onboarding.Props{Operation: config.operation(stack)}
	props.Users = existing(stack, "Users", users, props.Operation.Key)
	system := onboarding.New(stack, "Onboarding", props)
	output(stack, "WorkflowARN", "State machine of users: start executions of it", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "UsersTable", "Table of users", *system.Users.TableName())
	output(stack, "EventsQueueURL", "Events of new users: consume them", *system.Events.QueueUrl())
	output(stack, "DeadLetterQueueURL", "Those that consumers gave up", *system.DeadLetters.QueueUrl())
	config.finish(stack, system.AlarmTopic)
	return stack
}

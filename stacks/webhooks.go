package stacks

// This file declares the stack of webhooks.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/webhooks"
)

// readWebhooks takes from the context:
//
//	webhooks  file of the sources (default webhooks.json)
//	webAcl, keepApiAccount  as those of B2B
func readWebhooks(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	sources, err := webhooks.LoadSources(context.text("webhooks", "webhooks.json"))
	if err != nil {
		context.fault("webhooks: %v", err)
	}
	props := webhooks.Props{Sources: sources, WebACL: context.text("webAcl", ""), KeepAPIAccount: context.flag("keepApiAccount")}
	return func(app awscdk.App) awscdk.Stack { return newWebhooks(app, config, props) }
}

func newWebhooks(app awscdk.App, config Config, props webhooks.Props) awscdk.Stack {
	stack := config.newStack(app, "Webhooks", "webhooks of several senders, each verified, and published once and in order")
	props.Operation = config.operation(stack)
	system := webhooks.New(stack, "Webhooks", props)
	output(stack, "URL", "Address below which webhooks are sent: webhooks/<source>", system.API.URL())
	output(stack, "SecretPrefix", "Names of the sources' secrets: this and the source", system.SecretPrefix)
	output(stack, "StreamName", "Stream of webhooks", *system.Stream.StreamName())
	output(stack, "WorkflowARN", "State machine of webhooks", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "FailuresURL", "Queue of webhooks that were rejected or given up", *system.Failures.QueueUrl())
	output(stack, "TopicARN", "Topic of events", *system.Topic.TopicArn())
	output(stack, "EventsTable", "Table of events", *system.Events.TableName())
	output(stack, "EventsQueueURL", "Queue of events for the table", *system.Subscribers["Events"].Queue.QueueUrl())
	output(stack, "EventsDeadLetterQueueURL", "Events that could not be recorded", *system.Subscribers["Events"].DeadLetters.QueueUrl())
	output(stack, "DiscardedQueueURL", "What Lambda has given up", *system.Discarded.QueueUrl())
	output(stack, "DiscardedDeadLetterQueueURL", "What Lambda has given up, and could not be parked", *system.DiscardedLetters.QueueUrl())
	config.finish(stack, system.AlarmTopic)
	return stack
}

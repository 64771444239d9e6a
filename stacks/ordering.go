package stacks

// This file declares the stack of order placement.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/ordering"
)

// readOrdering takes from the context:
//
//	stockTable   name of an existing table of items (default: it is made)
//	ordersTable  name of an existing table of orders (default: it is made)
func readOrdering(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	stock, orders := context.text("stockTable", ""), context.text("ordersTable", "")
	return func(app awscdk.App) awscdk.Stack { return newOrdering(app, config, stock, orders) }
}

func newOrdering(app awscdk.App, config Config, stock, orders string) awscdk.Stack {
	stack := config.newStack(app, "Ordering", "customers' orders, each placed and answered by its own workflow execution")
	props := ordering.Props{Operation: config.operation(stack)}
	props.Stock = existing(stack, "Stock", stock, props.Operation.Key)
	props.Orders = existing(stack, "Orders", orders, props.Operation.Key)
	system := ordering.New(stack, "Ordering", props)
	output(stack, "QueueURL", "Queue of orders: send them here", *system.Queue.QueueUrl())
	output(stack, "DeadLetterQueueURL", "Messages that were no orders, or started no execution", *system.DeadLetters.QueueUrl())
	output(stack, "WorkflowARN", "State machine of orders", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "StockTable", "Table of items: stock them here", *system.Stock.TableName())
	output(stack, "OrdersTable", "Table of placed orders", *system.Orders.TableName())
	output(stack, "NoticesTopicARN", "Topic that is told what to tell customers: subscribe to it", *system.Notices.TopicArn())
	config.finish(stack, system.AlarmTopic)
	return stack
}

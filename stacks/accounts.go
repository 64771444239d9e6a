package stacks

// This file declares the stack of account applications.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/accounts"
)

// readAccounts takes from the context:
//
//	refusedNames        who gets no account, with commas between
//	applicationsTable   name of an existing table of decisions (default: it is made)
//	accountsTable       name of an existing table of accounts (default: it is made)
//	webAcl, allowedRanges, keepApiAccount  as those of B2B
func readAccounts(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	props := accounts.Props{RefusedNames: context.list("refusedNames")}
	props.API.WebACL = context.text("webAcl", "")
	props.API.AllowedRanges = context.list("allowedRanges")
	props.API.KeepAPIAccount = context.flag("keepApiAccount")
	applications, existingAccounts := context.text("applicationsTable", ""), context.text("accountsTable", "")
	return func(app awscdk.App) awscdk.Stack {
		return newAccounts(app, config, props, applications, existingAccounts)
	}
}

func newAccounts(app awscdk.App, config Config, props accounts.Props, applicationsTable, accountsTable string) awscdk.Stack {
	stack := config.newStack(app, "Accounts", "applications for accounts, each checked, decided and answered by its own workflow execution")
	props.Operation = config.operation(stack)
	props.Applications = existing(stack, "GivenApplications", applicationsTable, props.Operation.Key)
	props.Accounts = existing(stack, "GivenAccounts", accountsTable, props.Operation.Key)
	system := accounts.New(stack, "Accounts", props)
	output(stack, "URL", "Address below which applications are sent", system.API.URL())
	output(stack, "WorkflowARN", "State machine of applications", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "ApplicationsTable", "Table of decisions", *system.Applications.TableName())
	output(stack, "AccountsTable", "Table of accounts", *system.Accounts.TableName())
	config.finish(stack, system.AlarmTopic)
	return stack
}

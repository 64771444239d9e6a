package stacks

// This file declares the stack of the policy guard.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/policyguard"
)

// readPolicyGuard takes from the context:
//
//	administrators     mail addresses of who decides, with commas between; without
//	                   them the stack is declared only where "systems" names it
//	restrictedActions  what no policy may grant without them (default: see
//	                   policyguard.DefaultRestricted)
//	verdict            rollback, alert or nothing (default: rollback)
//	deployers          ARNs of roles and users whose changes stand
//	decisionTimeout    for how long a decision is waited for (default: 24h)
//	secondOpinion      have IAM Access Analyzer look, too (default: false)
//	trail              make a trail of management events (default: false)
//	keepApiAccount     as that of B2B
//	forwarded          IAM's events are forwarded to this region (default: false)
func readPolicyGuard(context *Context, config Config) func(awscdk.App) awscdk.Stack {
	verdicts := map[string]policyguard.Verdict{
		"rollback": policyguard.RollBackAndAsk, "alert": policyguard.Alert, "nothing": policyguard.Nothing,
	}
	props := policyguard.Props{
		Administrators: context.list("administrators"),
		Restricted:     context.list("restrictedActions"),
		Verdict:        verdicts[context.choice("verdict", "rollback", "alert", "nothing")],
		Deployers:      context.list("deployers"),
		SecondOpinion:  context.flag("secondOpinion"),
		NewTrail:       context.flag("trail"),
		Forwarded:      context.flag("forwarded"),
		KeepAPIAccount: context.flag("keepApiAccount"),
	}
	if len(props.Administrators) == 0 {
		context.fault("administrators are not given: the policy guard has to ask somebody")
	}
	var err error
	if props.Timeout, err = time.ParseDuration(context.text("decisionTimeout", "24h")); err != nil {
		context.fault("decisionTimeout is %q: give a duration such as 24h", context.text("decisionTimeout", ""))
	}
	return func(app awscdk.App) awscdk.Stack { return newPolicyGuard(app, config, props) }
}

func newPolicyGuard(app awscdk.App, config Config, props policyguard.Props) awscdk.Stack {
	stack := config.newStack(app, "PolicyGuard", "changes of IAM policies that grant restricted actions, rolled back until an administrator approves")
	props.Operation = config.operation(stack)
	system := policyguard.New(stack, "Guard", props)
	output(stack, "BoundaryARN", "Permissions boundary: attach it to whoever must not touch the guard", *system.Boundary.ManagedPolicyArn())
	output(stack, "WorkflowARN", "State machine of changes", *system.Workflow.StateMachine.StateMachineArn())
	output(stack, "CasesTable", "Table of changes that were not left alone", *system.Cases.TableName())
	output(stack, "UndeliveredQueueURL", "Changes that were judged by nobody", *system.Undelivered.QueueUrl())
	output(stack, "NoticesTopicARN", "Topic that is told what came of changes: subscribe to it", *system.Notices.TopicArn())
	config.finish(stack, system.AlarmTopic)
	return stack
}

package approval

// This file says who may ask and who may read, and what there is to be watched.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Serve lets a workflow ask, and tells it what is decided.
func (s *System) Serve(w *workflow.Workflow) {
	s.GrantAsk(w)
	s.TellMachine(w.Construct, "Decisions", w.StateMachine)
}

// GrantAsk lets the role of a state machine ask. One that is no workflow.Workflow
// has to be told as well, by TellMachine.
func (s *System) GrantAsk(grantee awsiam.IGrantable) awsiam.Grant {
	return s.Request.GrantInvoke(grantee).Combine(s.Conclude.GrantInvoke(grantee))
}

// TellMachine lets the functions tell a state machine what is decided, by a policy
// in the scope. The policy is not the roles' own, which the functions wait for: it
// names the state machine, which may wait for the functions.
func (s *System) TellMachine(scope constructs.Construct, id string, machine awsstepfunctions.IStateMachine) awsiam.Policy {
	return awsiam.NewPolicy(scope, &id, &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{s.Request.Role, s.Page.Role},
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("states:SendTaskSuccess"), Resources: &[]*string{machine.StateMachineArn()},
		})},
	})
}

// GrantReadDecisions lets somebody read what was asked and decided, an auditor
// say. The rows have the tasks' tokens, too, which do nothing without the
// permission states:SendTaskSuccess.
func (s *System) GrantReadDecisions(grantee awsiam.IGrantable) awsiam.Grant {
	return s.Requests.GrantReadData(grantee)
}

// MetricQuestions counts how often something was asked; one that was tried again
// counts again.
func (s *System) MetricQuestions(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Request.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

// MetricTimeouts counts the tasks that have waited for long enough.
func (s *System) MetricTimeouts(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Conclude.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

// MetricMails counts the mails that were sent, one for each approver of a question.
func (s *System) MetricMails(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Mails.MetricNumberOfNotificationsDelivered(options.For(awscloudwatch.Stats_SUM()))
}

// MetricUndelivered counts the mails that could not be sent.
func (s *System) MetricUndelivered(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.Mails.MetricNumberOfNotificationsFailed(options.For(awscloudwatch.Stats_SUM()))
}

// Graphs are what a dashboard has of approvals.
func (s *System) Graphs() []awscloudwatch.IWidget {
	return []awscloudwatch.IWidget{
		operation.Graph("Approvals: asked, timed out", s.MetricQuestions(nil), s.MetricTimeouts(nil)),
		operation.Graph("Approvals: mails sent, undelivered", s.MetricMails(nil), s.MetricUndelivered(nil)),
		operation.Graph("Approvals: the page", s.API.MetricRequests(nil), s.API.MetricClientErrors(nil), s.API.MetricServerErrors(nil)),
	}
}

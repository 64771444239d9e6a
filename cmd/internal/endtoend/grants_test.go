package endtoend

// This file holds the app's roles to what they need: a statement that no call of
// all tests has needed is one too many, unless it is known why the role has it.

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/iam"
)

// spare is a grant that these tests do not need, and why there is one.
type spare struct {
	role    string // what its name has in it
	actions string // as the statement lists them, with commas; empty: whatever it grants
	reason  string
}

var spares = []spare{
	{"ApiGatewayAccountRole", "", "the engine writes no access logs of APIs"},
	{"", "logs:CreateLogStream,logs:PutLogEvents", "the function has not run: the grants that it is for say why"},
	{"", "xray:PutTelemetryRecords,xray:PutTraceSegments", "likewise"},

	{"PipelineEnrolmentEnrolRole", "apigateway:DELETE", "keys of partners who have been unknown for an hour are given back: lambdas/b2b/enrol has the hour"},
	{"PipelineEnrolmentEnrolRole", "apigateway:POST", "a partner's first key joins a plan in TestTenThousandPartners..., whose app is another one"},
	{"PipelineSFTPSplitRole", "sqs:GetQueueAttributes,sqs:GetQueueUrl,sqs:SendMessage", "Lambda reports a notice that it has given up after two more attempts, three minutes later: local/lambda has them"},
	{"PipelineSFTPSplitRole", "s3:ListBucket", "without it S3 answers 403 for an object that has gone"},
	{"PipelineSettlementAcknowledgeRole", "s3:PutObjectTagging", "S3 asks for it where a file has tags"},
	{"PipelineWorkflowConcludeRole", "sqs:GetQueueAttributes,sqs:GetQueueUrl,sqs:SendMessage", "as of split"},
	{"PipelineWorkflowConcludeRole", "states:DescribeExecution", "an event leaves out an input that is large: lambdas/b2b/conclude has one"},
	{"PipelineWorkflowConcludeRole", "dynamodb:UpdateItem", "a posted transaction fails: TestTheMetricsOfBothIntakesAddUp has some, on an engine of its own"},
	{"InstancesStandardRole", "ec2:StartInstances,ec2:StopInstances", "one test has the only instance, by the other machine: cmd/internal/instances has this one"},
	{"InvoicesAnalyzeRole", "states:StartExecution", "a document that Textract does not take goes to a person: lambdas/invoices/analyze has one"},
	{"InvoicesWatchRole", "", "it looks every hour after jobs of which nothing was heard: lambdas/invoices/watch has the hour"},
	{"ApprovalConcludeRole", "dynamodb:UpdateItem", "nobody decides in time: constructs/approval_test.go waits for it"},
	{"ApprovalRequestRole", "states:SendTaskSuccess", "an attempt that asks again after the decision: lambdas/approval/request has it"},
	{"GuardEvaluateRole", "iam:GetRolePolicy", "the request of an inline policy tells its document, unless it is too long for an event: lambdas/policyguard/evaluate has one"},
	{"GuardEvaluateRole", "iam:GetUserPolicy", "likewise"},
	{"GuardEvaluateRole", "iam:GetGroupPolicy", "likewise"},
	{"GuardEvents", "sns:Publish", "somebody changes the guard itself: constructs/policyguard_test.go has the pattern"},
	{"TrainingJobRole", "", "jobs do not run here, and what a mock writes for one is all that it does"},
	{"TrainingReportRole", "sqs:GetQueueAttributes,sqs:GetQueueUrl,sqs:SendMessage", "as of split"},
	{"TrainingScheduleRole", "", "a run begins once a day: local/scheduler has the days"},
	{"TrainingTrainingRole", "", "as of the job"},
	{"TrainingWorkflowRole", "states:DescribeExecution,states:StopExecution", "Step Functions asks for it to wait for an execution on AWS, where an event was lost, and to stop it"},
	{"WebhooksSalvageRole", "", "Lambda gives a batch up after its attempts, which take minutes: lambdas/webhooks/salvage begins there"},
}

// checkGrants tells, after all tests, of statements that nobody has needed or
// answered for.
func checkGrants(p iam.Privileges) error {
	var faults []error
	for _, grant := range p.Unused {
		role, ours := strings.CutPrefix(path.Base(grant.Principal), "Tradepost-")
		actions := strings.Join(grant.Actions, ",")
		answered := slices.ContainsFunc(spares, func(s spare) bool {
			return strings.Contains(role, s.role) && (s.actions == "" || s.actions == actions)
		})
		if ours && grant.Entirely && !answered {
			faults = append(faults, fmt.Errorf("no test has needed what the role %s may do (%s on %s): drop it, or say in grants_test.go why it is there",
				role, actions, strings.Join(grant.Resources, ", ")))
		}
	}
	return errors.Join(faults...)
}

// whole tells whether all tests of the package run.
func whole() bool {
	return flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && !testing.Short()
}

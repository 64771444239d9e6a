package endtoend

// This file holds the app's roles to what they need: an action or a resource of a
// grant that no call of all tests has needed is one too many, unless it is known why
// the role has it.

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

// spare is what a role is granted that these tests do not need, and why.
type spare struct {
	role   string   // what its name has in it
	grants []string // actions, and parts of resources' ARNs; * is whatever it grants
	reason string
	chance bool // they may need it, by the order in which things happen
}

var spares = []spare{
	{role: "ApiGatewayAccountRole", grants: words("*"), reason: "the engine writes no access logs of APIs"},
	{role: "", grants: words("logs:CreateLogStream logs:PutLogEvents xray:PutTelemetryRecords xray:PutTraceSegments"),
		reason: "the function has not run: the grants that it is for say why"},
	{role: "", grants: words("sqs:ChangeMessageVisibility sqs:GetQueueUrl"),
		reason: "the CDK grants a function that consumes a queue what a program that does so itself needs"},

	{role: "PipelineEnrolmentEnrolRole", grants: words("apigateway:DELETE"), reason: "keys of partners who have been unknown for an hour are given back: lambdas/b2b/enrol has the hour"},
	{role: "PipelineEnrolmentEnrolRole", grants: words("apigateway:POST"), reason: "a partner's first key joins a plan in TestTenThousandPartners..., whose app is another one"},
	{role: "PipelineEnrolmentEnrolRole", grants: words("dynamodb:GetItem"), reason: "a row that somebody else has changed meanwhile is read again: internal/enrolment has one", chance: true},
	{role: "PipelineRESTAcceptRole", grants: words("dynamodb:DeleteItem"), reason: "a transaction that cannot be queued leaves no row: lambdas/b2b/accept has one", chance: true},
	{role: "PipelineSFTPSessionRole", grants: words("s3:AbortMultipartUpload"), reason: "Transfer Family ends uploads of large files that are broken off, here it stores none before its end"},
	{role: "PipelineSFTPSplitRole", grants: words("sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage"),
		reason: "Lambda reports a notice that it has given up after two more attempts, three minutes later: local/lambda has them"},
	{role: "PipelineSFTPSplitRole", grants: words("s3:ListBucket"), reason: "without it S3 answers 403 for an object that has gone"},
	{role: "PipelineSettlementAcknowledgeRole", grants: words("s3:GetObject"), reason: "the file lies in a bucket that keeps no versions"},
	{role: "PipelineSettlementAcknowledgeRole", grants: words("s3:GetObjectTagging s3:GetObjectVersionTagging s3:PutObjectTagging"), reason: "S3 asks for it where a file has tags"},
	{role: "PipelineSettlementWatchRole", grants: words("lambda:InvokeFunction"), reason: "a claim runs out after a quarter of an hour: TestAFileWhoseNoticeIsLost..., in cmd/internal/simulated, has one"},
	{role: "PipelineWorkflowConcludeRole", grants: words("sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage"), reason: "as of split"},
	{role: "PipelineWorkflowConcludeRole", grants: words("states:DescribeExecution"), reason: "an event leaves out an input that is large: lambdas/b2b/conclude has one"},
	{role: "PipelineWorkflowConcludeRole", grants: words("dynamodb:UpdateItem"), reason: "a posted transaction fails: TestTheMetricsOfBothIntakesAddUp has some, on an engine of its own"},
	{role: "InstancesStandardRole", grants: words("ec2:DescribeInstances ec2:StartInstances ec2:StopInstances"),
		reason: "one test has the only instance, by the other machine: cmd/internal/instances has this one"},
	{role: "InvoicesAnalyzeRole", grants: words("s3:GetObject"), reason: "documents lie in a bucket that keeps no versions"},
	{role: "InvoicesAnalyzeRole", grants: words("sqs:SendMessage"), reason: "Textract has no room for a job: lambdas/invoices/analyze puts it off"},
	{role: "InvoicesAnalyzeRole", grants: words("states:StartExecution"), reason: "a document that Textract does not take goes to a person: lambdas/invoices/analyze has one"},
	{role: "InvoicesArchiverRole", grants: words("s3:GetObject"), reason: "documents lie in a bucket that keeps no versions"},
	{role: "InvoicesArchiverRole", grants: words("invoicesdocuments"), reason: "without s3:ListBucket S3 answers 403 for a document that has gone"},
	{role: "InvoicesRegisterRole", grants: words("dynamodb:DeleteItem"), reason: "a person corrects an invoice's number: lambdas/invoices/register has one"},
	{role: "InvoicesWatchRole", grants: words("*"), reason: "it looks every hour after jobs of which nothing was heard: lambdas/invoices/watch has the hour"},
	{role: "WorkflowRole", grants: words("ApprovalConclude"), reason: "nobody decides in time: constructs/approval_test.go waits for it"},
	{role: "ApprovalConcludeRole", grants: words("dynamodb:UpdateItem"), reason: "likewise"},
	{role: "ApprovalRequestRole", grants: words("states:SendTaskSuccess"), reason: "an attempt that asks again after the decision: lambdas/approval/request has it"},
	{role: "GuardEvaluateRole", grants: words("iam:GetRolePolicy iam:GetUserPolicy iam:GetGroupPolicy"),
		reason: "the request of an inline policy tells its document, unless it is too long for an event: lambdas/policyguard/evaluate has one"},
	{role: "GuardRollBackRole", grants: words("dynamodb:GetItem"), reason: "an attempt that comes after another reads what that has kept: lambdas/policyguard/rollback has it", chance: true},
	{role: "GuardRollBackRole", grants: words("iam:DeleteRolePolicy iam:DeleteUserPolicy iam:DeleteGroupPolicy"),
		reason: "whoever has the policy has no room for the placeholder: lambdas/policyguard/rollback has one"},
	{role: "GuardEvents", grants: words("sns:Publish"), reason: "somebody changes the guard itself: constructs/policyguard_test.go has the pattern"},
	{role: "TrainingEndpointRole", grants: words("sagemaker:DeleteEndpoint"), reason: "an endpoint has failed and is made anew: statemachines has one"},
	{role: "TrainingFindDataRole", grants: words("trainingwork"), reason: "without s3:ListBucket S3 answers 403 for a manifest that has gone"},
	{role: "TrainingJobRole", grants: words("*"), reason: "jobs do not run here, and what a mock writes for one is all that it does"},
	{role: "TrainingReportRole", grants: words("sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage"), reason: "as of split"},
	{role: "TrainingScheduleRole", grants: words("*"), reason: "a run begins once a day: local/scheduler has the days"},
	{role: "TrainingTrainingRole", grants: words("*"), reason: "as of the job"},
	{role: "TrainingWorkflowRole", grants: words("glue:BatchStopJobRun glue:GetJobRuns sagemaker:AddTags sagemaker:ListTags sagemaker:StopTrainingJob StepFunctionsGetEventsForStepFunctionsExecutionRule states:DescribeExecution states:StopExecution"),
		reason: "Step Functions asks for it to wait for a job or an execution on AWS, where an event was lost, and to stop it"},
	{role: "TrainingWorkflowRole", grants: words("sagemaker:DeleteEndpoint"), reason: "a run that made the first endpoint is undone: statemachines has one"},
	{role: "WebhooksForwardRole", grants: words("WebhooksDiscarded"), reason: "Lambda gives a batch up after its attempts, which take minutes: lambdas/webhooks/salvage begins there"},
	{role: "WebhooksForwardRole", grants: words("kinesis:DescribeStreamSummary"), reason: "Lambda asks for it of who reads a stream"},
	{role: "WebhooksSalvageRole", grants: words("*"), reason: "as of what Lambda gives up"},
}

// words is a list of words.
func words(text string) []string { return strings.Fields(text) }

// unneeded is an action or a resource that a role was granted and did not need.
type unneeded struct{ role, grant string }

// meant tells whether one of a spare's grants answers for it.
func (u unneeded) meant(s spare, grant string) bool {
	return strings.Contains(u.role, s.role) && (grant == "*" || grant == u.grant || strings.HasPrefix(u.grant, "arn:") && strings.Contains(u.grant, grant))
}

// checkGrants tells, after all tests, of grants that nobody has needed or answered
// for, and of answers to which there is no question any more.
func checkGrants(p iam.Privileges, spares []spare) error {
	var faults []error
	var all []unneeded
	for _, unused := range p.Unused {
		role, ours := strings.CutPrefix(path.Base(unused.Principal), "Tradepost-")
		grants := unused.Actions
		if !unused.Entirely {
			grants = slices.Concat(grants, unused.Resources)
		}
		for _, grant := range grants {
			if ours {
				all = append(all, unneeded{role, grant})
			}
		}
	}
	for _, u := range all {
		if !slices.ContainsFunc(spares, func(s spare) bool {
			return slices.ContainsFunc(s.grants, func(grant string) bool { return u.meant(s, grant) })
		}) {
			faults = append(faults, fmt.Errorf("no test has needed %s, which the role %s is granted: drop it, or say in grants_test.go why it is there", u.grant, u.role))
		}
	}
	for _, s := range spares {
		for _, grant := range s.grants {
			if !s.chance && !slices.ContainsFunc(all, func(u unneeded) bool { return u.meant(s, grant) }) {
				faults = append(faults, fmt.Errorf("grants_test.go has a reason for %s of %q, which is needed now or granted no more: drop it there", grant, s.role))
			}
		}
	}
	return errors.Join(faults...)
}

func TestGrantsWithoutAReasonAndReasonsWithoutAGrantAreTold(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/Tradepost-Shop-Role"
	of := func(entirely bool, actions, resources string) iam.UnusedGrant {
		return iam.UnusedGrant{Principal: role, Entirely: entirely, Actions: words(actions), Resources: words(resources)}
	}
	for name, row := range map[string]struct {
		unused iam.UnusedGrant
		spare  spare
		want   string // in the error, or empty
	}{
		"an action of a statement that is needed":      {of(false, "s3:GetObject s3:PutObject", ""), spare{grants: words("s3:GetObject")}, "needed s3:PutObject, which the role Shop-Role"},
		"a resource of one":                            {of(false, "", "arn:aws:s3:::orders/*"), spare{grants: words("*"), role: "Other", chance: true}, "needed arn:aws:s3:::orders/*"},
		"a statement":                                  {of(true, "s3:GetObject", "*"), spare{grants: words("s3:GetObjectVersion"), chance: true}, "needed s3:GetObject,"},
		"an answer for all":                            {of(false, "s3:GetObject", "arn:aws:s3:::orders"), spare{role: "Shop", grants: words("*")}, ""},
		"an answer for each":                           {of(false, "s3:GetObject", "arn:aws:s3:::orders"), spare{grants: words("s3:GetObject orders")}, ""},
		"an answer for what is needed now":             {of(true, "s3:GetObject", "*"), spare{grants: words("s3:GetObject s3:PutObject")}, `a reason for s3:PutObject of ""`},
		"an answer for what may be needed, or may not": {of(true, "s3:GetObject", "*"), spare{grants: words("s3:GetObject s3:PutObject"), chance: true}, ""},
		"a role that is not the app's":                 {iam.UnusedGrant{Principal: "arn:aws:iam::111122223333:role/guest", Actions: words("s3:GetObject")}, spare{chance: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkGrants(iam.Privileges{Unused: []iam.UnusedGrant{row.unused}}, []spare{row.spare})
			if (err == nil) != (row.want == "") || err != nil && (!strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("told of %v, want %q", err, row.want)
			}
		})
	}
}

// whole tells whether all tests of the package run.
func whole() bool {
	return flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && !testing.Short()
}

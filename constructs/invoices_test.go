package constructs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/approval"
	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/invoices"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

var reviewers = []string{"ann@example.com"}

func TestInvoicesKeepTheirStoresUnderTheirIds(t *testing.T) {
	template := synthSystem(t, "invoices")
	for path, row := range map[string]struct{ id, properties string }{
		"Payables/Files": {"PayablesFilesE4F1B0F3", `{"KeySchema": [{"AttributeName": "fileId", "KeyType": "HASH"}], "DeletionProtectionEnabled": true,
			"GlobalSecondaryIndexes": [{"IndexName": "Open", "KeySchema": [{"AttributeName": "open", "KeyType": "HASH"}, {"AttributeName": "deadline", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}]}`},
		"Payables/Invoices": {"PayablesInvoices722A7DFC", `{"KeySchema": [{"AttributeName": "vendorKey", "KeyType": "HASH"}, {"AttributeName": "numberKey", "KeyType": "RANGE"}], "DeletionProtectionEnabled": true}`},
		"Payables/Payments": {"PayablesPaymentsB52CF2AC", `{"KeySchema": [{"AttributeName": "paymentId", "KeyType": "HASH"}], "DeletionProtectionEnabled": true}`},
	} {
		table := template.At("AWS::DynamoDB::Table", path)
		template.Has(table, row.properties)
		if table.LogicalID != row.id || table.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s", path, table.LogicalID, table.DeletionPolicy)
		}
	}
	for path, want := range map[string]string{"Payables/Documents": "PayablesDocuments41EB8B77", "Payables/Archive": "PayablesArchive0524A677"} {
		bucket := template.At("AWS::S3::Bucket", path)
		template.Has(bucket, `{"VersioningConfiguration": {"Status": "Enabled"}}`)
		if bucket.LogicalID != want || bucket.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s", path, bucket.LogicalID, bucket.DeletionPolicy)
		}
	}
	for path, want := range map[string]string{"Payables/Queue": "PayablesQueue09543C81", "Payables/Queue/DeadLetters": "PayablesQueueDeadLetters808AB234",
		"Payables/Completed": "PayablesCompleted72F3D2F2", "Payables/Completed/DeadLetters": "PayablesCompletedDeadLetters1B0F7639"} {
		if queue := template.At("AWS::SQS::Queue", path); queue.LogicalID != want || queue.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s", path, queue.LogicalID, queue.DeletionPolicy)
		}
	}
}

func TestDocumentsComeToTextractByWayOfAQueueAndTextractTellsAnother(t *testing.T) {
	template := synthSystem(t, "invoices")
	template.Has(template.At("AWS::S3::Bucket", "Payables/Documents"), `{"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}}}`)
	template.Has(template.At("AWS::Events::Rule", "Payables/Rule"), `{
		"EventPattern": {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["<Payables/Documents>"]}, "object": {"key": [{"prefix": "inbox/"}]}}},
		"Targets": [{"Arn": "<Payables/Queue.Arn>", "Id": "Target0", "DeadLetterConfig": {"Arn": "<Payables/Queue/DeadLetters.Arn>"}}]}`)
	template.Has(template.At("AWS::Lambda::Function", "Payables/Analyze"), `{"Timeout": 60, "Environment": {"Variables": {"COMPLETIONS_ARN": "<Payables/Completions>",
		"TEXTRACT_ROLE": "<Payables/TextractRole.Arn>", "DEADLINE": "1h0m0s", "QUEUE_URL": "<Payables/Queue>", "WORKFLOW_ARN": "<Payables/Workflow>"}}}`)
	template.Has(template.At("AWS::IAM::Role", "Payables/TextractRole"), `{"AssumeRolePolicyDocument": {"Statement": [{"Principal": {"Service": "textract.amazonaws.com"}, "Action": "sts:AssumeRole", "Effect": "Allow",
		"Condition": {"ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:textract:<AWS::Region>:<AWS::AccountId>:*"}, "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}}}]}}`)
	subscription := template.OfType("AWS::SNS::Subscription")
	found := false
	for _, each := range subscription {
		if template.Plain(each.Properties["Protocol"]) == "sqs" {
			found = true
			template.Has(each, `{"TopicArn": "<Payables/Completions>", "Endpoint": "<Payables/Completed.Arn>", "RedrivePolicy": {"deadLetterTargetArn": "<Payables/Completed/DeadLetters.Arn>"}}`)
		}
	}
	if !found {
		t.Error("the queue of completions hears of none")
	}
	for _, mapping := range template.OfType("AWS::Lambda::EventSourceMapping") {
		want := map[any]int{"<Payables/Analyze>": 2, "<Payables/Start>": 10}[template.Plain(mapping.Properties["FunctionName"])]
		template.Has(mapping, fmt.Sprintf(`{"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": %d}}`, want))
	}
}

func TestInvoicesAreReadAsThePropsSay(t *testing.T) {
	template := synthSystem(t, "invoices")
	for _, function := range []string{"Process", "Register"} {
		template.Has(template.At("AWS::Lambda::Function", "Payables/"+function), `{"Environment": {"Variables": {"CONFIDENCE": "80", "DECIMAL_MARK": "Ask", "DATE_ORDER": "Ask",
			"SYMBOLS": "{\"$\":\"USD\",\"£\":\"GBP\"}",
			"LIMITS": "{\"CHF\":\"1000\",\"DKK\":\"10000\",\"EUR\":\"1000\",\"GBP\":\"1000\",\"NOK\":\"10000\",\"SEK\":\"10000\",\"USD\":\"1000\"}"}}}`)
	}
	template.Has(template.At("AWS::Lambda::Function", "Payables/Save"), `{"Environment": {"Variables": {"REVIEW_TIME": "73h3m0s"}}}`)
	other := invoicesWith(t, "read otherwise", func(_ awscdk.Stack, p *invoices.Props) {
		p.Limits, p.MinConfidence, p.Symbols = map[string]string{"JPY": "5000"}, 97.5, map[string]string{"$": "CAD"}
		p.DecimalMark, p.DateOrder, p.ReviewTime, p.Deadline = invoices.Comma, invoices.MonthFirst, time.Hour, 2*time.Hour
	})
	other.Has(other.At("AWS::Lambda::Function", "Payables/Process"), `{"Environment": {"Variables": {"CONFIDENCE": "97.5", "DECIMAL_MARK": "Comma", "DATE_ORDER": "MonthFirst",
		"SYMBOLS": "{\"$\":\"CAD\"}", "LIMITS": "{\"JPY\":\"5000\"}"}}}`)
	other.Has(other.At("AWS::Lambda::Function", "Payables/Save"), `{"Environment": {"Variables": {"REVIEW_TIME": "4h3m0s"}}}`)
	other.Has(other.At("AWS::Lambda::Function", "Payables/Analyze"), `{"Environment": {"Variables": {"DEADLINE": "2h0m0s"}}}`)
	other.Has(other.At("AWS::Lambda::Function", "Payables/Approval/Request"), `{"Environment": {"Variables": {"TIMEOUT": "1h0m0s"}}}`)
}

func invoicesWith(t *testing.T, name string, change func(awscdk.Stack, *invoices.Props)) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "invoices "+name, func(stack awscdk.Stack) {
		props := invoices.Props{Reviewers: reviewers}
		change(stack, &props)
		invoices.New(stack, "Payables", props)
	})
}

func TestInvoicesUseWhatATeamHasAlready(t *testing.T) {
	template := invoicesWith(t, "existing", func(stack awscdk.Stack, p *invoices.Props) {
		p.Bucket, p.Prefix = awss3.Bucket_FromBucketName(stack, jsii.String("Scans"), jsii.String("scans")), "paper/"
		p.Pay = awslambda.Function_FromFunctionArn(stack, jsii.String("Bank"), jsii.String("arn:aws:lambda:eu-west-1:111122223333:function:bank"))
		p.Notices = awssns.Topic_FromTopicArn(stack, jsii.String("News"), jsii.String("arn:aws:sns:eu-west-1:111122223333:news"))
		p.MaxConcurrency = 7
	})
	if tables, buckets := template.OfType("AWS::DynamoDB::Table"), template.OfType("AWS::S3::Bucket"); len(tables) != 3 || len(buckets) != 2 { // with that of approvals; archive and logs
		t.Errorf("%d tables, %d buckets", len(tables), len(buckets))
	}
	template.Has(template.At("AWS::Events::Rule", "Payables/Rule"), `{"EventPattern": {"detail": {"bucket": {"name": ["scans"]}, "object": {"key": [{"prefix": "paper/"}]}}}}`)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Payables/Workflow"), `{"DefinitionSubstitutions": {"PayFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:bank"}}`)
	template.Has(template.At("AWS::Lambda::Function", "Payables/Archiver"), `{"Environment": {"Variables": {"NOTICES_ARN": "arn:aws:sns:eu-west-1:111122223333:news"}}}`)
	var lines []string
	for _, line := range permissions(template) {
		if strings.Contains(line, "scans") || strings.Contains(line, "function:bank") || strings.Contains(line, ":news") {
			lines = append(lines, line)
		}
	}
	for _, want := range []string{"Analyze/Role s3:GetObject ", "Archiver/Role s3:GetObjectVersion ", "Workflow/Role lambda:InvokeFunction arn:aws:lambda:eu-west-1:111122223333:function:bank", "Archiver/Role sns:Publish arn:aws:sns:eu-west-1:111122223333:news"} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("no %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		if alarm.Path == "Payables/UndeliveredAlarm" {
			t.Error("the topic of somebody else is watched")
		}
	}
}

func TestEachAlarmOfInvoicesIsAdjustedByItsOwnProp(t *testing.T) {
	template := invoicesWith(t, "adjusted", func(_ awscdk.Stack, p *invoices.Props) {
		p.Alarms = invoices.Alarms{
			DeadLetters: operation.Alarm{Threshold: 11}, Overdue: operation.Alarm{Threshold: 12}, FailedInvoices: operation.Alarm{Threshold: 13}, Undelivered: operation.Alarm{Threshold: 14},
			Files: workflow.Alarms{Failed: operation.Alarm{Threshold: 15}}, Functions: gofunction.Alarms{Errors: operation.Alarm{Threshold: 16}},
			Approval: approval.Alarms{ServerErrors: operation.Alarm{Threshold: 17}},
		}
	})
	for alarm, threshold := range map[string]int{
		"Queue/DeadLettersAlarm": 11, "Completed/DeadLettersAlarm": 11, "OverdueAlarm": 12, "FailedInvoicesAlarm": 13, "UndeliveredAlarm": 14, "Workflow/FailedAlarm": 15,
		"Analyze/ErrorsAlarm": 16, "Watch/ErrorsAlarm": 16, "Approval/API/ServerErrorAlarm": 17,
	} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Payables/"+alarm), fmt.Sprintf(`{"Threshold": %d}`, threshold))
	}
	template.Has(template.At("AWS::CloudWatch::Alarm", "Payables/FailedInvoicesAlarm"), `{"Namespace": "Tradepost/Invoices", "MetricName": "Failed", "Dimensions": [{"Name": "System", "Value": "Stack/Payables"}]}`)
}

func TestInvoicesGrantSendingAndReadingPaymentsAndNothingElse(t *testing.T) {
	template := synthOnce(t, "invoices grants", func(stack awscdk.Stack) {
		payables := invoices.New(stack, "Payables", invoices.Props{Reviewers: reviewers})
		for id, grant := range map[string]func(awsiam.IGrantable) awsiam.Grant{"Scanner": payables.GrantSend, "Bank": payables.GrantPayments} {
			grant(awsiam.NewRole(stack, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}))
		}
	})
	var got []string
	for _, line := range permissions(template) {
		if role, _, _ := split3(line); role == "Scanner" || role == "Bank" {
			got = append(got, line)
		}
	}
	want := `Bank dynamodb:GetItem <Payables/Payments.Arn>
Bank dynamodb:Query <Payables/Payments.Arn>
Bank dynamodb:Scan <Payables/Payments.Arn>
Scanner s3:PutObject <Payables/Documents.Arn>/inbox/*`
	if lines := strings.Join(got, "\n"); lines != want {
		t.Errorf("got\n%s\nwant\n%s", lines, want)
	}
}

func TestWrongInvoicesPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		invoices.New(cdktest.NewStack(t), "Payables", invoices.Props{
			Reviewers: []string{"Ann", "b@example.com", "b@example.com"}, ReviewTime: time.Second, Prefix: "/inbox", Limits: map[string]string{"EUR": "1,000", "XYZ": "5", "USD": "-1"},
			Symbols: map[string]string{"$": "EUR", "Kr": "SEK", "%": "USD"}, MinConfidence: 101, DecimalMark: ";", DateOrder: "YearFirst", Deadline: time.Second, MaxConcurrency: 1,
			Code: map[invoices.Handler]awslambda.Code{"print": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms: invoices.Alarms{DeadLetters: operation.Alarm{Threshold: -1}, Overdue: operation.Alarm{Threshold: -2}, FailedInvoices: operation.Alarm{Threshold: -3},
				Undelivered: operation.Alarm{Threshold: -4}, Files: workflow.Alarms{Failed: operation.Alarm{Periods: -1}}, Approval: approval.Alarms{ServerErrors: operation.Alarm{Threshold: -5}}},
		})
	})
	for _, part := range []string{"invoices.System Payables", `Reviewers has "Ann"`, `Reviewers has "b@example.com" twice`, "ReviewTime is 1s", `Prefix is "/inbox"`, "Limits has 1,000 for EUR", "Limits has 5 for XYZ",
		"Limits has -1.00 USD", `"$" never stands for EUR`, `"Kr" is never found`, `"%" is no symbol`, "MinConfidence is 101", `DecimalMark is ";"`, `DateOrder is "YearFirst"`, "Deadline is 1s", "MaxConcurrency is 1",
		`Code has "print"`, "Alarms.DeadLetters.Threshold is -1", "Alarms.Overdue.Threshold is -2", "Alarms.FailedInvoices.Threshold is -3", "Alarms.Undelivered.Threshold is -4", "Alarms.Files.Failed.Periods is -1",
		"Alarms.Approval.ServerErrors.Threshold is -5",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
	if message := cdktest.Panics(func() { invoices.New(cdktest.NewStack(t), "Payables", invoices.Props{}) }); !strings.Contains(message, "Reviewers are 0: give 1 to 50") {
		t.Errorf("%q", message)
	}
}

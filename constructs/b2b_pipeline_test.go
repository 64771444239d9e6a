package constructs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// Changing one of these ids would replace the resource and lose what is in it,
// or an address that partners know.
func TestLogicalIDsOfPipelinesStatefulResourcesStay(t *testing.T) {
	template := pipeline(t)
	want := map[string]string{
		"PipelineAlarms57000B52":             "AWS::SNS::Topic",
		"PipelineEnrichmentF490F5A2":         "AWS::ApiGateway::RestApi",
		"PipelineLandingAccessLogs4FD7F69E":  "AWS::S3::Bucket",
		"PipelineLandingBucketF18C74B2":      "AWS::S3::Bucket",
		"PipelinePosted191000F2":             "AWS::SQS::Queue",
		"PipelinePostedDeadLetters60321760":  "AWS::SQS::Queue",
		"PipelineQueueAC07270E":              "AWS::SQS::Queue",
		"PipelineQueueDeadLettersE7DDD14A":   "AWS::SQS::Queue",
		"PipelineREST3F89EDD1":               "AWS::ApiGateway::RestApi",
		"PipelineSFTPServer47373DC8":         "AWS::Transfer::Server",
		"PipelineSFTPUndeliveredC1399FCB":    "AWS::SQS::Queue",
		"PipelineSettlementMachine8CD2385E":  "AWS::StepFunctions::StateMachine",
		"PipelineTablesFiles0B6CB7D1":        "AWS::DynamoDB::Table",
		"PipelineTablesOutcomesBA009110":     "AWS::DynamoDB::Table",
		"PipelineTablesPartnersDBA4358D":     "AWS::DynamoDB::Table",
		"PipelineTablesTransactions7E4C6C46": "AWS::DynamoDB::Table",
		"PipelineWorkflowMachineD0CA69C8":    "AWS::StepFunctions::StateMachine",
		"PipelineWorkflowUnrecorded7A41E1AE": "AWS::SQS::Queue",
	}
	for id, resourceType := range want {
		if got := template.Resources[id].Type; got != resourceType {
			t.Errorf("%s is %q, not %s", id, got, resourceType)
		}
	}
	var stateful []string
	for id, resource := range template.Resources {
		switch resource.Type {
		case "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Transfer::Server",
			"AWS::SecretsManager::Secret", "AWS::ApiGateway::RestApi", "AWS::StepFunctions::StateMachine", "AWS::SNS::Topic":
			if want[id] == "" {
				stateful = append(stateful, id+" "+resource.Type)
			}
		}
	}
	if len(stateful) > 0 {
		slices.Sort(stateful)
		t.Errorf("pin these too:\n%s", strings.Join(stateful, "\n"))
	}
}

func TestPipelinesDataOutlivesTheStackUnlessToldOtherwise(t *testing.T) {
	for _, test := range []struct {
		name, want string
		ephemeral  bool
	}{
		{"defaults", "Retain", false},
		{"ephemeral", "Delete", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			template := pipelineWith(t, test.name, func(p *b2b.PipelineProps) { p.Operation.Ephemeral = test.ephemeral })
			for _, resourceType := range []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup"} {
				for _, resource := range template.OfType(resourceType) {
					want := test.want
					if resourceType == "AWS::DynamoDB::Table" {
						template.Has(resource, fmt.Sprintf(`{"DeletionProtectionEnabled": %t}`, !test.ephemeral))
					}
					if resource.DeletionPolicy != want {
						t.Errorf("%s: %s", resource.Path, resource.DeletionPolicy)
					}
				}
			}
		})
	}
}

func TestTablesAreOnDemandAndRecoverable(t *testing.T) {
	template := pipeline(t)
	for path, keys := range map[string]string{
		"Pipeline/Tables/Files":        `[{"AttributeName": "fileId", "KeyType": "HASH"}]`,
		"Pipeline/Tables/Transactions": `[{"AttributeName": "transactionKey", "KeyType": "HASH"}]`,
		"Pipeline/Tables/Outcomes":     `[{"AttributeName": "outcomeKey", "KeyType": "HASH"}, {"AttributeName": "ordinal", "KeyType": "RANGE"}]`,
		"Pipeline/Tables/Partners":     `[{"AttributeName": "partner", "KeyType": "HASH"}]`,
	} {
		template.Has(template.At("AWS::DynamoDB::Table", path), `{
			"BillingMode": "PAY_PER_REQUEST", "KeySchema": `+keys+`,
			"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}
		}`)
	}
	template.Has(template.At("AWS::DynamoDB::Table", "Pipeline/Tables/Outcomes"), `{"AttributeDefinitions": [
		{"AttributeName": "outcomeKey", "AttributeType": "S"}, {"AttributeName": "ordinal", "AttributeType": "N"},
		{"AttributeName": "failedDay", "AttributeType": "S"}, {"AttributeName": "failedAt", "AttributeType": "S"}
	]}`)
}

// An index is written with the table: it projects no more than a search shows.
func TestTransactionsAreFoundByPartnerAndDayAndByTheirID(t *testing.T) {
	template := pipeline(t)
	const projection = `{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status", "fileId", "ordinal", "storedAt"]}`
	template.Has(template.At("AWS::DynamoDB::Table", "Pipeline/Tables/Transactions"), `{"GlobalSecondaryIndexes": [
		{"IndexName": "ByPartner", "Projection": `+projection+`,
		 "KeySchema": [{"AttributeName": "partnerDay", "KeyType": "HASH"}, {"AttributeName": "transactionId", "KeyType": "RANGE"}]},
		{"IndexName": "ByTransactionID", "Projection": `+projection+`,
		 "KeySchema": [{"AttributeName": "transactionId", "KeyType": "HASH"}, {"AttributeName": "partner", "KeyType": "RANGE"}]}
	]}`)
}

func TestFailuresAreFoundByDay(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::DynamoDB::Table", "Pipeline/Tables/Outcomes"), `{"GlobalSecondaryIndexes": [
		{"IndexName": "Failed", "Projection": {"ProjectionType": "ALL"},
		 "KeySchema": [{"AttributeName": "failedDay", "KeyType": "HASH"}, {"AttributeName": "failedAt", "KeyType": "RANGE"}]}
	]}`)
}

func TestQueuesWaitLongerThanTheirConsumers(t *testing.T) {
	template := pipeline(t)
	for _, id := range []string{"Queue", "Posted"} {
		queue := template.At("AWS::SQS::Queue", "Pipeline/"+id)
		start := template.At("AWS::Lambda::Function", "Pipeline/"+id+"/Start")
		if visibility, timeout := queue.Properties["VisibilityTimeout"].(float64), start.Properties["Timeout"].(float64); visibility < 6*timeout {
			t.Errorf("%s: visibility timeout %v s, the function's %v s", id, visibility, timeout)
		}
		template.Has(queue, `{"RedrivePolicy": {"deadLetterTargetArn": "<Pipeline/`+id+`/DeadLetters.Arn>", "maxReceiveCount": 5}}`)
	}
	for _, queue := range template.OfType("AWS::SQS::Queue") {
		template.Has(queue, `{"MessageRetentionPeriod": 1209600}`) // 14 days, SQS's own limit
	}
}

// Each rule of the pipeline tells somebody something, and whoever fails on it is called again:
// twice, which is Lambda's default.
func TestWhatHappensIsToldAndToldAgain(t *testing.T) {
	template := pipeline(t)
	for _, rule := range template.OfType("AWS::Events::Rule") {
		template.Has(rule, `{"State": "ENABLED"}`)
	}
	for _, config := range template.OfType("AWS::Lambda::EventInvokeConfig") {
		if times, set := config.Properties["MaximumRetryAttempts"]; set {
			t.Errorf("%s: %v retries", config.Path, times)
		}
	}
}

// However long a file keeps its queue and its starters busy, a posted
// transaction has its own.
func TestPostedTransactionsHaveAQueueAndStartersOfTheirOwn(t *testing.T) {
	template := pipeline(t)
	mappings := template.OfType("AWS::Lambda::EventSourceMapping")
	if len(mappings) != 2 {
		t.Fatalf("%d event source mappings", len(mappings))
	}
	for _, mapping := range mappings {
		id := "Queue"
		if strings.HasPrefix(mapping.Path, "Pipeline/Posted/") {
			id = "Posted"
		}
		template.Has(mapping, `{
			"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 10},
			"EventSourceArn": "<Pipeline/`+id+`.Arn>", "FunctionName": "<Pipeline/`+id+`/Start>"
		}`)
	}
	for function, queue := range map[string]string{"SFTP/Split": "Queue", "REST/Accept": "Posted"} {
		template.Has(template.At("AWS::Lambda::Function", "Pipeline/"+function), `{"Environment": {"Variables": {"QUEUE_URL": "<Pipeline/`+queue+`>"}}}`)
	}
}

func TestEverythingThatMeansLossRaisesAnAlarm(t *testing.T) {
	template := pipeline(t)
	for _, function := range template.OfType("AWS::Lambda::Function") {
		template.At("AWS::CloudWatch::Alarm", function.Path+"/ErrorsAlarm")
		template.At("AWS::CloudWatch::Alarm", function.Path+"/ThrottlesAlarm")
	}
	for _, machine := range template.OfType("AWS::StepFunctions::StateMachine") {
		for _, id := range []string{"FailedAlarm", "TimedOutAlarm", "AbortedAlarm", "ThrottledAlarm"} {
			template.At("AWS::CloudWatch::Alarm", machine.Path+"/"+id)
		}
	}
	template.Has(template.At("AWS::CloudWatch::Alarm", "Pipeline/Settlement/OverdueAlarm"), `{
		"Namespace": "Tradepost/B2B", "MetricName": "FilesOverdue", "Dimensions": [{"Name": "Pipeline", "Value": "Stack/Pipeline"}]
	}`)
}

// Of a posted transaction's execution every end is told, of a file's only a
// bad one: acknowledge counts the others.
func TestEndsOfExecutionsAreConcluded(t *testing.T) {
	template := pipeline(t)
	const target = `"Targets": [{
		"Id": "Target0", "Arn": "<Pipeline/Workflow/Conclude.Arn>", "DeadLetterConfig": {"Arn": "<Pipeline/Workflow/Unrecorded.Arn>"},
		"RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
	}]`
	template.Has(template.At("AWS::Events::Rule", "Pipeline/Workflow/Machine/Failures"), `{`+target+`, "EventPattern": {"detail": {
		"stateMachineArn": ["<Pipeline/Workflow/Machine>"], "status": ["FAILED", "TIMED_OUT", "ABORTED"]
	}}}`)
	template.Has(template.At("AWS::Events::Rule", "Pipeline/Workflow/Posted"), `{`+target+`, "EventPattern": {
		"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"],
		"detail": {"stateMachineArn": ["<Pipeline/Workflow/Machine>"], "status": ["SUCCEEDED"], "name": [{"prefix": "r"}]}
	}}`)
}

func TestExpressTellsNobodyHowExecutionsEnd(t *testing.T) {
	template := pipelineWith(t, "express", func(p *b2b.PipelineProps) { p.Express = true })
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Pipeline/Workflow/Machine"), `{"StateMachineType": "EXPRESS"}`)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Pipeline/Settlement/Machine"), `{"StateMachineType": "STANDARD"}`)
	for _, kind := range []string{"AWS::Lambda::Function", "AWS::Events::Rule"} {
		for _, resource := range template.OfType(kind) {
			if strings.HasPrefix(resource.Path, "Pipeline/Workflow/") && resource.Path != "Pipeline/Workflow/Format" {
				t.Errorf("there is a %s", resource.Path)
			}
		}
	}
}

func TestExistingResourcesAreUsedByAPipeline(t *testing.T) {
	template := func() *cdktest.Template {
		stack := cdktest.NewStack(t)
		b2b.NewPipeline(stack, "Pipeline", b2b.PipelineProps{
			Partners:     testPartners(),
			Bucket:       awss3.Bucket_FromBucketName(stack, jsii.String("Existing"), jsii.String("team-landing")),
			Transactions: awsdynamodb.Table_FromTableName(stack, jsii.String("Orders"), jsii.String("team-orders")),
			Operation: operation.Settings{
				AlarmTopic: awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String("arn:aws:sns:eu-west-1:123456789012:oncall")),
				Name:       "orders",
			},
		})
		return cdktest.Synth(t, stack)
	}()
	if topics := template.OfType("AWS::SNS::Topic"); len(topics) != 0 {
		t.Errorf("%d topics", len(topics))
	}
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/REST/Accept"), `{"Environment": {"Variables": {"TRANSACTIONS_TABLE": "team-orders"}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Authenticate"), `{"Environment": {"Variables": {
		"SESSIONS": "{\"role\":\"<Pipeline/SFTP/SessionRole.Arn>\",\"bucket\":\"arn:<AWS::Partition>:s3:::team-landing\"}"
	}}}`)
	template.Has(template.At("AWS::CloudWatch::Alarm", "Pipeline/Settlement/OverdueAlarm"), `{
		"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:oncall"], "Dimensions": [{"Name": "Pipeline", "Value": "orders"}]
	}`)
}

func TestTwoPipelinesFitIntoOneStack(t *testing.T) {
	stack := cdktest.NewStack(t)
	for _, id := range []string{"Orders", "Invoices"} {
		b2b.NewPipeline(stack, id, b2b.PipelineProps{Partners: testPartners()[:1], Detection: b2b.S3Events})
	}
	template := cdktest.Synth(t, stack)
	names := make(map[string]string)
	for _, enrolment := range template.OfType("Custom::TradepostPartners") {
		prefix := template.Plain(enrolment.Properties["UsageKeyPrefix"]).(string)
		if names[prefix] != "" {
			t.Errorf("the keys of %s and %s both begin with %s", names[prefix], enrolment.Path, prefix)
		}
		names[prefix] = enrolment.Path
	}
	if len(names) != 2 {
		t.Errorf("keys begin with %q", names)
	}
	if accounts := template.OfType("AWS::ApiGateway::Account"); len(accounts) != 1 {
		t.Errorf("%d times the account's one setting", len(accounts))
	}
}

// A team that has its own workflow takes only the intake.
func TestPipelinesPartsCanBeUsedAlone(t *testing.T) {
	stack := cdktest.NewStack(t)
	tables := b2b.NewTables(stack, "Tables", b2b.TablesProps{})
	queue := awssqs.NewQueue(stack, jsii.String("Work"), nil)
	b2b.NewRESTIntake(stack, "REST", b2b.RESTIntakeProps{
		Tables: tables, Queue: queue, KeepAPIAccount: true,
		Code: map[b2b.Handler]awslambda.Code{b2b.Accept: awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
	})
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::Lambda::Function", "REST/Accept"), `{
		"Environment": {"Variables": {"QUEUE_URL": "<Work>", "TRANSACTIONS_TABLE": "<Tables/Transactions>", "PIPELINE": "Stack/REST"}}
	}`)
	if accounts := template.OfType("AWS::ApiGateway::Account"); len(accounts) != 0 {
		t.Error("the account's setting is not kept")
	}
}

func TestWrongPipelinePropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewPipeline(cdktest.NewStack(t), "Pipeline", b2b.PipelineProps{
			Detection: "Maybe", BackendURL: "ftp://crm", SettlementTimeout: -time.Second, Retention: time.Hour, MaxConcurrency: 1,
			Code:   map[b2b.Handler]awslambda.Code{"splt": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms: b2b.Alarms{Backlog: operation.Alarm{Threshold: -1}, Settlement: workflow.Alarms{Failed: operation.Alarm{Periods: -1}}},
		})
	})
	for _, part := range []string{"b2b.Pipeline Pipeline", `detection is "Maybe"`, "SettlementTimeout is -1s: it cannot be negative", "Retention is 1h0m0s",
		`BackendURL is "ftp://crm"`, "MaxConcurrency is 1: give 2 to 1000", `Code has "splt": give some of split, start, accept`,
		"Alarms.Backlog.Threshold is -1", "Alarms.Settlement.Failed.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

// An unsettled file is found by its deadline, and the index holds no others; a
// partner's files by time.
func TestFilesAreFoundByDeadlineAndByPartner(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::DynamoDB::Table", "Pipeline/Tables/Files"), `{
		"GlobalSecondaryIndexes": [{"IndexName": "Unsettled", "KeySchema": [
			{"AttributeName": "unsettled", "KeyType": "HASH"}, {"AttributeName": "deadline", "KeyType": "RANGE"}
		], "Projection": {"ProjectionType": "ALL"}}, {"IndexName": "ByPartner", "KeySchema": [
			{"AttributeName": "partner", "KeyType": "HASH"}, {"AttributeName": "claimedAt", "KeyType": "RANGE"}
		], "Projection": {"ProjectionType": "ALL"}}],
		"TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": true}
	}`)
	template.Has(template.At("AWS::DynamoDB::Table", "Pipeline/Tables/Outcomes"), `{
		"TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": true}
	}`)
	template.Has(template.At("AWS::Events::Rule", "Pipeline/Settlement/WatchSchedule"), `{
		"ScheduleExpression": "rate(15 minutes)", "Targets": [{"Id": "Target0", "Arn": "<Pipeline/Settlement/Watch.Arn>"}]
	}`)
}

package constructs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/ordering"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// orderingSystem is the template of order placement with default props.
func orderingSystem(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "ordering")
}

func TestNagFindsNothingInDiscreetOrdering(t *testing.T) {
	wantNoFindings(t, func(stack awscdk.Stack) { ordering.New(stack, "Shop", ordering.Props{LogErrorsOnly: true}) })
}

func TestOrderingKeepsOrdersAndStockUnderTheirIds(t *testing.T) {
	template := orderingSystem(t)
	stock := template.At("AWS::DynamoDB::Table", "Shop/Stock")
	template.Has(stock, `{"KeySchema": [{"AttributeName": "item_name", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
		"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "DeletionProtectionEnabled": true}`)
	orders := template.At("AWS::DynamoDB::Table", "Shop/Orders")
	template.Has(orders, `{"KeySchema": [{"AttributeName": "customer_id", "KeyType": "HASH"}, {"AttributeName": "order_id", "KeyType": "RANGE"}],
		"BillingMode": "PAY_PER_REQUEST", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}, "DeletionProtectionEnabled": true}`)
	queue := template.At("AWS::SQS::Queue", "Shop/Queue")
	template.Has(queue, `{"VisibilityTimeout": 360, "RedrivePolicy": {"deadLetterTargetArn": "<Shop/Queue/DeadLetters.Arn>", "maxReceiveCount": 5}}`)
	letters := template.At("AWS::SQS::Queue", "Shop/Queue/DeadLetters")
	for want, resource := range map[string]cdktest.Resource{"ShopStock4186C9FF": stock, "ShopOrdersACCEBB57": orders, "ShopQueueC40BC9F2": queue, "ShopQueueDeadLettersC34D5265": letters} {
		if resource.LogicalID != want || resource.DeletionPolicy != "Retain" {
			t.Errorf("%s is %s, and is kept: %s; want %s, Retain", resource.Path, resource.LogicalID, resource.DeletionPolicy, want)
		}
	}
}

// As in the text: a Standard machine whose every event is logged with its data.
func TestOrderingLogsEveryEventUnlessCustomersDataIsToStayOut(t *testing.T) {
	template := orderingSystem(t)
	machine := template.At("AWS::StepFunctions::StateMachine", "Shop/Workflow")
	template.Has(machine, `{"StateMachineType": "STANDARD", "LoggingConfiguration": {"IncludeExecutionData": true, "Level": "ALL"},
		"DefinitionSubstitutions": {"CheckAvailabilityArn": "<Shop/CheckAvailability.Arn>", "PlaceOrderArn": "<Shop/PlaceOrder.Arn>", "NotifyCustomerArn": "<Shop/NotifyCustomer.Arn>"}}`)
	discreet := synthOnce(t, "ordering discreet", func(stack awscdk.Stack) { ordering.New(stack, "Shop", ordering.Props{LogErrorsOnly: true}) })
	discreet.Has(discreet.At("AWS::StepFunctions::StateMachine", "Shop/Workflow"), `{"LoggingConfiguration": {"IncludeExecutionData": false, "Level": "ERROR"}}`)
}

func TestOrderingStartsOrdersInBatches(t *testing.T) {
	template := orderingSystem(t)
	template.Has(template.At("AWS::Lambda::Function", "Shop/Start"), `{"Timeout": 60, "Environment": {"Variables": {
		"WORKFLOW_ARN": "<Shop/Workflow>", "DEAD_LETTERS_URL": "<Shop/Queue/DeadLetters>"}}}`)
	mappings := template.OfType("AWS::Lambda::EventSourceMapping")
	if len(mappings) != 1 {
		t.Fatalf("%d event source mappings", len(mappings))
	}
	template.Has(mappings[0], `{"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 10},
		"EventSourceArn": "<Shop/Queue.Arn>", "FunctionName": "<Shop/Start>"}`)
}

func TestEachAlarmOfOrderingIsAdjustedByItsOwnPropAndTellsTheTeamsTopic(t *testing.T) {
	template := synthOnce(t, "ordering adjusted", func(stack awscdk.Stack) {
		ordering.New(stack, "Shop", ordering.Props{
			Alarms: ordering.Alarms{
				DeadLetters: operation.Alarm{Threshold: 11}, Backlog: operation.Alarm{Threshold: 12}, Undelivered: operation.Alarm{Threshold: 13},
				Orders:    workflow.Alarms{Failed: operation.Alarm{Threshold: 14}, Throttled: operation.Alarm{Off: true}},
				Functions: gofunction.Alarms{Errors: operation.Alarm{Threshold: 15}},
			},
			Operation: operation.Settings{AlarmTopic: awssns.Topic_FromTopicArn(stack, jsii.String("Pager"), jsii.String("arn:aws:sns:eu-west-1:111122223333:pager"))},
		})
	})
	for alarm, threshold := range map[string]int{
		"Queue/DeadLettersAlarm": 11, "Queue/BacklogAlarm": 12, "UndeliveredAlarm": 13, "Workflow/FailedAlarm": 14, "Workflow/TimedOutAlarm": 1,
		"Start/ErrorsAlarm": 15, "CheckAvailability/ErrorsAlarm": 15, "PlaceOrder/ErrorsAlarm": 15, "NotifyCustomer/ErrorsAlarm": 15,
	} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Shop/"+alarm),
			fmt.Sprintf(`{"Threshold": %d, "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:pager"]}`, threshold))
	}
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		if alarm.Path == "Shop/Workflow/ThrottledAlarm" {
			t.Error("there is an alarm that is off")
		}
	}
	if topics := template.OfType("AWS::SNS::Topic"); len(topics) != 1 { // that of the notices
		t.Errorf("%d topics", len(topics))
	}
}

func TestOrderingUsesWhatATeamHasAlready(t *testing.T) {
	template := synthOnce(t, "ordering existing", func(stack awscdk.Stack) {
		code := map[ordering.Handler]awslambda.Code{}
		for _, handler := range []ordering.Handler{ordering.Start, ordering.CheckAvailability, ordering.PlaceOrder, ordering.NotifyCustomer} {
			code[handler] = awslambda.Code_FromAsset(jsii.String("testdata"), nil)
		}
		ordering.New(stack, "Shop", ordering.Props{
			Stock:          awsdynamodb.Table_FromTableName(stack, jsii.String("Items"), jsii.String("items")),
			Orders:         awsdynamodb.Table_FromTableName(stack, jsii.String("Sales"), jsii.String("sales")),
			Notices:        awssns.Topic_FromTopicArn(stack, jsii.String("News"), jsii.String("arn:aws:sns:eu-west-1:111122223333:news")),
			Code:           code,
			MaxConcurrency: 7,
		})
	})
	if tables, topics := template.OfType("AWS::DynamoDB::Table"), template.OfType("AWS::SNS::Topic"); len(tables) != 0 || len(topics) != 1 { // that of the alarms
		t.Errorf("%d tables, %d topics", len(tables), len(topics))
	}
	template.Has(template.At("AWS::Lambda::Function", "Shop/CheckAvailability"), `{"Environment": {"Variables": {"STOCK_TABLE": "items"}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Shop/PlaceOrder"), `{"Environment": {"Variables": {"STOCK_TABLE": "items", "ORDERS_TABLE": "sales"}}}`)
	template.Has(template.At("AWS::Lambda::Function", "Shop/NotifyCustomer"), `{"Environment": {"Variables": {"NOTICES_ARN": "arn:aws:sns:eu-west-1:111122223333:news"}}}`)
	template.Has(template.OfType("AWS::Lambda::EventSourceMapping")[0], `{"ScalingConfig": {"MaximumConcurrency": 7}}`)
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		if alarm.Path == "Shop/UndeliveredAlarm" {
			t.Error("the topic of somebody else is watched")
		}
	}
}

func TestOrderingGrantsOrderingAndStockingAndNothingElse(t *testing.T) {
	template := synthOnce(t, "ordering grants", func(stack awscdk.Stack) {
		shop := ordering.New(stack, "Shop", ordering.Props{})
		for id, grant := range map[string]func(awsiam.IGrantable) awsiam.Grant{"Site": shop.GrantOrder, "Warehouse": shop.GrantStock} {
			grant(awsiam.NewRole(stack, &id, &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}))
		}
	})
	var got []string
	for _, line := range permissions(template) {
		if role, _, _ := split3(line); role == "Site" || role == "Warehouse" {
			got = append(got, line)
		}
	}
	want := `Site sqs:SendMessage <Shop/Queue.Arn>
Warehouse dynamodb:GetItem <Shop/Stock.Arn>
Warehouse dynamodb:UpdateItem <Shop/Stock.Arn>`
	if lines := strings.Join(got, "\n"); lines != want {
		t.Errorf("got\n%s\nwant\n%s", lines, want)
	}
}

func TestWrongOrderingPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		ordering.New(cdktest.NewStack(t), "Shop", ordering.Props{
			MaxConcurrency: 1,
			Code:           map[ordering.Handler]awslambda.Code{"pack": awslambda.Code_FromAsset(jsii.String("testdata"), nil)},
			Alarms: ordering.Alarms{
				DeadLetters: operation.Alarm{Threshold: -1}, Backlog: operation.Alarm{Threshold: -2}, Undelivered: operation.Alarm{Threshold: -3},
				Orders: workflow.Alarms{Failed: operation.Alarm{Periods: -1}},
			},
		})
	})
	for _, part := range []string{"ordering.System Shop", "MaxConcurrency is 1: give 2 to 1000", `Code has "pack": give some of start, checkavailability, placeorder, notifycustomer`,
		"Alarms.DeadLetters.Threshold is -1", "Alarms.Backlog.Threshold is -2", "Alarms.Undelivered.Threshold is -3", "Alarms.Orders.Failed.Periods is -1",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

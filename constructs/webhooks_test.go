package constructs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/webhooks"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

func webhooksProps(o operation.Settings) webhooks.Props {
	return webhooks.Props{Operation: o, Sources: map[string]webhooks.Source{
		"acme":   {Scheme: webhooks.Standard, Key: "/data/account", Redact: []string{"/data/email"}},
		"hub":    {Scheme: webhooks.GitHub},
		"pay":    {Scheme: webhooks.Stripe, MaxBody: 1000},
		"gitlab": {Scheme: webhooks.Token, Key: "/project/id"},
	}}
}

func webhooksSystem(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthSystem(t, "webhooks")
}

func TestWebhooksKeepWhatHoldsDataUnderItsIds(t *testing.T) {
	template := webhooksSystem(t)
	stream := template.At("AWS::Kinesis::Stream", "Hooks/Stream")
	template.Has(stream, `{"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "RetentionPeriodHours": 168, "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}}`)
	claims := template.At("AWS::DynamoDB::Table", "Hooks/Claims")
	template.Has(claims, `{"KeySchema": [{"AttributeName": "webhook", "KeyType": "HASH"}], "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": true}, "DeletionProtectionEnabled": true}`)
	events := template.At("AWS::DynamoDB::Table", "Hooks/Events")
	template.Has(events, `{"KeySchema": [{"AttributeName": "eventKey", "KeyType": "HASH"}, {"AttributeName": "eventId", "KeyType": "RANGE"}]}`)
	failures := template.At("AWS::SQS::Queue", "Hooks/Failures")
	template.Has(failures, `{"MessageRetentionPeriod": 1209600}`)
	queue := template.At("AWS::SQS::Queue", "Hooks/Subscriptions/Events")
	template.Has(queue, `{"FifoQueue": true, "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId", "VisibilityTimeout": 180,
		"RedrivePolicy": {"deadLetterTargetArn": "<Hooks/Subscriptions/Events/DeadLetters.Arn>", "maxReceiveCount": 5}}`)
	secret := template.At("AWS::SecretsManager::Secret", "Hooks/Sources/acme")
	template.Has(secret, `{"GenerateSecretString": {"GenerateStringKey": "current", "SecretStringTemplate": "{}", "PasswordLength": 44, "ExcludePunctuation": true}}`)
	topic := template.At("AWS::SNS::Topic", "Hooks/Topic")
	template.Has(topic, `{"FifoTopic": true, "FifoThroughputScope": "MessageGroup"}`)
	for want, resource := range map[string]cdktest.Resource{
		"HooksStream8496B24D": stream, "HooksClaimsE709478B": claims, "HooksEvents180A323D": events, "HooksFailures780C2EA9": failures, "HooksSubscriptionsEventsE6426408": queue, "HooksSourcesacme3046BD88": secret,
	} {
		if resource.LogicalID != want || !strings.HasPrefix(resource.DeletionPolicy, "Retain") {
			t.Errorf("%s is %s, and is kept: %s; want %s, Retain", resource.Path, resource.LogicalID, resource.DeletionPolicy, want)
		}
	}
}

func TestForwardFollowsTheStreamWithinBounds(t *testing.T) {
	template := webhooksSystem(t)
	template.Has(template.At("AWS::Lambda::EventSourceMapping", "Hooks/Forward/Follow"), `{"BatchSize": 100, "ParallelizationFactor": 2, "StartingPosition": "TRIM_HORIZON",
		"FunctionResponseTypes": ["ReportBatchItemFailures"], "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 5, "MaximumRecordAgeInSeconds": 86400,
		"DestinationConfig": {"OnFailure": {"Destination": "<Hooks/Discarded.Arn>"}}, "EventSourceArn": "<Hooks/Stream.Arn>", "FunctionName": "<Hooks/Forward>"}`)
	template.Has(template.At("AWS::Lambda::Function", "Hooks/Forward"), `{"Timeout": 240, "Environment": {"Variables": {
		"WORKFLOW_ARN": "<Hooks/Workflow>", "CLAIMS_TABLE": "<Hooks/Claims>", "FAILURES_URL": "<Hooks/Failures>", "PATIENCE": "1m0s", "REMEMBER": "168h0m0s",
		"METRIC_NAMESPACE": "Tradepost/Webhooks"}}}`)
	template.Has(template.At("AWS::StepFunctions::StateMachine", "Hooks/Workflow"), `{"StateMachineType": "EXPRESS"}`)
}

func TestASubscriptionsFilterIsItsSourcesAndTypes(t *testing.T) {
	function := func(stack awscdk.Stack) awslambda.IFunction {
		return gofunction.New(stack, "Own", gofunction.Props{Code: awslambda.Code_FromAsset(jsii.String("testdata"), nil)}).Function
	}
	template := synthOnce(t, "webhooks filtered", func(stack awscdk.Stack) {
		props := webhooksProps(operation.Settings{})
		own := function(stack)
		props.Subscriptions = []webhooks.Subscription{
			{Name: "All", Function: own}, {Name: "Paid", Function: own, Timeout: time.Minute, MaxConcurrency: 7, Sources: []string{"pay"}, Types: []string{"invoice.paid", "charge.*"}},
			{Name: "Kept", Types: []string{"push"}},
		}
		webhooks.New(stack, "Hooks", props)
	})
	for name, filter := range map[string]string{
		"All": `null`, "Paid": `{"source": ["pay"], "type": ["invoice.paid", {"prefix": "charge."}]}`, "Kept": `{"type": ["push"]}`,
	} {
		found := 0
		for _, subscription := range template.OfType("AWS::SNS::Subscription") {
			properties := template.Plain(subscription.Properties).(map[string]any)
			if properties["Endpoint"] != "<Hooks/Subscriptions/"+name+".Arn>" {
				continue
			}
			found++
			var want any
			if err := json.Unmarshal([]byte(filter), &want); err != nil {
				t.Fatal(err)
			}
			if got := properties["FilterPolicy"]; fmt.Sprint(got) != fmt.Sprint(want) || properties["RawMessageDelivery"] != true {
				t.Errorf("%s: %v", name, properties)
			}
			if redrive := fmt.Sprint(properties["RedrivePolicy"]); !strings.Contains(redrive, "<Hooks/Undelivered.Arn>") {
				t.Errorf("%s: %s", name, redrive)
			}
		}
		if found != 1 {
			t.Errorf("%d subscriptions %s", found, name)
		}
	}
	template.Has(template.At("AWS::SQS::Queue", "Hooks/Subscriptions/Paid"), `{"VisibilityTimeout": 360}`)
}

// Nobody has to write down what an alarm is adjusted by twice.
func TestEachAlarmOfWebhooksIsAdjustedByItsOwnProp(t *testing.T) {
	template := synthOnce(t, "webhooks adjusted", func(stack awscdk.Stack) {
		props := webhooksProps(operation.Settings{AlarmTopic: awssns.Topic_FromTopicArn(stack, jsii.String("Pager"), jsii.String("arn:aws:sns:eu-west-1:111122223333:pager"))})
		at := func(n float64) operation.Alarm { return operation.Alarm{Threshold: n} }
		props.Alarms = webhooks.Alarms{
			ServerErrors: at(11), Refused: at(12), Lag: at(13), Failures: at(14), Lost: at(15), Undelivered: at(16), DeadLetters: at(17), Backlog: at(18),
			Workflow: workflow.Alarms{Failed: at(19)}, Functions: gofunction.Alarms{Errors: at(20)},
		}
		webhooks.New(stack, "Hooks", props)
	})
	for alarm, threshold := range map[string]int{
		"API/ServerErrorAlarm": 11, "RefusedAlarm": 12, "LagAlarm": 13, "FailuresAlarm": 14, "LostAlarm": 15, "UntoldAlarm": 15, "UndeliveredAlarm": 16,
		"Subscriptions/Events/DeadLettersAlarm": 17, "Subscriptions/Events/BacklogAlarm": 18, "Workflow/FailedAlarm": 19, "Workflow/TimedOutAlarm": 1, "Forward/ErrorsAlarm": 20,
	} {
		template.Has(template.At("AWS::CloudWatch::Alarm", "Hooks/"+alarm), fmt.Sprintf(`{"Threshold": %d, "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:pager"]}`, threshold))
	}
	for _, alarm := range template.OfType("AWS::CloudWatch::Alarm") {
		if alarm.Path == "Hooks/Authorize/ErrorsAlarm" {
			t.Error("a wrong token is an alarm")
		}
	}
}

func TestWebhooksGrantReplayingAndNothingElse(t *testing.T) {
	template := synthOnce(t, "webhooks grants", func(stack awscdk.Stack) {
		hooks := webhooks.New(stack, "Hooks", webhooksProps(operation.Settings{}))
		hooks.GrantReplay(awsiam.NewRole(stack, jsii.String("Operator"), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}))
	})
	var got []string
	for _, line := range permissions(template) {
		if role, _, _ := split3(line); role == "Operator" {
			got = append(got, line)
		}
	}
	want := []string{
		"Operator kinesis:PutRecord <Hooks/Stream.Arn>", "Operator sqs:ChangeMessageVisibility <Hooks/Failures.Arn>",
		"Operator sqs:DeleteMessage <Hooks/Failures.Arn>", "Operator sqs:ReceiveMessage <Hooks/Failures.Arn>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestEveryFaultOfWebhooksPropsIsSaid(t *testing.T) {
	sources := map[string]webhooks.Source{
		"Bad":  {Scheme: "md5", Key: "not a header", Type: "type", Redact: []string{""}},
		"long": {Scheme: webhooks.GitHub, MaxBody: contract.MaxBodyBytes + 1, TokenHeader: "X-Token"},
	}
	wantSaid(t, func(stack awscdk.Stack) {
		webhooks.New(stack, "Hooks", webhooks.Props{
			Sources: sources, Shards: -1, Retention: time.Hour, MaxAge: 8 * 24 * time.Hour, Patience: 5 * time.Minute, Remember: time.Hour, BatchSize: 1001, Parallel: 11,
			RequestsPerSecond: -1, Burst: -1, Code: map[webhooks.Handler]awslambda.Code{"x": nil},
			Subscriptions: []webhooks.Subscription{{Name: "bad"}, {Name: "A", Timeout: time.Second, MaxConcurrency: 1, Types: []string{"*"}}, {Name: "A"}},
			Alarms:        webhooks.Alarms{Lag: operation.Alarm{Threshold: -1}},
		})
	}, "webhooks.System Hooks:", `"Bad"`, `Scheme is "md5"`, "Key is", `has "type"`, `has ""`, "MaxBody is", `the header "X-Token"`, "Shards is -1", "Retention is 1h", "MaxAge is 192h",
		"Patience is 5m", "Remember is 1h", "BatchSize is 1001", "Parallel is 11", "RequestsPerSecond is", "Burst is", `Code has "x"`, `Subscriptions has "bad"`, `"A" twice`,
		"Timeout and no Function", "MaxConcurrency is 1", `source or type "*"`, "Alarms.Lag.Threshold")
	wantSaid(t, func(stack awscdk.Stack) { webhooks.New(stack, "Hooks", webhooks.Props{}) }, "Sources is required")
	many := map[string]webhooks.Source{}
	for i := range 100 {
		many[fmt.Sprintf("source-%d", i)] = webhooks.Source{Scheme: webhooks.Standard, Key: "/data/account"}
	}
	wantSaid(t, func(stack awscdk.Stack) { webhooks.New(stack, "Hooks", webhooks.Props{Sources: many}) }, "declare a second system")
}

// wantSaid checks what a construct with wrong props panics with.
func wantSaid(t *testing.T, declare func(awscdk.Stack), parts ...string) {
	t.Helper()
	message := cdktest.Panics(func() { declare(cdktest.NewStack(t)) })
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("%q is not in\n%s", part, message)
		}
	}
}

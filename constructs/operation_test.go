package constructs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestDataAndLogsAreKeptUnlessTheStackIsEphemeral(t *testing.T) {
	for want, settings := range map[string]operation.Settings{
		"Retain": {},
		"Delete": {Ephemeral: true},
	} {
		stack := cdktest.NewStack(t)
		operation.NewTable(stack, "Table", settings, awsdynamodb.TableProps{
			PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		})
		operation.NewBucket(stack, "Bucket", settings, awss3.BucketProps{})
		operation.NewLogBucket(stack, "LogBucket", settings)
		operation.NewQueue(stack, "Queue", settings, awssqs.QueueProps{})
		operation.NewDeadLetters(stack, "DeadLetters", settings)
		operation.NewLogGroup(stack, "Logs", settings)
		template := cdktest.Synth(t, stack)
		for _, resource := range template.Resources {
			if strings.HasSuffix(resource.Type, "Policy") {
				continue
			}
			if resource.DeletionPolicy != want {
				t.Errorf("%s of %+v: DeletionPolicy %q", resource.Path, settings, resource.DeletionPolicy)
			}
		}
		template.Has(template.At("AWS::DynamoDB::Table", "Table"), `{
			"BillingMode": "PAY_PER_REQUEST", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}
		}`)
		template.Has(template.At("AWS::SQS::Queue", "Queue"), `{"MessageRetentionPeriod": 1209600, "SqsManagedSseEnabled": true}`)
		template.Has(template.At("AWS::Logs::LogGroup", "Logs"), `{"RetentionInDays": 90}`)
	}
}

func TestAlarmIsAdjustedOrLeftOut(t *testing.T) {
	stack := cdktest.NewStack(t)
	settings := operation.Settings{AlarmTopic: operation.NewAlarmTopic(stack, "Topic", operation.Settings{})}
	queue := operation.NewDeadLetters(stack, "Queue", operation.Settings{})
	for id, adjust := range map[string]operation.Alarm{
		"Default": {}, "Adjusted": {Threshold: 7, Periods: 3}, "Off": {Off: true},
	} {
		alarm := operation.NewAlarm(stack, id, settings, operation.AlarmProps{
			Description: "Letters wait", Metric: operation.MetricDeadLetters(queue, nil), Threshold: 2, Adjust: adjust,
		})
		if (alarm == nil) != adjust.Off {
			t.Errorf("%s: %v", id, alarm)
		}
	}
	template := cdktest.Synth(t, stack)
	if alarms := template.OfType("AWS::CloudWatch::Alarm"); len(alarms) != 2 {
		t.Errorf("%d alarms", len(alarms))
	}
	template.Has(template.At("AWS::CloudWatch::Alarm", "Default"), `{
		"AlarmDescription": "Letters wait", "Threshold": 2, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching",
		"MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum", "Period": 60, "AlarmActions": ["<Topic>"]
	}`)
	template.Has(template.At("AWS::CloudWatch::Alarm", "Adjusted"), `{"Threshold": 7, "EvaluationPeriods": 3}`)
}

func TestMetricOptionsReplaceTheDefaults(t *testing.T) {
	defaults := operation.Count("Space", "Sent", "Shop", "one", nil)
	if *defaults.Statistic() != "Sum" || *defaults.Period().ToSeconds(nil) != 60 {
		t.Errorf("defaults: %s over %v s", *defaults.Statistic(), *defaults.Period().ToSeconds(nil))
	}
	changed := operation.Count("Space", "Sent", "Shop", "one", &operation.MetricOptions{
		Period: time.Hour, Statistic: *awscloudwatch.Stats_MINIMUM(), Label: "sent",
	})
	if *changed.Statistic() != "Minimum" || *changed.Period().ToSeconds(nil) != 3600 || *changed.Label() != "sent" {
		t.Errorf("changed: %s over %v s as %s", *changed.Statistic(), *changed.Period().ToSeconds(nil), *changed.Label())
	}
}

func TestAllowGivesExactlyWhatItSays(t *testing.T) {
	stack := cdktest.NewStack(t)
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	grant := operation.Allow(role, []string{"arn:aws:s3:::bucket/inbox/*"}, "s3:GetObject")
	operation.SuppressGrant(role, "AwsSolutions-IAM5", "File names are the callers'", `^Resource::.*inbox\/\*$`)
	if !*grant.Success() {
		t.Error("the grant had no effect")
	}
	template := cdktest.Synth(t, stack)
	policy := template.At("AWS::IAM::Policy", "Role/DefaultPolicy")
	template.Has(policy, `{"PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/inbox/*"}
	]}}`)
	if policy.Metadata["cdk_nag"] == nil {
		t.Error("the policy's finding is not suppressed")
	}
}

func TestFaultsStandInOneMessage(t *testing.T) {
	type handler string
	var faults operation.Faults
	faults.Require("Tables", false)
	faults.Require("Queue", true)
	faults.Add(nil, errors.New("of its own"))
	operation.NotNegative(&faults, "Timeout", -time.Second)
	operation.NotNegative(&faults, "Burst", 0)
	operation.Within(&faults, "Memory", 64, 128, 10240)
	operation.Handlers(&faults, map[handler]awslambda.Code{"a": nil, "c": nil}, []handler{"a", "b"})
	faults.Alarms(map[string]operation.Alarm{"Backlog": {Threshold: -1}, "Fine": {Off: true}})
	message := cdktest.Panics(func() { operation.Must("shop.Order", "Mine", faults.Err()) })
	want := strings.Join([]string{
		"shop.Order Mine: Tables is required",
		"of its own",
		"Timeout is -1s: it cannot be negative",
		"Memory is 64: give 128 to 10240",
		`Code has "c": give some of a, b`,
		"Backlog.Threshold is -1: it cannot be negative",
	}, "\n")
	if message != want {
		t.Errorf("panics with:\n%s", message)
	}
	if err := (operation.Faults{}).Err(); err != nil {
		t.Errorf("no faults: %v", err)
	}
}

func TestDefaultsStandOnlyForWhatIsNotGiven(t *testing.T) {
	stack := cdktest.NewStack(t)
	if got := (operation.Settings{}).WithDefaults(stack); got.Name != "Stack" || got.LogRetention != awslogs.RetentionDays_THREE_MONTHS {
		t.Errorf("defaults: %+v", got)
	}
	given := operation.Settings{Name: "mine", LogRetention: awslogs.RetentionDays_ONE_DAY}
	if got := given.WithDefaults(stack); got != given {
		t.Errorf("given: %+v", got)
	}
}

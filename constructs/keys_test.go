package constructs_test

// A key of one's own, in every system.

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// encrypted says how a type that holds data, or may, is encrypted by the key. A
// type is here or in holdsNothing.
var encrypted = map[string]string{
	"AWS::DynamoDB::Table": `{"SSESpecification": {"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "<Key.Arn>"}}`,
	"AWS::S3::Bucket": `{"BucketEncryption": {"ServerSideEncryptionConfiguration": [{
		"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "<Key.Arn>"}
	}]}}`,
	"AWS::Kinesis::Stream":        `{"StreamEncryption": {"EncryptionType": "KMS", "KeyId": "<Key.Arn>"}}`,
	"AWS::SQS::Queue":             `{"KmsMasterKeyId": "<Key.Arn>"}`,
	"AWS::SNS::Topic":             `{"KmsMasterKeyId": "<Key.Arn>"}`,
	"AWS::SecretsManager::Secret": `{"KmsKeyId": "<Key.Arn>"}`,
	"AWS::Logs::LogGroup":         `{"KmsKeyId": "<Key.Arn>"}`,
	"AWS::CloudTrail::Trail":      `{"KMSKeyId": "<Key.Arn>"}`,
	"AWS::Glue::Job":              `{"SecurityConfiguration": "<Model/Security>"}`,
	"AWS::Glue::SecurityConfiguration": `{"EncryptionConfiguration": {"CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": "<Key.Arn>"},
		"JobBookmarksEncryption": {"KmsKeyArn": "<Key.Arn>"}, "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": "<Key.Arn>"}]}}`,
	"AWS::Scheduler::Schedule": `{"KmsKeyArn": "<Key.Arn>"}`,
}

var holdsNothing = []string{
	"AWS::IAM::", "AWS::ApiGateway::", "AWS::CloudWatch::", "AWS::Events::", "AWS::Lambda::", "AWS::KMS::Key",
	"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::StepFunctions::StateMachine",
	"AWS::Transfer::", "AWS::Logs::ResourcePolicy", "AWS::CDK::Metadata",
	"Custom::TradepostPartners", // where the list is, which the CDK's own bucket holds
	"AWS::EC2::Instance",        // no data of a system's; its disk has the account's own key
}

func TestAKeyEncryptsEverythingThatHoldsDataInEverySystem(t *testing.T) {
	for name, declare := range systems {
		t.Run(name, func(t *testing.T) {
			template := synthOnce(t, name+" keyed", func(stack awscdk.Stack) {
				declare(stack, operation.Settings{Key: newKey(stack)})
			})
			wantEncrypted(t, template)
		})
	}
}

func wantEncrypted(t *testing.T, template *cdktest.Template) {
	t.Helper()
	for _, resource := range template.Resources {
		if want := encrypted[resource.Type]; want != "" {
			template.Has(resource, want)
		} else if !slices.ContainsFunc(holdsNothing, func(prefix string) bool { return strings.HasPrefix(resource.Type, prefix) }) {
			t.Errorf("%s is a %s: say how it is encrypted", resource.Path, resource.Type)
		}
	}
}

func TestWithoutAKeyNobodyMayUseOne(t *testing.T) {
	eachSystem(t, func(t *testing.T, _ string, template *cdktest.Template) {
		for _, line := range permissions(template) {
			if strings.Contains(line, " kms:") {
				t.Error(line)
			}
		}
	})
}

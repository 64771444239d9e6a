package constructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// keyedPipeline is the template of a pipeline that a key of the stack encrypts.
func keyedPipeline(t *testing.T) *cdktest.Template {
	t.Helper()
	return synthOnce(t, "b2b keyed, with CloudTrail", func(stack awscdk.Stack) {
		b2b.NewPipeline(stack, "Pipeline", b2b.PipelineProps{
			Partners: testPartners(), Detection: b2b.Both, Operation: operation.Settings{Key: newKey(stack)},
		})
	})
}

func TestAKeyEncryptsThePipelinesTrailToo(t *testing.T) {
	wantEncrypted(t, keyedPipeline(t))
}

// Each role may use the key for what it does with what the key encrypts.
func TestRolesMayUseTheKeyAsTheyUseWhatItEncrypts(t *testing.T) {
	uses := make(map[string][]string)
	for _, line := range permissions(keyedPipeline(t)) {
		if role, action, resource := split3(line); strings.HasPrefix(action, "kms:") {
			if resource != "<Key.Arn>" {
				t.Errorf("%s may %s %s", role, action, resource)
			}
			role = strings.TrimSuffix(strings.TrimPrefix(role, "Pipeline/"), "/Role")
			uses[role] = append(uses[role], strings.TrimPrefix(action, "kms:"))
		}
	}
	const (
		decrypt   = "Decrypt"
		send      = "Decrypt GenerateDataKey"
		readRows  = "Decrypt DescribeKey"
		writeRows = "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo"
		// A destination's grant is the CDK's.
		destination = "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKey* GenerateDataKeyWithoutPlaintext ReEncrypt* ReEncryptFrom ReEncryptTo"
	)
	want := map[string]string{
		"Enrichment":             readRows,
		"Enrolment/Enrol":        writeRows,
		"Posted/Start":           decrypt,
		"Queue/Start":            decrypt,
		"REST/Accept":            writeRows,
		"REST/Authorize":         readRows,
		"REST/StatusRole":        readRows,
		"SFTP/Split":             destination,
		"SFTP/Authenticate":      readRows,
		"SFTP/SessionRole":       send,
		"Settlement/Acknowledge": writeRows,
		"Settlement/Tally":       readRows,
		"Settlement/Watch":       writeRows,
		"Workflow/Conclude":      destination,
		"Workflow/Machine":       writeRows,
	}
	for role, actions := range uses {
		if got := strings.Join(actions, " "); got != want[role] {
			t.Errorf("%s may %q, not %q", role, got, want[role])
		}
		delete(want, role)
	}
	for role := range want {
		t.Errorf("%s may not use the key", role)
	}
}

// Services use the key by its own policy, for this account's resources only.
func TestServicesMayUseTheKey(t *testing.T) {
	template := keyedPipeline(t)
	got := make(map[string]string)
	for _, statement := range template.Plain(template.At("AWS::KMS::Key", "Key").Properties).(map[string]any)["KeyPolicy"].(map[string]any)["Statement"].([]any) {
		statement := statement.(map[string]any)
		service, ok := statement["Principal"].(map[string]any)["Service"].(string)
		if !ok {
			continue
		}
		if got[service] != "" {
			t.Errorf("%s is allowed twice", service)
		}
		got[service] = strings.Join(listOf(statement["Action"]), " ") + conditions(statement["Condition"])
	}
	arn := func(service, resource string) string {
		return "arn:<AWS::Partition>:" + service + ":<AWS::Region>:<AWS::AccountId>:" + resource
	}
	want := map[string]string{
		"logs.<AWS::Region>.<AWS::URLSuffix>": "kms:Decrypt* kms:Describe* kms:Encrypt* kms:GenerateDataKey* kms:ReEncrypt* if ArnLike kms:EncryptionContext:aws:logs:arn " + arn("logs", "log-group:*"),
		"cloudwatch.amazonaws.com":            "kms:Decrypt kms:GenerateDataKey* if ArnLike kms:EncryptionContext:aws:sns:topicArn " + arn("sns", "*"),
		"events.amazonaws.com":                "kms:Decrypt kms:GenerateDataKey* if StringEquals aws:SourceAccount <AWS::AccountId>",
		"cloudtrail.amazonaws.com":            "kms:Decrypt kms:DescribeKey kms:GenerateDataKey* if ArnLike aws:SourceArn " + arn("cloudtrail", "trail/*"),
		"logging.s3.amazonaws.com":            "kms:Decrypt kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*",
	}
	for service, statement := range want {
		if got[service] != statement {
			t.Errorf("%s may %q, not %q", service, got[service], statement)
		}
		delete(got, service)
	}
	for service, statement := range got {
		t.Errorf("%s may %s", service, statement)
	}
}

// conditions is the only condition of a statement in words.
func conditions(value any) string {
	var words []string
	for operator, keys := range asMap(value) {
		for key, want := range asMap(keys) {
			words = append(words, " if "+operator+" "+key+" "+want.(string))
		}
	}
	slices.Sort(words)
	return strings.Join(words, "")
}

func asMap(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// What a team brings may have keys of its own: here a bucket with one key,
// restored tables and a topic with another one.
func TestExistingResourcesWithKeysOfTheirOwnAreUsed(t *testing.T) {
	template := synthOnce(t, "b2b brought", func(stack awscdk.Stack) {
		landing := awskms.Key_FromKeyArn(stack, jsii.String("LandingKey"), jsii.String("arn:aws:kms:eu-west-1:123456789012:key/landing"))
		tables := awskms.NewKey(stack, jsii.String("TablesKey"), nil)
		table := func(name string) awsdynamodb.ITable {
			return awsdynamodb.Table_FromTableAttributes(stack, &name, &awsdynamodb.TableAttributes{TableName: &name, EncryptionKey: tables})
		}
		b2b.NewPipeline(stack, "Pipeline", b2b.PipelineProps{
			Partners: testPartners(), Detection: b2b.S3Events,
			Bucket: awss3.Bucket_FromBucketAttributes(stack, jsii.String("Landing"), &awss3.BucketAttributes{
				BucketName: jsii.String("team-landing"), EncryptionKey: landing,
			}),
			Files: table("restored-files"), Transactions: table("restored-transactions"), Outcomes: table("restored-outcomes"),
			PartnersTable: table("restored-partners"),
			Operation:     operation.Settings{AlarmTopic: awssns.NewTopic(stack, jsii.String("Topic"), &awssns.TopicProps{MasterKey: tables})},
		})
	})
	for _, table := range template.OfType("AWS::DynamoDB::Table") {
		t.Errorf("there is a %s", table.Path)
	}
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Split"), `{"Environment": {"Variables": {
		"FILES_TABLE": "restored-files", "OUTCOMES_TABLE": "restored-outcomes"
	}}}`)
	lines := permissions(template)
	table := "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/"
	for _, line := range []string{
		"Pipeline/Settlement/Watch/Role dynamodb:Query " + table + "restored-files/index/Unsettled",
		"Pipeline/Settlement/Watch/Role dynamodb:UpdateItem " + table + "restored-files",
		"Pipeline/Settlement/Watch/Role kms:GenerateDataKey <TablesKey.Arn>",
		"Pipeline/Settlement/Watch/Role lambda:InvokeFunction <Pipeline/SFTP/Split.Arn>",
		"Pipeline/Settlement/Tally/Role kms:Decrypt <TablesKey.Arn>",
		"Pipeline/SFTP/Split/Role kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/landing",
		"Pipeline/Settlement/Acknowledge/Role kms:GenerateDataKey arn:aws:kms:eu-west-1:123456789012:key/landing",
		"Pipeline/Enrolment/Enrol/Role dynamodb:PutItem " + table + "restored-partners",
		"Pipeline/SFTP/Authenticate/Role dynamodb:GetItem " + table + "restored-partners",
		"Pipeline/SFTP/SessionRole kms:GenerateDataKey arn:aws:kms:eu-west-1:123456789012:key/landing",
	} {
		if !slices.Contains(lines, line) {
			t.Errorf("not allowed: %s", line)
		}
	}
	policy, _ := template.Plain(template.At("AWS::KMS::Key", "TablesKey").Properties).(map[string]any)["KeyPolicy"].(map[string]any)
	if !slices.ContainsFunc(policy["Statement"].([]any), func(statement any) bool {
		return asMap(asMap(statement)["Principal"])["Service"] == "cloudwatch.amazonaws.com"
	}) {
		t.Error("alarms may not use the topic's key")
	}
}

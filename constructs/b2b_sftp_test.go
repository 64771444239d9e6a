package constructs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

func TestServerSpeaksSFTPOnly(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::Transfer::Server", "Pipeline/SFTP/Server"), `{
		"Protocols": ["SFTP"], "Domain": "S3", "EndpointType": "PUBLIC", "IdentityProviderType": "AWS_LAMBDA",
		"IdentityProviderDetails": {"Function": "<Pipeline/SFTP/Authenticate.Arn>", "SftpAuthenticationMethods": "PUBLIC_KEY"},
		"SecurityPolicyName": "TransferSecurityPolicy-2025-03",
		"StructuredLogDestinations": ["<Pipeline/SFTP/ServerLogs.Arn>"],
		"ProtocolDetails": {"SetStatOption": "ENABLE_NO_OP"},
		"S3StorageOptions": {"DirectoryListingOptimization": "ENABLED"}
	}`)
}

func TestAuthenticateIsToldWhatSessionsMayDo(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Authenticate"), `{"Environment": {"Variables": {
		"DIRECTORY_TABLE": "<Pipeline/Tables/Partners>",
		"SESSIONS": "{\"role\":\"<Pipeline/SFTP/SessionRole.Arn>\",\"bucket\":\"<Pipeline/Landing/Bucket.Arn>\"}"
	}}}`)
	keyed := keyedPipeline(t)
	keyed.Has(keyed.At("AWS::Lambda::Function", "Pipeline/SFTP/Authenticate"), `{"Environment": {"Variables": {
		"SESSIONS": "{\"role\":\"<Pipeline/SFTP/SessionRole.Arn>\",\"bucket\":\"<Pipeline/Landing/Bucket.Arn>\",\"key\":\"<Key.Arn>\"}"
	}}}`)
}

// A bucket is full of markers otherwise, each of which a listing passes by.
func TestMarkersOfDeletedObjectsExpire(t *testing.T) {
	template := pipelineWith(t, "detection=Both", func(p *b2b.PipelineProps) { p.Detection = b2b.Both })
	for _, bucket := range template.OfType("AWS::S3::Bucket") {
		expire := false
		for _, rule := range bucket.Properties["LifecycleConfiguration"].(map[string]any)["Rules"].([]any) {
			rule := rule.(map[string]any)
			expire = expire || rule["ExpiredObjectDeleteMarker"] == true && rule["Prefix"] == nil && rule["ExpirationInDays"] == nil
		}
		if !expire {
			t.Errorf("%s keeps them", bucket.Path)
		}
	}
}

func TestLandingBucketIsPrivateVersionedAndTellsEventBridge(t *testing.T) {
	template := pipeline(t)
	bucket := template.At("AWS::S3::Bucket", "Pipeline/Landing/Bucket")
	template.Has(bucket, `{
		"VersioningConfiguration": {"Status": "Enabled"},
		"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": true}},
		"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
		"LoggingConfiguration": {"DestinationBucketName": "<Pipeline/Landing/AccessLogs>"}
	}`)
}

const s3Pattern = `{"EventPattern": {
	"source": ["aws.s3"], "detail-type": ["Object Created"],
	"detail": {"bucket": {"name": ["<Pipeline/Landing/Bucket>"]}, "object": {"key": [{"prefix": "inbox/"}]}}
}}`

const trailPattern = `{"EventPattern": {
	"source": ["aws.s3"], "detail-type": ["AWS API Call via CloudTrail"],
	"detail": {
		"eventSource": ["s3.amazonaws.com"],
		"eventName": ["PutObject", "CompleteMultipartUpload", "CopyObject", "PostObject"],
		"errorCode": [{"exists": false}],
		"requestParameters": {"bucketName": ["<Pipeline/Landing/Bucket>"], "key": [{"prefix": "inbox/"}]}
	}
}}`

const serverPattern = `{"EventPattern": {
	"source": ["aws.transfer"],
	"detail-type": ["SFTP Server File Upload Completed", "SFTP Server File Rename Completed", "SFTP Server File Upload Failed"],
	"detail": {"server-id": ["<Pipeline/SFTP/Server.ServerId>"]}
}}`

func TestDetectionChoosesTheWitnesses(t *testing.T) {
	for _, test := range []struct {
		detection b2b.Detection
		rules     map[string]string
		trails    int
	}{
		{"", map[string]string{"S3Rule": s3Pattern, "ServerRule": serverPattern}, 0},
		{b2b.S3Events, map[string]string{"S3Rule": s3Pattern, "ServerRule": serverPattern}, 0},
		{b2b.CloudTrail, map[string]string{"TrailRule": trailPattern, "ServerRule": serverPattern}, 1},
		{b2b.Both, map[string]string{"S3Rule": s3Pattern, "TrailRule": trailPattern, "ServerRule": serverPattern}, 1},
	} {
		t.Run("detection="+string(test.detection), func(t *testing.T) {
			template := pipelineWith(t, "detection="+string(test.detection), func(p *b2b.PipelineProps) { p.Detection = test.detection })
			rules := 0
			for _, rule := range template.OfType("AWS::Events::Rule") {
				name, ok := strings.CutPrefix(rule.Path, "Pipeline/SFTP/")
				if !ok {
					continue
				}
				rules++
				template.Has(rule, test.rules[name])
				target := template.Plain(rule.Properties["Targets"].([]any)[0]).(map[string]any)
				if target["Arn"] != "<Pipeline/SFTP/Split.Arn>" || target["DeadLetterConfig"] == nil || target["RetryPolicy"] == nil {
					t.Errorf("%s calls %v", name, target)
				}
			}
			if rules != len(test.rules) {
				t.Errorf("%d rules", rules)
			}
			if trails := len(template.OfType("AWS::CloudTrail::Trail")); trails != test.trails {
				t.Errorf("%d trails", trails)
			}
		})
	}
}

func TestTrailRecordsWritesToTheInboxesOnly(t *testing.T) {
	template := pipelineWith(t, "detection=Both", func(p *b2b.PipelineProps) { p.Detection = b2b.Both })
	template.Has(template.At("AWS::CloudTrail::Trail", "Pipeline/SFTP/Trail"), `{
		"EnableLogFileValidation": true, "IsMultiRegionTrail": false,
		"EventSelectors": [{
			"ReadWriteType": "WriteOnly", "IncludeManagementEvents": false,
			"DataResources": [{"Type": "AWS::S3::Object", "Values": ["<Pipeline/Landing/Bucket.Arn>/inbox/"]}]
		}]
	}`)
}

func TestNoticeThatIsGivenUpIsKept(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::Lambda::EventInvokeConfig", "Pipeline/SFTP/Split/Resource/EventInvokeConfig"), `{
		"DestinationConfig": {"OnFailure": {"Destination": "<Pipeline/SFTP/Undelivered.Arn>"}}
	}`)
	template.Has(template.At("AWS::SQS::Queue", "Pipeline/SFTP/Undelivered"), `{"MessageRetentionPeriod": 1209600}`)
}

func TestSplitIsTold(t *testing.T) {
	template := pipeline(t)
	template.Has(template.At("AWS::Lambda::Function", "Pipeline/SFTP/Split"), `{
		"Timeout": 900, "MemorySize": 1769,
		"Environment": {"Variables": {
			"FILES_TABLE": "<Pipeline/Tables/Files>", "OUTCOMES_TABLE": "<Pipeline/Tables/Outcomes>", "QUEUE_URL": "<Pipeline/Queue>",
			"SETTLEMENT_ARN": "<Pipeline/Settlement/Machine>", "SETTLEMENT_TIMEOUT": "15m0s",
			"MAX_FILE_BYTES": "1073741824", "MAX_FILE_RECORDS": "500000",
			"METRIC_NAMESPACE": "Tradepost/B2B", "PIPELINE": "Stack/Pipeline"
		}}
	}`)
}

// A settlement's state machine gives up after 14 days.
func TestADeadlineThatNoSettlementLivesToSeeIsRefused(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewSFTPIntake(cdktest.NewStack(t), "SFTP", b2b.SFTPIntakeProps{SettlementTimeout: 13 * 24 * time.Hour, SettlementRate: 1, MaxFileRecords: 100_000})
	})
	if !strings.Contains(message, "14 days") {
		t.Errorf("message %s", message)
	}
}

func TestWrongSFTPPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		b2b.NewSFTPIntake(cdktest.NewStack(t), "SFTP", b2b.SFTPIntakeProps{Detection: "Maybe", MaxFileBytes: -1})
	})
	for _, part := range []string{
		"b2b.SFTPIntake SFTP", "Landing is required", "Tables is required", "Queue is required",
		"Settlement is required", `detection is "Maybe"`, "cannot be negative",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

package b2b

// This file declares how an arrived file is noticed and read: several
// witnesses, one reader.

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Detection is who tells of an arrived file. Beside them the SFTP server
// always does, of what came through it, and of uploads that failed: that costs
// nothing, and is delivered as best it can. A file is taken in when the first
// witness tells of it, and the others are ignored.
type Detection string

const (
	// S3Events are S3's own: durable, delivered at least once.
	S3Events Detection = "S3Events"

	// CloudTrail records data events: best effort, minutes later, and paid for
	// by the event; for accounts whose audit asks for them anyway. A region
	// has room for five trails.
	CloudTrail Detection = "CloudTrail"

	// Both of them.
	Both Detection = "Both"
)

// Validate says which values there are.
func (d Detection) Validate() error {
	switch d {
	case S3Events, CloudTrail, Both:
		return nil
	}
	return fmt.Errorf("detection is %q: give S3Events, CloudTrail or Both", string(d))
}

// addSplit declares the function that reads files.
func (s *SFTPIntake) addSplit(props SFTPIntakeProps) {
	s.Undelivered = operation.NewDeadLetters(s.Construct, "Undelivered", props.Operation)
	s.Split = functions(s.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Split", Split, gofunction.Props{
		Description: "Reads an arrived file, checks it, and queues its transactions",
		Memory:      1769, // one whole core
		Timeout:     15 * time.Minute,
		OnFailure:   awslambdadestinations.NewSqsDestination(s.Undelivered),
		Environment: withMetrics(props.Operation, map[string]string{
			contract.EnvFilesTable:        *props.Tables.Files.TableName(),
			contract.EnvOutcomesTable:     *props.Tables.Outcomes.TableName(),
			contract.EnvQueueURL:          *props.Queue.QueueUrl(),
			contract.EnvSettlementARN:     *props.Settlement.StateMachine.StateMachineArn(),
			contract.EnvSettlementTimeout: props.SettlementTimeout.String(),
			contract.EnvSettlementRate:    strconv.Itoa(props.SettlementRate),
			contract.EnvRetention:         props.Tables.retention.String(),
			contract.EnvMaxFileBytes:      strconv.FormatInt(props.MaxFileBytes, 10),
			contract.EnvMaxFileRecords:    strconv.Itoa(props.MaxFileRecords),
		}),
	})
	role := s.Split.Role
	operation.AllowObjects(role, props.Landing.Bucket, []string{contract.InboxPrefix + "*"}, "s3:GetObject", "s3:GetObjectVersion")
	// Without it S3 does not tell a file that is gone from one it refuses.
	operation.Allow(role, []string{*props.Landing.Bucket.BucketArn()}, "s3:ListBucket")
	operation.Suppress(role, "AwsSolutions-IAM5", "It reads every partner's inbox: what files are named is up to the partners.",
		`^Resource::.*\/inbox\/\*$`)
	operation.AllowTable(role, props.Tables.Files, "dynamodb:GetItem", "dynamodb:UpdateItem")
	operation.AllowTable(role, props.Tables.Outcomes, "dynamodb:BatchWriteItem")
	operation.AllowSend(role, props.Queue)
	props.Settlement.StateMachine.GrantStartExecution(role)
	props.Settlement.splitAgain(s.Split)

	operation.NewAlarm(s.Construct, "UploadFailedAlarm", props.Operation, operation.AlarmProps{
		Description: "A partner's upload was broken off or refused: see split's log. If the partner has not sent the file again, ask for it.",
		Metric:      s.MetricUploadsFailed(nil),
		Threshold:   1,
		Adjust:      props.Alarms.UploadFailed,
	})
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", props.Operation, operation.AlarmProps{
		Description: "The notice of a file was given up: read the message, mend the cause, and invoke split with the event in it.",
		Metric:      s.MetricUndelivered(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Undelivered,
	})
}

// MetricUndelivered is how many notices of files were given up.
func (s *SFTPIntake) MetricUndelivered(options *operation.MetricOptions) awscloudwatch.Metric {
	return operation.MetricDeadLetters(s.Undelivered, options)
}

// MetricUploadsFailed counts uploads that were broken off or refused.
func (s *SFTPIntake) MetricUploadsFailed(options *operation.MetricOptions) awscloudwatch.Metric {
	return count(s.settings, contract.MetricUploadsFailed, options)
}

func (s *SFTPIntake) addDetection(props SFTPIntakeProps) {
	bucket := props.Landing.Bucket.BucketName()
	inbox := []map[string]string{{"prefix": contract.InboxPrefix}}
	if props.Detection != CloudTrail {
		// Object Created covers PutObject, POST, CopyObject and
		// CompleteMultipartUpload; an upload that is broken off is none.
		s.S3Rule = s.addRule("S3Rule", "A file has arrived, says S3", &awsevents.EventPattern{
			Source:     jsii.Strings("aws.s3"),
			DetailType: jsii.Strings("Object Created"),
			Detail: &map[string]any{
				"bucket": map[string]any{"name": []*string{bucket}},
				"object": map[string]any{"key": inbox},
			},
		})
	}
	if props.Detection != S3Events {
		s.addTrail(props)
		s.TrailRule = s.addRule("TrailRule", "A file has arrived, says CloudTrail", &awsevents.EventPattern{
			Source:     jsii.Strings("aws.s3"),
			DetailType: jsii.Strings("AWS API Call via CloudTrail"),
			Detail: &map[string]any{
				"eventSource": []string{"s3.amazonaws.com"},
				"eventName":   []string{"PutObject", "CompleteMultipartUpload", "CopyObject", "PostObject"},
				"errorCode":   []map[string]bool{{"exists": false}}, // refused calls are recorded too
				"requestParameters": map[string]any{
					"bucketName": []*string{bucket},
					"key":        inbox,
				},
			},
		})
	}
	s.ServerRule = s.addRule("ServerRule", "A file has arrived or an upload has failed, says the SFTP server", &awsevents.EventPattern{
		Source:     jsii.Strings("aws.transfer"),
		DetailType: jsii.Strings("SFTP Server File Upload Completed", "SFTP Server File Rename Completed", "SFTP Server File Upload Failed"),
		Detail:     &map[string]any{"server-id": []*string{s.Server.AttrServerId()}},
	})
}

func (s *SFTPIntake) addRule(id, description string, pattern *awsevents.EventPattern) awsevents.Rule {
	return awsevents.NewRule(s.Construct, &id, &awsevents.RuleProps{
		Description:  &description,
		EventPattern: pattern,
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(s.Split.Function, &awseventstargets.LambdaFunctionProps{
			DeadLetterQueue: s.Undelivered,
			MaxEventAge:     awscdk.Duration_Hours(jsii.Number(24)),
			RetryAttempts:   jsii.Number(185),
		})},
	})
}

// addTrail records who wrote what into the inboxes, and nothing else.
func (s *SFTPIntake) addTrail(props SFTPIntakeProps) {
	logs := operation.NewTrailBucket(s.Construct, "TrailLogs", props.Operation)
	operation.AllowTrails(s.Construct, props.Operation.Key)
	s.Trail = awscloudtrail.NewTrail(s.Construct, jsii.String("Trail"), &awscloudtrail.TrailProps{
		Bucket:                     logs,
		EncryptionKey:              props.Operation.Key,
		EnableFileValidation:       jsii.Bool(true),
		IsMultiRegionTrail:         jsii.Bool(false),
		IncludeGlobalServiceEvents: jsii.Bool(false),
	})
	s.Trail.AddS3EventSelector(&[]*awscloudtrail.S3EventSelector{{
		Bucket:       props.Landing.Bucket,
		ObjectPrefix: jsii.String(contract.InboxPrefix),
	}}, &awscloudtrail.AddEventSelectorOptions{
		ReadWriteType:           awscloudtrail.ReadWriteType_WRITE_ONLY,
		IncludeManagementEvents: jsii.Bool(false),
	})
}

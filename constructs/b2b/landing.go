package b2b

// This file declares the bucket in which partners' files land, and from which
// they take their replies.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// LandingProps are the properties of a Landing.
type LandingProps struct {
	// Bucket is an existing bucket: versioned, with EventBridge notifications
	// on. If a key of yours encrypts it, say so (BucketAttributes.EncryptionKey):
	// those who read or write it are allowed to use that key. Default: a bucket
	// is made, with a second one for its access logs.
	Bucket awss3.IBucket

	// Operation says how long data is kept. Default: see operation.Settings.
	Operation operation.Settings
}

// Landing is the bucket of inbox/<partner>/, outbox/<partner>/ and
// quarantine/<partner>/.
type Landing struct {
	Construct constructs.Construct
	Bucket    awss3.IBucket

	// AccessLogs is nil if the bucket exists already.
	AccessLogs awss3.Bucket
}

// NewLanding declares the bucket.
func NewLanding(scope constructs.Construct, id string, props LandingProps) *Landing {
	this := constructs.NewConstruct(scope, &id)
	if props.Bucket != nil {
		return &Landing{Construct: this, Bucket: props.Bucket}
	}
	logs := operation.NewLogBucket(this, "AccessLogs", props.Operation)
	bucket := operation.NewBucket(this, "Bucket", props.Operation, awss3.BucketProps{ // versioned: a file is known by its version
		ServerAccessLogsBucket: logs,
		ServerAccessLogsPrefix: jsii.String("landing/"),
		LifecycleRules:         landingLifecycle(),
	})
	// The L2's eventBridgeEnabled would bring a custom resource.
	resource := bucket.Node().DefaultChild().(awss3.CfnBucket)
	resource.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{
			EventBridgeEnabled: jsii.Bool(true),
		},
	})
	return &Landing{Construct: this, Bucket: bucket, AccessLogs: logs}
}

// landingLifecycle keeps what partners and auditors may ask for and nothing
// that nobody can: a partner that deletes or overwrites a file has 90 days to
// ask for it back, and parts of broken-off uploads go after a week.
func landingLifecycle() *[]*awss3.LifecycleRule {
	days := func(n float64) awscdk.Duration { return awscdk.Duration_Days(&n) }
	return &[]*awss3.LifecycleRule{
		{
			Id:                                  jsii.String("leftovers"),
			AbortIncompleteMultipartUploadAfter: days(7),
			NoncurrentVersionExpiration:         days(90),
			ExpiredObjectDeleteMarker:           jsii.Bool(true), // what is left of a deleted object then
		},
		{
			Id:     jsii.String("inbox"),
			Prefix: jsii.String(contract.InboxPrefix),
			Transitions: &[]*awss3.Transition{{
				StorageClass:    awss3.StorageClass_INTELLIGENT_TIERING(),
				TransitionAfter: days(30),
			}},
			Expiration: days(365),
		},
		{Id: jsii.String("outbox"), Prefix: jsii.String(contract.OutboxPrefix), Expiration: days(365)},
		{Id: jsii.String("quarantine"), Prefix: jsii.String(contract.QuarantinePrefix), Expiration: days(365)},
	}
}

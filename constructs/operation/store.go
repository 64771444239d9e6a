package operation

// This file declares what holds data: each takes the CDK's own props and fills
// in what a production system wants of them.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesis"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewTable declares an on-demand table that can be restored to any second of
// the last 35 days. Unless it is ephemeral nobody can delete it, by accident or
// by a stack, before its deletion protection is taken off.
func NewTable(scope constructs.Construct, id string, settings Settings, props awsdynamodb.TableProps) awsdynamodb.Table {
	props.BillingMode = awsdynamodb.BillingMode_PAY_PER_REQUEST
	props.PointInTimeRecoverySpecification = &awsdynamodb.PointInTimeRecoverySpecification{
		PointInTimeRecoveryEnabled: jsii.Bool(true),
	}
	props.RemovalPolicy = settings.RemovalPolicy()
	props.DeletionProtection = jsii.Bool(!settings.Ephemeral)
	if settings.Key != nil {
		props.Encryption, props.EncryptionKey = awsdynamodb.TableEncryption_CUSTOMER_MANAGED, settings.Key
	}
	return awsdynamodb.NewTable(scope, &id, &props)
}

// NewBucket declares a private, encrypted, versioned bucket that takes TLS
// only. Give a ServerAccessLogsBucket, or say with Suppress why there is none.
func NewBucket(scope constructs.Construct, id string, settings Settings, props awss3.BucketProps) awss3.Bucket {
	props.Versioned = jsii.Bool(true)
	props.Encryption = awss3.BucketEncryption_S3_MANAGED
	if settings.Key != nil {
		props.Encryption, props.EncryptionKey = awss3.BucketEncryption_KMS, settings.Key
		props.BucketKeyEnabled = jsii.Bool(true) // a request to KMS per minutes of use, not per object
	}
	props.EnforceSSL = jsii.Bool(true)
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.RemovalPolicy = settings.RemovalPolicy()
	return awss3.NewBucket(scope, &id, &props)
}

// NewLogBucket declares a bucket that only AWS services write to, for a year.
func NewLogBucket(scope constructs.Construct, id string, settings Settings) awss3.Bucket {
	bucket := NewBucket(scope, id, settings, awss3.BucketProps{
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                          jsii.String("expire"),
			Expiration:                  awscdk.Duration_Days(jsii.Number(365)),
			NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(1)),
		}, {
			Id:                        jsii.String("markers"), // a rule has this or an expiration
			ExpiredObjectDeleteMarker: jsii.Bool(true),
		}},
	})
	Suppress(bucket, "AwsSolutions-S1", "This bucket holds logs: logging access to them would only make more.")
	return bucket
}

// NewTrailBucket is NewLogBucket for a trail of CloudTrail: of this account's, and
// of nobody else's, whom the CDK would let in.
func NewTrailBucket(scope constructs.Construct, id string, settings Settings) awss3.Bucket {
	logs := NewLogBucket(scope, id, settings)
	logs.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Effect:     awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)},
		Actions:    jsii.Strings("s3:*"),
		Resources:  &[]*string{logs.BucketArn(), logs.ArnForObjects(jsii.String("*"))},
		Conditions: &map[string]any{"StringNotEquals": map[string]any{"aws:SourceAccount": logs.Stack().Account()}},
	}))
	return logs
}

// NewSecret declares a secret. A retained one stands in the way of another of
// its name: give none, or one with StackPart in it.
func NewSecret(scope constructs.Construct, id string, settings Settings, props awssecretsmanager.SecretProps) awssecretsmanager.Secret {
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE // so a first deployment that fails leaves none
	if settings.Ephemeral {
		props.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
	}
	props.EncryptionKey = settings.Key
	return awssecretsmanager.NewSecret(scope, &id, &props)
}

// StackPart is a part of the stack's id that no other stack has, not even a
// later one of the same name: with it, a physical name is never taken.
func StackPart(scope constructs.Construct) string {
	return *awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), awscdk.Stack_Of(scope).StackId(), nil))
}

// NewQueue declares an encrypted queue that takes TLS only, and keeps messages
// for 14 days, which is as long as SQS keeps anything.
func NewQueue(scope constructs.Construct, id string, settings Settings, props awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	if settings.Key != nil {
		props.Encryption, props.EncryptionMasterKey = awssqs.QueueEncryption_KMS, settings.Key
	}
	props.EnforceSSL = jsii.Bool(true)
	props.RemovalPolicy = settings.RemovalPolicy()
	if props.RetentionPeriod == nil {
		props.RetentionPeriod = awscdk.Duration_Days(jsii.Number(14))
	}
	return awssqs.NewQueue(scope, &id, &props)
}

// NewDeadLetters declares a queue for what could not be delivered, by a rule's
// target too. Watch it by an alarm on MetricDeadLetters.
func NewDeadLetters(scope constructs.Construct, id string, settings Settings) awssqs.Queue {
	allowEvents(scope, settings.Key)
	queue := NewQueue(scope, id, settings, awssqs.QueueProps{})
	Suppress(queue, "AwsSolutions-SQS3", "This queue is itself a dead-letter queue, watched by an alarm.")
	return queue
}

// NewWorkQueue declares a queue, under the id Resource, whose messages a
// function works on for at most so long, and the queue for those that it has
// failed on five times.
func NewWorkQueue(scope constructs.Construct, settings Settings, timeout time.Duration) (queue, deadLetters awssqs.Queue) {
	deadLetters = NewDeadLetters(scope, "DeadLetters", settings)
	queue = NewQueue(scope, "Resource", settings, awssqs.QueueProps{
		// Six times the consumer's timeout, as Lambda's documentation asks
		// for, so that no message is delivered again while it is worked on.
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * timeout.Seconds())),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(5)},
	})
	return queue, deadLetters
}

// NewFIFOQueue declares a queue, under the id Resource, that keeps the order
// within each group of messages, which a function works on for at most so long,
// and the queue for those that it has failed on five times. Neither holds up
// other groups.
func NewFIFOQueue(scope constructs.Construct, settings Settings, timeout time.Duration) (queue, deadLetters awssqs.Queue) {
	groups := func(props awssqs.QueueProps) awssqs.QueueProps {
		props.Fifo = jsii.Bool(true)
		props.DeduplicationScope = awssqs.DeduplicationScope_MESSAGE_GROUP
		props.FifoThroughputLimit = awssqs.FifoThroughputLimit_PER_MESSAGE_GROUP_ID
		return props
	}
	deadLetters = NewQueue(scope, "DeadLetters", settings, groups(awssqs.QueueProps{}))
	Suppress(deadLetters, "AwsSolutions-SQS3", "This queue is itself a dead-letter queue, watched by an alarm.")
	queue = NewQueue(scope, "Resource", settings, groups(awssqs.QueueProps{
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * timeout.Seconds())), // as NewWorkQueue's
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(5)},
	}))
	return queue, deadLetters
}

// NewStream declares an encrypted stream that keeps records for so long: with so
// many shards, or as many as it takes if that is 0.
func NewStream(scope constructs.Construct, id string, settings Settings, shards int, retention time.Duration) awskinesis.Stream {
	props := &awskinesis.StreamProps{
		StreamMode:      awskinesis.StreamMode_ON_DEMAND,
		RetentionPeriod: awscdk.Duration_Hours(jsii.Number(retention.Hours())),
		Encryption:      awskinesis.StreamEncryption_MANAGED,
		RemovalPolicy:   settings.RemovalPolicy(),
	}
	if shards > 0 {
		props.StreamMode, props.ShardCount = awskinesis.StreamMode_PROVISIONED, jsii.Number(shards)
	}
	if settings.Key != nil {
		props.Encryption, props.EncryptionKey = awskinesis.StreamEncryption_KMS, settings.Key
	}
	stream := awskinesis.NewStream(scope, &id, props)
	if settings.Key != nil {
		Suppress(stream, "AwsSolutions-KDS3", "The key is what the settings ask for.")
	}
	return stream
}

// NewFIFOTopic is NewTopic for one that keeps the order within each group of
// messages. It is named by its place in the app: CloudFormation names none.
func NewFIFOTopic(scope constructs.Construct, id string, settings Settings) awssns.Topic {
	return awssns.NewTopic(scope, &id, &awssns.TopicProps{
		EnforceSSL: jsii.Bool(true), MasterKey: settings.Key, Fifo: jsii.Bool(true),
		FifoThroughputScope: awssns.FifoThroughputScope_MESSAGE_GROUP,
	})
}

// NewTopic declares a topic that takes TLS only. It is deleted with the stack:
// a topic holds nothing but who subscribes.
func NewTopic(scope constructs.Construct, id string, settings Settings) awssns.Topic {
	return awssns.NewTopic(scope, &id, &awssns.TopicProps{EnforceSSL: jsii.Bool(true), MasterKey: settings.Key})
}

// Subscribe has a queue hear of what a topic is told; what cannot be delivered is
// a dead letter.
func Subscribe(topic awssns.ITopic, queue, deadLetters awssqs.Queue) awssns.Subscription {
	AllowTopic(queue, topic)
	return awssns.NewSubscription(queue, jsii.String("Subscription"), &awssns.SubscriptionProps{
		Topic: topic, Protocol: awssns.SubscriptionProtocol_SQS, Endpoint: queue.QueueArn(), DeadLetterQueue: deadLetters,
	})
}

package operation

// This file lets those use a key who read or write what it encrypts: roles by
// their own policies, services by the key's.

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesis"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// AllowTable lets a grantee perform actions on a table, not on its indexes, and
// use the key that encrypts it.
func AllowTable(grantee awsiam.IGrantable, table awsdynamodb.ITable, actions ...string) awsiam.Grant {
	// What DynamoDB does with a key in the name of its caller.
	use := []string{"kms:Decrypt", "kms:DescribeKey"}
	if slices.ContainsFunc(actions, writes) {
		use = append(use, "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo")
	}
	AllowKey(grantee, table.EncryptionKey(), use...)
	return Allow(grantee, []string{*table.TableArn()}, actions...)
}

// AllowObjects lets a grantee perform actions on a bucket's objects (patterns
// such as "inbox/*"), and use the key that encrypts them.
func AllowObjects(grantee awsiam.IGrantable, bucket awss3.IBucket, objects []string, actions ...string) awsiam.Grant {
	switch {
	case slices.ContainsFunc(actions, writes):
		// Parts of a large object are decrypted when it is put together.
		AllowKey(grantee, bucket.EncryptionKey(), "kms:Decrypt", "kms:GenerateDataKey")
	case slices.ContainsFunc(actions, func(action string) bool { return strings.HasPrefix(action, "s3:GetObject") }):
		AllowKey(grantee, bucket.EncryptionKey(), "kms:Decrypt")
	}
	var resources []string
	for _, pattern := range objects {
		resources = append(resources, *bucket.ArnForObjects(&pattern))
	}
	return Allow(grantee, resources, actions...)
}

// AllowSend lets a grantee send messages to a queue, and use the key that
// encrypts it. (The CDK's own grant allows more than that.)
func AllowSend(grantee awsiam.IGrantable, queue awssqs.IQueue) awsiam.Grant {
	AllowKey(grantee, queue.EncryptionMasterKey(), "kms:Decrypt", "kms:GenerateDataKey")
	return Allow(grantee, []string{*queue.QueueArn()}, "sqs:SendMessage")
}

// AllowPublish lets a grantee publish to a topic, and use the key that encrypts
// it.
func AllowPublish(grantee awsiam.IGrantable, topic awssns.ITopic) awsiam.Grant {
	AllowKey(grantee, topic.MasterKey(), "kms:Decrypt", "kms:GenerateDataKey")
	return Allow(grantee, []string{*topic.TopicArn()}, "sns:Publish")
}

// AllowPut lets a grantee put records into a stream, and use the key that encrypts
// it.
func AllowPut(grantee awsiam.IGrantable, stream awskinesis.IStream) awsiam.Grant {
	AllowKey(grantee, stream.EncryptionKey(), "kms:GenerateDataKey")
	return Allow(grantee, []string{*stream.StreamArn()}, "kinesis:PutRecord")
}

// AllowRead lets a grantee read records of a stream, and use the key that encrypts
// it.
func AllowRead(grantee awsiam.IGrantable, stream awskinesis.IStream) awsiam.Grant {
	AllowKey(grantee, stream.EncryptionKey(), "kms:Decrypt")
	return Allow(grantee, []string{*stream.StreamArn()}, "kinesis:GetRecords", "kinesis:GetShardIterator")
}

// AllowFollow is AllowRead for a function that Lambda is to invoke with what is in
// a stream.
func AllowFollow(grantee awsiam.IGrantable, stream awskinesis.IStream) awsiam.Grant {
	AllowRead(grantee, stream)
	return Allow(grantee, []string{*stream.StreamArn()}, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:ListStreams")
}

// AllowKey lets a grantee use a key. Nil is AWS's own key, which everybody uses
// who may use the store.
func AllowKey(grantee awsiam.IGrantable, key awskms.IKey, actions ...string) {
	if key != nil {
		key.Grant(grantee, *jsii.Strings(actions...)...)
	}
}

// writes tells actions that bring data into a table or a bucket.
func writes(action string) bool {
	_, verb, _ := strings.Cut(action, ":")
	for _, prefix := range []string{"Put", "Update", "Delete", "BatchWrite", "TransactWrite"} {
		if strings.HasPrefix(verb, prefix) {
			return action != "s3:DeleteObject" && action != "s3:DeleteObjectVersion"
		}
	}
	return false
}

// allowService lets a service use a key under a condition. It does nothing to a
// key that is not of the app: Settings.Key says what such a key has to allow.
// The same statement stands in the key's policy once.
func allowService(key awskms.IKey, service string, conditions map[string]any, actions ...string) {
	if key == nil {
		return
	}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&service, nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings("*"), // of a key's policy: that key
		Conditions: &conditions,
	}), jsii.Bool(true))
}

// allowLogs lets CloudWatch Logs use the key of this account's log groups.
func allowLogs(scope constructs.Construct, key awskms.IKey) {
	stack := awscdk.Stack_Of(scope)
	allowService(key, "logs."+*stack.Region()+"."+*stack.UrlSuffix(),
		map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": ARN(scope, "logs", "log-group:*")}},
		"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
}

// allowAlarms lets CloudWatch's alarms use the key of this account's topics.
func allowAlarms(scope constructs.Construct, key awskms.IKey) {
	allowService(key, "cloudwatch.amazonaws.com",
		map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:sns:topicArn": ARN(scope, "sns", "*")}},
		"kms:Decrypt", "kms:GenerateDataKey*")
}

// allowEvents lets this account's EventBridge rules use the key of queues.
func allowEvents(scope constructs.Construct, key awskms.IKey) {
	allowService(key, "events.amazonaws.com",
		map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()}},
		"kms:Decrypt", "kms:GenerateDataKey*")
}

// AllowTopic lets a topic send to a queue, and use the key that encrypts it. (The
// CDK's own subscription makes key and topic depend on one another.)
func AllowTopic(queue awssqs.IQueue, topic awssns.ITopic) {
	service := awsiam.NewServicePrincipal(jsii.String("sns.amazonaws.com"), nil)
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{service},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": topic.TopicArn()}},
	}))
	allowService(queue.EncryptionMasterKey(), "sns.amazonaws.com",
		map[string]any{"ArnLike": map[string]any{"aws:SourceArn": ARN(topic, "sns", "*")}},
		"kms:Decrypt", "kms:GenerateDataKey*")
}

// AllowTrails lets this account's CloudTrail trails encrypt by a key; nil is
// none.
func AllowTrails(scope constructs.Construct, key awskms.IKey) {
	allowService(key, "cloudtrail.amazonaws.com",
		map[string]any{"ArnLike": map[string]any{"aws:SourceArn": ARN(scope, "cloudtrail", "trail/*")}},
		"kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*")
}

// Package operation is what all constructs of this module have in common once
// they run: how long logs and data are kept, which alarms there are and whom
// they tell, and how props are checked, permissions given and findings
// answered.
//
// A construct takes Settings as its prop Operation, checks its props with
// Faults, makes whatever holds data with NewTable, NewBucket, NewQueue,
// NewDeadLetters and NewLogGroup, and watches it with NewAlarm.
package operation

// This file holds the settings.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Settings say how a construct is operated. The zero value is meant for
// production: everything is kept, and the alarms wait for somebody to listen.
type Settings struct {
	// Name tells the own metrics of one construct from those of another one of
	// its kind: it is the value of their dimension. Give all parts of one
	// system the same. Default: the construct's path, which is unique.
	Name string

	// LogRetention is how long logs are kept. Default: three months.
	LogRetention awslogs.RetentionDays

	// Ephemeral lets data and logs go with the stack. Default: tables,
	// buckets, queues, secrets and logs stay when the stack goes or no longer
	// declares them.
	Ephemeral bool

	// AlarmTopic is told when an alarm goes off. One that is encrypted needs a
	// key of its owner's that lets CloudWatch use it, as below. Default: the
	// alarms exist and tell nobody; a whole system (b2b.Pipeline, ...) makes a
	// topic.
	AlarmTopic awssns.ITopic

	// Key encrypts every table, bucket, queue, topic, secret and log group. It
	// is symmetric, in the same region. Roles are allowed to use it, and so are
	// services by statements that are added to its policy. A key that is not of
	// the app (Key_FromKeyArn) has to have these already, for its own account:
	//
	//	logs.<region>.amazonaws.com  kms:Encrypt*, Decrypt*, ReEncrypt*, GenerateDataKey*, Describe*
	//	cloudwatch.amazonaws.com     kms:Decrypt, GenerateDataKey*
	//	events.amazonaws.com         kms:Decrypt, GenerateDataKey*
	//	sns.amazonaws.com            kms:Decrypt, GenerateDataKey*; for webhooks and invoices
	//	logging.s3.amazonaws.com     kms:Decrypt, Encrypt, ReEncrypt*, GenerateDataKey*
	//	cloudtrail.amazonaws.com     kms:Decrypt, DescribeKey, GenerateDataKey*; for a trail
	//
	// and has to leave it to the account's IAM policies who else uses it. What
	// Step Functions and Lambda keep themselves (histories of executions, code)
	// stays under AWS's own keys, and so do the objects, messages and lines of
	// a log that were there before. Default: AWS's own keys.
	Key awskms.IKey
}

// WithDefaults fills in what is left to its default, for a construct at scope.
func (s Settings) WithDefaults(scope constructs.Construct) Settings {
	if s.Name == "" {
		s.Name = *scope.Node().Path()
	}
	if s.LogRetention == "" {
		s.LogRetention = awslogs.RetentionDays_THREE_MONTHS
	}
	return s
}

// RemovalPolicy is what becomes of whatever holds data or logs when the stack
// no longer declares it.
func (s Settings) RemovalPolicy() awscdk.RemovalPolicy {
	if s.Ephemeral {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN
}

// NewLogGroup declares a log group that is kept as long as the settings say.
func NewLogGroup(scope constructs.Construct, id string, settings Settings) awslogs.LogGroup {
	allowLogs(scope, settings.Key)
	return awslogs.NewLogGroup(scope, &id, &awslogs.LogGroupProps{
		Retention:     settings.WithDefaults(scope).LogRetention,
		RemovalPolicy: settings.RemovalPolicy(),
		EncryptionKey: settings.Key,
	})
}

// NewServiceLogGroup is NewLogGroup for what an AWS service writes by log
// delivery: access logs of API Gateway, executions of Step Functions, the
// structured logs of Transfer. Such groups share one resource policy, which
// lists them and has room for a few: unless their names begin with
// /aws/vendedlogs/, which it allows all at once. The rest of the name no other
// stack has, so a group that was kept is in nobody's way.
func NewServiceLogGroup(scope constructs.Construct, id string, settings Settings) awslogs.LogGroup {
	group := NewLogGroup(scope, id, settings)
	name := *awscdk.Names_UniqueResourceName(group, &awscdk.UniqueResourceNameOptions{Separator: jsii.String("-"), MaxLength: jsii.Number(256)})
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetLogGroupName(jsii.String("/aws/vendedlogs/" + name + "/" + StackPart(scope)))
	return group
}

func minutes(n float64) awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(n)) }

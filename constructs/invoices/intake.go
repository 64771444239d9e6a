package invoices

// This file declares how documents come to Textract, and how it tells of them.

import (
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// patient is how long the functions at the queues wait throttling out.
const patient = time.Minute

// addBuckets declares the bucket of documents, unless there is one, and the
// archive's.
func (s *System) addBuckets() {
	s.AccessLogs = operation.NewLogBucket(s.Construct, "AccessLogs", s.settings)
	if s.Documents == nil {
		documents := operation.NewBucket(s.Construct, "Documents", s.settings, awss3.BucketProps{ // versioned: a file is known by its version
			ServerAccessLogsBucket: s.AccessLogs,
			ServerAccessLogsPrefix: jsii.String("documents/"),
			LifecycleRules: &[]*awss3.LifecycleRule{leftovers(), {
				Id: jsii.String("documents"), Prefix: &s.prefix, Expiration: days(365), // the archive has them
			}},
		})
		// The L2's eventBridgeEnabled would bring a custom resource.
		documents.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
		})
		s.Documents = documents
	}
	s.Archive = operation.NewBucket(s.Construct, "Archive", s.settings, awss3.BucketProps{
		ServerAccessLogsBucket: s.AccessLogs,
		ServerAccessLogsPrefix: jsii.String("archive/"),
		LifecycleRules: &[]*awss3.LifecycleRule{
			leftovers(),
			{Id: jsii.String("analysis"), Prefix: jsii.String(contract.AnalysisPrefix), Expiration: days(120)}, // longer than an execution
			{Id: jsii.String("reading"), Prefix: jsii.String(contract.ReadingPrefix), Expiration: days(120)},
			{Id: jsii.String("archive"), Prefix: jsii.String(contract.ArchivePrefix), Transitions: &[]*awss3.Transition{{
				StorageClass: awss3.StorageClass_INTELLIGENT_TIERING(), TransitionAfter: days(30),
			}}},
		},
	})
}

func days(n float64) awscdk.Duration { return awscdk.Duration_Days(&n) }

// leftovers go after a while: former versions, and parts of broken-off uploads.
func leftovers() *awss3.LifecycleRule {
	return &awss3.LifecycleRule{
		Id: jsii.String("leftovers"), AbortIncompleteMultipartUploadAfter: days(7), NoncurrentVersionExpiration: days(90), ExpiredObjectDeleteMarker: jsii.Bool(true),
	}
}

// addCompletions declares the topic that Textract tells, and who starts the
// workflow then.
func (s *System) addCompletions(functions gofunction.Set[Handler], props Props) {
	s.Completions = operation.NewTopic(s.Construct, "Completions", s.settings)
	s.TextractRole = awsiam.NewRole(s.Construct, jsii.String("TextractRole"), &awsiam.RoleProps{
		Description: jsii.String("As which Textract tells of finished jobs"),
		AssumedBy:   operation.Service(s.Construct, "textract", "*"),
	})
	operation.AllowPublish(s.TextractRole, s.Completions)
	scope := constructs.NewConstruct(s.Construct, jsii.String("Completed"))
	queue, letters := operation.NewWorkQueue(scope, s.settings, patient)
	s.Completed, s.CompletedDeadLetters = queue, letters
	operation.Subscribe(s.Completions, queue, letters)
	s.Start = functions.Add("Start", Start, gofunction.Props{
		Description: "Starts the workflow of each document that Textract has told of",
		Timeout:     patient,
		Environment: map[string]string{contract.EnvWorkflowARN: *s.Workflow.StateMachine.StateMachineArn()},
	})
	s.Workflow.GrantStartExecution(s.Start)
	s.Start.Consume(queue, 10)
	s.watchLetters(scope, "A completion of Textract's started no execution: see start's log, mend the cause, and move it back.", letters, props)
}

// addIntake declares who hands documents to Textract.
func (s *System) addIntake(functions gofunction.Set[Handler], props Props) {
	scope := constructs.NewConstruct(s.Construct, jsii.String("Queue"))
	queue, letters := operation.NewWorkQueue(scope, s.settings, patient)
	s.Queue, s.DeadLetters = queue, letters
	s.Rule = awsevents.NewRule(s.Construct, jsii.String("Rule"), &awsevents.RuleProps{
		Description: jsii.String("A document has arrived"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.s3"),
			DetailType: jsii.Strings("Object Created"),
			Detail: &map[string]any{
				"bucket": map[string]any{"name": []*string{s.Documents.BucketName()}},
				"object": map[string]any{"key": []map[string]string{{"prefix": s.prefix}}},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(queue, &awseventstargets.SqsQueueProps{DeadLetterQueue: letters})},
	})
	s.Analyze = functions.Add("Analyze", Analyze, gofunction.Props{
		Description: "Has Textract analyze each document that arrives",
		Timeout:     patient,
		Environment: s.counting(map[string]string{
			contract.EnvFilesTable: *s.Files.TableName(), contract.EnvQueueURL: *queue.QueueUrl(), contract.EnvWorkflowARN: *s.Workflow.StateMachine.StateMachineArn(),
			contract.EnvTopicARN: *s.Completions.TopicArn(), contract.EnvTextractRole: *s.TextractRole.RoleArn(), contract.EnvDeadline: props.Deadline.String(),
		}),
	})
	operation.AllowTable(s.Analyze, s.Files, "dynamodb:UpdateItem")
	operation.AllowSend(s.Analyze, queue)
	s.Workflow.GrantStartExecution(s.Analyze)
	s.allowTextract(s.Analyze, "textract:StartExpenseAnalysis")
	// Textract reads the document in the name of who starts the job.
	operation.AllowObjects(s.Analyze, s.Documents, []string{s.prefix + "*"}, "s3:GetObject", "s3:GetObjectVersion")
	s.Analyze.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings("iam:PassRole"), Resources: &[]*string{s.TextractRole.RoleArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "textract.amazonaws.com"}},
	}))
	operation.Suppress(s.Analyze.Role, "AwsSolutions-IAM5", "Documents are named by whoever sends them, and Textract has no resources.",
		`^Resource::\*$`, `^Resource::.*/`+quoted(s.prefix)+`\*$`)
	s.Analyze.Consume(queue, props.MaxConcurrency)
	s.watchLetters(scope, "A document could not be handed to Textract: see analyze's log, mend the cause, and move its notice back.", letters, props)
}

// quoted is a prefix in a regular expression of a suppression.
func quoted(prefix string) string { return regexp.QuoteMeta(prefix) }

// watchLetters declares an alarm on dead letters.
func (s *System) watchLetters(scope constructs.Construct, description string, letters awssqs.IQueue, props Props) {
	operation.NewAlarm(scope, "DeadLettersAlarm", s.settings, operation.AlarmProps{
		Description: description,
		Metric:      operation.MetricDeadLetters(letters, nil),
		Threshold:   1,
		Adjust:      props.Alarms.DeadLetters,
	})
}

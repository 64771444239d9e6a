package training

// This file knows the functions of the system.

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdadestinations"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/training"
)

// Handler is a function of lambdas/training, whose code a team may replace.
type Handler string

const (
	FindData Handler = "finddata"
	Predict  Handler = "predict"
	Report   Handler = "report"
)

var handlers = []Handler{FindData, Predict, Report}

// longest is how long a function may take at all.
const longest = 15 * time.Minute

// addSteps declares the functions of the workflow.
func (s *System) addSteps(functions gofunction.Set[Handler], props Props) {
	s.FindData = functions.Add("FindData", FindData, gofunction.Props{
		Description: "Lists the data, and says how much of them is new",
		Memory:      512,
		Timeout:     longest,
		Environment: map[string]string{
			contract.EnvDataBucket: *s.Data.BucketName(), contract.EnvDataPrefix: props.DataPrefix,
			contract.EnvWorkBucket: *s.Work.BucketName(), contract.EnvRunsTable: *s.Runs.TableName(),
		},
	})
	operation.Allow(s.FindData, []string{*s.Data.BucketArn(), *s.Work.BucketArn()}, "s3:ListBucket") // in Work, to be told that a manifest is gone
	operation.AllowObjects(s.FindData, s.Work, []string{contract.FolderManifests + "*"}, "s3:GetObject", "s3:PutObject")
	operation.AllowTable(s.FindData, s.Runs, "dynamodb:GetItem")
	operation.Suppress(s.FindData.Role, "AwsSolutions-IAM5", "Each run has a manifest of its own.", `^Resource::.*/manifests/\*$`)

	s.Predict = functions.Add("Predict", Predict, gofunction.Props{
		Description: "Has the endpoint predict for what the ETL job has prepared",
		Memory:      512,
		Timeout:     longest,
		Environment: map[string]string{contract.EnvWorkBucket: *s.Work.BucketName(), contract.EnvEndpoint: s.Name},
	})
	operation.Allow(s.Predict, []string{*s.Work.BucketArn()}, "s3:ListBucket")
	operation.AllowObjects(s.Predict, s.Work, []string{contract.FolderTransformed + "*"}, "s3:GetObject")
	operation.AllowObjects(s.Predict, s.Work, []string{contract.FolderPredictions + "*"}, "s3:PutObject")
	operation.Allow(s.Predict, []string{s.sageMaker("endpoint", s.Name)}, "sagemaker:InvokeEndpoint")
	operation.Suppress(s.Predict.Role, "AwsSolutions-IAM5", "Each run has folders of its own.", `^Resource::.*/(transformed|predictions)/\*$`)
}

// addReport declares who tells of runs, and when.
func (s *System) addReport(functions gofunction.Set[Handler], props Props, settings operation.Settings) {
	s.Report = functions.Add("Report", Report, gofunction.Props{
		Description: "Tells what became of a run",
		Timeout:     30 * time.Second,
		OnFailure:   awslambdadestinations.NewSqsDestination(s.DeadLetters),
		Environment: map[string]string{contract.EnvNoticesARN: *s.Notices.TopicArn(), contract.EnvName: s.Name},
	})
	operation.AllowPublish(s.Report, s.Notices)
	operation.Allow(s.Report, []string{s.Workflow.Executions()}, "states:GetExecutionHistory")
	operation.Suppress(s.Report.Role, "AwsSolutions-IAM5", "Any execution of this one state machine may be the one that has ended.", `^Resource::.*:execution:.*:\*$`)
	awsevents.NewRule(s.Construct, jsii.String("Ends"), &awsevents.RuleProps{
		Description: jsii.String("Runs that have ended, well or not"),
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("aws.states"),
			DetailType: jsii.Strings("Step Functions Execution Status Change"),
			Detail: &map[string]any{
				"stateMachineArn": []*string{s.Workflow.StateMachine.StateMachineArn()},
				"status":          []string{"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"},
			},
		},
		Targets: &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(s.Report.Function, &awseventstargets.LambdaFunctionProps{
			DeadLetterQueue: s.DeadLetters,
			MaxEventAge:     awscdk.Duration_Hours(jsii.Number(24)),
			RetryAttempts:   jsii.Number(185),
		})},
	})
	operation.NewAlarm(s.Construct, "DeadLettersAlarm", settings, operation.AlarmProps{
		Description: "A run could not be started by the schedule, or nobody could be told of its end: read the message, mend the cause, and start a run by hand if none has begun since.",
		Metric:      operation.MetricDeadLetters(s.DeadLetters, nil),
		Threshold:   1,
		Adjust:      props.Alarms.DeadLetters,
	})
}

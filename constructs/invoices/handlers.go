package invoices

// This file knows the functions of the system.

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/invoices"
)

// Handler is a function of lambdas/invoices, whose code a team may replace.
type Handler string

const (
	Analyze  Handler = "analyze"
	Start    Handler = "start"
	Save     Handler = "save"
	Process  Handler = "process"
	Register Handler = "register"
	Pay      Handler = "pay"
	Archive  Handler = "archive"
	Watch    Handler = "watch"
)

var handlers = []Handler{Analyze, Start, Save, Process, Register, Pay, Archive, Watch}

// Namespace is that of the metrics that functions write.
const Namespace = "Tradepost/Invoices"

// used are the functions that there are.
func (p Props) used() []Handler {
	if p.Pay == nil {
		return handlers
	}
	return slices.DeleteFunc(slices.Clone(handlers), func(h Handler) bool { return h == Pay })
}

// addSteps declares the functions of the workflow.
func (s *System) addSteps(functions gofunction.Set[Handler], props Props) {
	s.Save = functions.Add("Save", Save, gofunction.Props{
		Description: "Puts what Textract has found into the archive's bucket",
		Memory:      1024,
		Timeout:     longest,
		Environment: map[string]string{
			contract.EnvFilesTable: *s.Files.TableName(), contract.EnvArchiveBucket: *s.Archive.BucketName(),
			contract.EnvReviewTime: (3*(props.ReviewTime+time.Minute) + time.Hour).String(), // asked three times at most
		},
	})
	operation.AllowTable(s.Save, s.Files, "dynamodb:UpdateItem")
	operation.AllowObjects(s.Save, s.Archive, []string{contract.AnalysisPrefix + "*"}, "s3:PutObject")
	s.allowTextract(s.Save, "textract:GetExpenseAnalysis")

	s.Process = functions.Add("Process", Process, gofunction.Props{
		Description: "Reads the invoices of a document",
		Memory:      1024,
		Timeout:     longest,
		Environment: reading(props, map[string]string{contract.EnvArchiveBucket: *s.Archive.BucketName()}),
	})
	operation.AllowObjects(s.Process, s.Archive, []string{contract.AnalysisPrefix + "*"}, "s3:GetObject")
	operation.AllowObjects(s.Process, s.Archive, []string{contract.ReadingPrefix + "*"}, "s3:PutObject")

	s.Register = functions.Add("Register", Register, gofunction.Props{
		Description: "Makes an invoice one row, and says what comes next",
		Timeout:     30 * time.Second,
		Environment: reading(props, map[string]string{
			contract.EnvInvoicesTable: *s.Invoices.TableName(), contract.EnvFilesTable: *s.Files.TableName(),
		}),
	})
	operation.AllowTable(s.Register, s.Invoices, "dynamodb:UpdateItem", "dynamodb:DeleteItem")
	operation.AllowTable(s.Register, s.Files, "dynamodb:GetItem")

	if props.Pay == nil {
		s.Pay = functions.Add("Pay", Pay, gofunction.Props{
			Description: "Orders payments, each once",
			Timeout:     30 * time.Second,
			Environment: map[string]string{contract.EnvPaymentsTable: *s.Payments.TableName()},
		})
		operation.AllowTable(s.Pay, s.Payments, "dynamodb:PutItem")
	}
	s.addArchiver(functions)
	for _, function := range []*gofunction.Function{s.Save, s.Process, s.Archiver} {
		operation.Suppress(function.Role, "AwsSolutions-IAM5", "Each file has objects of its own, and Textract no resources.",
			`^Resource::\*$`, `^Resource::.*/(analysis|reading|archive)/\*$`, `^Resource::.*/`+quoted(s.prefix)+`\*$`)
	}
}

func (s *System) addArchiver(functions gofunction.Set[Handler]) {
	s.Archiver = functions.Add("Archiver", Archive, gofunction.Props{
		Description: "Archives a file, tells what became of it, and settles it",
		Memory:      512,
		Timeout:     longest,
		Environment: s.counting(map[string]string{
			contract.EnvFilesTable: *s.Files.TableName(), contract.EnvArchiveBucket: *s.Archive.BucketName(), contract.EnvNoticesARN: *s.Notices.TopicArn(),
		}),
	})
	operation.AllowTable(s.Archiver, s.Files, "dynamodb:GetItem", "dynamodb:UpdateItem")
	operation.AllowObjects(s.Archiver, s.Documents, []string{s.prefix + "*"}, "s3:GetObject", "s3:GetObjectVersion")
	operation.AllowObjects(s.Archiver, s.Archive, []string{contract.AnalysisPrefix + "*", contract.ReadingPrefix + "*"}, "s3:GetObject")
	operation.AllowObjects(s.Archiver, s.Archive, []string{contract.ArchivePrefix + "*"}, "s3:PutObject")
	// Without it S3 does not tell an object that is not there from one it refuses.
	operation.Allow(s.Archiver, []string{*s.Documents.BucketArn(), *s.Archive.BucketArn()}, "s3:ListBucket")
	operation.AllowPublish(s.Archiver, s.Notices)
}

// addWatch declares who looks after files that are not settled in time.
func (s *System) addWatch(functions gofunction.Set[Handler], props Props) {
	s.Watch = functions.Add("Watch", Watch, gofunction.Props{
		Description: "Looks after files that are not settled in time",
		Timeout:     time.Minute,
		Environment: s.counting(map[string]string{
			contract.EnvFilesTable: *s.Files.TableName(), contract.EnvWorkflowARN: *s.Workflow.StateMachine.StateMachineArn(),
		}),
	})
	operation.AllowKey(s.Watch, s.Files.EncryptionKey(), "kms:Decrypt", "kms:DescribeKey")
	operation.Allow(s.Watch, []string{*s.Files.TableArn() + "/index/" + contract.IndexOpen}, "dynamodb:Query")
	s.Workflow.GrantStartExecution(s.Watch)
	s.allowTextract(s.Watch, "textract:GetExpenseAnalysis")
	operation.Suppress(s.Watch.Role, "AwsSolutions-IAM5", "Textract has no resources.", `^Resource::\*$`)
	awsevents.NewRule(s.Construct, jsii.String("WatchSchedule"), &awsevents.RuleProps{
		Description: jsii.String("Looks at files past their deadline"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(5))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(s.Watch.Function, nil)},
	})
	operation.NewAlarm(s.Construct, "OverdueAlarm", s.settings, operation.AlarmProps{
		Description: "A file is not settled in time: watch's log says which, and how far it is.",
		Metric:      s.MetricOverdue(nil),
		Threshold:   1,
		Adjust:      props.Alarms.Overdue,
	})
	operation.NewAlarm(s.Construct, "FailedInvoicesAlarm", s.settings, operation.AlarmProps{
		Description: "An invoice failed, or a document has none or could not be analyzed: its notice and decision.json say why. Send it again when the cause is gone.",
		Metric:      s.MetricFailed(nil),
		Threshold:   1,
		Adjust:      props.Alarms.FailedInvoices,
	})
}

// allowTextract lets a function use Textract, which has no resources.
func (s *System) allowTextract(function *gofunction.Function, action string) {
	operation.Allow(function, []string{"*"}, action)
}

// reading adds how invoices are read to an environment.
func reading(props Props, environment map[string]string) map[string]string {
	maps.Copy(environment, map[string]string{
		contract.EnvLimits: object(props.Limits), contract.EnvSymbols: object(props.Symbols),
		contract.EnvConfidence:  strconv.FormatFloat(props.MinConfidence, 'f', -1, 64),
		contract.EnvDecimalMark: string(props.DecimalMark), contract.EnvDateOrder: string(props.DateOrder),
	})
	return environment
}

// counting adds where metrics are counted to an environment.
func (s *System) counting(environment map[string]string) map[string]string {
	maps.Copy(environment, map[string]string{contract.EnvMetrics: Namespace, contract.EnvSystem: s.settings.Name})
	return environment
}

func object(values map[string]string) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(text)
}

// Package approval has a person decide for a state machine: its task waits,
// approvers get a mail with a link of their own, and a click on the page behind
// it decides.
//
//	Workflow --> Request --> mails --> approver --> Page (GET shows, POST decides) --> Workflow
//	                |                                |
//	                +----------> Requests <----------+
//
// A workflow asks by two tasks, those of statemachines/approval/question.asl.json:
// copy them, with their Retry, and give the first one's title and details. The
// first one waits for its token; when its time is over, the second one denies
// what nobody has decided. Either one's output is
//
//	{"decision": "APPROVED" or "DENIED", "by": ..., "at": ..., "comment": ..., "timedOut": ...}
//
// Give the definition Substitutions, and the workflow to Serve.
package approval

// This file puts the system together.

import (
	"encoding/json"
	"net/mail"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	contract "github.com/tradepost-dev/tradepost/internal/contract/approval"
)

// Handler is a function of lambdas/approval, whose code a team may replace.
type Handler string

// The functions.
const (
	Request  Handler = "request"
	Page     Handler = "page"
	Conclude Handler = "conclude"
)

var handlers = []Handler{Request, Page, Conclude}

// Props are the properties of a System.
type Props struct {
	// Approvers are the mail addresses of those who may be asked: 1 to 50. Each
	// has to confirm a subscription once. Required.
	Approvers []string

	// Timeout is for how long a decision is waited for: without one it counts as
	// denied. One minute to 30 days. Default: 24 hours.
	Timeout time.Duration

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it is: it
	// is somebody else's, and there. Default: the system sets it.
	KeepAPIAccount bool

	// Code replaces the code of functions. Default: this module's own handlers,
	// built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// Alarms adjusts the alarms of a System.
type Alarms struct {
	// Functions adjusts the alarms of the functions.
	Functions gofunction.Alarms

	// ServerErrors goes off when approvers are answered with 5xx. Default: at the
	// first.
	ServerErrors operation.Alarm

	// Undelivered goes off when mails could not be sent. Default: at the first.
	Undelivered operation.Alarm
}

// margin is how much longer a task waits than the page takes decisions, so that
// one of the last second is heard of.
const margin = time.Minute

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Requests has a row per question, with the decision: who, what, when, and
	// the comment.
	Requests awsdynamodb.Table

	// Key signs links. Replace its value to rotate it: links by the value before
	// stay valid.
	Key awssecretsmanager.Secret

	// Mails has a subscription per approver.
	Mails awssns.Topic

	API                     *restapi.API
	Request, Page, Conclude *gofunction.Function
	AlarmTopic              awssns.ITopic

	timeout time.Duration
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	if props.Timeout == 0 {
		props.Timeout = 24 * time.Hour
	}
	operation.Must("approval.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	functions := gofunction.Set[Handler]{
		Scope: this, System: "approval", Code: props.Code, Alarms: props.Alarms.Functions, Operation: settings,
	}
	functions.Prepare(handlers...)
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic, timeout: props.Timeout}
	s.Requests = operation.NewTable(this, "Requests", settings, awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String(contract.AttrRequestID), Type: awsdynamodb.AttributeType_STRING},
	})
	s.Key = operation.NewSecret(this, "Key", settings, awssecretsmanager.SecretProps{
		Description:          jsii.String("Signs the links by which approvers decide"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true)},
	})
	operation.Suppress(s.Key, "AwsSolutions-SMG4", "Replace the value to rotate it; the one before stays valid for links that are on their way.")
	s.addMails(props.Approvers, props.Alarms.Undelivered, settings)
	s.addPage(functions, props, settings)
	s.addTasks(functions, props.Approvers)
	return s
}

func (p Props) validate() error {
	var faults operation.Faults
	Validate(&faults, "Approvers", p.Approvers, "Timeout", p.Timeout)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.Functions.Validate(&faults, "Alarms.Functions")
	faults.Alarms(map[string]operation.Alarm{"Alarms.ServerErrors": p.Alarms.ServerErrors, "Alarms.Undelivered": p.Alarms.Undelivered})
	return faults.Err()
}

// Validate adds what is wrong with approvers and a time-out, for a construct that
// has them as props of other names.
func Validate(faults *operation.Faults, name string, approvers []string, timeoutName string, timeout time.Duration) {
	if len(approvers) == 0 || len(approvers) > 50 {
		faults.Addf("%s are %d: give 1 to 50", name, len(approvers))
	}
	for i, approver := range approvers {
		if address, err := mail.ParseAddress(approver); err != nil || address.Address != approver {
			faults.Addf("%s has %q: give mail addresses", name, approver)
		}
		if slices.Contains(approvers[:i], approver) {
			faults.Addf("%s has %q twice", name, approver)
		}
	}
	operation.Within(faults, timeoutName, timeout, time.Minute, 30*24*time.Hour)
	if timeout%time.Second != 0 {
		faults.Addf("%s is %v: give whole seconds", timeoutName, timeout)
	}
}

// addMails subscribes each approver to the mails that are for them.
func (s *System) addMails(approvers []string, alarm operation.Alarm, settings operation.Settings) {
	s.Mails = operation.NewTopic(s.Construct, "Mails", settings)
	operation.NewAlarm(s.Construct, "UndeliveredAlarm", settings, operation.AlarmProps{
		Description: "An approver could not be mailed, and does not know of a question: without a decision of another one it counts as denied.",
		Metric:      s.MetricUndelivered(nil),
		Threshold:   1,
		Adjust:      alarm,
	})
	for _, approver := range approvers {
		awssns.NewSubscription(s.Mails, jsii.String(approver), &awssns.SubscriptionProps{
			Topic: s.Mails, Protocol: awssns.SubscriptionProtocol_EMAIL, Endpoint: &approver,
			FilterPolicy: &map[string]awssns.SubscriptionFilter{
				contract.MessageAttributeApprover: awssns.SubscriptionFilter_StringFilter(&awssns.StringConditions{Allowlist: jsii.Strings(approver)}),
			},
		})
	}
}

func (s *System) addPage(functions gofunction.Set[Handler], props Props, settings operation.Settings) {
	s.Page = functions.Add("Page", Page, gofunction.Props{
		Description: "Shows approvers what is asked, and takes their decisions",
		Environment: map[string]string{contract.EnvRequestsTable: *s.Requests.TableName(), contract.EnvKeySecret: *s.Key.SecretArn()},
	})
	operation.AllowTable(s.Page, s.Requests, "dynamodb:GetItem", "dynamodb:UpdateItem")
	s.allowKey(s.Page)
	s.API = restapi.New(s.Construct, "API", restapi.Props{
		Description: "The page by which approvers decide", RequestsPerSecond: 20, ServerErrorAlarm: props.Alarms.ServerErrors,
		KeepAccount: props.KeepAPIAccount, Operation: settings,
	})
	link := s.API.RestApi.Root().AddResource(jsii.String("approvals"), nil).AddResource(jsii.String("{"+contract.ParameterLink+"}"), nil)
	integration := awsapigateway.NewLambdaIntegration(s.Page.Function, &awsapigateway.LambdaIntegrationOptions{AllowTestInvoke: jsii.Bool(false)})
	for _, method := range []string{"GET", "POST"} {
		added := link.AddMethod(&method, integration, &awsapigateway.MethodOptions{AuthorizationType: awsapigateway.AuthorizationType_NONE})
		for _, rule := range []string{"AwsSolutions-APIG4", "AwsSolutions-COG4"} {
			operation.Suppress(added, rule, "The link is signed for one approver, one question and a time: the function verifies it before anything else.")
		}
	}
	operation.Suppress(s.API.RestApi, "AwsSolutions-APIG2", "A browser's form is no JSON: the function validates it.")
}

// allowKey lets a function read the key that signs links.
func (s *System) allowKey(function *gofunction.Function) {
	operation.AllowKey(function, s.Key.EncryptionKey(), "kms:Decrypt")
	operation.Allow(function, []string{*s.Key.SecretArn()}, "secretsmanager:GetSecretValue")
}

func (s *System) addTasks(functions gofunction.Set[Handler], approvers []string) {
	list, err := json.Marshal(approvers)
	if err != nil {
		panic(err) // texts always marshal
	}
	s.Request = functions.Add("Request", Request, gofunction.Props{
		Description: "Writes down what is asked, and sends approvers their links",
		Environment: map[string]string{
			contract.EnvRequestsTable: *s.Requests.TableName(), contract.EnvKeySecret: *s.Key.SecretArn(), contract.EnvTopicARN: *s.Mails.TopicArn(),
			contract.EnvPageURL: s.API.URL() + "approvals/", contract.EnvApprovers: string(list), contract.EnvTimeout: s.timeout.String(),
		},
		Timeout: 30 * time.Second,
	})
	operation.AllowTable(s.Request, s.Requests, "dynamodb:UpdateItem")
	operation.AllowPublish(s.Request, s.Mails)
	s.allowKey(s.Request)
	s.Conclude = functions.Add("Conclude", Conclude, gofunction.Props{
		Description: "Denies what nobody has decided in time",
		Environment: map[string]string{contract.EnvRequestsTable: *s.Requests.TableName()},
	})
	operation.AllowTable(s.Conclude, s.Requests, "dynamodb:UpdateItem")
}

// Substitutions are those of the tasks by which a definition asks.
func (s *System) Substitutions() map[string]string {
	return map[string]string{
		"ApprovalRequestFunctionArn":  *s.Request.Function.FunctionArn(),
		"ApprovalConcludeFunctionArn": *s.Conclude.Function.FunctionArn(),
		"ApprovalTimeoutSeconds":      strconv.Itoa(int((s.timeout + margin).Seconds())),
	}
}

// Package accounts takes applications for accounts by REST and answers each with
// a decision: an Express workflow checks the applicant's name and address at
// once, decides, and opens the account.
//
//	POST /applications --> Workflow: Check Name    \
//	                                 Check Address --> Approve Application --> Open New Account
//	                                                          |                       |
//	                                                    Applications               Accounts
//
// A body is {"applicationId": ..., "name": ..., "address": {...}}. The same
// application gets the same answer, and the same account, however often it is
// sent; another one under the same id is a conflict.
package accounts

// This file puts the system together.

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// ApplicationsPath is the route.
const ApplicationsPath = "applications"

// Props are the properties of a System.
type Props struct {
	// RefusedNames get no account, however they are written: in other letters'
	// case, accents and order of words. They have to fit into 3 KiB of a
	// function's environment, which whoever may read its configuration sees; for
	// a longer list replace CheckName by Code. Default: none is refused.
	RefusedNames []string

	// Applications is an existing table of decisions, with the key applicationId
	// (a string). Default: one is made.
	Applications awsdynamodb.ITable

	// Accounts is an existing table of accounts, with the key accountNumber (a
	// string). No row may be deleted: its number would be given again. Default:
	// one is made.
	Accounts awsdynamodb.ITable

	// API says who may call, and how often. Routes, alarms and operation are the
	// system's own. Default: callers sign by IAM.
	API workflowapi.Props

	// Code replaces the code of functions: see Handler. Default: this module's
	// own handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept, whom the alarms tell, and
	// which key encrypts everything. Default: see operation.Settings.
	Operation operation.Settings
}

// maxRefused is the room for refused names, of Lambda's 4 KiB for variables.
const maxRefused = 3 << 10

// System is all of it.
type System struct {
	Construct constructs.Construct

	// Applications has a row per application: applicationId, decision (APPROVED
	// or REJECTED), decidedAt, the fingerprint of what was sent, and applicant or
	// reasons.
	Applications awsdynamodb.ITable

	// Accounts has a row per account: accountNumber, applicationId, applicant
	// (name, address) and openedAt.
	Accounts awsdynamodb.ITable

	CheckName, CheckAddress, ApproveApplication, OpenNewAccount *gofunction.Function

	// Workflow runs an execution per request. Its output is JSON with
	// applicationId, decision, and accountNumber or reasons.
	Workflow *workflow.Workflow

	API        *workflowapi.API
	AlarmTopic awssns.ITopic
	Dashboard  awscloudwatch.Dashboard
}

// New declares the system. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *System {
	operation.Must("accounts.System", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	settings := props.Operation.WithDefaults(this)
	alarms := props.Alarms.withDefaults()
	functions := gofunction.Set[Handler]{Scope: this, System: "accounts", Code: props.Code, Alarms: alarms.Functions}
	functions.Prepare(handlers...)

	if settings.AlarmTopic == nil {
		settings.AlarmTopic = operation.NewAlarmTopic(this, "Alarms", settings)
	}
	functions.Operation = settings
	s := &System{Construct: this, AlarmTopic: settings.AlarmTopic}
	s.Applications = table(this, "Applications", props.Applications, contract.AttrApplicationID, settings)
	s.Accounts = table(this, "Accounts", props.Accounts, contract.AttrAccountNumber, settings)
	s.addFunctions(functions, props.RefusedNames)
	s.addWorkflow(alarms.Applications, settings)
	s.addAPI(props.API, alarms.API, settings)
	s.addOverview()
	return s
}

// table is an existing table, or one that is made.
func table(scope constructs.Construct, id string, existing awsdynamodb.ITable, key string, settings operation.Settings) awsdynamodb.ITable {
	if existing != nil {
		return existing
	}
	return operation.NewTable(scope, id, settings, awsdynamodb.TableProps{
		PartitionKey: &awsdynamodb.Attribute{Name: &key, Type: awsdynamodb.AttributeType_STRING},
	})
}

func (p Props) validate() error {
	var faults operation.Faults
	for _, name := range p.RefusedNames {
		if strings.IndexFunc(name, unicode.IsLetter) < 0 {
			faults.Addf("RefusedNames has %q: give names of letters", name)
		}
	}
	if text, err := json.Marshal(p.RefusedNames); err != nil || len(text) > maxRefused {
		faults.Addf("RefusedNames take %d bytes: give up to %d, or replace CheckName by Code", len(text), maxRefused)
	}
	if routes := len(p.API.Synchronous) + len(p.API.Asynchronous); routes > 0 {
		faults.Addf("API has %d routes: the route is the system's own", routes)
	}
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

func (s *System) addWorkflow(alarms workflow.Alarms, settings operation.Settings) {
	steps := map[string]*gofunction.Function{
		"CheckNameFunctionArn": s.CheckName, "CheckAddressFunctionArn": s.CheckAddress,
		"ApproveApplicationFunctionArn": s.ApproveApplication, "OpenNewAccountFunctionArn": s.OpenNewAccount,
	}
	substitutions := make(map[string]string, len(steps))
	for name, step := range steps {
		substitutions[name] = *step.Function.FunctionArn()
	}
	s.Workflow = workflow.New(s.Construct, "Workflow", workflow.Props{
		Definition:    statemachines.Definition("accounts/application.asl.json"),
		Substitutions: substitutions,
		Express:       true,
		Alarms:        alarms,
		Operation:     settings,
	})
	for _, step := range []*gofunction.Function{s.CheckName, s.CheckAddress, s.ApproveApplication, s.OpenNewAccount} {
		step.GrantInvoke(s.Workflow)
	}
}

func (s *System) addAPI(api workflowapi.Props, alarms workflowapi.Alarms, settings operation.Settings) {
	api.Synchronous = []workflowapi.Synchronous{{
		Path: ApplicationsPath, StateMachine: s.Workflow.StateMachine, Model: model(), Errors: contract.Statuses, HideCauses: true,
	}}
	api.Alarms, api.Operation = alarms, settings
	if api.Description == "" {
		api.Description = "Takes applications for accounts"
	}
	s.API = workflowapi.New(s.Construct, "API", api)
}

// GrantApply lets a grantee send applications, if callers sign by IAM.
func (s *System) GrantApply(grantee awsiam.IGrantable) awsiam.Grant {
	return s.API.GrantInvoke(grantee, ApplicationsPath)
}

// MetricAccounts counts how often an account was opened, or found again for an
// application that was sent before.
func (s *System) MetricAccounts(options *operation.MetricOptions) awscloudwatch.Metric {
	return s.OpenNewAccount.Function.MetricInvocations(options.For(awscloudwatch.Stats_SUM()))
}

func (s *System) addOverview() {
	s.Dashboard = awscloudwatch.NewDashboard(s.Construct, jsii.String("Dashboard"), nil)
	s.Dashboard.AddWidgets(
		operation.Graph("Applications", s.Workflow.MetricSucceeded(nil), s.Workflow.MetricFailed(nil), s.Workflow.MetricTimedOut(nil)),
		operation.Graph("Accounts", s.MetricAccounts(nil), s.OpenNewAccount.MetricErrors(nil)),
		operation.Graph("REST API", s.API.MetricRequests(nil), s.API.MetricClientErrors(nil), s.API.MetricServerErrors(nil)),
	)
}

// Package workflowapi puts state machines behind REST routes, this module's or
// an importing team's, without a function between: the requests and answers
// are made by mapping templates.
//
// A synchronous route runs an Express machine and answers with its output. An
// asynchronous one starts a Standard machine, once per key, and tells its status.
// Who may call is decided by IAM, unless the API is given an authorizer or wants
// an API key.
//
// Every error has the same body, {"error","message"}, whoever answers: the
// route, an execution that fails, or API Gateway itself.
package workflowapi

// This file declares the API and what all its routes have in common.

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
)

// Props are the properties of an API.
type Props struct {
	// Description says what the API is for. Default: none.
	Description string

	// Synchronous are the routes that answer with an execution's output. Give
	// at least one route of any kind. Default: none.
	Synchronous []Synchronous

	// Asynchronous are the routes that start an execution and tell its status.
	// Default: none.
	Asynchronous []Asynchronous

	// Authorizer decides who may call. Default: callers sign their requests,
	// and IAM decides (see GrantInvoke).
	Authorizer awsapigateway.IAuthorizer

	// APIKey wants an API key of UsagePlan with every request, in the header
	// X-Api-Key: in place of a signature, or with Authorizer besides what that
	// one wants. A key is a weak credential: it is sent as it is and does not
	// expire. Default: no key.
	APIKey bool

	// CORSOrigin is the site whose pages may call, as in
	// https://app.example.com, or * for every site. Default: none; browsers
	// keep the answers from pages of other sites.
	CORSOrigin string

	// RequestsPerSecond is the sustained rate of all callers together.
	// Default: 1,000.
	RequestsPerSecond float64

	// Burst is how many requests of all callers may come at once.
	// Default: twice the rate, at most 5,000.
	Burst int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	// WebACL is the ARN of a regional web ACL of AWS WAF to put in front.
	// Default: none.
	WebACL string

	// AllowedRanges are the addresses that callers may have, as in
	// 192.0.2.0/24. Not with APIKey alone, which API Gateway does not look at
	// before such a policy lets somebody in. Default: any.
	AllowedRanges []string

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Alarms adjusts the alarms of an API.
type Alarms struct {
	// ServerErrors goes off when requests are answered with 5xx, counted per
	// minute. Default: at the first.
	ServerErrors operation.Alarm

	// Starters are those of the machines that start executions of asynchronous
	// routes. Default: see workflow.Alarms.
	Starters workflow.Alarms

	// ProgressDeadLetters goes off when so many messages about progress could
	// not be delivered. Default: at the first.
	ProgressDeadLetters operation.Alarm
}

// Validate adds what is wrong, for a construct that has them as a prop.
func (a Alarms) Validate(faults *operation.Faults, prop string) {
	faults.Alarms(map[string]operation.Alarm{
		prop + ".ServerErrors": a.ServerErrors, prop + ".ProgressDeadLetters": a.ProgressDeadLetters,
	})
	a.Starters.Validate(faults, prop+".Starters")
}

// API is a REST API in front of state machines.
type API struct {
	Construct constructs.Construct
	RestApi   awsapigateway.RestApi

	// UsagePlan and Key are nil without Props.APIKey. More keys: NewApiKey and
	// UsagePlan.AddApiKey.
	UsagePlan awsapigateway.UsagePlan
	Key       awsapigateway.IApiKey

	// Starters start the executions of asynchronous routes, by path. See
	// docs/decisions/0029.
	Starters map[string]*workflow.Workflow

	// ProgressDeadLetters is nil without Progress.
	ProgressDeadLetters awssqs.Queue

	// An alarm is nil if it is off.
	ServerErrorAlarm         awscloudwatch.Alarm
	ProgressDeadLettersAlarm awscloudwatch.Alarm

	api    *restapi.API
	props  Props
	routes map[string][]call // by path

	resources map[string]awsapigateway.Resource // by path
}

// call is a method that callers may be granted.
type call struct{ method, path string }

// New declares an API with its routes. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *API {
	operation.Must("workflowapi.API", id, props.validate())
	api := restapi.New(scope, id, restapi.Props{
		Description:       props.Description,
		RequestsPerSecond: props.RequestsPerSecond,
		Burst:             props.Burst,
		KeepAccount:       props.KeepAPIAccount,
		WebACL:            props.WebACL,
		AllowedRanges:     props.AllowedRanges,
		ServerErrorAlarm:  props.Alarms.ServerErrors,
		AccessLog:         map[string]string{"caller": "$context.identity.userArn"},
		Operation:         props.Operation,
	})
	a := &API{
		Construct: api.Construct, RestApi: api.RestApi, ServerErrorAlarm: api.ServerErrorAlarm,
		api: api, props: props, routes: make(map[string][]call), resources: make(map[string]awsapigateway.Resource),
		Starters: make(map[string]*workflow.Workflow),
	}
	a.answerAsGateway()
	if props.APIKey {
		a.addKey()
	}
	for _, route := range props.Synchronous {
		a.addSynchronous(route)
	}
	for _, route := range props.Asynchronous {
		a.addAsynchronous(route)
	}
	a.suppress()
	return a
}

// suppress says why cdk-nag's findings stand.
func (a *API) suppress() {
	operation.Suppress(a.RestApi, "AwsSolutions-COG4", "Callers are programs: they sign with IAM, or satisfy the authorizer or the API key that the API was given.")
	operation.Suppress(a.RestApi, "AwsSolutions-APIG2", "A body is any JSON, which Step Functions itself checks; a route that is given a model validates against it.")
	if a.props.APIKey && a.props.Authorizer == nil {
		operation.Suppress(a.RestApi, "AwsSolutions-APIG4", "Callers need an API key, as the API's owner has decided.")
	}
}

// addKey declares the usage plan that API keys belong to, and a first key.
func (a *API) addKey() {
	a.UsagePlan = awsapigateway.NewUsagePlan(a.Construct, jsii.String("UsagePlan"), &awsapigateway.UsagePlanProps{
		ApiStages: &[]*awsapigateway.UsagePlanPerApiStage{{Api: a.RestApi, Stage: a.RestApi.DeploymentStage()}},
	})
	a.Key = awsapigateway.NewApiKey(a.Construct, jsii.String("Key"), &awsapigateway.ApiKeyProps{})
	a.UsagePlan.AddApiKey(a.Key, nil)
}

// URL is the API's address, ending in a slash: a route's path comes after it.
func (a *API) URL() string { return a.api.URL() }

// GrantInvoke lets a grantee with AWS credentials use the route of a path.
func (a *API) GrantInvoke(grantee awsiam.IGrantable, path string) awsiam.Grant {
	calls := a.routes[path]
	if calls == nil {
		panic("workflowapi.API " + *a.Construct.Node().Id() + ": there is no route " + path)
	}
	var arns []string
	for _, c := range calls {
		arns = append(arns, *a.RestApi.ArnForExecuteApi(&c.method, &c.path, a.RestApi.DeploymentStage().StageName()))
	}
	return operation.Allow(grantee, arns, "execute-api:Invoke")
}

// MetricRequests counts requests.
func (a *API) MetricRequests(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.api.MetricRequests(options)
}

// MetricClientErrors counts answers of 400 to 499.
func (a *API) MetricClientErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.api.MetricClientErrors(options)
}

// MetricServerErrors counts answers of 500 and above.
func (a *API) MetricServerErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.api.MetricServerErrors(options)
}

// MetricLatency is how long answers took, in milliseconds: the average.
func (a *API) MetricLatency(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.api.MetricLatency(options)
}

func (p Props) validate() error {
	var faults operation.Faults
	faults.Require("a route (Synchronous, Asynchronous)", len(p.Synchronous)+len(p.Asynchronous) > 0)
	taken := make(map[string]bool)
	for _, route := range p.Synchronous {
		route.validate(&faults, taken)
	}
	for _, route := range p.Asynchronous {
		validateRoute(&faults, taken, route.Path, route.StateMachine, awsstepfunctions.StateMachineType_STANDARD)
	}
	operation.NotNegative(&faults, "RequestsPerSecond", p.RequestsPerSecond)
	operation.NotNegative(&faults, "Burst", p.Burst)
	restapi.ValidateRanges(&faults, p.AllowedRanges)
	if p.APIKey && p.Authorizer == nil && len(p.AllowedRanges) > 0 {
		faults.Addf("AllowedRanges and APIKey without Authorizer: a policy that only denies lets nobody in who neither signs nor is authorized")
	}
	if p.CORSOrigin != "" && !origin.MatchString(p.CORSOrigin) {
		faults.Addf("CORSOrigin is %q: give a site such as https://app.example.com, or *", p.CORSOrigin)
	}
	p.Alarms.Validate(&faults, "Alarms")
	return faults.Err()
}

var origin = regexp.MustCompile(`^(\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?)$`)

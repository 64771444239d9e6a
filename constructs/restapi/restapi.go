// Package restapi makes a regional REST API with what such an API needs to be
// run in earnest: access logs without bodies or secrets, traces, metrics under
// a name of its own, a throttle and an alarm.
//
// Methods are added to the CDK's RestApi. Those that read or write an AWS
// service need no function between: see Direct.
package restapi

// This file declares the API; direct.go its integrations with AWS services.

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// Stage is the only stage of an API. Its name is the first part of its path.
const Stage = "v1"

// Props are the properties of an API.
type Props struct {
	// Description says what the API is for. Default: none.
	Description string

	// KeySource is where requests have their API key. Default: in a header.
	KeySource awsapigateway.ApiKeySourceType

	// RequestsPerSecond is the sustained rate of all callers together.
	// Default: 1,000.
	RequestsPerSecond float64

	// Burst is how many requests of all callers may come at once.
	// Default: twice the rate, at most 5,000.
	Burst int

	// AccessLog adds fields to each line of the access log: JSON names, and
	// variables such as $context.authorizer.partner. Default: none but those
	// of every API.
	AccessLog map[string]string

	// KeepAccount leaves the account's role for API Gateway's logs as it is:
	// there is one such setting per account and region. Default: the stack
	// sets one.
	KeepAccount bool

	// WebACL is the ARN of a regional web ACL of AWS WAF to put in front.
	// Default: none.
	WebACL string

	// AllowedRanges are the addresses that callers may have, as in
	// 192.0.2.0/24: everybody else is answered with 403 before anything else
	// is looked at. Methods then need an authorizer or IAM. Default: any.
	AllowedRanges []string

	// ServerErrorAlarm goes off when requests are answered with 5xx, counted
	// per minute. Default: at the first.
	ServerErrorAlarm operation.Alarm

	// Operation says how long logs are kept and whom the alarm tells.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// API is a REST API with one stage.
type API struct {
	Construct  constructs.Construct
	RestApi    awsapigateway.RestApi
	AccessLogs awslogs.LogGroup

	// ServerErrorAlarm is nil if it is off.
	ServerErrorAlarm awscloudwatch.Alarm
}

// New declares an API without methods. It panics if props are wrong.
func New(scope constructs.Construct, id string, props Props) *API {
	props = props.withDefaults()
	operation.Must("restapi.API", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	a := &API{Construct: this, AccessLogs: operation.NewServiceLogGroup(this, "AccessLogs", props.Operation)}
	a.RestApi = awsapigateway.NewRestApi(this, jsii.String("Resource"), &awsapigateway.RestApiProps{
		// API Gateway's metrics go by this name: the default, the id of the
		// construct, would be the same for all of ours.
		RestApiName: awscdk.Names_UniqueResourceName(this, &awscdk.UniqueResourceNameOptions{
			Separator: jsii.String("-"),
			MaxLength: jsii.Number(128),
		}),
		Description:      &props.Description,
		ApiKeySourceType: props.KeySource,
		EndpointTypes:    &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		CloudWatchRole:   jsii.Bool(false),
		Policy:           sourcePolicy(props.AllowedRanges),
		DeployOptions: &awsapigateway.StageOptions{
			StageName:            jsii.String(Stage),
			AccessLogDestination: awsapigateway.NewLogGroupLogDestination(a.AccessLogs),
			AccessLogFormat:      accessLogFormat(props.AccessLog),
			LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
			MetricsEnabled:       jsii.Bool(true),
			TracingEnabled:       jsii.Bool(true),
			ThrottlingRateLimit:  &props.RequestsPerSecond,
			ThrottlingBurstLimit: jsii.Number(props.Burst),
		},
	})
	if !props.KeepAccount {
		a.RestApi.DeploymentStage().Node().AddDependency(account(this))
	}
	a.protect(props.WebACL)
	a.ServerErrorAlarm = operation.NewAlarm(this, "ServerErrorAlarm", props.Operation, operation.AlarmProps{
		Description: "Callers are answered with 5xx: see the API's access log, and the logs of what is behind it.",
		Metric:      a.MetricServerErrors(nil),
		Threshold:   1,
		Adjust:      props.ServerErrorAlarm,
	})
	return a
}

// protect puts a web ACL in front of the stage.
func (a *API) protect(webACL string) {
	stage := a.RestApi.DeploymentStage()
	if webACL == "" {
		operation.Suppress(stage, "AwsSolutions-APIG3", "Every request is authorized and throttled before it costs anything; who wants AWS WAF in front gives a web ACL.")
		return
	}
	awswafv2.NewCfnWebACLAssociation(a.Construct, jsii.String("WebACL"), &awswafv2.CfnWebACLAssociationProps{
		ResourceArn: stage.StageArn(),
		WebAclArn:   &webACL,
	})
}

// sourcePolicy keeps out who calls from elsewhere. It allows nobody: that would
// be enough to get in, whatever an authorizer or IAM say.
func sourcePolicy(ranges []string) awsiam.PolicyDocument {
	if len(ranges) == 0 {
		return nil
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect:     awsiam.Effect_DENY,
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions:    jsii.Strings("execute-api:Invoke"),
			Resources:  jsii.Strings("execute-api:/*"),
			Conditions: &map[string]any{"NotIpAddress": map[string]any{"aws:SourceIp": ranges}},
		}),
	}})
}

// ValidateRanges adds what is wrong with AllowedRanges.
func ValidateRanges(faults *operation.Faults, ranges []string) {
	for _, given := range ranges {
		if _, err := netip.ParsePrefix(given); err != nil {
			faults.Addf("AllowedRanges has %q: give ranges such as 192.0.2.0/24", given)
		}
	}
}

func (p Props) withDefaults() Props {
	if p.RequestsPerSecond == 0 {
		p.RequestsPerSecond = 1000
	}
	if p.Burst == 0 {
		p.Burst = min(5000, max(1, int(2*p.RequestsPerSecond)))
	}
	return p
}

func (p Props) validate() error {
	var faults operation.Faults
	operation.NotNegative(&faults, "RequestsPerSecond", p.RequestsPerSecond)
	operation.NotNegative(&faults, "Burst", p.Burst)
	ValidateRanges(&faults, p.AllowedRanges)
	faults.Alarms(map[string]operation.Alarm{"ServerErrorAlarm": p.ServerErrorAlarm})
	return faults.Err()
}

// accessLogFormat leaves out what callers send and anything secret.
func accessLogFormat(added map[string]string) awsapigateway.AccessLogFormat {
	fields := []string{
		`"requestId":"$context.requestId"`,
		`"traceId":"$context.xrayTraceId"`,
		`"time":"$context.requestTime"`,
		`"ip":"$context.identity.sourceIp"`,
	}
	for _, name := range slices.Sorted(maps.Keys(added)) {
		fields = append(fields, fmt.Sprintf(`"%s":"%s"`, name, added[name]))
	}
	fields = append(fields,
		`"method":"$context.httpMethod"`,
		`"resource":"$context.resourcePath"`,
		`"status":"$context.status"`,
		`"error":"$context.error.responseType"`,
		`"bytes":"$context.responseLength"`,
		`"milliseconds":"$context.responseLatency"`,
	)
	return awsapigateway.AccessLogFormat_Custom(jsii.String("{" + strings.Join(fields, ",") + "}"))
}

// account gives API Gateway a role to write logs by. There is one such setting
// per account and region, so one per stack is enough, and it stays when the
// stack goes: other APIs may log by it.
func account(scope constructs.Construct) constructs.Construct {
	stack := awscdk.Stack_Of(scope)
	const id = "ApiGatewayAccount"
	if existing := stack.Node().TryFindChild(jsii.String(id)); existing != nil {
		return existing.(constructs.Construct)
	}
	this := constructs.NewConstruct(stack, jsii.String(id))
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(
			jsii.String("service-role/AmazonAPIGatewayPushToCloudWatchLogs"))},
	})
	role.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN)
	operation.Suppress(role, "AwsSolutions-IAM4", "The account-wide setting is checked against, and documented with, this very policy.")
	resource := awsapigateway.NewCfnAccount(this, jsii.String("Resource"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: role.RoleArn(),
	})
	resource.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	return this
}

// URL is the API's address, ending in a slash.
func (a *API) URL() string { return *a.RestApi.Url() }

// Host is the API's host name, as Step Functions' apigateway:invoke takes it.
func (a *API) Host() string {
	stack := awscdk.Stack_Of(a.Construct)
	return *a.RestApi.RestApiId() + ".execute-api." + *stack.Region() + "." + *stack.UrlSuffix()
}

// GrantInvoke lets a grantee with AWS credentials call a method of a path, in
// which * stands for any text.
func (a *API) GrantInvoke(grantee awsiam.IGrantable, method, path string) awsiam.Grant {
	arn := a.RestApi.ArnForExecuteApi(&method, &path, a.RestApi.DeploymentStage().StageName())
	return operation.Allow(grantee, []string{*arn}, "execute-api:Invoke")
}

// RejectBody answers a body that does not fit its model with 400, a message
// (without quotes, dollars and the like) and what is wrong with it.
//
// The text comes escaped from API Gateway; the template is no VTL.
func (a *API) RejectBody(message string) {
	a.RestApi.AddGatewayResponse(jsii.String("BadRequestBody"), &awsapigateway.GatewayResponseOptions{
		Type:       awsapigateway.ResponseType_BAD_REQUEST_BODY(),
		StatusCode: jsii.String("400"),
		Templates:  jsonTemplate(`{"message":"` + message + `: $context.error.validationErrorString"}`),
	})
}

// MetricRequests counts requests.
func (a *API) MetricRequests(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.RestApi.MetricCount(options.For(awscloudwatch.Stats_SUM()))
}

// MetricClientErrors counts answers of 400 to 499.
func (a *API) MetricClientErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.RestApi.MetricClientError(options.For(awscloudwatch.Stats_SUM()))
}

// MetricServerErrors counts answers of 500 and above.
func (a *API) MetricServerErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.RestApi.MetricServerError(options.For(awscloudwatch.Stats_SUM()))
}

// MetricLatency is how long answers took, in milliseconds: the average.
func (a *API) MetricLatency(options *operation.MetricOptions) awscloudwatch.Metric {
	return a.RestApi.MetricLatency(options.For(awscloudwatch.Stats_AVERAGE()))
}

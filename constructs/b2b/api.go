package b2b

// This file holds what both REST APIs have in common.

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// stage is the only stage of an API. Its name is the first part of its path.
const stage = "v1"

// apiSettings are what one API does differently from the other.
type apiSettings struct {
	description  string
	keySource    awsapigateway.ApiKeySourceType
	rateLimit    float64 // of the whole API
	burstLimit   int
	keepsAccount bool // the account has a role for logs already
}

// newAPI declares a regional REST API with logs and traces.
func newAPI(scope constructs.Construct, shared Shared, settings apiSettings) awsapigateway.RestApi {
	logs := awslogs.NewLogGroup(scope, jsii.String("AccessLogs"), &awslogs.LogGroupProps{
		Retention:     shared.LogRetention,
		RemovalPolicy: shared.RemovalPolicy,
	})
	api := awsapigateway.NewRestApi(scope, jsii.String("Resource"), &awsapigateway.RestApiProps{
		// API Gateway's metrics go by this name: the default, the id of the
		// construct, would be the same for all of ours.
		RestApiName: awscdk.Names_UniqueResourceName(scope, &awscdk.UniqueResourceNameOptions{
			Separator: jsii.String("-"),
			MaxLength: jsii.Number(128),
		}),
		Description:      &settings.description,
		ApiKeySourceType: settings.keySource,
		EndpointTypes:    &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		CloudWatchRole:   jsii.Bool(false),
		DeployOptions: &awsapigateway.StageOptions{
			StageName:            jsii.String(stage),
			AccessLogDestination: awsapigateway.NewLogGroupLogDestination(logs),
			AccessLogFormat:      accessLogFormat(),
			LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
			MetricsEnabled:       jsii.Bool(true),
			TracingEnabled:       jsii.Bool(true),
			ThrottlingRateLimit:  &settings.rateLimit,
			ThrottlingBurstLimit: jsii.Number(settings.burstLimit),
		},
	})
	if !settings.keepsAccount {
		api.DeploymentStage().Node().AddDependency(apiAccount(scope))
	}
	suppress(api.DeploymentStage(), "AwsSolutions-APIG3",
		"Every request is authorized and throttled before it costs anything; a team that wants AWS WAF in front attaches its own web ACL to the stage.")
	return api
}

// accessLogFormat leaves out what partners send and anything secret.
func accessLogFormat() awsapigateway.AccessLogFormat {
	fields := []string{
		`"requestId":"$context.requestId"`,
		`"traceId":"$context.xrayTraceId"`,
		`"time":"$context.requestTime"`,
		`"ip":"$context.identity.sourceIp"`,
		`"partner":"$context.authorizer.partner"`,
		`"method":"$context.httpMethod"`,
		`"resource":"$context.resourcePath"`,
		`"status":"$context.status"`,
		`"error":"$context.error.responseType"`,
		`"bytes":"$context.responseLength"`,
		`"milliseconds":"$context.responseLatency"`,
	}
	return awsapigateway.AccessLogFormat_Custom(jsii.String("{" + strings.Join(fields, ",") + "}"))
}

// apiAccount gives API Gateway a role to write logs by. There is one such
// setting per account and region, so one per stack is enough, and it stays
// when the stack goes: other APIs may log by it.
func apiAccount(scope constructs.Construct) constructs.Construct {
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
	suppress(role, "AwsSolutions-IAM4", "The account-wide setting is checked against, and documented with, this very policy.")
	account := awsapigateway.NewCfnAccount(this, jsii.String("Resource"), &awsapigateway.CfnAccountProps{
		CloudWatchRoleArn: role.RoleArn(),
	})
	account.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN, nil)
	return this
}

// busyBody is the body of a 503.
const busyBody = `{"message":"Try again in a moment."}`

// busy answers 503 when DynamoDB's own status matches a pattern.
func busy(pattern string) *awsapigateway.IntegrationResponse {
	return &awsapigateway.IntegrationResponse{
		SelectionPattern:  &pattern,
		StatusCode:        jsii.String("503"),
		ResponseTemplates: &map[string]*string{"application/json": jsii.String(busyBody)},
	}
}

// getItem is a method's integration with DynamoDB, without a function between.
func getItem(role awsiam.IRole, request, response string, failures ...*awsapigateway.IntegrationResponse) awsapigateway.Integration {
	responses := append([]*awsapigateway.IntegrationResponse{
		{StatusCode: jsii.String("200"), ResponseTemplates: &map[string]*string{"application/json": &response}},
	}, failures...)
	return awsapigateway.NewAwsIntegration(&awsapigateway.AwsIntegrationProps{
		Service: jsii.String("dynamodb"),
		Action:  jsii.String("GetItem"),
		Options: &awsapigateway.IntegrationOptions{
			CredentialsRole:      role,
			PassthroughBehavior:  awsapigateway.PassthroughBehavior_NEVER,
			RequestTemplates:     &map[string]*string{"application/json": &request},
			IntegrationResponses: &responses,
		},
	})
}

// getItemResponses are the statuses that a getItem method may answer.
func getItemResponses() *[]*awsapigateway.MethodResponse {
	var responses []*awsapigateway.MethodResponse
	for _, status := range []string{"200", "404", "503"} {
		responses = append(responses, &awsapigateway.MethodResponse{StatusCode: &status})
	}
	return &responses
}

// escaped is a template's expression for text inside a JSON string. API
// Gateway escapes as JavaScript does, where \' is legal; in JSON it is not.
func escaped(expression string) string {
	return `$util.escapeJavaScript(` + expression + `).replaceAll("\\'","'")`
}

// pathParameter is a parameter of the path in a mapping template. API Gateway
// hands it over as it was sent, percent-encoded; urlDecode takes + for a space,
// which is right in a query only.
func pathParameter(name string) string {
	return `$util.urlDecode($input.params('` + name + `').replaceAll("[+]","%2B"))`
}

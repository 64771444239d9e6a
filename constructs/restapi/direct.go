package restapi

// This file declares methods that AWS services answer, without a function
// between: the request and the answer are made by mapping templates.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Direct is an integration with an action of an AWS service.
type Direct struct {
	// Role is what API Gateway acts as: see NewRole. Required.
	Role awsiam.IRole

	// Service and Action are what is called: "dynamodb", "GetItem". Required.
	Service, Action string

	// Request is the mapping template that makes the action's request. Put
	// what a caller sends through Escaped. Required.
	Request string

	// Response is the mapping template that makes the body of a 200.
	// Required.
	Response string

	// Failures answer when the service does not answer with 200: the first
	// whose pattern matches its status. Default: such an answer is a 200 too,
	// so give Busy at least.
	Failures []*awsapigateway.IntegrationResponse
}

// NewRole declares a role that API Gateway can act as, and that may do nothing
// until it is granted something.
func NewRole(scope constructs.Construct, id string) awsiam.Role {
	return awsiam.NewRole(scope, &id, &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
	})
}

// Integration is what a method takes.
func (d Direct) Integration() awsapigateway.Integration {
	responses := []*awsapigateway.IntegrationResponse{
		{StatusCode: jsii.String("200"), ResponseTemplates: jsonTemplate(d.Response)},
	}
	responses = append(responses, d.Failures...)
	return awsapigateway.NewAwsIntegration(&awsapigateway.AwsIntegrationProps{
		Service: &d.Service,
		Action:  &d.Action,
		Options: &awsapigateway.IntegrationOptions{
			CredentialsRole:      d.Role,
			PassthroughBehavior:  awsapigateway.PassthroughBehavior_NEVER,
			RequestTemplates:     jsonTemplate(d.Request),
			IntegrationResponses: &responses,
		},
	})
}

// Failure answers with a status and the body that a mapping template makes
// when the service's own status matches a pattern, say `4\d{2}`.
func Failure(pattern, status, response string) *awsapigateway.IntegrationResponse {
	return &awsapigateway.IntegrationResponse{
		SelectionPattern:  &pattern,
		StatusCode:        &status,
		ResponseTemplates: jsonTemplate(response),
	}
}

// BusyBody is the body of a 503.
const BusyBody = `{"message":"Try again in a moment."}`

// Busy answers 503 when the service's own status matches a pattern. DynamoDB
// says 400, too, when it is busy.
func Busy(pattern string) *awsapigateway.IntegrationResponse {
	return Failure(pattern, "503", BusyBody)
}

// Status is a line of a response template that replaces the status.
func Status(code string) string { return "#set($context.responseOverride.status = " + code + ")\n" }

// Answers are the statuses that a method may answer.
func Answers(statuses ...string) *[]*awsapigateway.MethodResponse {
	var responses []*awsapigateway.MethodResponse
	for _, status := range statuses {
		responses = append(responses, &awsapigateway.MethodResponse{StatusCode: &status})
	}
	return &responses
}

// Escaped is a template's expression for text inside a JSON string. API
// Gateway escapes as JavaScript does, where \' is legal; in JSON it is not.
func Escaped(expression string) string {
	return `$util.escapeJavaScript(` + expression + `).replaceAll("\\'","'")`
}

// PathParameter is a parameter of the path in a mapping template. API Gateway
// hands it over as it was sent, percent-encoded; urlDecode takes + for a space,
// which is right in a query only.
func PathParameter(name string) string {
	return `$util.urlDecode($input.params('` + name + `').replaceAll("[+]","%2B"))`
}

func jsonTemplate(text string) *map[string]*string {
	return &map[string]*string{"application/json": &text}
}

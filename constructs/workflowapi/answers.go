package workflowapi

// This file makes the answers that all routes share. Their errors go by API
// Gateway's own names, whether it is API Gateway or Step Functions that refuses
// a request.
//
// An override may be assigned once in a template: API Gateway fails otherwise.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// bodyOrObject begins a request template: $body is what was sent, as it was
// sent. ($input.json would write numbers anew.)
const bodyOrObject = `#set($body = $input.body)
#if("$!body" == "")
#set($body = "{}")
#end
`

// retryAfter is for a response template that has chosen a $code.
const retryAfter = `#if($code == 429 || $code == 503)
#set($context.responseOverride.header.Retry-After = "1")
#end
`

// withCode ends a response template that has chosen $code, $error and $message,
// which are plain words.
const withCode = retryAfter + `#set($context.responseOverride.status = $code)
{"error":"$error","message":"$message"}`

// refusedByService says what it means that Step Functions refuses a start with
// 4xx. Only the input is a caller's.
const refusedByService = `#set($code = 500)
#set($error = "API_CONFIGURATION_ERROR")
#set($message = "The workflow cannot be started.")
#set($type = $input.path('$.__type').replaceAll("^.*#", ""))
#if($type == "InvalidExecutionInput")
#set($code = 400)
#set($error = "BAD_REQUEST_BODY")
#set($message = "The body is not JSON.")
#elseif($type == "ValidationException")
#set($code = 413)
#set($error = "REQUEST_TOO_LARGE")
#set($message = "The body has more than 256 KiB.")
#elseif($type == "ThrottlingException" || $type == "ExecutionLimitExceeded" || $type == "KmsThrottlingException")
#set($code = 429)
#set($error = "THROTTLED")
#set($message = "Too many requests: try again in a moment.")
#end
` + withCode

// tooLarge answers a request that Step Functions does not even read.
const tooLarge = `{"error":"REQUEST_TOO_LARGE","message":"The body has more than 256 KiB."}`

const unreachable = `#set($code = 503)
#set($error = "INTEGRATION_FAILURE")
#set($message = "Try again in a moment.")
` + withCode

// answers are the statuses that a method declares. Templates choose others.
var answers = []string{"200", "400", "413", "503"}

// failures answer what is not a 200 of Step Functions; refused is the template
// for its 4xx.
func (a *API) failures(refused string) []*awsapigateway.IntegrationResponse {
	return []*awsapigateway.IntegrationResponse{
		restapi.Failure(`4(0\d|1[0-24-9]|[2-9]\d)`, "400", a.response(refused)),
		restapi.Failure(`413`, "413", a.response(tooLarge)),
		restapi.Failure(`5\d{2}`, "503", a.response(unreachable)),
	}
}

// response is a response template with the headers that every answer has.
func (a *API) response(template string) string {
	if a.props.CORSOrigin == "" {
		return template
	}
	return `#set($context.responseOverride.header.Access-Control-Allow-Origin = "` + a.props.CORSOrigin + `")
#set($context.responseOverride.header.Access-Control-Expose-Headers = "` + exposed + `")
` + template
}

// exposed are the headers that pages of other sites may read.
const exposed = "Location,Retry-After,x-amzn-RequestId"

// answerAsGateway gives API Gateway's own answers the form that all errors have.
func (a *API) answerAsGateway() {
	// What a caller is told of a 4xx comes quoted and escaped; of some others
	// there is nothing to tell.
	const said = `$context.error.messageString`
	a.gatewayResponse("Refused", awsapigateway.ResponseType_DEFAULT_4XX(), said, false)
	a.gatewayResponse("Failed", awsapigateway.ResponseType_DEFAULT_5XX(), `"The request cannot be answered."`, false)
	a.gatewayResponse("BadBody", awsapigateway.ResponseType_BAD_REQUEST_BODY(), `"The body does not fit: $context.error.validationErrorString"`, false)
	a.gatewayResponse("Throttled", awsapigateway.ResponseType_THROTTLED(), said, true)
	a.gatewayResponse("TimedOut", awsapigateway.ResponseType_INTEGRATION_TIMEOUT(),
		`"The workflow has not ended within the time that API Gateway waits. It goes on."`, false)
}

// gatewayResponse replaces the body of one kind of API Gateway's own answers.
func (a *API) gatewayResponse(id string, kind awsapigateway.ResponseType, message string, retry bool) {
	headers := make(map[string]*string)
	if retry {
		headers["Retry-After"] = jsii.String("'1'")
	}
	if a.props.CORSOrigin != "" {
		headers["Access-Control-Allow-Origin"] = jsii.String("'" + a.props.CORSOrigin + "'")
		headers["Access-Control-Expose-Headers"] = jsii.String("'" + exposed + "'")
	}
	a.RestApi.AddGatewayResponse(&id, &awsapigateway.GatewayResponseOptions{
		Type:            kind,
		ResponseHeaders: &headers,
		Templates: &map[string]*string{
			"application/json": jsii.String(`{"error":"$context.error.responseType","message":` + message + `}`),
		},
	})
}

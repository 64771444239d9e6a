package workflowapi

// This file declares the routes that tell an execution's status.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// unknown answers for what is no execution of the machine.
const unknown = `#set($code = 404)
#set($error = "EXECUTION_NOT_FOUND")
#set($message = "There is no such execution.")
`

// notDescribed says what it means that Step Functions refuses to describe an
// execution with 4xx: a name that cannot be one is unknown, too.
const notDescribed = `#set($code = 500)
#set($error = "API_CONFIGURATION_ERROR")
#set($message = "The execution cannot be looked up.")
#set($type = $input.path('$.__type').replaceAll("^.*#", ""))
#if($type == "ExecutionDoesNotExist" || $type == "InvalidArn" || $type == "ValidationException")
` + unknown + `#elseif($type == "ThrottlingException" || $type == "KmsThrottlingException")
#set($code = 429)
#set($error = "THROTTLED")
#set($message = "Too many requests: try again in a moment.")
#end
` + withCode

// described is an execution, if it is the machine's: what is asked for begins
// with the machine's own name, and so nothing else can be found. That it is
// compared besides costs nothing.
func described(machine string) string {
	return `#if($input.path('$.stateMachineArn') != "` + machine + `")
` + unknown + withCode + `
#else
#set($stopDate = $input.path('$.stopDate'))
#set($output = $input.path('$.output'))
#set($error = $input.path('$.error'))
#set($cause = $input.path('$.cause'))
{"executionArn":$input.json('$.executionArn'),"status":$input.json('$.status'),"startDate":$input.json('$.startDate')` +
		`#if("$!stopDate" != ""),"stopDate":$input.json('$.stopDate')#end` +
		`#if("$!output" != ""),"output":$output#end` +
		`#if("$!error" != ""),"error":$input.json('$.error')#end` +
		`#if("$!cause" != ""),"cause":$input.json('$.cause')#end}
#end`
}

func (a *API) addStatus(route awsapigateway.Resource, of arns) {
	resource := route.AddResource(jsii.String("{execution}"), nil)
	role := restapi.NewRole(resource, "Role")
	operation.Allow(role, []string{of.execution + "*"}, "states:DescribeExecution")
	suppressExecutions(role)
	a.addMethod("GET", resource, nil, restapi.Direct{
		Role: role, Service: "states", Action: "DescribeExecution",
		Request:  `{"executionArn":"` + of.execution + restapi.Escaped(restapi.PathParameter("execution")) + `"}`,
		Response: a.response(described(of.machine)),
		Failures: a.failures(notDescribed),
	})
	a.allowPages(resource, "GET")
}

func suppressExecutions(role awsiam.IRole) {
	operation.SuppressGrant(role, "AwsSolutions-IAM5", "Executions of the one machine; their names are given as they start.", `^Resource::.*`)
}

package workflowapi

// This file declares how asynchronous routes start executions.

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflow"
	"github.com/tradepost-dev/tradepost/statemachines"
)

// Asynchronous is a route POST <Path> that starts an execution of a Standard
// machine on the request's body, any JSON (none is {}), and a route
// GET <Path>/{execution} that tells its status.
//
//	202  {"executionArn","startDate"}, and the status route in Location
//	400  the body is not JSON, does not fit Model, or the key is no name
//	409  the key was used before, with another body
//	413  the body has more than 256 KiB, as written between quotes: its quotes,
//	     backslashes and line breaks count twice
//	429  throttled, by API Gateway or Step Functions; with Retry-After
//	503  Step Functions cannot be reached; with Retry-After
//
// The header Idempotency-Key, say a UUID, becomes the execution's name: the
// same key and body again give the same execution, for as long as Step
// Functions knows it (90 days after its end). Keys are those of the machine,
// not of a caller. Without one the name is that of the request.
//
//	200  {"executionArn","status","startDate"}, with "output" if it SUCCEEDED
//	     and "error" and "cause" if not; "stopDate" when it has ended
//	404  the machine has no such execution
//	429  throttled: AWS describes 15 executions a second, for all of an
//	     account's callers together. Prefer Progress to asking
//
// Dates are seconds since 1970.
type Asynchronous struct {
	// Path is where the route is, below the stage: "orders", "orders/urgent".
	// Required.
	Path string

	// StateMachine is a Standard machine of the same account and region.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Model is what a body has to look like, as JSON schema draft 4. Default:
	// any JSON.
	Model *awsapigateway.JsonSchema

	// Progress tells of what becomes of executions. Default: nobody is told.
	Progress Progress
}

// keyOrRequest sets $name: to the header Idempotency-Key, however its name is
// spelled, or to that of the request.
const keyOrRequest = `#set($name = "")
#foreach($header in $input.params().header.keySet())
#if($header.equalsIgnoreCase("Idempotency-Key"))
#set($name = $input.params().header.get($header))
#end
#end
#if("$!name" == "")
#set($name = $context.requestId)
#end
`

// quoted is an expression for $name or $body as it stands between the quotes of
// JSON. Other than $util.escapeJavaScript it leaves alone what is not ASCII,
// which would be six times as long.
func quoted(variable string) string {
	return variable + `.replaceAll('\\','\\\\').replaceAll('"','\\"').replaceAll('\n','\\n').replaceAll('\r','\\r').replaceAll('\t','\\t')`
}

// envelope makes $text, what the starter takes.
var envelope = "#set($quotedName = " + quoted("$name") + ")\n#set($quotedBody = " + quoted("$body") + ")\n" +
	`#set($text = '{"name":"' + $quotedName + '","input":"' + $quotedBody + '"}')` + "\n"

// started is the answer that the starter gives.
const started = `#set($answer = $util.parseJson($input.path('$.output')))
#set($code = $answer.status)
#if($code == 202)
#set($path = $context.path.replaceAll('/+$', ''))
#set($execution = $util.urlEncode($answer.name))
#set($context.responseOverride.header.Location = "$path/$execution")
#end
` + retryAfter + `#set($context.responseOverride.status = $code)
$answer.body`

// notStarted is the answer when the starter itself has failed.
const notStarted = `#set($code = 500)
#set($error = "API_CONFIGURATION_ERROR")
#set($message = "The workflow cannot be started.")
#if($input.path('$.status') == "TIMED_OUT")
#set($code = 503)
#set($error = "INTEGRATION_FAILURE")
#set($message = "Try again in a moment.")
#end
` + withCode

func (a *API) addAsynchronous(r Asynchronous) {
	resource := a.resource(r.Path)
	of := arnsOf(r.StateMachine)
	starter := workflow.New(resource, "Starter", workflow.Props{
		Definition: statemachines.Definition("workflowapi/start.asl.json"),
		Substitutions: map[string]string{
			"StateMachineArn": *r.StateMachine.StateMachineArn(),
			"ExecutionPrefix": of.execution,
		},
		Express:   true,
		Alarms:    a.props.Alarms.Starters,
		Operation: a.props.Operation,
	})
	operation.Allow(starter, []string{*r.StateMachine.StateMachineArn()}, "states:StartExecution")
	operation.Allow(starter, []string{of.execution + "*"}, "states:GetExecutionHistory")
	suppressExecutions(starter.Role)

	a.addMethod("POST", resource, r.Model, a.wait(resource, starter.StateMachine, keyOrRequest+envelope, started, notStarted))
	a.Starters[r.Path] = starter
	a.addStatus(resource, of)
	a.addProgress(resource, r)
	a.allowPages(resource, "POST")
	a.routes[r.Path] = []call{{"POST", "/" + r.Path}, {"GET", "/" + r.Path + "/*"}}
}

// arns name a machine without a version or an alias, and its executions.
type arns struct{ machine, execution string }

// arnsOf takes apart the machine's ARN, so that account and region are its own.
func arnsOf(machine awsstepfunctions.IStateMachine) arns {
	part := func(n float64) string {
		return *awscdk.Fn_Select(&n, awscdk.Fn_Split(jsii.String(":"), machine.StateMachineArn(), nil))
	}
	of := func(kind string) string {
		return strings.Join([]string{"arn", part(1), "states", part(3), part(4), kind, part(6)}, ":")
	}
	return arns{machine: of("stateMachine"), execution: of("execution") + ":"}
}

package workflowapi

// This file declares synchronous routes.

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// Synchronous is a route POST <Path> that runs an Express machine on the
// request's body, any JSON of up to 256 KiB (none is {}), and waits for it: for
// 29 seconds, after which API Gateway answers 504 and the execution goes on.
//
//	200  the execution's output
//	400  the body is not JSON, or does not fit Model
//	413  the body has more than 256 KiB
//	429  throttled, by API Gateway or Step Functions; with Retry-After
//	500  the execution has failed with an error that Errors does not name
//	503  Step Functions cannot be reached; with Retry-After
//	504  the execution has run out of time, unless Errors names States.Timeout
//
// An execution has the name that API Gateway gives the request in its access
// log and in the answer's header x-amzn-RequestId.
type Synchronous struct {
	// Path is where the route is, below the stage: "applications",
	// "orders/urgent". Required.
	Path string

	// StateMachine is an Express machine of the same account and region.
	// Required.
	StateMachine awsstepfunctions.IStateMachine

	// Model is what a body has to look like, as JSON schema draft 4. Default:
	// any JSON.
	Model *awsapigateway.JsonSchema

	// Errors are the statuses of executions that fail, by the error's exact
	// name: {"OutOfStock": 409, "Busy": 503}. A 429 or 503 has Retry-After.
	// States.Timeout is that of one that has run out of time. Default: every
	// failure is a 500, and running out of time a 504.
	Errors map[string]int

	// HideCauses answers with a general message where Errors does not name an
	// execution's error. Default: the message is the execution's cause, which
	// for a function that failed has its stack.
	HideCauses bool
}

func (s Synchronous) validate(faults *operation.Faults, taken map[string]bool) {
	validateRoute(faults, taken, s.Path, s.StateMachine, awsstepfunctions.StateMachineType_EXPRESS)
	for _, name := range slices.Sorted(maps.Keys(s.Errors)) {
		if !errorName.MatchString(name) {
			faults.Addf("Errors of %s has %q: give names of letters, digits and . _ : -", s.Path, name)
		}
		operation.Within(faults, fmt.Sprintf("Errors[%q] of %s", name, s.Path), s.Errors[name], 400, 599)
	}
}

func (a *API) addSynchronous(s Synchronous) {
	resource := a.resource(s.Path)
	a.addMethod("POST", resource, s.Model, a.wait(resource, s.StateMachine, "#set($text = $body)\n",
		`$input.path('$.output')`, s.failed()))
	a.allowPages(resource, "POST")
	a.routes[s.Path] = []call{{"POST", "/" + s.Path}}
}

// wait is an integration that runs an Express machine on what a template makes
// of $body, $text, and waits for it. Step Functions answers 200 whatever
// becomes of an execution.
func (a *API) wait(resource awsapigateway.Resource, machine awsstepfunctions.IStateMachine, text, succeeded, failed string) restapi.Direct {
	role := restapi.NewRole(resource, "Role")
	operation.Allow(role, []string{*machine.StateMachineArn()}, "states:StartSyncExecution")
	return restapi.Direct{
		Role: role, Service: "states", Action: "StartSyncExecution",
		Request: bodyOrObject + text + `{"stateMachineArn":"` + *machine.StateMachineArn() + `",` +
			`"name":"$context.requestId","input":"` + restapi.Escaped("$text") + `"}`,
		Response: a.response(`#if($input.path('$.status') == "SUCCEEDED")` + succeeded + "#else\n" + failed + "\n#end"),
		Failures: a.failures(refusedByService),
	}
}

// outOfTime is the error of an execution that is TIMED_OUT. One that has FAILED
// by this name let a task's time-out through.
const outOfTime = "States.Timeout"

// failed is the template for an execution that did not succeed.
func (s Synchronous) failed() string {
	var b strings.Builder
	late, named := s.Errors[outOfTime]
	if !named {
		late = http.StatusGatewayTimeout
	}
	fmt.Fprintf(&b, `#set($code = 500)
#set($name = "States.Runtime")
#set($message = "The workflow has failed.")
#set($error = $input.path('$.error'))
#set($cause = $input.path('$.cause'))
#if($input.path('$.status') == "TIMED_OUT")
#set($code = %d)
#set($name = "%s")
#set($message = "The workflow has run out of time.")
`, late, outOfTime)
	for _, name := range slices.Sorted(maps.Keys(s.Errors)) {
		fmt.Fprintf(&b, "#elseif($error == \"%s\")\n#set($code = %d)\n#set($named = true)\n", name, s.Errors[name])
	}
	hidden := ""
	if s.HideCauses {
		hidden = ` || !$named`
	}
	b.WriteString("#end\n" + retryAfter + restapi.Status("$code") +
		`{"error":#if("$!error" == "")"$name"#else$input.json('$.error')#end,` +
		`"message":#if("$!cause" == ""` + hidden + `)"$message"#else$input.json('$.cause')#end}`)
	return b.String()
}

package constructs_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

const (
	standard = awsstepfunctions.StateMachineType_STANDARD
	express  = awsstepfunctions.StateMachineType_EXPRESS
)

// imported is a machine of another stack or app.
func imported(stack awscdk.Stack, id string) awsstepfunctions.IStateMachine {
	return awsstepfunctions.StateMachine_FromStateMachineArn(stack, &id, jsii.String("arn:aws:states:eu-west-1:111122223333:stateMachine:"+id))
}

// echoing are routes with an echo behind them.
func echoing(stack awscdk.Stack) []workflowapi.Synchronous {
	return []workflowapi.Synchronous{{Path: "echo", StateMachine: machine(stack, "Echo", echo, express)}}
}

func TestRoleOfARouteMayUseItsMachineOnly(t *testing.T) {
	stack := cdktest.NewStack(t)
	workflowapi.New(stack, "API", workflowapi.Props{Synchronous: []workflowapi.Synchronous{
		{Path: "one", StateMachine: imported(stack, "One")},
		{Path: "one/two", StateMachine: imported(stack, "Two")},
	}, Asynchronous: []workflowapi.Asynchronous{{Path: "three", StateMachine: imported(stack, "Three")}}})
	template := cdktest.Synth(t, stack)
	want := []string{
		"states:DescribeExecution arn:aws:states:eu-west-1:111122223333:execution:Three:*",
		"states:GetExecutionHistory arn:aws:states:eu-west-1:111122223333:execution:Three:*",
		"states:StartExecution arn:aws:states:eu-west-1:111122223333:stateMachine:Three",
		"states:StartSyncExecution <API/Resource/Default/three/Starter>",
		"states:StartSyncExecution arn:aws:states:eu-west-1:111122223333:stateMachine:One",
		"states:StartSyncExecution arn:aws:states:eu-west-1:111122223333:stateMachine:Two",
	}
	got := slices.DeleteFunc(allowedBy(template), func(line string) bool { return strings.HasSuffix(line, " *") }) // logs and traces of the starter
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// allowedBy lists what policies allow whoever it is, as "action resource",
// sorted.
func allowedBy(template *cdktest.Template) []string {
	var lines []string
	for _, line := range permissions(template) {
		_, what, _ := strings.Cut(line, " ")
		lines = append(lines, what)
	}
	slices.Sort(lines)
	return lines
}

// authorization is how callers are known, by HTTP method.
func authorization(template *cdktest.Template) map[string]string {
	found := make(map[string]string)
	for _, method := range template.OfType("AWS::ApiGateway::Method") {
		kind := method.Properties["AuthorizationType"].(string)
		if method.Properties["ApiKeyRequired"] == true {
			kind += " with a key"
		}
		found[method.Properties["HttpMethod"].(string)] = kind
	}
	return found
}

func TestCallersSignUnlessTheAPISaysOtherwise(t *testing.T) {
	pool := func(stack awscdk.Stack) awsapigateway.IAuthorizer {
		return awsapigateway.NewRequestAuthorizer(stack, jsii.String("Authorizer"), &awsapigateway.RequestAuthorizerProps{
			Handler:         authorizerFunction(stack),
			IdentitySources: jsii.Strings(*awsapigateway.IdentitySource_Header(jsii.String("Authorization"))),
		})
	}
	for name, tt := range map[string]struct {
		props func(stack awscdk.Stack) workflowapi.Props
		want  string
	}{
		"by default":    {func(awscdk.Stack) workflowapi.Props { return workflowapi.Props{} }, "AWS_IAM"},
		"an authorizer": {func(stack awscdk.Stack) workflowapi.Props { return workflowapi.Props{Authorizer: pool(stack)} }, "CUSTOM"},
		"a key":         {func(awscdk.Stack) workflowapi.Props { return workflowapi.Props{APIKey: true} }, "NONE with a key"},
		"both": {func(stack awscdk.Stack) workflowapi.Props {
			return workflowapi.Props{APIKey: true, Authorizer: pool(stack)}
		}, "CUSTOM with a key"},
	} {
		t.Run(name, func(t *testing.T) {
			stack := cdktest.NewStack(t)
			props := tt.props(stack)
			props.Synchronous = echoing(stack)
			workflowapi.New(stack, "API", props)
			template := cdktest.Synth(t, stack)
			if got := authorization(template)["POST"]; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if plans := template.OfType("AWS::ApiGateway::UsagePlanKey"); (len(plans) == 1) != props.APIKey {
				t.Errorf("%d keys are in a usage plan", len(plans))
			}
		})
	}
}

// authorizerFunction stands for an authorizer's.
func authorizerFunction(stack awscdk.Stack) awslambda.IFunction {
	return awslambda.Function_FromFunctionArn(stack, jsii.String("Function"), jsii.String("arn:aws:lambda:eu-west-1:111122223333:function:check"))
}

func TestRequestWithoutItsKeyIsRefusedInTheFormOfAllErrors(t *testing.T) {
	l := newLab(t, func(stack awscdk.Stack) {
		workflowapi.New(stack, "API", workflowapi.Props{APIKey: true, Synchronous: echoing(stack)})
	})
	wantError(t, l.send(t, "POST", "echo", "{}", http.Header{"X-Api-Key": {"guessed"}}), 403, "INVALID_API_KEY", "Forbidden")
}

func TestPagesOfTheOneSiteMayCallAndReadEveryAnswer(t *testing.T) {
	const site = "https://app.example.com"
	l := newLab(t, func(stack awscdk.Stack) {
		workflowapi.New(stack, "API", workflowapi.Props{CORSOrigin: site, Synchronous: echoing(stack)})
	})
	preflight := l.send(t, "OPTIONS", "echo", "", http.Header{"Authorization": {"none"}, "Origin": {site}, "Access-Control-Request-Method": {"POST"}})
	if preflight.status != 204 || preflight.header.Get("Access-Control-Allow-Methods") != "POST" ||
		!strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
		t.Errorf("preflight: %d %v", preflight.status, preflight.header)
	}
	for name, got := range map[string]answer{
		"preflight":                 preflight,
		"an output":                 l.post(t, "echo", "{}"),
		"refused by Step Functions": l.post(t, "echo", "{"),
		"refused by API Gateway":    l.send(t, "POST", "echo", "{}", http.Header{"Content-Type": {"text/plain"}}),
	} {
		if got.header.Get("Access-Control-Allow-Origin") != site {
			t.Errorf("%s: %d %v", name, got.status, got.header)
		}
	}
	if got := l.post(t, "echo", "{").header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Retry-After") {
		t.Errorf("pages may read %q", got)
	}
}

func TestGrantInvokeIsForOneRoute(t *testing.T) {
	stack := cdktest.NewStack(t)
	api := workflowapi.New(stack, "API", workflowapi.Props{Synchronous: echoing(stack)})
	role := awsiam.NewRole(stack, jsii.String("Caller"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	api.GrantInvoke(role, "echo")
	if message := cdktest.Panics(func() { api.GrantInvoke(role, "other") }); !strings.Contains(message, "no route other") {
		t.Errorf("message %q", message)
	}
	template := cdktest.Synth(t, stack)
	var calls []string
	for _, line := range allowedBy(template) {
		if strings.HasPrefix(line, "execute-api:") {
			calls = append(calls, line)
		}
	}
	if len(calls) != 1 || !strings.HasSuffix(calls[0], "/v1/POST/echo") && !strings.HasSuffix(calls[0], ">/POST/echo") {
		t.Errorf("allowed: %q", calls)
	}
}

func TestWrongRoutesAreReportedTogether(t *testing.T) {
	stack := cdktest.NewStack(t)
	message := cdktest.Panics(func() {
		workflowapi.New(stack, "API", workflowapi.Props{
			Synchronous: []workflowapi.Synchronous{
				{Path: "/a", StateMachine: imported(stack, "A")},
				{Path: "b"},
				{Path: "b", StateMachine: machine(stack, "B", echo, standard), Errors: map[string]int{`"`: 200}},
			},
			APIKey: true, AllowedRanges: []string{"192.0.2.0/24"}, CORSOrigin: "example.com", RequestsPerSecond: -1,
			Alarms: workflowapi.Alarms{ServerErrors: operation.Alarm{Threshold: -3}},
		})
	})
	for _, part := range []string{
		"workflowapi.API API: ", `Path is "/a"`, "StateMachine of b is required", `two routes have the Path "b"`, "StateMachine of b is of type STANDARD",
		`Errors of b has "\""`, `is 200: give 400 to 599`, "AllowedRanges and APIKey", `CORSOrigin is "example.com"`, "RequestsPerSecond is -1", "ServerErrors.Threshold is -3",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
	if message := cdktest.Panics(func() { workflowapi.New(stack, "None", workflowapi.Props{}) }); !strings.Contains(message, "a route") {
		t.Errorf("message %q", message)
	}
}

func TestNagFindsNothingInWorkflowAPIs(t *testing.T) {
	for name, props := range map[string]workflowapi.Props{
		"defaults": {},
		"others":   {APIKey: true, CORSOrigin: "*", WebACL: "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acl/id"},
	} {
		t.Run(name, func(t *testing.T) {
			wantNoFindings(t, func(stack awscdk.Stack) {
				props.Synchronous = []workflowapi.Synchronous{{Path: "echo", StateMachine: imported(stack, "Echo")}}
				props.Asynchronous = []workflowapi.Asynchronous{{Path: "orders", StateMachine: imported(stack, "Orders"), Progress: workflowapi.Progress{
					Topic: awssns.NewTopic(stack, jsii.String("Topic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)}),
				}}}
				workflowapi.New(stack, "API", props)
			})
		})
	}
}

package constructs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// addItem gives an API the method GET /{id}.
func addItem(api *restapi.API) {
	direct := restapi.Direct{
		Role:     restapi.NewRole(api.Construct, "Role"),
		Service:  "dynamodb",
		Action:   "GetItem",
		Request:  `{"TableName":"items","Key":{"id":{"S":"` + restapi.Escaped(restapi.PathParameter("id")) + `"}}}`,
		Response: `{"id":$input.json('$.Item.id.S')}`,
		Failures: []*awsapigateway.IntegrationResponse{restapi.Busy(`[45]\d{2}`)},
	}
	api.RestApi.Root().AddResource(jsii.String("{id}"), nil).
		AddMethod(jsii.String("GET"), direct.Integration(), &awsapigateway.MethodOptions{MethodResponses: restapi.Answers("200", "503")})
}

func TestAPIIsLoggedTracedAndThrottled(t *testing.T) {
	stack := cdktest.NewStack(t)
	api := restapi.New(stack, "Items", restapi.Props{
		Description: "Tells of items", RequestsPerSecond: 50, AccessLog: map[string]string{"caller": "$context.authorizer.caller"},
	})
	addItem(api)
	template := cdktest.Synth(t, stack)
	stage := template.OfType("AWS::ApiGateway::Stage")[0]
	template.Has(stage, `{
		"StageName": "v1", "TracingEnabled": true, "AccessLogSetting": {"DestinationArn": "<Items/AccessLogs.Arn>"},
		"MethodSettings": [{"DataTraceEnabled": false, "HttpMethod": "*", "LoggingLevel": "ERROR", "MetricsEnabled": true,
			"ResourcePath": "/*", "ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}]
	}`)
	format := stage.Properties["AccessLogSetting"].(map[string]any)["Format"].(string)
	for _, part := range []string{`"caller":"$context.authorizer.caller"`, `"status":"$context.status"`} {
		if !strings.Contains(format, part) {
			t.Errorf("no %s in %s", part, format)
		}
	}
	// API Gateway's metrics know an API by its name only.
	name := template.At("AWS::ApiGateway::RestApi", "Items").Properties["Name"].(string)
	if !strings.HasPrefix(name, "Stack-Items-") {
		t.Errorf("the API is named %s", name)
	}
	template.Has(template.At("AWS::CloudWatch::Alarm", "Items/ServerErrorAlarm"), `{
		"MetricName": "5XXError", "Threshold": 1, "Dimensions": [{"Name": "ApiName", "Value": "`+name+`"}]
	}`)
}

func TestDirectMethodEscapesWhatACallerSends(t *testing.T) {
	stack := cdktest.NewStack(t)
	addItem(restapi.New(stack, "Items", restapi.Props{}))
	template := cdktest.Synth(t, stack)
	template.Has(template.OfType("AWS::ApiGateway::Method")[0], `{"Integration": {
		"Type": "AWS", "IntegrationHttpMethod": "POST", "PassthroughBehavior": "NEVER",
		"Credentials": "<Items/Role.Arn>",
		"RequestTemplates": {"application/json": "{\"TableName\":\"items\",\"Key\":{\"id\":{\"S\":\"$util.escapeJavaScript($util.urlDecode($input.params('id').replaceAll(\"[+]\",\"%2B\"))).replaceAll(\"\\\\'\",\"'\")\"}}}"},
		"IntegrationResponses": [
			{"StatusCode": "200", "ResponseTemplates": {"application/json": "{\"id\":$input.json('$.Item.id.S')}"}},
			{"StatusCode": "503", "SelectionPattern": "[45]\\d{2}", "ResponseTemplates": {"application/json": "{\"message\":\"Try again in a moment.\"}"}}
		]
	}}`)
}

// There is one setting per account and region.
func TestAccountsRoleIsSetOnceAndOutlivesTheStack(t *testing.T) {
	stack := cdktest.NewStack(t)
	for _, id := range []string{"One", "Two"} {
		addItem(restapi.New(stack, id, restapi.Props{Operation: operation.Settings{Ephemeral: true}}))
	}
	template := cdktest.Synth(t, stack)
	accounts := template.OfType("AWS::ApiGateway::Account")
	if len(accounts) != 1 || accounts[0].DeletionPolicy != "Retain" {
		t.Errorf("accounts: %+v", accounts)
	}

	stack = cdktest.NewStack(t)
	addItem(restapi.New(stack, "Items", restapi.Props{KeepAccount: true}))
	if accounts := cdktest.Synth(t, stack).OfType("AWS::ApiGateway::Account"); len(accounts) != 0 {
		t.Error("the account's setting is not kept")
	}
}

func TestAPIsGrantInvokeIsExact(t *testing.T) {
	stack := cdktest.NewStack(t)
	api := restapi.New(stack, "Items", restapi.Props{})
	addItem(api)
	role := awsiam.NewRole(stack, jsii.String("Caller"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
	})
	api.GrantInvoke(role, "GET", "/*")
	template := cdktest.Synth(t, stack)
	document := template.Plain(template.At("AWS::IAM::Policy", "Caller/DefaultPolicy").Properties["PolicyDocument"]).(map[string]any)
	statement := document["Statement"].([]any)[0].(map[string]any)
	if statement["Action"] != "execute-api:Invoke" || !strings.HasSuffix(statement["Resource"].(string), "/GET/*") {
		t.Errorf("allowed: %v", statement)
	}
}

func TestWrongAPIPropsAreReportedTogether(t *testing.T) {
	message := cdktest.Panics(func() {
		restapi.New(cdktest.NewStack(t), "Items", restapi.Props{
			RequestsPerSecond: -1, Burst: -2, ServerErrorAlarm: operation.Alarm{Threshold: -3},
		})
	})
	for _, part := range []string{"restapi.API Items: ", "RequestsPerSecond is -1", "Burst is -2", "ServerErrorAlarm.Threshold is -3"} {
		if !strings.Contains(message, part) {
			t.Errorf("no %q in %q", part, message)
		}
	}
}

func TestAPIIsProtectedIfItIsAsked(t *testing.T) {
	const acl = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acl/id"
	stack := cdktest.NewStack(t)
	addItem(restapi.New(stack, "Items", restapi.Props{WebACL: acl, AllowedRanges: []string{"192.0.2.0/24", "2001:db8::/32"}}))
	template := cdktest.Synth(t, stack)
	template.Has(template.At("AWS::WAFv2::WebACLAssociation", "Items/WebACL"), `{"WebACLArn": "`+acl+`"}`)
	template.Has(template.At("AWS::ApiGateway::RestApi", "Items"), `{"Policy": {"Statement": [
		{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
			"Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}}
	]}}`)
	message := cdktest.Panics(func() {
		restapi.New(cdktest.NewStack(t), "Items", restapi.Props{AllowedRanges: []string{"192.0.2.1"}})
	})
	if !strings.Contains(message, `AllowedRanges has "192.0.2.1"`) {
		t.Errorf("message %q", message)
	}
}

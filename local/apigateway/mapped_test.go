package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// hostile is text that breaks out of what is not escaped.
const hostile = "x\", \"id\" : \"999\n\r\t\\ ' </script> $input #set($a=1) ]]> \u2028 \U0001F600 é \x01"

// quote writes a Go string as JSON.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// mappedTo is an integration of type AWS with a service's action.
func mappedTo(uri, requestTemplate, rest string) string {
	return `"Type": "AWS", "IntegrationHttpMethod": "POST", "Uri": "arn:aws:apigateway:eu-west-1:` + uri + `",
		"RequestTemplates": {"application/json": ` + quote(requestTemplate) + `}` + rest
}

// orders declares /orders/{id} with an integration and the responses 200, 400
// and 500 of which only what integration declares is used.
func orders(integration string) string {
	return `"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": ` + root + `, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}},` +
		declare("", methodOn(`{"Ref": "Order"}`, "ANY", `"RequestParameters": {"method.request.header.X-Who": false, "method.request.querystring.tenant": false, "method.request.path.id": true},
			"MethodResponses": [{"StatusCode": "200", "ResponseParameters": {"method.response.header.X-Note": true, "method.response.header.Content-Type": true}}, {"StatusCode": "400"}, {"StatusCode": "500"}],
			"Integration": {`+integration+`}`))
}

const plainAnswers = `, "IntegrationResponses": [{"StatusCode": "200"}, {"StatusCode": "400", "SelectionPattern": "4\\d{2}"}]`

func TestTextReachesAServiceUnchangedThroughATemplate(t *testing.T) {
	var seen recorder
	w := start(t, Options{}, map[string]cloud.API{"states": fake(func(_ cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
		if action != "StartExecution" {
			t.Errorf("called %s", action)
		}
		seen.add(input)
		return json.RawMessage(`{"executionArn": "arn:e"}`), nil
	})}, orders(mappedTo("states:action/StartExecution",
		`{"stateMachineArn": "arn:m", "name": "$input.params('id')", "input": "$util.escapeJavaScript($input.json('$')).replaceAll("\\'", "'")"}`, plainAnswers)))
	body := `{"text": ` + quote(hostile) + `}`
	w.send(t, "POST", "/orders/7", body).expect(t, 200, `{"executionArn": "arn:e"}`)
	var got struct{ StateMachineArn, Name, Input string }
	if err := json.Unmarshal([]byte(seen.last(t)), &got); err != nil {
		t.Fatalf("%v in %s", err, seen.last(t))
	}
	var input struct{ Text string }
	if err := json.Unmarshal([]byte(got.Input), &input); err != nil || input.Text != hostile {
		t.Errorf("got text %q, %v, want %q", input.Text, err, hostile)
	}
	if got.Name != "7" || got.StateMachineArn != "arn:m" {
		t.Errorf("got %+v", got)
	}
}

func TestAServicesAnswerIsMapped(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"dynamodb": fake(func(_ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
		if strings.Contains(string(input), "missing") {
			return json.RawMessage(`{}`), nil
		}
		return json.RawMessage(`{"Item": {"text": {"S": ` + quote(hostile) + `}, "n": {"N": "5"}}}`), nil
	})}, orders(mappedTo("dynamodb:action/GetItem", `{"TableName": "t", "Key": {"id": {"S": "$util.escapeJavaScript($input.params('id'))"}}}`,
		`, "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": `+quote(
			`#set($item = $input.path('$.Item'))
#if("$!item" == "")
#set($context.responseOverride.status = 404)
#set($context.responseOverride.header.X-Missing = "yes")
{"message": "no order $input.params('id')"}
#else
{"text": $input.json('$.Item.text.S'), "n": $item.n.N}
#end`)+`}}]`)))
	got := w.send(t, "GET", "/orders/7", "")
	var parsed struct {
		Text string
		N    int
	}
	if err := json.Unmarshal([]byte(got.body), &parsed); err != nil || got.status != 200 || parsed.Text != hostile || parsed.N != 5 {
		t.Errorf("got %d %s, %v", got.status, got.body, err)
	}
	got = w.send(t, "GET", "/orders/missing", "")
	if got.status != 404 || strings.TrimSpace(got.body) != `{"message": "no order missing"}` || got.header.Get("X-Missing") != "yes" {
		t.Errorf("got %d %s %v", got.status, got.body, got.header)
	}
}

func TestAFailureOfAServiceIsSelectedByItsStatus(t *testing.T) {
	const answers = `, "IntegrationResponses": [{"StatusCode": "200"},
		{"StatusCode": "400", "SelectionPattern": "4\\d{2}", "ResponseTemplates": {"application/json": "{\"code\": \"$input.path('$.__type')\", \"why\": $input.json('$.message')}"}}]`
	for name, row := range map[string]struct {
		failure error
		status  int
		body    string
	}{
		"the caller's fault":    {cloud.Errorf(400, "ConditionalCheckFailedException", "The \"conditional\" request failed"), 400, `{"code": "ConditionalCheckFailedException", "why": "The \"conditional\" request failed"}`},
		"the service's fault":   {cloud.Errorf(500, "InternalServerError", "x"), 200, `{"__type":"InternalServerError","message":"x"}`},
		"an error without code": {errors.New("broken"), 200, `{"__type":"InternalFailure","message":"broken"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"dynamodb": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
				return nil, row.failure
			})}, orders(mappedTo("dynamodb:action/PutItem", `{}`, answers)))
			w.send(t, "POST", "/orders/7", "").expect(t, row.status, row.body)
		})
	}
}

func TestATemplateThatYieldsNoJSONIsAnAnswerOfTheService(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"states": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
		t.Error("the service was called")
		return nil, nil
	})}, orders(mappedTo("states:action/StartExecution", `{"input": "$input.body"}`, plainAnswers)))
	if got := w.send(t, "POST", "/orders/7", `a"b`); got.status != 400 || !strings.Contains(got.body, "SerializationException") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestABodyThatIsNoJSONIsRefusedWhereATemplateLooksIntoIt(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"states": fake(nil)}, orders(mappedTo("states:action/StartExecution", `$input.json('$.a')`, plainAnswers)))
	if got := w.send(t, "POST", "/orders/7", `{"a": `); got.status != 400 || !strings.Contains(got.body, "Could not parse request body into json") {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestAnIntegrationActsInItsRole(t *testing.T) {
	const roleARN = "arn:aws:iam::111122223333:role/starter"
	for name, row := range map[string]struct {
		trusted permissions
		status  int
		body    string
	}{
		"a role that trusts API Gateway": {permissions{"apigateway.amazonaws.com sts:AssumeRole " + roleARN: true}, 200, `{}`},
		"a role that does not":           {permissions{}, 500, `{"message":"Internal server error"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"states": fake(func(caller cloud.Caller, _ string, _ json.RawMessage) (json.RawMessage, error) {
				if caller.Role != roleARN {
					t.Errorf("called by %+v", caller)
				}
				return json.RawMessage(`{}`), nil
			})}, orders(mappedTo("states:action/StartExecution", `{}`, plainAnswers+`, "Credentials": "`+roleARN+`"`)))
			w.cloud.Authorizer = row.trusted
			w.send(t, "POST", "/orders/7", "").expect(t, row.status, row.body)
		})
	}
}

func TestPassthroughBehaviorDecidesAboutOtherContentTypes(t *testing.T) {
	for name, row := range map[string]struct {
		behavior, templates, contentType string
		status                           int
		input                            string
	}{
		"a template matches":                    {"NEVER", `{"application/json": "{\"t\": 1}"}`, "application/json; charset=utf-8", 200, `{"t": 1}`},
		"no content type counts as JSON":        {"NEVER", `{"application/json": "{\"t\": 1}"}`, "", 200, `{"t": 1}`},
		"a default template":                    {"NEVER", `{"$default": "{\"t\": 2}"}`, "text/plain", 200, `{"t": 2}`},
		"never, no match":                       {"NEVER", `{"application/json": "{}"}`, "text/plain", 415, ""},
		"never, no templates":                   {"NEVER", `{}`, "application/json", 415, ""},
		"when no templates, but there are some": {"WHEN_NO_TEMPLATES", `{"application/json": "{}"}`, "text/plain", 415, ""},
		"when no templates, and there are none": {"WHEN_NO_TEMPLATES", `{}`, "text/plain", 200, `{"as": "sent"}`},
		"when no match":                         {"WHEN_NO_MATCH", `{"application/json": "{}"}`, "text/plain", 200, `{"as": "sent"}`},
		"by default":                            {"", `{"application/json": "{}"}`, "text/plain", 200, `{"as": "sent"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var seen recorder
			w := start(t, Options{}, map[string]cloud.API{"states": fake(func(_ cloud.Caller, _ string, input json.RawMessage) (json.RawMessage, error) {
				seen.add(input)
				return json.RawMessage(`{}`), nil
			})}, orders(`"Type": "AWS", "Uri": "arn:aws:apigateway:eu-west-1:states:action/StartExecution", "PassthroughBehavior": `+quote(row.behavior)+`, "RequestTemplates": `+row.templates+plainAnswers))
			got := w.send(t, "POST", "/orders/7", `{"as": "sent"}`, "Content-Type: "+row.contentType)
			if row.status == 415 {
				got.expect(t, 415, `{"message":"Unsupported Media Type"}`)
				return
			}
			if got.status != row.status || seen.last(t) != row.input {
				t.Errorf("got %d after %s, want %d after %s", got.status, seen.last(t), row.status, row.input)
			}
		})
	}
}

func TestACustomLambdaIntegrationSelectsByErrorMessage(t *testing.T) {
	const answers = `, "IntegrationResponses": [{"StatusCode": "200"},
		{"StatusCode": "400", "SelectionPattern": "Bad .*", "ResponseTemplates": {"application/json": "{\"error\": $input.json('$.errorMessage')}"}},
		{"StatusCode": "500", "SelectionPattern": ".+"}]`
	for name, row := range map[string]struct {
		answer any
		err    error
		status int
		body   string
	}{
		"success":                         {map[string]any{"ok": true}, nil, 200, `{"ok":true}`},
		"success that looks like failure": {map[string]any{"errorMessage": "Bad"}, nil, 200, `{"errorMessage":"Bad"}`},
		"a known failure":                 {nil, errors.New(`Bad "input"`), 400, `{"error": "Bad \"input\""}`},
		"a known text inside another":     {nil, errors.New("So Bad x"), 500, `{"errorMessage":"So Bad x","errorType":"errorString"}`},
		"another failure":                 {nil, errors.New("boom"), 500, `{"errorMessage":"boom","errorType":"errorString"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"f": func(event json.RawMessage) (any, error) {
				if string(event) != `{"id":"7"}` {
					t.Errorf("event %s", event)
				}
				return row.answer, row.err
			}}}, orders(mappedTo("lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:f/invocations",
				`{"id": "$input.params('id')"}`, answers)))
			w.send(t, "GET", "/orders/7", "").expect(t, row.status, row.body)
		})
	}
}

func TestNoMatchingResponseIsAFaultOfTheAPI(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"states": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{}`), nil
	})}, orders(mappedTo("states:action/StartExecution", `{}`, `, "IntegrationResponses": [{"StatusCode": "400", "SelectionPattern": "4.."}]`)))
	w.send(t, "POST", "/orders/7", "").expect(t, 500, `{"message":"Internal server error"}`)
}

func TestParametersAreMappedBothWays(t *testing.T) {
	var seen recorder
	w := start(t, Options{}, map[string]cloud.API{"sqs": fake(func(_ cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
		seen.add(input)
		return json.RawMessage(`{"MessageId": "m1"}`), nil
	})}, orders(`"Type": "AWS", "IntegrationHttpMethod": "POST", "Uri": "arn:aws:apigateway:eu-west-1:sqs:path/111122223333/{queue}",
		"RequestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'",
			"integration.request.path.queue": "stageVariables.color", "integration.request.querystring.MessageGroupId": "method.request.querystring.tenant"},
		"RequestTemplates": {"application/json": `+quote(`Action=SendMessage&MessageBody=$util.urlEncode($input.body)&DelaySeconds=3&MessageAttribute.1.Name=who&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=$input.params('X-Who')`)+`},
		"IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": {"method.response.header.X-Note": "integration.response.body.SendMessageResponse.SendMessageResult.MessageId",
			"method.response.header.Content-Type": "'application/vnd.orders+json'"}, "ResponseTemplates": {"application/json": "$input.json('$.SendMessageResponse.SendMessageResult')"}}]`))
	got := w.send(t, "POST", "/orders/7?tenant=t%20t", hostile, "X-Who: me")
	var in struct {
		QueueUrl, MessageBody, MessageGroupId string
		DelaySeconds                          int
		MessageAttributes                     map[string]struct{ DataType, StringValue string }
	}
	if err := json.Unmarshal([]byte(seen.last(t)), &in); err != nil {
		t.Fatal(err)
	}
	if in.QueueUrl != "https://sqs.eu-west-1.amazonaws.com/111122223333/blue" || in.MessageBody != hostile || in.MessageGroupId != "t t" ||
		in.DelaySeconds != 3 || in.MessageAttributes["who"].StringValue != "me" {
		t.Errorf("sent %+v", in)
	}
	got.expect(t, 200, `{"MessageId":"m1"}`)
	if got.header.Get("X-Note") != "m1" || got.header.Get("Content-Type") != "application/vnd.orders+json" {
		t.Errorf("answered %v", got.header)
	}
}

func TestAMockAnswersWhatItsTemplateSays(t *testing.T) {
	for name, row := range map[string]struct {
		template string
		status   int
	}{
		"as the CDK writes it": {`{ "statusCode": 200 }`, 200},
		"without quotes":       {`{statusCode: 400}`, 400},
		"computed":             {`{"statusCode": #if($input.params('id') == "7")400#{else}200#end}`, 400},
		"no status":            {`{}`, 500},
		"without an end":       {`#define($d)$d#end$d`, 500},
		"no JSON":              {`oops`, 500},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, nil, orders(`"Type": "MOCK", "RequestTemplates": {"application/json": `+quote(row.template)+`},
				"IntegrationResponses": [{"StatusCode": "200"}, {"StatusCode": "400", "SelectionPattern": "400"}]`))
			if got := w.send(t, "GET", "/orders/7", ""); got.status != row.status {
				t.Errorf("got %d %s, want %d", got.status, got.body, row.status)
			}
		})
	}
}

// slow answers when its context ends, or after an hour.
type slow struct{}

func (slow) Supports(string) bool { return true }

func (slow) Call(ctx context.Context, _ cloud.Caller, _ string, _ json.RawMessage) (json.RawMessage, error) {
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the answer: %w", ctx.Err())
	case <-time.After(time.Hour):
		return json.RawMessage(`{}`), nil
	}
}

func TestAnIntegrationTimesOut(t *testing.T) {
	for name, row := range map[string]struct {
		resources string
		after     time.Duration
	}{
		"a proxy, by default": {echo("f"), 29 * time.Second},
		"a service, as asked": {orders(mappedTo("states:action/StartSyncExecution", `{}`, plainAnswers+`, "TimeoutInMillis": 1500`)), 1500 * time.Millisecond},
	} {
		w := start(t, Options{}, map[string]cloud.API{"lambda": slow{}, "states": slow{}}, row.resources)
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				got := w.invoke(t, `{"Path": "/orders/7", "Method": "POST"}`)
				if got.StatusCode != http.StatusGatewayTimeout || string(got.ResponseBody) != `{"message":"Endpoint request timed out"}` || time.Since(begun) != row.after {
					t.Errorf("got %d %s after %v, want 504 after %v", got.StatusCode, got.ResponseBody, time.Since(begun), row.after)
				}
			})
		})
	}
}

func TestTheIdentityHasAllOfItsMembersForNobody(t *testing.T) {
	w := start(t, Options{}, nil, orders(`"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200",
		"ResponseTemplates": {"application/json": `+quote(`#foreach($k in $context.identity.keySet())$k=$context.identity.get($k);#end[$context.identity]`)+`}}]`))
	w.send(t, "GET", "/orders/7", "", "User-Agent: me").expect(t, 200, "cognitoIdentityPoolId=;accountId=;cognitoIdentityId=;caller=;sourceIp=127.0.0.1;"+
		"principalOrgId=;accessKey=;cognitoAuthenticationType=;cognitoAuthenticationProvider=;userArn=;userAgent=me;user=;[]")
}

func TestTemplatesSeeTheContextOfTheRequest(t *testing.T) {
	w := start(t, Options{}, nil, orders(`"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200",
		"ResponseTemplates": {"application/json": `+quote(`$context.httpMethod $context.resourcePath $context.path $context.stage $context.apiId $context.accountId `+
		`$context.identity.sourceIp $context.identity.userAgent [$!context.identity.userArn] [$!context.authorizer.principalId] $stageVariables.color `+
		`$input.params('tenant') $input.params('X-Who') #if($context.requestTimeEpoch > 1000000000000)now#end`)+`}}]`))
	w.send(t, "GET", "/orders/7?tenant=t", "", "User-Agent: me", "X-Who: you").expect(t, 200,
		"GET /orders/{id} /prod/orders/7 prod "+w.apiID()+" 111122223333 127.0.0.1 me [] [] blue t you now")
}

// TestThePreflightOfTheCDKIsAnswered uses what addCorsPreflight synthesizes.
func TestThePreflightOfTheCDKIsAnswered(t *testing.T) {
	w := start(t, Options{}, nil, declare("", methodOn(root, "OPTIONS", `"ApiKeyRequired": false, "AuthorizationType": "NONE",
		"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{ statusCode: 200 }"}, "IntegrationResponses": [{"StatusCode": "204",
			"ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'", "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET'"}}]},
		"MethodResponses": [{"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": true, "method.response.header.Access-Control-Allow-Methods": true}}]`)))
	got := w.send(t, "OPTIONS", "/", "")
	if got.status != 204 || got.body != "" || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Methods") != "OPTIONS,GET" {
		t.Errorf("got %d %q %v", got.status, got.body, got.header)
	}
}

// A mock passes nothing on to its answer, but what its request template assigned.
func TestWhatTheRequestTemplateAssignedReachesTheAnswer(t *testing.T) {
	const request = `#set($context.responseOverride.status = 444)#set($context.responseOverride.header.X-Note = "bar")
		#set($context.responseOverride.custom = "passed on")#set($context.requestOverride.path.id = "one"){"statusCode": 200}`
	for name, row := range map[string]struct {
		template, body string
		status         int
	}{
		"without a response template": {``, ``, 444},
		"with one that asks for it": {`, "ResponseTemplates": {"application/json": ` + quote(`$context.responseOverride.status $context.responseOverride.custom $context.requestOverride.path.id`) + `}`,
			`444 passed on one`, 444},
		"with one that knows better": {`, "ResponseTemplates": {"application/json": ` + quote(`#set($context.responseOverride.status = 201)x`) + `}`, `x`, 201},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, nil, orders(`"Type": "MOCK", "RequestTemplates": {"application/json": `+quote(request)+`}, "IntegrationResponses": [{"StatusCode": "200"`+row.template+`}]`))
			for range 2 { // the second request begins anew
				got := w.send(t, "GET", "/orders/7", "")
				if got.status != row.status || got.body != row.body || got.header.Get("X-Note") != "bar" {
					t.Errorf("got %d %q %v", got.status, got.body, got.header)
				}
			}
		})
	}
}

func TestWhatIsMappedOutOfABodyIsAsItWasWritten(t *testing.T) {
	for source, want := range map[string]string{
		"integration.response.body.o":      `{"z":0.0,"a":"<&>"}`,
		"integration.response.body.big":    `12345678901234567890`,
		"integration.response.body.s":      `x`,
		"integration.response.body.l[1]":   `1.50`,
		"integration.response.body.l":      `["a",1.50]`,
		"integration.response.body.none":   ``,
		"integration.response.body.nobody": ``,
		"context.httpMethod":               `POST`,
		"context.requestTimeEpoch":         fmt.Sprint(time.Now().UnixMilli())[:5], // of about three years
	} {
		t.Run(source, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"states": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
				return json.RawMessage(`{"o": {"z": 0.0, "a": "<&>"}, "big": 12345678901234567890, "s": "x", "l": ["a", 1.50], "none": null}`), nil
			})}, orders(mappedTo("states:action/StartExecution", `{}`, `, "IntegrationResponses": [{"StatusCode": "200", "ResponseParameters": {"method.response.header.X-Note": `+quote(source)+`}}]`)))
			if got := w.send(t, "POST", "/orders/7", ""); got.status != 200 || got.header.Get("X-Note") != want && (source != "context.requestTimeEpoch" || !strings.HasPrefix(got.header.Get("X-Note"), want)) {
				t.Errorf("got %d %v", got.status, got.header)
			}
		})
	}
}

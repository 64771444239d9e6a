package apigateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// echo declares an API that hands every request to the function.
func echo(function string) string {
	return `"Orders": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": ` + root + `, "PathPart": "orders"}},
		"Order": {"Type": "AWS::ApiGateway::Resource", "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Orders"}, "PathPart": "{id}"}},` +
		declare(`, "BinaryMediaTypes": ["image/*"]`, methodOn(`{"Ref": "Order"}`, "ANY", `"OperationName": "TouchOrder", `+lambdaProxyTo(function)))
}

func TestALambdaProxyGetsTheWholeRequest(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{"statusCode": 200}, json.Unmarshal(raw, &event)
	}}}, echo("echo"))

	w.send(t, "PUT", "/orders/a%2Fb?x=1&x=2&y=%20z", `{"n": 1}`, "X-Custom: one", "X-Custom: two", "User-Agent: test", "X-Forwarded-For: 10.0.0.1").expect(t, 200, "")

	for path, want := range map[string]any{
		"resource": "/orders/{id}", "path": "/orders/a%2Fb", "httpMethod": "PUT", "body": `{"n": 1}`, "isBase64Encoded": false,
		"pathParameters":                    map[string]any{"id": "a%2Fb"},
		"queryStringParameters":             map[string]any{"x": "2", "y": " z"},
		"multiValueQueryStringParameters":   map[string]any{"x": []any{"1", "2"}, "y": []any{" z"}},
		"stageVariables":                    map[string]any{"color": "blue"},
		"headers.X-Custom":                  "two",
		"headers.X-Forwarded-For":           "10.0.0.1, 127.0.0.1",
		"headers.X-Forwarded-Proto":         "http",
		"multiValueHeaders.X-Custom":        []any{"one", "two"},
		"headers.Host":                      strings.TrimPrefix(strings.TrimSuffix(w.endpoint(), "/prod"), "http://"),
		"requestContext.accountId":          "111122223333",
		"requestContext.apiId":              w.apiID(),
		"requestContext.stage":              "prod",
		"requestContext.path":               "/prod/orders/a%2Fb",
		"requestContext.resourcePath":       "/orders/{id}",
		"requestContext.operationName":      "TouchOrder",
		"requestContext.httpMethod":         "PUT",
		"requestContext.protocol":           "HTTP/1.1",
		"requestContext.identity.sourceIp":  "127.0.0.1",
		"requestContext.identity.userAgent": "test",
		"requestContext.identity.userArn":   nil,
	} {
		if got := lookup(event, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, want %#v", path, got, want)
		}
	}
	if id := lookup(event, "requestContext.requestId"); len(id.(string)) != 36 {
		t.Errorf("requestId = %v, want a UUID", id)
	}
	if _, there := event["requestContext"].(map[string]any)["authorizer"]; there {
		t.Error("there is an authorizer in the context of a method without one")
	}
}

func TestWhatARequestLacksIsNullForALambdaProxy(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{}, json.Unmarshal(raw, &event)
	}}}, declare("", methodOn(root, "GET", lambdaProxyTo("echo"))))
	w.send(t, "GET", "/", "").expect(t, 200, "")
	for _, name := range []string{"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"} {
		if value, there := event[name]; !there || value != nil {
			t.Errorf("%s = %v, want null", name, value)
		}
	}
}

func TestBinaryBodiesGoToALambdaProxyAndBackInBase64(t *testing.T) {
	var event map[string]any
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"echo": func(raw json.RawMessage) (any, error) {
		return map[string]any{"body": "/+8=", "isBase64Encoded": true}, json.Unmarshal(raw, &event)
	}}}, echo("echo"))
	got := w.send(t, "POST", "/orders/1", "\xff\xef", "Content-Type: image/png", "Accept: image/png, */*")
	if event["body"] != "/+8=" || event["isBase64Encoded"] != true {
		t.Errorf("event has body %v, base64 %v", event["body"], event["isBase64Encoded"])
	}
	got.expect(t, 200, "\xff\xef")
	// A client that does not accept the binary type gets the text.
	w.send(t, "POST", "/orders/1", "x", "Accept: text/plain").expect(t, 200, "/+8=")
}

func TestAnswersOfALambdaProxyAreChecked(t *testing.T) {
	const broken = `{"message":"Internal server error"}`
	for name, row := range map[string]struct {
		answer any
		err    error
		status int
		body   string
	}{
		"status and body":            {map[string]any{"statusCode": 201, "body": "made"}, nil, 201, "made"},
		"status as digits":           {map[string]any{"statusCode": "404"}, nil, 404, ""},
		"nothing at all":             {map[string]any{}, nil, 200, ""},
		"null body":                  {map[string]any{"statusCode": 204, "body": nil}, nil, 204, ""},
		"null":                       {nil, nil, 502, broken},
		"a string":                   {"hello", nil, 502, broken},
		"a list":                     {[]int{1}, nil, 502, broken},
		"an unknown member":          {map[string]any{"statusCode": 200, "cookies": []string{}}, nil, 502, broken},
		"a body that is an object":   {map[string]any{"body": map[string]any{}}, nil, 502, broken},
		"a header that is a list":    {map[string]any{"headers": map[string]any{"X": []string{"1"}}}, nil, 502, broken},
		"a status that is no number": {map[string]any{"statusCode": "ok"}, nil, 502, broken},
		"a failed function":          {nil, errors.New("out of cheese"), 502, broken},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"f": func(json.RawMessage) (any, error) {
				return row.answer, row.err
			}}}, echo("f"))
			w.send(t, "GET", "/orders/1", "").expect(t, row.status, row.body)
		})
	}
}

func TestHeadersOfALambdaProxyReachTheClient(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"f": func(json.RawMessage) (any, error) {
		return map[string]any{
			"headers": map[string]any{"content-type": "text/csv", "X-Both": "single", "X-Flag": true,
				"WWW-Authenticate": "Bearer", "Content-Length": 7, "Transfer-Encoding": "chunked"},
			"multiValueHeaders": map[string]any{"X-Both": []string{"a", "b"}},
		}, nil
	}}}, echo("f"))
	got := w.send(t, "GET", "/orders/1", "").header
	for name, want := range map[string][]string{"Content-Type": {"text/csv"}, "X-Both": {"a", "b", "single"}, "X-Flag": {"true"},
		"X-Amzn-Remapped-Www-Authenticate": {"Bearer"}, "Www-Authenticate": nil, "X-Amzn-Remapped-Content-Length": {"7"}, "Transfer-Encoding": nil} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	if len(got.Get("X-Amzn-Requestid")) != 36 || got.Get("X-Amz-Apigw-Id") == "" {
		t.Errorf("the answer has no request ids: %v", got)
	}
}

func TestAProxyCallsItsFunctionInTheNameOfTheMethod(t *testing.T) {
	var caller cloud.Caller
	w := start(t, Options{}, map[string]cloud.API{"lambda": fake(func(c cloud.Caller, _ string, _ json.RawMessage) (json.RawMessage, error) {
		caller = c
		return nil, cloud.Errorf(http.StatusForbidden, "AccessDeniedException", "no permission")
	})}, echo("f"))
	got := w.send(t, "GET", "/orders/77", "")
	got.expect(t, 500, `{"message":"Internal server error"}`)
	if got.header.Get("X-Amzn-Errortype") != "InternalServerErrorException" {
		t.Errorf("error type %q", got.header.Get("X-Amzn-Errortype"))
	}
	want := "arn:aws:execute-api:eu-west-1:111122223333:" + w.apiID() + "/prod/GET/orders/{id}"
	if caller.Service != "apigateway.amazonaws.com" || caller.Context["aws:SourceArn"] != want {
		t.Errorf("called by %+v, want source %s", caller, want)
	}
}

// lookup follows a path of member names.
func lookup(value any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

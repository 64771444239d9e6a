package apigateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/tradepost-dev/tradepost/local"
)

// A REST API of a template, with a method that it answers itself.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {
		"API": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop"}},
		"Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
			"RestApiId": {"Ref": "API"}, "ResourceId": {"Fn::GetAtt": ["API", "RootResourceId"]}, "HttpMethod": "GET", "AuthorizationType": "NONE",
			"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"},
				"IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "{\"hello\": \"$input.params('name')\"}"}}]},
			"MethodResponses": [{"StatusCode": "200"}]}},
		"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Get", "Properties": {"RestApiId": {"Ref": "API"}}},
		"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {
			"RestApiId": {"Ref": "API"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "v1"}}}}`), 0o600); err != nil {
		panic(err)
	}
	engine, err := local.Start(ctx, local.Options{Assembly: template})
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	response, err := http.Get(engine.Endpoints().APIs["shop"]["API"] + "?name=Ann")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.StatusCode, string(body), err)
	// Output:
	// 200 {"hello": "Ann"} <nil>
}

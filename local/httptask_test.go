package local_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/tradepost-dev/tradepost/local"
)

// A state machine calls an endpoint of this machine with the key of a connection,
// as far as its role may.
func TestAStateMachineCallsAnHTTPEndpoint(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/customers" {
			w.WriteHeader(http.StatusConflict)
		}
		fmt.Fprintf(w, `{"key": %q, "id": %q}`, r.Header.Get("X-Api-Key"), r.URL.Query().Get("id"))
	}))
	defer endpoint.Close()
	template := strings.ReplaceAll(`{"Resources": {
	"Connection": {"Type": "AWS::Events::Connection", "Properties": {"AuthorizationType": "API_KEY", "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": "s3cret"}}}},
	"Role": {"Type": "AWS::IAM::Role", "Properties": {
		"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}},
		"Policies": [{"PolicyName": "call", "PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": "states:InvokeHTTPEndpoint", "Resource": "*", "Condition": {"StringEquals": {"states:HTTPMethod": "GET"}, "StringLike": {"states:HTTPEndpoint": "ENDPOINT/*"}}},
			{"Effect": "Allow", "Action": "events:RetrieveConnectionCredentials", "Resource": {"Fn::GetAtt": ["Connection", "Arn"]}},
			{"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "Resource": {"Fn::GetAtt": ["Connection", "SecretArn"]}}]}}]}},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Definition": {"StartAt": "Call", "States": {
		"Call": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true, "ResultSelector": {"body.$": "$.ResponseBody", "status.$": "$.StatusCode"},
			"Parameters": {"ApiEndpoint.$": "$.url", "Method.$": "$.method", "QueryParameters": {"id.$": "$.id"}, "InvocationConfig": {"ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]}}},
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
		"Caught": {"Type": "Pass", "End": true}}}}}},
	"Outputs": {"Machine": {"Value": {"Ref": "Machine"}}, "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}, "Connection": {"Value": {"Fn::GetAtt": ["Connection", "Arn"]}}}}`, "ENDPOINT", endpoint.URL)
	engine := startTemplate(t, template, local.Options{})
	for _, tt := range []struct{ method, url, want string }{
		{"GET", endpoint.URL + "/customers", `{"body":{"key":"s3cret","id":"17"},"status":200}`},
		{"GET", endpoint.URL + "/orders", `{"Error":"States.Http.StatusCode.409","Cause":"{\"key\":\"s3cret\",\"id\":\"17\"}"}`},
		{"POST", endpoint.URL + "/customers", `is not authorized to perform: states:InvokeHTTPEndpoint`},
		{"GET", "http://127.0.0.1:1/customers", `is not authorized to perform: states:InvokeHTTPEndpoint`},
	} {
		status, result := runsTo(t, engine, "Machine", fmt.Sprintf(`{"method": %q, "url": %q, "id": "17"}`, tt.method, tt.url))
		if status != "SUCCEEDED" || !strings.Contains(result, tt.want) {
			t.Errorf("%s %s: %s %s, want %s", tt.method, tt.url, status, result, tt.want)
		}
	}
	config := client(engine)
	address := strings.TrimPrefix(*config.BaseEndpoint, "http://")
	config.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { // also to "sync-" and the host
		return new(net.Dialer).DialContext(ctx, network, address)
	}}}
	tested, err := sfn.NewFromConfig(config).TestState(t.Context(), &sfn.TestStateInput{
		RoleArn: aws.String(output(t, engine, "Role")), InspectionLevel: "TRACE", RevealSecrets: true,
		Definition: aws.String(fmt.Sprintf(`{"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
			"Parameters": {"ApiEndpoint": %q, "Method": "GET", "InvocationConfig": {"ConnectionArn": %q}}}`, endpoint.URL+"/orders", output(t, engine, "Connection"))),
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := tested.InspectionData; tested.Status != "FAILED" || aws.ToString(d.Response.StatusCode) != "409" || !strings.Contains(aws.ToString(d.Request.Headers), "X-Api-Key: s3cret") {
		t.Errorf("tested: %+v, request %+v, response %+v", tested, d.Request, d.Response)
	}
	if status, result := runsTo(t, engine, "Machine", `{"method": "GET", "url": "http://a.example/customers", "id": "1"}`); status != "FAILED" || !strings.Contains(result, "States.Runtime") {
		t.Errorf("without TLS elsewhere: %s %s", status, result)
	}
}

package local_test

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local"
)

func TestARestAPIsResourcePolicyDecidesInTheEngine(t *testing.T) {
	for effect, want := range map[string]int{"Allow": 200, "Deny": 403} {
		engine := startTemplate(t, `{"Resources": {
			"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "shop", "Policy": {"Version": "2012-10-17", "Statement": [
				{"Effect": "`+effect+`", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]}}},
			"Get": {"Type": "AWS::ApiGateway::Method", "Properties": {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
				"HttpMethod": "GET", "AuthorizationType": "NONE", "MethodResponses": [{"StatusCode": "200"}],
				"Integration": {"Type": "MOCK", "RequestTemplates": {"application/json": "{\"statusCode\": 200}"}, "IntegrationResponses": [{"StatusCode": "200"}]}}},
			"Deployment": {"Type": "AWS::ApiGateway::Deployment", "DependsOn": "Get", "Properties": {"RestApiId": {"Ref": "Api"}}},
			"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "live"}}}}`,
			local.Options{})
		status, body := send(t, "GET", engine.Endpoints().APIs["app"]["Api"], nil, "")
		if status != want {
			t.Errorf("%s: got %d %s, want %d", effect, status, body, want)
		}
	}
}

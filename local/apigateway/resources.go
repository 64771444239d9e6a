package apigateway

// This file lists the CloudFormation resource types; what creates them stands
// with what they are.

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// Types returns the resource types of AWS::ApiGateway.
func (g *APIGateway) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::ApiGateway::RestApi", g.createRestAPI),
		cfn.Define("AWS::ApiGateway::Resource", g.createResource),
		cfn.Define("AWS::ApiGateway::Model", g.createModel),
		cfn.Define("AWS::ApiGateway::RequestValidator", g.createRequestValidator),
		cfn.Define("AWS::ApiGateway::Authorizer", g.createAuthorizer),
		cfn.Define("AWS::ApiGateway::Method", g.createMethod),
		cfn.Define("AWS::ApiGateway::GatewayResponse", g.createGatewayResponse),
		cfn.Define("AWS::ApiGateway::Deployment", g.createDeployment),
		cfn.Define("AWS::ApiGateway::Stage", g.createStage),
		cfn.Define("AWS::ApiGateway::ApiKey", g.createAPIKey),
		cfn.Define("AWS::ApiGateway::UsagePlan", g.createUsagePlan),
		cfn.Define("AWS::ApiGateway::UsagePlanKey", g.createUsagePlanKey),
		cfn.Inert("AWS::ApiGateway::Account", func(r cfn.Resource, ref string) map[string]any {
			return map[string]any{"Id": ref}
		}),
	}
}

// identifier returns an id in API Gateway's alphabet that is the same in
// every run.
func identifier(r cfn.Resource, length int) string {
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID + "/" + r.Type))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:length])
}

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
		cfn.Define("AWS::ApiGateway::RestApi", g.createRestAPI, cfn.Update(g.updateRestAPI)),
		cfn.Define("AWS::ApiGateway::Resource", g.createResource),
		cfn.Define("AWS::ApiGateway::Model", g.createModel, cfn.Update(g.updateModel)),
		cfn.Define("AWS::ApiGateway::RequestValidator", g.createRequestValidator, cfn.Update(g.updateRequestValidator)),
		cfn.Define("AWS::ApiGateway::Authorizer", g.createAuthorizer, cfn.Update(g.updateAuthorizer)),
		cfn.Define("AWS::ApiGateway::Method", g.createMethod, cfn.Update(g.updateMethod)),
		cfn.Define("AWS::ApiGateway::GatewayResponse", g.createGatewayResponse, cfn.Update(g.updateGatewayResponse)),
		cfn.Define("AWS::ApiGateway::Deployment", g.createDeployment, cfn.Update(g.updateDeployment)),
		cfn.Define("AWS::ApiGateway::Stage", g.createStage, cfn.Update(g.updateStage)),
		cfn.Define("AWS::ApiGateway::ApiKey", g.createAPIKey, cfn.Update(g.changeAPIKey)),
		cfn.Define("AWS::ApiGateway::UsagePlan", g.createUsagePlan, cfn.Update(g.changeUsagePlan)),
		cfn.Define("AWS::ApiGateway::UsagePlanKey", g.createUsagePlanKey),
		cfn.Define("AWS::ApiGateway::Account", g.declareAccount, cfn.Overwrite(g.declareAccount)),
	}
}

// identifier returns an id in API Gateway's alphabet that is the same in
// every run.
func identifier(r cfn.Resource, length int) string {
	sum := sha256.Sum256([]byte(r.Key() + "/" + r.Type))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:length])
}

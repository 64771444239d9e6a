package apigateway

// $context: what is known about a request besides what the client sent.

import (
	"cmp"
	"strings"
)

// requestContext is $context as the events of Lambda functions carry it.
type requestContext struct {
	AccountID         string         `json:"accountId"`
	APIID             string         `json:"apiId"`
	Authorizer        map[string]any `json:"authorizer,omitempty"`
	DeploymentID      string         `json:"deploymentId"`
	DomainName        string         `json:"domainName"`
	DomainPrefix      string         `json:"domainPrefix"`
	ExtendedRequestID string         `json:"extendedRequestId"`
	HTTPMethod        string         `json:"httpMethod"`
	Identity          identity       `json:"identity"`
	OperationName     string         `json:"operationName,omitempty"`
	Path              string         `json:"path"`
	Protocol          string         `json:"protocol"`
	RequestID         string         `json:"requestId"`
	RequestTime       string         `json:"requestTime"`
	RequestTimeEpoch  int64          `json:"requestTimeEpoch"`
	ResourceID        string         `json:"resourceId"`
	ResourcePath      string         `json:"resourcePath"`
	Stage             string         `json:"stage"`
}

// identity has null for what is not known, but no member for an API key that
// was not used.
type identity struct {
	AccessKey                     *string `json:"accessKey"`
	AccountID                     *string `json:"accountId"`
	APIKey                        string  `json:"apiKey,omitempty"`
	APIKeyID                      string  `json:"apiKeyId,omitempty"`
	Caller                        *string `json:"caller"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	SourceIP                      string  `json:"sourceIp"`
	User                          *string `json:"user"`
	UserAgent                     *string `json:"userAgent"`
	UserARN                       *string `json:"userArn"`
}

func (x *exchange) requestContext() *requestContext {
	prefix, _, _ := strings.Cut(x.request.host, ".")
	at := x.started.UTC()
	out := &requestContext{
		AccountID: x.stage.api.gateway.cloud.Account, APIID: x.stage.api.id,
		DeploymentID: x.stage.deployment.id, DomainName: x.request.host, DomainPrefix: prefix,
		ExtendedRequestID: x.extendedID(), HTTPMethod: x.request.method, Identity: x.identity(),
		Path: "/" + x.stage.name + cmp.Or(x.request.sent, x.request.path), Protocol: "HTTP/1.1", RequestID: x.id,
		RequestTime: at.Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: at.UnixMilli(),
		Stage: x.stage.name,
	}
	if x.method != nil {
		out.OperationName = x.method.operation
		out.ResourceID, out.ResourcePath = x.method.resource.id, x.method.resource.path
	}
	if x.authorizer != nil {
		out.Authorizer = x.authorizer.context
	}
	return out
}

func (x *exchange) identity() identity {
	id := identity{SourceIP: x.request.sourceIP}
	if agent := x.request.header.Get("User-Agent"); agent != "" {
		id.UserAgent = &agent
	}
	if x.key != nil {
		id.APIKey, id.APIKeyID = x.key.value, x.key.id
	}
	if x.caller.ARN != "" {
		id.UserARN, id.User, id.Caller = &x.caller.ARN, &x.caller.ARN, &x.caller.ARN
		id.AccountID = &x.stage.api.gateway.cloud.Account
	}
	return id
}

// context returns $context for mapping templates. What is null in events is
// missing here, so that templates print nothing for it.
func (x *exchange) context() map[string]any {
	c := x.requestContext()
	id := map[string]any{
		"sourceIp": c.Identity.SourceIP, "accessKey": nil, "principalOrgId": nil, "cognitoIdentityId": nil, "cognitoIdentityPoolId": nil,
		"cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil,
	}
	for name, value := range map[string]*string{
		"userAgent": c.Identity.UserAgent, "userArn": c.Identity.UserARN, "user": c.Identity.User,
		"caller": c.Identity.Caller, "accountId": c.Identity.AccountID,
	} {
		if id[name] = nil; value != nil {
			id[name] = *value
		}
	}
	if x.key != nil {
		id["apiKey"], id["apiKeyId"] = x.key.value, x.key.id
	}
	all := map[string]any{
		"accountId": c.AccountID, "apiId": c.APIID, "deploymentId": c.DeploymentID,
		"domainName": c.DomainName, "domainPrefix": c.DomainPrefix, "extendedRequestId": c.ExtendedRequestID,
		"httpMethod": c.HTTPMethod, "identity": id, "path": c.Path, "protocol": c.Protocol,
		"requestId": c.RequestID, "requestTime": c.RequestTime, "requestTimeEpoch": c.RequestTimeEpoch,
		"resourceId": c.ResourceID, "resourcePath": c.ResourcePath, "stage": c.Stage,
	}
	if c.OperationName != "" {
		all["operationName"] = c.OperationName
	}
	if c.Authorizer != nil {
		all["authorizer"] = c.Authorizer
	}
	if x.fault != nil {
		all["error"] = x.fault.context()
	}
	return all
}

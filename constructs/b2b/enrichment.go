package b2b

// This file declares the API that tells the workflow who a partner is.

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// EnrichmentAPIProps are the properties of an EnrichmentAPI.
type EnrichmentAPIProps struct {
	// Tables have the directory of partners. Required unless BackendURL is
	// given.
	Tables *Tables

	// BackendURL answers in place of the directory: GET <BackendURL>/<partner>
	// with 200 and any JSON object, or 404. Default: the directory answers.
	BackendURL string

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	// Operation says how long logs are kept. Default: see operation.Settings.
	Operation operation.Settings
}

// EnrichmentAPI answers GET /partners/{partner} to callers with IAM
// permission: 200 {"partner","name","contactEmail"}, or 404.
type EnrichmentAPI struct {
	Construct constructs.Construct
	RestApi   awsapigateway.RestApi

	api *restapi.API
}

// NewEnrichmentAPI declares the API. It panics if props are wrong.
func NewEnrichmentAPI(scope constructs.Construct, id string, props EnrichmentAPIProps) *EnrichmentAPI {
	operation.Must("b2b.EnrichmentAPI", id, props.validate())
	api := restapi.New(scope, id, restapi.Props{
		Description:       "Tells the workflow who a trading partner is",
		RequestsPerSecond: 10_000,
		KeepAccount:       props.KeepAPIAccount,
		ServerErrorAlarm:  operation.Alarm{Off: true}, // a transaction that fails for it says so
		Operation:         props.Operation,
	})
	e := &EnrichmentAPI{Construct: api.Construct, RestApi: api.RestApi, api: api}
	options := &awsapigateway.MethodOptions{
		AuthorizationType: awsapigateway.AuthorizationType_IAM,
		RequestParameters: &map[string]*bool{"method.request.path.partner": jsii.Bool(true)},
	}
	var integration awsapigateway.Integration
	if props.BackendURL != "" {
		integration = backend(props.BackendURL)
	} else {
		integration = e.lookUp(props.Tables.Partners)
		options.MethodResponses = restapi.Answers("200", "404", "503")
	}
	partner := e.RestApi.Root().AddResource(jsii.String("partners"), nil).AddResource(jsii.String("{partner}"), nil)
	partner.AddMethod(jsii.String("GET"), integration, options)
	operation.Suppress(e.RestApi, "AwsSolutions-APIG2", "The only input is a path parameter, which is always there; there is no body.")
	operation.Suppress(e.RestApi, "AwsSolutions-COG4", "The only caller is a workflow, with its IAM role: no people, no user pool.")
	return e
}

func (p EnrichmentAPIProps) validate() error {
	var faults operation.Faults
	faults.Require("Tables (or BackendURL)", p.Tables != nil || p.BackendURL != "")
	faults.Add(validateBackend(p.BackendURL))
	return faults.Err()
}

func validateBackend(address string) error {
	if address == "" {
		return nil
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
		return fmt.Errorf("BackendURL is %q: give an https URL without a query", address)
	}
	return nil
}

// lookUp reads the directory: of a row no more than it answers. A partner that was
// registered a moment ago is there: its transactions would be rejected otherwise.
func (e *EnrichmentAPI) lookUp(partners awsdynamodb.ITable) awsapigateway.Integration {
	role := restapi.NewRole(e.Construct, "Role")
	operation.AllowTable(role, partners, "dynamodb:GetItem")
	request := `{"TableName":"` + *partners.TableName() + `","Key":{"partner":{"S":"` + restapi.Escaped(`$input.params('partner')`) + `"}},` +
		`"ConsistentRead":true,"ProjectionExpression":"partner,#name,contactEmail","ExpressionAttributeNames":{"#name":"name"}}`
	response := `#set($id = $input.path('$.Item.partner.S'))
#if("$!id" == "")
` + restapi.Status("404") + `{"message":"There is no such partner."}
#else
{"partner":$input.json('$.Item.partner.S'),"name":$input.json('$.Item.name.S'),"contactEmail":$input.json('$.Item.contactEmail.S')}
#end`
	return restapi.Direct{
		Role: role, Service: "dynamodb", Action: "GetItem", Request: request, Response: response,
		Failures: []*awsapigateway.IntegrationResponse{restapi.Busy(`[45]\d{2}`)},
	}.Integration()
}

// backend passes requests on to an HTTP service.
func backend(url string) awsapigateway.Integration {
	return awsapigateway.NewHttpIntegration(jsii.String(strings.TrimSuffix(url, "/")+"/{partner}"), &awsapigateway.HttpIntegrationProps{
		HttpMethod: jsii.String("GET"),
		Proxy:      jsii.Bool(true),
		Options: &awsapigateway.IntegrationOptions{
			RequestParameters: &map[string]*string{"integration.request.path.partner": jsii.String("method.request.path.partner")},
			Timeout:           awscdk.Duration_Seconds(jsii.Number(29)),
		},
	})
}

// Endpoint is the API's host name, as Step Functions' apigateway:invoke takes
// it.
func (e *EnrichmentAPI) Endpoint() string { return e.api.Host() }

// Stage is the name of the API's stage.
func (e *EnrichmentAPI) Stage() string { return *e.RestApi.DeploymentStage().StageName() }

// GrantInvoke lets a grantee ask for any partner.
func (e *EnrichmentAPI) GrantInvoke(grantee awsiam.IGrantable) awsiam.Grant {
	grant := e.api.GrantInvoke(grantee, "GET", "/partners/*")
	operation.SuppressGrant(grantee, "AwsSolutions-IAM5", "One method of one stage; the rest is the partner's id.", `^Resource::.*\/GET\/partners\/\*$`)
	return grant
}

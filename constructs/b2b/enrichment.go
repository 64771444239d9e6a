package b2b

// This file declares the API that tells the workflow who a partner is.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/internal/cache"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// EnrichmentAPIProps are the properties of an EnrichmentAPI.
type EnrichmentAPIProps struct {
	// Partners are answered from a table of their own. Required unless
	// BackendURL is given.
	Partners []Partner

	// BackendURL answers in place of the table: GET <BackendURL>/<partner>
	// with 200 and any JSON object, or 404. Default: the table answers.
	BackendURL string

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	Shared Shared
}

// EnrichmentAPI answers GET /partners/{partner} to callers with IAM
// permission: 200 {"partner","name","contactEmail"}, or 404.
type EnrichmentAPI struct {
	Construct constructs.Construct
	API       awsapigateway.RestApi

	// Partners is nil with a BackendURL. Its records are loaded when it is
	// made; when they change it is replaced. Key: partner.
	Partners awsdynamodb.Table
}

// NewEnrichmentAPI declares the API. It panics if props are wrong.
func NewEnrichmentAPI(scope constructs.Construct, id string, props EnrichmentAPIProps) *EnrichmentAPI {
	must("EnrichmentAPI", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	shared := props.Shared.withDefaults(this)
	e := &EnrichmentAPI{Construct: this}
	e.API = newAPI(this, shared, apiSettings{
		description:  "Tells the workflow who a trading partner is",
		rateLimit:    10_000,
		burstLimit:   5_000,
		keepsAccount: props.KeepAPIAccount,
	})
	options := &awsapigateway.MethodOptions{
		AuthorizationType: awsapigateway.AuthorizationType_IAM,
		RequestParameters: &map[string]*bool{"method.request.path.partner": jsii.Bool(true)},
	}
	var integration awsapigateway.Integration
	if props.BackendURL != "" {
		integration = backend(props.BackendURL)
	} else {
		e.addTable(props.Partners)
		integration = e.lookUp()
		options.MethodResponses = getItemResponses()
	}
	partner := e.API.Root().AddResource(jsii.String("partners"), nil).AddResource(jsii.String("{partner}"), nil)
	partner.AddMethod(jsii.String("GET"), integration, options)
	suppress(e.API, "AwsSolutions-APIG2", "The only input is a path parameter, which is always there; there is no body.")
	suppress(e.API, "AwsSolutions-COG4", "The only caller is a workflow, with its IAM role: no people, no user pool.")
	return e
}

func (p *EnrichmentAPIProps) validate() error {
	faults := validatePartners(p.Partners)
	if p.BackendURL == "" {
		require(&faults, "Partners (or BackendURL)", len(p.Partners) > 0)
		return errors.Join(faults...)
	}
	return errors.Join(append(faults, validateBackend(p.BackendURL))...)
}

func validateBackend(address string) error {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
		return fmt.Errorf("BackendURL is %q: give an https URL without a query", address)
	}
	return nil
}

// addTable declares the table with its records in it: imported by DynamoDB
// itself when the table is made, so that no custom resource has to write them.
func (e *EnrichmentAPI) addTable(partners []Partner) {
	file, err := recordsFile(partners)
	must("EnrichmentAPI", *e.Construct.Node().Id(), err)
	records := awss3assets.NewAsset(e.Construct, jsii.String("Records"), &awss3assets.AssetProps{Path: &file})
	e.Partners = awsdynamodb.NewTable(e.Construct, jsii.String("Partners"), &awsdynamodb.TableProps{
		PartitionKey:  text(contract.AttrPartner),
		BillingMode:   awsdynamodb.BillingMode_PAY_PER_REQUEST,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY, // derived data
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		ImportSource: &awsdynamodb.ImportSourceSpecification{
			Bucket:      records.Bucket(),
			KeyPrefix:   records.S3ObjectKey(),
			InputFormat: awsdynamodb.InputFormat_DynamoDBJson(),
		},
	})
}

// recordsFile writes the partners' records, a line of DynamoDB's JSON for
// each, where the CLI can find them when it stages assets.
func recordsFile(partners []Partner) (string, error) {
	type value struct{ S string }
	type record struct{ Item map[string]value }
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, p := range partners {
		err := encoder.Encode(record{Item: map[string]value{
			contract.AttrPartner:      {p.ID},
			attrName:                  {p.name()},
			contract.AttrContactEmail: {p.ContactEmail},
		}})
		if err != nil {
			return "", fmt.Errorf("encode the record of partner %s: %w", p.ID, err)
		}
	}
	folder, err := cache.Folder("partners", lines.String())
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "partners.json")
	return file, cache.Replace(file, lines.Bytes(), 0o644)
}

// attrName is the attribute of a partner's record that is for people.
const attrName = "name"

// lookUp reads the table.
func (e *EnrichmentAPI) lookUp() awsapigateway.Integration {
	role := awsiam.NewRole(e.Construct, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
	})
	grantTable(role, e.Partners, "dynamodb:GetItem")
	request := `{"TableName":"` + *e.Partners.TableName() + `","Key":{"partner":{"S":"` + escaped(`$input.params('partner')`) + `"}}}`
	const response = `#set($id = $input.path('$.Item.partner.S'))
#if("$!id" == "")
#set($context.responseOverride.status = 404)
{"message":"There is no such partner."}
#else
{"partner":$input.json('$.Item.partner.S'),"name":$input.json('$.Item.name.S'),"contactEmail":$input.json('$.Item.contactEmail.S')}
#end`
	return getItem(role, request, response, busy(`[45]\d{2}`)) // DynamoDB says 400, too, when it is busy
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
func (e *EnrichmentAPI) Endpoint() string {
	stack := awscdk.Stack_Of(e.Construct)
	return *e.API.RestApiId() + ".execute-api." + *stack.Region() + "." + *stack.UrlSuffix()
}

// Stage is the name of the API's stage.
func (e *EnrichmentAPI) Stage() string { return *e.API.DeploymentStage().StageName() }

// GrantInvoke lets a role ask for any partner.
func (e *EnrichmentAPI) GrantInvoke(role awsiam.IRole) {
	method := e.API.ArnForExecuteApi(jsii.String("GET"), jsii.String("/partners/*"), jsii.String(e.Stage()))
	allow(role, []string{*method}, "execute-api:Invoke")
	suppress(role, "AwsSolutions-IAM5", "One method of one stage; the rest is the partner's id.", `^Resource::.*\/GET\/partners\/\*$`)
}

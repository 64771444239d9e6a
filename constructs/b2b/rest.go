package b2b

// This file declares how partners post single transactions over HTTPS.
// rest_access.go declares who may, and how often.

import (
	"errors"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/internal/alarm"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// RESTIntakeProps are the properties of a RESTIntake.
type RESTIntakeProps struct {
	// Partners may post. Required.
	Partners []Partner

	// Tables hold the transactions' statuses. Required.
	Tables *Tables

	// Queue receives a message per transaction. Required.
	Queue awssqs.IQueue

	// RequestsPerSecond is the sustained rate of all partners together.
	// Default: 1,000.
	RequestsPerSecond float64

	// Burst is how many requests of all partners may come at once.
	// Default: twice the rate, at most 5,000.
	Burst int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	Shared Shared
}

// RESTIntake answers POST /transactions and GET /transactions/{id}.
type RESTIntake struct {
	Construct constructs.Construct
	API       awsapigateway.RestApi
	Accept    *gofunction.Function
	Authorize *gofunction.Function

	// Secrets hold the partners' tokens (contract.PartnerToken), by partner.
	// Their names are SecretPrefix + partner.
	Secrets      map[string]awssecretsmanager.Secret
	SecretPrefix string
	UsagePlans   map[string]awsapigateway.UsagePlan // by partner
}

// NewRESTIntake declares the API. It panics if props are wrong.
func NewRESTIntake(scope constructs.Construct, id string, props RESTIntakeProps) *RESTIntake {
	must("RESTIntake", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Shared = props.Shared.withDefaults(this)
	r := &RESTIntake{
		Construct:  this,
		Secrets:    make(map[string]awssecretsmanager.Secret),
		UsagePlans: make(map[string]awsapigateway.UsagePlan),
	}
	r.API = newAPI(this, props.Shared, apiSettings{
		description:  "Takes in trading partners' transactions",
		keySource:    awsapigateway.ApiKeySourceType_AUTHORIZER,
		rateLimit:    props.RequestsPerSecond,
		burstLimit:   props.Burst,
		keepsAccount: props.KeepAPIAccount,
	})
	r.addValidationMessage()
	authorizer := r.addAuthorizer(props.Shared)
	partners := constructs.NewConstruct(this, jsii.String("Partners"))
	for _, partner := range props.Partners {
		r.addPartner(partners, partner)
	}
	transactions := r.API.Root().AddResource(jsii.String("transactions"), nil)
	r.addPost(transactions, authorizer, props)
	r.addGet(transactions.AddResource(jsii.String("{id}"), nil), authorizer, props.Tables)
	alarm.New(this, "ServerErrorAlarm", "Partners are answered with 5xx: see the API's logs and those of accept and authorize.",
		r.MetricServerErrors(), 1, props.Shared.AlarmTopic)
	suppress(r.API, "AwsSolutions-COG4", "Partners are programs with a token each, checked by a Lambda authorizer: no people, no user pool.")
	return r
}

func (p *RESTIntakeProps) validate() error {
	if p.RequestsPerSecond == 0 {
		p.RequestsPerSecond = 1000
	}
	if p.Burst == 0 {
		p.Burst = min(5000, max(1, int(2*p.RequestsPerSecond)))
	}
	faults := validatePartners(p.Partners)
	require(&faults, "Partners", len(p.Partners) > 0)
	require(&faults, "Tables", p.Tables != nil)
	require(&faults, "Queue", p.Queue != nil)
	if p.RequestsPerSecond < 0 || p.Burst < 0 {
		faults = append(faults, errors.New("RequestsPerSecond and Burst cannot be negative"))
	}
	return errors.Join(faults...)
}

// URL is the API's address, ending in a slash.
func (r *RESTIntake) URL() string { return *r.API.Url() }

// MetricRequests counts requests, per minute.
func (r *RESTIntake) MetricRequests() awscloudwatch.Metric { return r.API.MetricCount(sum()) }

// MetricClientErrors counts answers of 400 to 499, per minute.
func (r *RESTIntake) MetricClientErrors() awscloudwatch.Metric { return r.API.MetricClientError(sum()) }

// MetricServerErrors counts answers of 500 and above, per minute.
func (r *RESTIntake) MetricServerErrors() awscloudwatch.Metric { return r.API.MetricServerError(sum()) }

// addValidationMessage tells a partner what is wrong with its body. The text
// comes escaped from API Gateway; the template is no VTL.
func (r *RESTIntake) addValidationMessage() {
	r.API.AddGatewayResponse(jsii.String("BadRequestBody"), &awsapigateway.GatewayResponseOptions{
		Type:       awsapigateway.ResponseType_BAD_REQUEST_BODY(),
		StatusCode: jsii.String("400"),
		Templates: &map[string]*string{
			"application/json": jsii.String(`{"message":"The body is not a transaction: $context.error.validationErrorString"}`),
		},
	})
}

func (r *RESTIntake) addPost(transactions awsapigateway.Resource, authorizer awsapigateway.IAuthorizer, props RESTIntakeProps) {
	r.Accept = props.Shared.function(r.Construct, "Accept", "accept", gofunction.Props{
		Description: "Queues a posted transaction",
		Memory:      512,
		Timeout:     20 * time.Second,
		Environment: props.Shared.withMetrics(map[string]string{
			contract.EnvTransactionsTable: *props.Tables.Transactions.TableName(),
			contract.EnvQueueURL:          *props.Queue.QueueUrl(),
		}),
	})
	grantTable(r.Accept.Role, props.Tables.Transactions, "dynamodb:PutItem", "dynamodb:DeleteItem")
	allow(r.Accept.Role, []string{*props.Queue.QueueArn()}, "sqs:SendMessage")

	transactions.AddMethod(jsii.String("POST"),
		awsapigateway.NewLambdaIntegration(r.Accept.Function, &awsapigateway.LambdaIntegrationOptions{
			AllowTestInvoke: jsii.Bool(false),
		}),
		&awsapigateway.MethodOptions{
			Authorizer:     authorizer,
			ApiKeyRequired: jsii.Bool(true), // names the partner's throttle; see rest_access.go
			RequestModels:  &map[string]awsapigateway.IModel{"application/json": r.transactionModel()},
			RequestValidator: r.API.AddRequestValidator(jsii.String("BodyValidator"), &awsapigateway.RequestValidatorOptions{
				ValidateRequestBody: jsii.Bool(true),
			}),
		})
}

// transactionModel is the schema of a posted body.
//
// API Gateway takes a request without Content-Type for application/json, and
// validates an empty body as {}. A transaction in the query string comes with
// no body, so {} has to pass; accept refuses it if the query string is empty
// too. Hence no "required": either both members, or none.
//
// transactionMessage has no maxLength, because accept answers a large one with
// 413 rather than 400.
func (r *RESTIntake) transactionModel() awsapigateway.Model {
	member := func(maxLength *float64) *awsapigateway.JsonSchema {
		return &awsapigateway.JsonSchema{
			Type:      awsapigateway.JsonSchemaType_STRING,
			MinLength: jsii.Number(1),
			MaxLength: maxLength,
		}
	}
	return r.API.AddModel(jsii.String("Transaction"), &awsapigateway.ModelOptions{
		Description: jsii.String("A posted transaction"),
		ContentType: jsii.String("application/json"),
		Schema: &awsapigateway.JsonSchema{
			Schema: awsapigateway.JsonSchemaVersion_DRAFT4,
			Type:   awsapigateway.JsonSchemaType_OBJECT,
			Properties: &map[string]*awsapigateway.JsonSchema{
				"transactionId":      member(jsii.Number(contract.MaxTransactionIDLength)),
				"transactionMessage": member(nil),
			},
			Dependencies: &map[string]any{
				"transactionId":      []string{"transactionMessage"},
				"transactionMessage": []string{"transactionId"},
			},
			AdditionalProperties: false,
		},
	})
}

// noTransaction is the body of a 404.
const noTransaction = `{"message":"There is no such transaction."}`

func (r *RESTIntake) addGet(transaction awsapigateway.Resource, authorizer awsapigateway.IAuthorizer, tables *Tables) {
	role := awsiam.NewRole(r.Construct, jsii.String("StatusRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
	})
	grantTable(role, tables.Transactions, "dynamodb:GetItem")
	// The partner is the authorizer's word, never the caller's.
	request := `{"TableName":"` + *tables.Transactions.TableName() + `","ConsistentRead":true,` +
		`"Key":{"transactionKey":{"S":"` + contract.TransactionKey("$context.authorizer.partner", escaped(pathParameter("id"))) + `"}}}`
	const response = `#set($id = $input.path('$.Item.transactionId.S'))
#set($storedAt = $input.path('$.Item.storedAt.S'))
#set($code = $input.path('$.Item.code.S'))
#set($message = $input.path('$.Item.message.S'))
#if("$!id" == "")
#set($context.responseOverride.status = 404)
` + noTransaction + `
#else
{"transactionId":$input.json('$.Item.transactionId.S'),"status":$input.json('$.Item.status.S')#if("$!storedAt" != ""),"storedAt":$input.json('$.Item.storedAt.S')#end#if("$!code" != ""),"code":$input.json('$.Item.code.S')#end#if("$!message" != ""),"message":$input.json('$.Item.message.S')#end}
#end`
	get := transaction.AddMethod(jsii.String("GET"), getItem(role, request, response, invalidID(), busy(`5\d{2}`)), &awsapigateway.MethodOptions{
		Authorizer:        authorizer,
		ApiKeyRequired:    jsii.Bool(true),
		RequestParameters: &map[string]*bool{"method.request.path.id": jsii.Bool(true)},
		MethodResponses:   getItemResponses(),
	})
	suppress(get, "AwsSolutions-APIG2", "The only input is a path parameter, which is always there; there is no body.")
	suppress(r.API, "AwsSolutions-APIG2", "Bodies are validated where there are any: by POST's own validator.")
}

// invalidID answers DynamoDB's 400 with 404 if it is about the id, which is all
// that a caller decides: no transaction has one that cannot be a key, say of
// more than 2,048 bytes. Otherwise DynamoDB is busy, which is 503.
func invalidID() *awsapigateway.IntegrationResponse {
	const template = `#if($input.path('$.__type').endsWith("ValidationException"))
` + noTransaction + `
#else
#set($context.responseOverride.status = 503)
` + busyBody + `
#end`
	return &awsapigateway.IntegrationResponse{
		SelectionPattern:  jsii.String(`4\d{2}`),
		StatusCode:        jsii.String("404"),
		ResponseTemplates: &map[string]*string{"application/json": jsii.String(template)},
	}
}

package b2b

// This file declares how partners post single transactions over HTTPS.
// rest_access.go declares who may, and how often.

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// RESTIntakeProps are the properties of a RESTIntake.
type RESTIntakeProps struct {
	// Tables know the partners and hold the transactions' statuses. Required.
	Tables *Tables

	// Queue receives a message per transaction. Required.
	Queue awssqs.IQueue

	// Tiers are how often a partner may call. One of them is "standard", for
	// partners that name none. Default: DefaultTiers.
	Tiers []Tier

	// RequestsPerSecond is the sustained rate of all partners together.
	// Default: 1,000.
	RequestsPerSecond float64

	// Burst is how many requests of all partners may come at once.
	// Default: twice the rate, at most 5,000.
	Burst int

	// KeepAPIAccount leaves the account's role for API Gateway's logs as it
	// is. Default: the stack sets one.
	KeepAPIAccount bool

	// WebACL is the ARN of a regional web ACL of AWS WAF to put in front.
	// Default: none.
	WebACL string

	// AllowedRanges are the addresses that partners may call from, as in
	// 192.0.2.0/24. Default: any.
	AllowedRanges []string

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long data and logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// RESTIntake answers POST /transactions and GET /transactions/{id}.
type RESTIntake struct {
	Construct constructs.Construct
	RestApi   awsapigateway.RestApi
	Accept    *gofunction.Function
	Authorize *gofunction.Function

	// UsagePlans are the tiers, by name. A partner is in one by an API key, which
	// is made when the partner is.
	UsagePlans map[string]awsapigateway.UsagePlan

	// UsageKeyPrefix begins the names of those keys.
	UsageKeyPrefix string

	tiers []Tier
	api   *restapi.API
}

// NewRESTIntake declares the API. It panics if props are wrong.
func NewRESTIntake(scope constructs.Construct, id string, props RESTIntakeProps) *RESTIntake {
	props = props.withDefaults()
	operation.Must("b2b.RESTIntake", id, props.validate())
	api := restapi.New(scope, id, restapi.Props{
		Description:       "Takes in trading partners' transactions",
		KeySource:         awsapigateway.ApiKeySourceType_AUTHORIZER,
		RequestsPerSecond: props.RequestsPerSecond,
		Burst:             props.Burst,
		AccessLog:         map[string]string{"partner": "$context.authorizer.partner"},
		KeepAccount:       props.KeepAPIAccount,
		WebACL:            props.WebACL,
		AllowedRanges:     props.AllowedRanges,
		ServerErrorAlarm:  props.Alarms.ServerErrors,
		Operation:         props.Operation,
	})
	this := api.Construct
	props.Operation = props.Operation.WithDefaults(this)
	r := &RESTIntake{
		Construct:  this,
		RestApi:    api.RestApi,
		UsagePlans: make(map[string]awsapigateway.UsagePlan),
		// No other directory's begins so, in this stack or in another one.
		UsageKeyPrefix: strings.Join([]string{*awscdk.Stack_Of(this).StackName(), operation.StackPart(this), (*this.Node().Addr())[2:18], ""}, "/"),
		tiers:          props.Tiers,
		api:            api,
	}
	api.RejectBody("The body is not a transaction")
	authorizer := r.addAuthorizer(props)
	r.addTiers()
	transactions := r.RestApi.Root().AddResource(jsii.String("transactions"), nil)
	r.addPost(transactions, authorizer, props)
	r.addGet(transactions.AddResource(jsii.String("{id}"), nil), authorizer, props.Tables)
	operation.Suppress(r.RestApi, "AwsSolutions-COG4", "Partners are programs with a token each, checked by a Lambda authorizer: no people, no user pool.")
	return r
}

func (p RESTIntakeProps) withDefaults() RESTIntakeProps {
	p.Tiers = tiersOf(p.Tiers)
	return p
}

func (p RESTIntakeProps) validate() error {
	var faults operation.Faults
	validateTiers(&faults, p.Tiers)
	faults.Require("Tables", p.Tables != nil)
	faults.Require("Queue", p.Queue != nil)
	operation.NotNegative(&faults, "RequestsPerSecond", p.RequestsPerSecond)
	operation.NotNegative(&faults, "Burst", p.Burst)
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// URL is the API's address, ending in a slash.
func (r *RESTIntake) URL() string { return r.api.URL() }

// MetricRequests counts requests.
func (r *RESTIntake) MetricRequests(options *operation.MetricOptions) awscloudwatch.Metric {
	return r.api.MetricRequests(options)
}

// MetricClientErrors counts answers of 400 to 499.
func (r *RESTIntake) MetricClientErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return r.api.MetricClientErrors(options)
}

// MetricServerErrors counts answers of 500 and above.
func (r *RESTIntake) MetricServerErrors(options *operation.MetricOptions) awscloudwatch.Metric {
	return r.api.MetricServerErrors(options)
}

func (r *RESTIntake) addPost(transactions awsapigateway.Resource, authorizer awsapigateway.IAuthorizer, props RESTIntakeProps) {
	r.Accept = functions(r.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Accept", Accept, gofunction.Props{
		Description: "Queues a posted transaction",
		Memory:      512,
		Timeout:     20 * time.Second,
		Environment: withMetrics(props.Operation, map[string]string{
			contract.EnvTransactionsTable: *props.Tables.Transactions.TableName(),
			contract.EnvQueueURL:          *props.Queue.QueueUrl(),
		}),
	})
	operation.AllowTable(r.Accept.Role, props.Tables.Transactions, "dynamodb:PutItem", "dynamodb:DeleteItem")
	operation.AllowSend(r.Accept.Role, props.Queue)

	transactions.AddMethod(jsii.String("POST"),
		awsapigateway.NewLambdaIntegration(r.Accept.Function, &awsapigateway.LambdaIntegrationOptions{
			AllowTestInvoke: jsii.Bool(false),
		}),
		&awsapigateway.MethodOptions{
			Authorizer:     authorizer,
			ApiKeyRequired: jsii.Bool(true), // names the partner's throttle; see rest_access.go
			RequestModels:  &map[string]awsapigateway.IModel{"application/json": r.transactionModel()},
			RequestValidator: r.RestApi.AddRequestValidator(jsii.String("BodyValidator"), &awsapigateway.RequestValidatorOptions{
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
	return r.RestApi.AddModel(jsii.String("Transaction"), &awsapigateway.ModelOptions{
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
	role := restapi.NewRole(r.Construct, "StatusRole")
	operation.AllowTable(role, tables.Transactions, "dynamodb:GetItem")
	// The partner is the authorizer's word, never the caller's.
	request := `{"TableName":"` + *tables.Transactions.TableName() + `","ConsistentRead":true,` +
		`"Key":{"transactionKey":{"S":"` + contract.TransactionKey("$context.authorizer.partner", restapi.Escaped(restapi.PathParameter("id"))) + `"}}}`
	response := `#set($id = $input.path('$.Item.transactionId.S'))
#set($storedAt = $input.path('$.Item.storedAt.S'))
#set($code = $input.path('$.Item.code.S'))
#set($message = $input.path('$.Item.message.S'))
#if("$!id" == "")
` + restapi.Status("404") + noTransaction + `
#else
{"transactionId":$input.json('$.Item.transactionId.S'),"status":$input.json('$.Item.status.S')#if("$!storedAt" != ""),"storedAt":$input.json('$.Item.storedAt.S')#end#if("$!code" != ""),"code":$input.json('$.Item.code.S')#end#if("$!message" != ""),"message":$input.json('$.Item.message.S')#end}
#end`
	status := restapi.Direct{
		Role: role, Service: "dynamodb", Action: "GetItem", Request: request, Response: response,
		Failures: []*awsapigateway.IntegrationResponse{invalidID(), restapi.Busy(`5\d{2}`)},
	}
	get := transaction.AddMethod(jsii.String("GET"), status.Integration(), &awsapigateway.MethodOptions{
		Authorizer:        authorizer,
		ApiKeyRequired:    jsii.Bool(true),
		RequestParameters: &map[string]*bool{"method.request.path.id": jsii.Bool(true)},
		MethodResponses:   restapi.Answers("200", "404", "503"),
	})
	operation.Suppress(get, "AwsSolutions-APIG2", "The only input is a path parameter, which is always there; there is no body.")
	operation.Suppress(r.RestApi, "AwsSolutions-APIG2", "Bodies are validated where there are any: by POST's own validator.")
}

// invalidID answers DynamoDB's 400 with 404 if it is about the id, which is all
// that a caller decides: no transaction has one that cannot be a key, say of
// more than 2,048 bytes. Otherwise DynamoDB is busy, which is 503.
func invalidID() *awsapigateway.IntegrationResponse {
	return restapi.Failure(`4\d{2}`, "404", `#if($input.path('$.__type').endsWith("ValidationException"))
`+noTransaction+`
#else
`+restapi.Status("503")+restapi.BusyBody+`
#end`)
}

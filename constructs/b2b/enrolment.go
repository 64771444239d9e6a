package b2b

// This file declares how a list of partners comes into the directory when the
// stack is deployed.

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cache"
)

// EnrolmentProps are the properties of an Enrolment.
type EnrolmentProps struct {
	// Partners are brought into the directory when the stack is deployed: who is
	// new is added, who has changed is changed, and who was in the list before
	// and is no more is drained. What an operator has set stays so. Default: the
	// directory is left to operators.
	Partners []Partner

	// Tables have the directory. Required.
	Tables *Tables

	// REST is the API whose tiers partners are in. Required.
	REST *RESTIntake

	// Code replaces the code of functions. Default: this module's own
	// handlers, built here.
	Code map[Handler]awslambda.Code

	// Alarms adjusts the alarms. Default: see Alarms.
	Alarms Alarms

	// Operation says how long logs are kept and whom the alarms tell.
	// Default: see operation.Settings.
	Operation operation.Settings
}

// Enrolment brings a list of partners into the directory. The list is a file
// beside the template, which is as large for one partner as for ten thousand.
type Enrolment struct {
	Construct constructs.Construct

	// Enrol applies List: a deployment whose list is not the one before asks it
	// to, and fails with what it says. When the stack is deleted it removes the
	// partners' API keys, which no template has.
	Enrol *gofunction.Function

	// List is nil where no partners are given.
	List awss3assets.Asset
}

// NewEnrolment declares the list and the function that applies it. It panics if
// props are wrong.
func NewEnrolment(scope constructs.Construct, id string, props EnrolmentProps) *Enrolment {
	operation.Must("b2b.Enrolment", id, props.validate())
	this := constructs.NewConstruct(scope, &id)
	props.Operation = props.Operation.WithDefaults(this)

	e := &Enrolment{Construct: this}
	properties := map[string]any{
		"Table":          props.Tables.Partners.TableName(),
		"UsageKeyPrefix": props.REST.UsageKeyPrefix, "UsagePlans": props.REST.plans(),
	}
	if len(props.Partners) > 0 {
		file, err := listFile(props.Partners)
		operation.Must("b2b.Enrolment", id, err)
		e.List = awss3assets.NewAsset(this, jsii.String("List"), &awss3assets.AssetProps{Path: &file})
		properties["ListBucket"], properties["ListKey"] = e.List.S3BucketName(), e.List.S3ObjectKey()
	}
	e.addEnrol(props)
	awscdk.NewCustomResource(this, jsii.String("Partners"), &awscdk.CustomResourceProps{
		ResourceType:   jsii.String("Custom::TradepostPartners"),
		ServiceToken:   e.Enrol.Function.FunctionArn(),
		ServiceTimeout: awscdk.Duration_Seconds(jsii.Number(longestEnrolment.Seconds())),
		Properties:     &properties,
	})
	return e
}

func (p EnrolmentProps) validate() error {
	var faults operation.Faults
	faults.Require("Tables", p.Tables != nil)
	faults.Require("REST", p.REST != nil)
	if p.REST != nil {
		validatePartners(&faults, p.Partners, p.REST.tiers)
	}
	operation.Handlers(&faults, p.Code, handlers)
	p.Alarms.validate(&faults)
	return faults.Err()
}

// listFile writes the list where the CLI can find it when it stages assets.
func listFile(list []Partner) (string, error) {
	text, err := json.Marshal(map[string][]Partner{"partners": list})
	if err != nil {
		return "", fmt.Errorf("encode the partners: %w", err)
	}
	folder, err := cache.Folder("partners", string(text))
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "partners.json")
	return file, cache.Replace(file, text, 0o644)
}

// longestEnrolment is how long CloudFormation waits for Enrol: for the function's
// own time, and for Lambda's retry of what broke down at once.
const longestEnrolment = 20 * time.Minute

// addEnrol declares the function that applies the list.
func (e *Enrolment) addEnrol(props EnrolmentProps) {
	e.Enrol = functions(e.Construct, props.Code, props.Operation, props.Alarms.Functions).Add("Enrol", Enrol, gofunction.Props{
		Description: "Brings a list of partners into the directory",
		Memory:      512,
		Timeout:     15 * time.Minute,
	})
	role := e.Enrol.Role
	if e.List != nil {
		operation.Allow(role, []string{*e.List.Bucket().ArnForObjects(e.List.S3ObjectKey())}, "s3:GetObject")
	}
	operation.AllowTable(role, props.Tables.Partners, "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem")
	e.allowKeys(props.REST)
}

// allowKeys lets the function make and remove partners' API keys. IAM knows a key
// by its id only, which API Gateway makes up: these are all of the account's in
// this region. Enrol knows those of this API by how their names begin.
func (e *Enrolment) allowKeys(rest *RESTIntake) {
	keys, role := management(e.Construct, "/apikeys"), e.Enrol.Role
	operation.Allow(role, []string{keys}, "apigateway:GET", "apigateway:POST")
	operation.Allow(role, []string{keys + "/*"}, "apigateway:DELETE")
	for _, tier := range rest.tiers {
		operation.Allow(role, []string{management(e.Construct, "/usageplans/"+*rest.UsagePlans[tier.Name].UsagePlanId()+"/keys")}, "apigateway:POST")
	}
	operation.Suppress(role, "AwsSolutions-IAM5", "API Gateway makes up the ids of keys.", `^Resource::.*\/apikeys\/\*$`)
}

// management is the ARN of what API Gateway manages: it has no account in it.
func management(scope constructs.Construct, path string) string {
	stack := awscdk.Stack_Of(scope)
	return strings.Join([]string{"arn", *stack.Partition(), "apigateway", *stack.Region(), "", path}, ":")
}

package accounts

// This file says what a request's body has to look like. What it says about an
// applicant is for the checks.

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// model is the JSON schema of a contract.Application. A member that is misspelt
// is told: it would be missing otherwise.
func model() *awsapigateway.JsonSchema {
	text := func() *awsapigateway.JsonSchema {
		return &awsapigateway.JsonSchema{Type: awsapigateway.JsonSchemaType_STRING}
	}
	id := text()
	id.Pattern = jsii.String(contract.PatternID)
	address := object("line1", "city", "postalCode", "country")
	address.Properties = &map[string]*awsapigateway.JsonSchema{
		"line1": text(), "line2": text(), "city": text(), "region": text(), "postalCode": text(), "country": text(),
	}
	application := object("applicationId", "name", "address")
	application.Properties = &map[string]*awsapigateway.JsonSchema{"applicationId": id, "name": text(), "address": address}
	return application
}

// object is an object with members that are required, and no others than its
// properties.
func object(required ...string) *awsapigateway.JsonSchema {
	return &awsapigateway.JsonSchema{
		Type: awsapigateway.JsonSchemaType_OBJECT, Required: jsii.Strings(required...), AdditionalProperties: jsii.Bool(false),
	}
}

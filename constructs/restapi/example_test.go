package restapi_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/constructs/restapi"
)

// GET /{id} reads a table without a function between.
func ExampleDirect() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	api := restapi.New(stack, "Items", restapi.Props{Description: "Tells of items"})
	role := restapi.NewRole(api.Construct, "Role")
	operation.Allow(role, []string{"arn:aws:dynamodb:eu-west-1:111122223333:table/items"}, "dynamodb:GetItem")
	direct := restapi.Direct{
		Role:     role,
		Service:  "dynamodb",
		Action:   "GetItem",
		Request:  `{"TableName":"items","Key":{"id":{"S":"` + restapi.Escaped(restapi.PathParameter("id")) + `"}}}`,
		Response: `$input.json('$.Item')`,
		Failures: []*awsapigateway.IntegrationResponse{restapi.Busy(`[45]\d{2}`)},
	}
	api.RestApi.Root().AddResource(jsii.String("{id}"), nil).AddMethod(jsii.String("GET"), direct.Integration(),
		&awsapigateway.MethodOptions{MethodResponses: restapi.Answers("200", "503")})
	app.Synth(nil)
}

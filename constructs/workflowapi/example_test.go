package workflowapi_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// POST /quotes runs a machine of the reader's own and answers with its output.
func Example() {
	stack, done := cdktest.ExampleStack()
	defer done()

	quote := awsstepfunctions.NewStateMachine(stack, jsii.String("Quote"), &awsstepfunctions.StateMachineProps{
		StateMachineType: awsstepfunctions.StateMachineType_EXPRESS,
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromString(jsii.String(`{"StartAt": "Quote", "States": {"Quote": {"Type": "Pass", "End": true}}}`)),
	})
	workflowapi.New(stack, "API", workflowapi.Props{Synchronous: []workflowapi.Synchronous{
		{Path: "quotes", StateMachine: quote, Errors: map[string]int{"UnknownArticle": 422, "PriceListBusy": 503}},
	}})
	fmt.Println(cdktest.Count(stack, "AWS::ApiGateway::Method"), "method,", cdktest.Count(stack, "AWS::Lambda::Function"), "functions")
	// Output: 1 method, 0 functions
}

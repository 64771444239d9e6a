package workflowapi_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/workflowapi"
)

// POST /quotes runs a machine of the reader's own and answers with its output.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	quote := awsstepfunctions.NewStateMachine(stack, jsii.String("Quote"), &awsstepfunctions.StateMachineProps{
		StateMachineType: awsstepfunctions.StateMachineType_EXPRESS,
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromString(jsii.String(`{"StartAt": "Quote", "States": {"Quote": {"Type": "Pass", "End": true}}}`)),
	})
	workflowapi.New(stack, "API", workflowapi.Props{Synchronous: []workflowapi.Synchronous{
		{Path: "quotes", StateMachine: quote, Errors: map[string]int{"UnknownArticle": 422, "PriceListBusy": 503}},
	}})
	app.Synth(nil)
}

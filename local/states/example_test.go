package states_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states"
)

// A state machine of a template, run once.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	machines := states.New(c, states.Options{})
	c.Register("states", machines)
	types := map[string]cfn.Type{}
	for _, t := range machines.Types() {
		types[t.Name] = t
	}
	definition, err := json.Marshal(`{"QueryLanguage": "JSONata", "StartAt": "Add", "States": {"Add": {
		"Type": "Pass", "Output": {"sum": "{% $sum($states.input.numbers) %}"}, "End": true}}}`)
	if err != nil {
		panic(err)
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Adder": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"StateMachineType": "EXPRESS", "RoleArn": "arn:aws:iam::123456789012:role/adder", "DefinitionString": ` + string(definition) + `}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "sums", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	var out struct{ Status, Output string }
	err = c.Do(ctx, c.Administrator(), "states", "StartSyncExecution",
		map[string]string{"stateMachineArn": created.Handles["Adder"].Ref, "input": `{"numbers": [1, 2, 3]}`}, &out)
	fmt.Println(out.Status, out.Output, err)
	// Output: SUCCEEDED {"sum":6} <nil>
}

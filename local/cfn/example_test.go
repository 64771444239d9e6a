package cfn_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A resource type of one's own, and a stack that uses it. A property that the
// type has no field for is refused.
func ExampleDefine() {
	type properties struct {
		Colour string
		Tags   cfn.Ignored
	}
	lamp := cfn.Define("Custom::Lamp", func(_ context.Context, r cfn.Resource, p properties) (cfn.Handle, error) {
		return cfn.Handle{Ref: p.Colour + " lamp", Attributes: map[string]any{"Id": r.LogicalID}}, nil
	})
	types := map[string]cfn.Type{lamp.Name: lamp}

	template, err := cfn.Parse([]byte(`{
		"Resources": {"Desk": {"Type": "Custom::Lamp", "Properties": {"Colour": "green"}}},
		"Outputs": {"Text": {"Value": {"Fn::Sub": "${Desk} on ${Desk.Id}"}}}
	}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "office", Site: cloud.Site{Account: "123456789012", Region: "eu-central-1"}, Template: template}
	created, err := stack.Create(context.Background(), types)
	fmt.Println(created.Outputs["Text"], err)

	template, err = cfn.Parse([]byte(`{"Resources": {"Desk": {"Type": "Custom::Lamp", "Properties": {"Color": "green"}}}}`))
	fmt.Println(len(template.Check(types)), "fault", err)
	// Output:
	// green lamp on Desk <nil>
	// 1 fault <nil>
}

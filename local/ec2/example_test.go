package ec2_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ec2"
)

// An instance of a template, which starts as on AWS.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	instances := ec2.New(c)
	c.Register("ec2", instances)
	types := map[string]cfn.Type{}
	for _, t := range instances.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Web": {"Type": "AWS::EC2::Instance", "Properties": {
		"ImageId": "ami-0123456789abcdef0", "InstanceType": "t4g.nano"}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	in := map[string]any{"InstanceIds": []string{created.Handles["Web"].Ref}}
	var out struct {
		StoppingInstances []struct{ CurrentState, PreviousState struct{ Name string } }
	}
	err = c.Do(ctx, c.Administrator(), "ec2", "StopInstances", in, &out)
	fmt.Println(len(out.StoppingInstances), err)
	// Output:
	// 1 <nil>
}

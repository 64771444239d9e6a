package ssm_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ssm"
)

// A parameter of a template, as a program reads it.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	parameters := ssm.New(c)
	c.Register("ssm", parameters)
	types := map[string]cfn.Type{}
	for _, t := range parameters.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Rate": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "50"}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	var out struct{ Parameter struct{ Value string } }
	err = c.Do(ctx, c.Administrator(), "ssm", "GetParameter", map[string]string{"Name": created.Handles["Rate"].Ref}, &out)
	fmt.Println(out.Parameter.Value, err)
	// Output: 50 <nil>
}

package logs_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/logs"
)

// A log group of a template.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	groups := logs.New(c)
	c.Register("logs", groups)
	types := map[string]cfn.Type{}
	for _, t := range groups.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Audit": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/shop/audit"}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	var out struct {
		LogGroups []struct{ LogGroupName string }
	}
	err = c.Do(ctx, c.Administrator(), "logs", "DescribeLogGroups", map[string]string{"logGroupNamePrefix": "/shop/"}, &out)
	fmt.Println(created.Handles["Audit"].Ref, out.LogGroups, err)
	// Output:
	// /shop/audit [{/shop/audit}] <nil>
}

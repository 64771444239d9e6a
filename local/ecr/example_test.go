package ecr_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/ecr"
)

// A repository of a template, as a program finds it.
func Example() {
	ctx := context.Background()
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	registry := ecr.New(c)
	c.Register("ecr", registry)
	types := map[string]cfn.Type{}
	for _, t := range registry.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Assets": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "assets"}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "toolkit", Site: c.Site, Template: template}
	if _, err := stack.Create(ctx, types); err != nil {
		panic(err)
	}
	var out struct {
		Repositories []struct{ RepositoryURI string }
	}
	err = c.Do(ctx, c.Administrator(), "ecr", "DescribeRepositories", map[string][]string{"repositoryNames": {"assets"}}, &out)
	fmt.Println(out.Repositories[0].RepositoryURI, err)
	// Output: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/assets <nil>
}

package cloudformation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tradepost-dev/tradepost/local"
)

// A stack, as CloudFormation tells and deletes it.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {"Orders": {"Type": "AWS::SQS::Queue"}}}`), 0o600); err != nil {
		panic(err)
	}
	engine, err := local.Start(ctx, local.Options{Assembly: template})
	if err != nil {
		panic(err)
	}
	defer engine.Close()

	stack := map[string]string{"StackName": "shop"}
	var resources struct {
		StackResourceSummaries []struct{ LogicalResourceId, ResourceStatus string }
	}
	if err := engine.Cloud.Do(ctx, engine.Cloud.Administrator(), "cloudformation", "ListStackResources", stack, &resources); err != nil {
		panic(err)
	}
	fmt.Println(resources.StackResourceSummaries)
	err = engine.Cloud.Do(ctx, engine.Cloud.Administrator(), "cloudformation", "DeleteStack", stack, nil)
	fmt.Println(err)
	// Output:
	// [{Orders CREATE_COMPLETE}]
	// <nil>
}

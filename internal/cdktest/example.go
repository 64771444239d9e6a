package cdktest

// This file is for examples, which have no testing.T.

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// ExampleStack stands for a stack of the reader's app. Call done at the end.
func ExampleStack() (stack awscdk.Stack, done func()) {
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{
		Context:            &map[string]any{"aws:cdk:bundling-stacks": []string{}},
		Outdir:             &folder,
		AnalyticsReporting: jsii.Bool(false),
	})
	return awscdk.NewStack(app, jsii.String("Stack"), nil), func() { os.RemoveAll(folder) }
}

// Count is how many resources of a type the stack declares.
func Count(stack awscdk.Stack, resourceType string) int {
	return len(*assertions.Template_FromStack(stack, nil).FindResources(&resourceType, nil))
}

package ephemeral_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/ephemeral"
	"github.com/tradepost-dev/tradepost/constructs/operation"
)

// A stack that is for trying things out goes with all that is in it.
func ExampleEmptyBuckets() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	operation.NewBucket(stack, "Inbox", operation.Settings{Ephemeral: true}, awss3.BucketProps{})
	ephemeral.EmptyBuckets(stack)
	app.Synth(nil)
}

package ephemeral_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/tradepost-dev/tradepost/constructs/ephemeral"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	"github.com/tradepost-dev/tradepost/internal/cdktest"
)

// A stack that is for trying things out goes with all that is in it.
func ExampleEmptyBuckets() {
	stack, done := cdktest.ExampleStack()
	defer done()

	operation.NewBucket(stack, "Inbox", operation.Settings{Ephemeral: true}, awss3.BucketProps{})
	ephemeral.EmptyBuckets(stack)
	fmt.Println(cdktest.Count(stack, "Custom::S3AutoDeleteObjects"), "bucket is emptied first")
	// Output: 1 bucket is emptied first
}

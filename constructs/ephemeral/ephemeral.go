// Package ephemeral lets a stack that is declared with Ephemeral settings be
// deleted even when there are objects in its buckets.
//
// CloudFormation deletes a bucket only when it is empty. The CDK's own answer,
// autoDeleteObjects, brings a function in Node.js; this one is in Go, and as
// small as it can be.
package ephemeral

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/ephemeral"
)

// Package is the function that empties buckets.
var Package = gofunction.Handler("operation", "empty")

// EmptyBuckets empties the buckets of a scope, versions and delete markers
// too, when the stack is deleted. Call it when all of them are declared, and
// only for a stack whose data may go. At most a few hundred thousand objects
// go within the function's 15 minutes. Deployed without it, the stack keeps its
// buckets' objects.
func EmptyBuckets(scope constructs.Construct) {
	var buckets []awss3.Bucket
	for _, child := range *scope.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if bucket, ok := child.(awss3.Bucket); ok {
			buckets = append(buckets, bucket)
		}
	}
	if len(buckets) == 0 {
		return
	}
	this := constructs.NewConstruct(scope, jsii.String("EmptyBuckets"))
	empty := gofunction.New(this, "Empty", gofunction.Props{
		Package:     Package,
		Description: "Empties buckets before the stack is deleted",
		Timeout:     15 * time.Minute,
		Operation:   operation.Settings{Ephemeral: true},
	})
	for _, bucket := range buckets {
		awscdk.Tags_Of(bucket).Add(jsii.String(contract.Tag), jsii.String(contract.TagValue), nil)
		permit(bucket, empty)
		resource := awscdk.NewCustomResource(this, bucket.Node().Addr(), &awscdk.CustomResourceProps{
			// The type that the CDK's own means the same by.
			ResourceType: jsii.String("Custom::S3AutoDeleteObjects"),
			ServiceToken: empty.Function.FunctionArn(),
			Properties:   &map[string]any{"BucketName": bucket.BucketName(), "BucketArn": bucket.BucketArn()},
		})
		// It goes first: what it needs is still there then.
		resource.Node().AddDependency(bucket, empty.Role)
	}
}

// permit gives the rights by the bucket's policy, which a bucket that leaves the
// stack has to its end: by then the function's role has lost them. Whether the
// bucket is to be emptied at all, the role may ask: of a bucket that stays when its
// stack is not ephemeral any more, the policy has changed before, and the role
// goes last.
func permit(bucket awss3.Bucket, empty *gofunction.Function) {
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewArnPrincipal(empty.Role.RoleArn())},
		Actions: jsii.Strings("s3:GetBucketTagging", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucketVersions",
			"s3:DeleteObject", "s3:DeleteObjectVersion"),
		Resources: &[]*string{bucket.BucketArn(), bucket.ArnForObjects(jsii.String("*"))},
	}))
	operation.Allow(empty, []string{*bucket.BucketArn()}, "s3:GetBucketTagging")
}

// Package ephemeral holds the names that cross the boundary between the construct
// and the function that empties buckets. It imports nothing.
package ephemeral

// Tag and TagValue mark a bucket whose objects go with its stack, as the CDK's own
// autoDeleteObjects does. The custom resource goes too when such a stack becomes
// one whose data stays; by then its buckets have lost the tag.
const (
	Tag      = "aws-cdk:auto-delete-objects"
	TagValue = "true"
)

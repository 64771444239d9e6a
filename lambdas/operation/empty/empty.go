// Package empty is the function that empties a bucket before its stack is
// deleted: a custom resource of CloudFormation, for stacks whose data goes with
// them. It does nothing when the resource is created or updated, nor when it is
// deleted because the bucket's data is to stay from then on.
package empty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ephemeral"
)

// S3 is what the function needs of S3.
type S3 interface {
	GetBucketTagging(context.Context, *s3.GetBucketTaggingInput, ...func(*s3.Options)) (*s3.GetBucketTaggingOutput, error)
	GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error)
	PutBucketPolicy(context.Context, *s3.PutBucketPolicyInput, ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error)
	ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error)
	DeleteObjects(context.Context, *s3.DeleteObjectsInput, ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error)
}

// Handler empties buckets.
type Handler struct {
	S3 S3
}

// Handle is what CloudFormation calls. The resource's id is the bucket's name,
// so that another bucket is another resource.
func (h *Handler) Handle(ctx context.Context, event cfn.Event) (id string, data map[string]any, err error) {
	bucket, _ := event.ResourceProperties["BucketName"].(string)
	arn, _ := event.ResourceProperties["BucketArn"].(string)
	if bucket == "" || arn == "" {
		return event.PhysicalResourceID, nil, errors.New("the resource has no BucketName or no BucketArn")
	}
	if event.RequestType != cfn.RequestDelete {
		return bucket, nil, nil
	}
	ephemeral, err := h.ephemeral(ctx, bucket)
	if ephemeral {
		err = h.empty(ctx, bucket, arn)
	}
	if isCode(err, "NoSuchBucket") {
		err = nil
	}
	return event.PhysicalResourceID, nil, err
}

// ephemeral tells whether the bucket has the tag still.
func (h *Handler) ephemeral(ctx context.Context, bucket string) (bool, error) {
	answer, err := h.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &bucket})
	if isCode(err, "NoSuchTagSet") {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the tags of %s: %w", bucket, err)
	}
	return slices.ContainsFunc(answer.TagSet, func(tag types.Tag) bool {
		return aws.ToString(tag.Key) == contract.Tag && aws.ToString(tag.Value) == contract.TagValue
	}), nil
}

// empty deletes every version and delete marker.
func (h *Handler) empty(ctx context.Context, bucket, arn string) error {
	if err := h.close(ctx, bucket, arn); err != nil {
		return fmt.Errorf("deny writes to %s: %w", bucket, err)
	}
	for {
		// From the start each time: what was listed is gone.
		page, err := h.S3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket})
		if err != nil {
			return fmt.Errorf("list %s: %w", bucket, err)
		}
		var objects []types.ObjectIdentifier
		for _, version := range page.Versions {
			objects = append(objects, types.ObjectIdentifier{Key: version.Key, VersionId: version.VersionId})
		}
		for _, marker := range page.DeleteMarkers {
			objects = append(objects, types.ObjectIdentifier{Key: marker.Key, VersionId: marker.VersionId})
		}
		if len(objects) == 0 {
			return nil
		}
		if err := h.delete(ctx, bucket, objects); err != nil {
			return err
		}
	}
}

func (h *Handler) delete(ctx context.Context, bucket string, objects []types.ObjectIdentifier) error {
	result, err := h.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &bucket,
		Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("delete %d objects of %s: %w", len(objects), bucket, err)
	}
	if len(result.Errors) > 0 {
		first := result.Errors[0]
		return fmt.Errorf("delete %s of %s, and %d more: %s: %s", aws.ToString(first.Key), bucket,
			len(result.Errors)-1, aws.ToString(first.Code), aws.ToString(first.Message))
	}
	return nil
}

// close denies writes, so that nobody, a log delivery of S3's own least of
// all, puts an object into the bucket between its last listing and its end.
func (h *Handler) close(ctx context.Context, bucket, arn string) error {
	policy := struct {
		Version   string
		ID        string `json:"Id,omitempty"`
		Statement []json.RawMessage
	}{Version: "2012-10-17"}
	answer, err := h.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	switch {
	case isCode(err, "NoSuchBucketPolicy"):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal([]byte(aws.ToString(answer.Policy)), &policy); err != nil {
			return fmt.Errorf("read its policy: %w", err)
		}
	}
	deny, err := json.Marshal(map[string]any{
		"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": arn + "/*",
	})
	if err != nil {
		return err
	}
	policy.Statement = append(policy.Statement, deny)
	text, err := json.Marshal(policy)
	if err != nil {
		return err
	}
	_, err = h.S3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(string(text))})
	return err
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

package empty

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	contract "github.com/tradepost-dev/tradepost/internal/contract/ephemeral"
)

// bucket is an S3 with one bucket, listed in pages of two.
type bucket struct {
	missing   bool
	tags      []types.Tag
	policy    string
	versions  []types.ObjectVersion
	markers   []types.DeleteMarkerEntry
	protected string // a version that cannot be deleted
}

func fault(code string) error { return &smithy.GenericAPIError{Code: code} }

func (b *bucket) GetBucketTagging(context.Context, *s3.GetBucketTaggingInput, ...func(*s3.Options)) (*s3.GetBucketTaggingOutput, error) {
	switch {
	case b.missing:
		return nil, fault("NoSuchBucket")
	case b.tags == nil:
		return nil, fault("NoSuchTagSet")
	}
	return &s3.GetBucketTaggingOutput{TagSet: b.tags}, nil
}

func (b *bucket) GetBucketPolicy(context.Context, *s3.GetBucketPolicyInput, ...func(*s3.Options)) (*s3.GetBucketPolicyOutput, error) {
	switch {
	case b.missing:
		return nil, fault("NoSuchBucket")
	case b.policy == "":
		return nil, fault("NoSuchBucketPolicy")
	}
	return &s3.GetBucketPolicyOutput{Policy: &b.policy}, nil
}

func (b *bucket) PutBucketPolicy(_ context.Context, in *s3.PutBucketPolicyInput, _ ...func(*s3.Options)) (*s3.PutBucketPolicyOutput, error) {
	b.policy = *in.Policy
	return &s3.PutBucketPolicyOutput{}, nil
}

func (b *bucket) ListObjectVersions(context.Context, *s3.ListObjectVersionsInput, ...func(*s3.Options)) (*s3.ListObjectVersionsOutput, error) {
	if !strings.Contains(b.policy, "Deny") {
		return nil, errors.New("listed while others can write")
	}
	return &s3.ListObjectVersionsOutput{Versions: b.versions[:min(2, len(b.versions))], DeleteMarkers: b.markers[:min(2, len(b.markers))]}, nil
}

func (b *bucket) DeleteObjects(_ context.Context, in *s3.DeleteObjectsInput, _ ...func(*s3.Options)) (*s3.DeleteObjectsOutput, error) {
	out := &s3.DeleteObjectsOutput{}
	for _, object := range in.Delete.Objects {
		if *object.VersionId == b.protected {
			out.Errors = append(out.Errors, types.Error{Key: object.Key, Code: aws.String("AccessDenied"), Message: aws.String("no")})
			continue
		}
		for i, version := range b.versions {
			if *version.VersionId == *object.VersionId {
				b.versions = append(b.versions[:i:i], b.versions[i+1:]...)
				break
			}
		}
		for i, marker := range b.markers {
			if *marker.VersionId == *object.VersionId {
				b.markers = append(b.markers[:i:i], b.markers[i+1:]...)
				break
			}
		}
	}
	return out, nil
}

func full() *bucket {
	b := &bucket{tags: tags("team", "edi", contract.Tag, contract.TagValue), policy: `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*"}]}`}
	for i := range 5 {
		b.versions = append(b.versions, types.ObjectVersion{Key: aws.String("inbox/a.xml"), VersionId: aws.String(fmt.Sprint("v", i))})
		b.markers = append(b.markers, types.DeleteMarkerEntry{Key: aws.String("inbox/a.xml"), VersionId: aws.String(fmt.Sprint("m", i))})
	}
	return b
}

func tags(pairs ...string) (all []types.Tag) {
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, types.Tag{Key: &pair[0], Value: &pair[1]})
	}
	return all
}

func event(kind cfn.RequestType) cfn.Event {
	return cfn.Event{RequestType: kind, PhysicalResourceID: "landing", ResourceProperties: map[string]any{
		"BucketName": "landing", "BucketArn": "arn:aws-cn:s3:::landing",
	}}
}

func TestDeletingEmptiesABucketThatNobodyCanWriteToAnyMore(t *testing.T) {
	b := full()
	if _, _, err := (&Handler{S3: b}).Handle(t.Context(), event(cfn.RequestDelete)); err != nil {
		t.Fatal(err)
	}
	if len(b.versions)+len(b.markers) > 0 {
		t.Errorf("left: %d versions, %d markers", len(b.versions), len(b.markers))
	}
	for _, part := range []string{`"Sid":"TLS"`, `"Action":"s3:PutObject"`, `"Resource":"arn:aws-cn:s3:::landing/*"`} {
		if !strings.Contains(b.policy, part) {
			t.Errorf("no %s in %s", part, b.policy)
		}
	}
}

// As CloudFormation does when a stack is deployed as one whose data stays: it
// updates the bucket first, and then deletes the custom resource.
func TestABucketThatIsNotEphemeralAnyMoreIsLeftAlone(t *testing.T) {
	for name, left := range map[string][]types.Tag{"no tags": nil, "another tag": tags("team", "edi"), "another value": tags(contract.Tag, "false")} {
		b := full()
		b.tags = left
		policy := b.policy
		if _, _, err := (&Handler{S3: b}).Handle(t.Context(), event(cfn.RequestDelete)); err != nil || len(b.versions) != 5 || len(b.markers) != 5 || b.policy != policy {
			t.Errorf("%s: %v, %d versions, policy %s", name, err, len(b.versions), b.policy)
		}
	}
}

func TestBucketWithoutPolicyIsEmptiedToo(t *testing.T) {
	b := full()
	b.policy = ""
	if _, _, err := (&Handler{S3: b}).Handle(t.Context(), event(cfn.RequestDelete)); err != nil || len(b.versions) > 0 {
		t.Errorf("%v, %d versions left", err, len(b.versions))
	}
}

func TestNothingIsDeletedBeforeTheEnd(t *testing.T) {
	for _, kind := range []cfn.RequestType{cfn.RequestCreate, cfn.RequestUpdate} {
		b := full()
		id, _, err := (&Handler{S3: b}).Handle(t.Context(), event(kind))
		if err != nil || id != "landing" || len(b.versions) != 5 || len(b.markers) != 5 {
			t.Errorf("%s: id %q, %d versions, %v", kind, id, len(b.versions), err)
		}
	}
}

func TestBucketThatIsGoneIsEmpty(t *testing.T) {
	if _, _, err := (&Handler{S3: &bucket{missing: true}}).Handle(t.Context(), event(cfn.RequestDelete)); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeDeletedIsNamed(t *testing.T) {
	b := full()
	b.protected = "v1"
	_, _, err := (&Handler{S3: b}).Handle(t.Context(), event(cfn.RequestDelete))
	if err == nil || !strings.Contains(err.Error(), "inbox/a.xml") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("fails with %v", err)
	}
}

func TestResourceWithoutABucketIsRefused(t *testing.T) {
	if _, _, err := (&Handler{}).Handle(t.Context(), cfn.Event{RequestType: cfn.RequestCreate}); err == nil {
		t.Error("accepted")
	}
}

// Bucket policies.

package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxPolicy is the size of a bucket policy in bytes (S3's bucket restrictions).
const maxPolicy = 20 << 10

// setPolicy replaces a bucket's policy; nil takes it away.
func (s *S3) setPolicy(b *bucket, policy json.RawMessage) error {
	if err := s.cloud.SetResourcePolicy(bucketARN(b.name), "", policy); err != nil {
		return fmt.Errorf("set the policy of bucket %s: %w", b.name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.policy = policy
	return nil
}

func (q *request) getPolicy() error {
	b, err := q.allowBucket("GetBucketPolicy")
	if err != nil {
		return err
	}
	policy := b.document()
	if policy == nil {
		return noSuchPolicy(b.name)
	}
	q.Writer.Header().Set("Content-Type", "application/json")
	_, err = q.Writer.Write(policy)
	return err
}

func noSuchPolicy(bucket string) error {
	return about(missing("NoSuchBucketPolicy", "The bucket policy does not exist"), "BucketName", bucket)
}

// blocks refuses a policy that a bucket does not take, as it keeps the public out.
func (b *bucket) blocks(policy json.RawMessage) error {
	if isPublic(policy) && settingOf[publicAccessBlock](b, "publicAccessBlock").BlockPublicPolicy {
		return accessDenied()
	}
	return nil
}

// document is a bucket's policy, or nil.
func (b *bucket) document() json.RawMessage {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.policy
}

// policyStatus tells whether a bucket's policy is public.
func (q *request) policyStatus() error {
	b, err := q.allowBucket("GetBucketPolicyStatus")
	if err != nil {
		return err
	}
	policy := b.document()
	if policy == nil {
		return noSuchPolicy(b.name)
	}
	return q.XML(http.StatusOK, rooted{"PolicyStatus", struct{ IsPublic bool }{isPublic(policy)}})
}

func (q *request) putPolicy() error {
	b, err := q.allowBucket("PutBucketPolicy")
	if err != nil {
		return err
	}
	body, _ := q.body()
	policy, err := io.ReadAll(io.LimitReader(body, maxPolicy+1))
	switch {
	case err != nil:
		return cloud.Errorf(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly: %v", err)
	case len(policy) > maxPolicy:
		return malformedPolicy("it exceeds the maximum allowed document size of %d bytes", maxPolicy)
	case !json.Valid(policy) || policy[0] != '{':
		return malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(policy, &members); err != nil || members["Statement"] == nil {
		return malformedPolicy("Missing required field Statement")
	}
	if err := b.blocks(policy); err != nil {
		return err
	}
	if err := q.client.s3.setPolicy(b, policy); err != nil {
		return malformedPolicy("%v", err)
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func malformedPolicy(format string, arguments ...any) error {
	return cloud.Errorf(http.StatusBadRequest, "MalformedPolicy", format, arguments...)
}

func (q *request) deletePolicy() error {
	b, err := q.allowBucket("DeleteBucketPolicy")
	if err != nil {
		return err
	}
	if err := q.client.s3.setPolicy(b, nil); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

// Empty deletes all versions and delete markers of a bucket, as the account's
// administrator. A bucket that is not there is empty.
func (s *S3) Empty(ctx context.Context, name string) error {
	b, err := s.bucket(name)
	if err != nil {
		return nil
	}
	client := s.As(s.cloud.Administrator(), Origin{UserAgent: "aws-sdk"})
	for !b.empty() {
		page, err := client.ListVersions(ctx, ListInput{Bucket: name, Max: maxKeys})
		if err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
		for _, v := range page.Versions {
			if _, err := client.Delete(ctx, name, v.Key, v.VersionID); err != nil {
				return fmt.Errorf("delete %s of %s: %w", v.Key, name, err)
			}
		}
	}
	return nil
}

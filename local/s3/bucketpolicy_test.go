// Bucket policies through the real SDK.

package s3_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local/iam"
)

func TestABucketsPolicyIsReadWrittenAndEnforced(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	policies := iam.New(w.cloud)
	w.cloud.Policies = policies
	bucket := aws.String("plain-bucket")
	get := func() (string, error) {
		out, err := w.GetBucketPolicy(t.Context(), &awss3.GetBucketPolicyInput{Bucket: bucket})
		if err != nil {
			return "", err
		}
		return *out.Policy, nil
	}
	reads := w.cloud.ServiceCaller("transfer.amazonaws.com", "")
	const object = "arn:aws:s3:::plain-bucket/k"

	if _, err := get(); code(err) != "NoSuchBucketPolicy" {
		t.Errorf("without a policy: %v", err)
	}
	document := `{"Version": "2012-10-17", "Id": "x", "Statement": [{"Effect": "Allow", "Principal": {"Service": "transfer.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::plain-bucket/*"}]}`
	if _, err := w.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: &document}); err != nil {
		t.Fatal(err)
	}
	if got, err := get(); got != document || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if err := policies.Authorize(reads, "s3:GetObject", object); err != nil {
		t.Errorf("the policy is not in force: %v", err)
	}
	other := strings.Replace(document, "s3:GetObject", "s3:PutObject", 1)
	if _, err := w.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: &other}); err != nil {
		t.Fatal(err)
	}
	if policies.Authorize(reads, "s3:GetObject", object) == nil || policies.Authorize(reads, "s3:PutObject", object) != nil {
		t.Error("the second policy has not taken the first one's place")
	}
	for name, bad := range map[string]string{
		"no JSON": "{", "no policy": `{"Statement": [{"Effect": "Maybe"}]}`,
		"too long": `{"Statement": [], "Id": "` + strings.Repeat("x", 20<<10) + `"}`,
	} {
		if _, err := w.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: &bad}); code(err) != "MalformedPolicy" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := get(); got != other || err != nil {
		t.Errorf("after policies that were refused: %s, %v", got, err)
	}
	if _, err := w.DeleteBucketPolicy(t.Context(), &awss3.DeleteBucketPolicyInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := get(); code(err) != "NoSuchBucketPolicy" || policies.Authorize(reads, "s3:PutObject", object) == nil {
		t.Errorf("after it was deleted: %v", err)
	}
}

// A policy of the largest size that S3 takes.
func TestAPolicyMayHaveTwentyKilobytes(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.cloud.Policies = iam.New(w.cloud)
	frame := `{"Statement": [], "Id": ""}`
	document := strings.Replace(frame, `""`, `"`+strings.Repeat("x", 20<<10-len(frame))+`"`, 1)
	if _, err := w.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("plain-bucket"), Policy: &document}); err != nil {
		t.Error(err)
	}
}

func TestABucketIsEmptiedOfVersionsAndMarkers(t *testing.T) {
	w := newWorld(t, "versioned-bucket", "other-versioned-bucket")
	for range 2 {
		w.put(t, "versioned-bucket", "a", "1")
	}
	if _, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	w.put(t, "other-versioned-bucket", "b", "1")
	if err := errors.Join(w.s3.Empty(t.Context(), "versioned-bucket"), w.s3.Empty(t.Context(), "no-bucket")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"versioned-bucket": 0, "other-versioned-bucket": 1} {
		listed, err := w.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: &name})
		if err != nil || len(listed.Versions)+len(listed.DeleteMarkers) != want {
			t.Errorf("%s has %d versions and %d markers: %v", name, len(listed.Versions), len(listed.DeleteMarkers), err)
		}
	}
}

func TestABucketsPolicyNeedsItsOwnPermissions(t *testing.T) {
	bucket := aws.String("plain-bucket")
	for action, call := range map[string]func(w *world) error{
		"s3:GetBucketPolicy": func(w *world) error {
			_, err := w.GetBucketPolicy(t.Context(), &awss3.GetBucketPolicyInput{Bucket: bucket})
			return err
		},
		"s3:PutBucketPolicy": func(w *world) error {
			_, err := w.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"Statement": []}`)})
			return err
		},
		"s3:DeleteBucketPolicy": func(w *world) error {
			_, err := w.DeleteBucketPolicy(t.Context(), &awss3.DeleteBucketPolicyInput{Bucket: bucket})
			return err
		},
	} {
		t.Run(action, func(t *testing.T) {
			w := newWorld(t, "plain-bucket")
			w.deny = func(asked, resource string, _ map[string]string) bool {
				return asked == action && resource == "arn:aws:s3:::plain-bucket"
			}
			if err := call(w); code(err) != "AccessDenied" {
				t.Errorf("got %v", err)
			}
		})
	}
}

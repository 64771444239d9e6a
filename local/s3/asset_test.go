package s3_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local/s3"
)

// A function that reads an asset finds it where the CDK would have published it.
func TestAssetsAreReadFromTheAssembly(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "list.json"), []byte(`["acme"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorldWith(t, s3.Options{Dir: t.TempDir(), Assets: func(bucket, key string) (string, error) {
		if bucket != "cdk-assets" || key != "list.json" && key != "code.zip" {
			return "", errors.New("no such asset")
		}
		return filepath.Join(folder, map[string]string{"list.json": "list.json"}[key]), nil
	}})
	read := func(bucket, key string) *awss3.GetObjectInput {
		return &awss3.GetObjectInput{Bucket: &bucket, Key: &key}
	}
	if got := w.get(t, read("cdk-assets", "list.json")); got != `["acme"]` {
		t.Errorf("got %s", got)
	}
	head, err := w.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("cdk-assets"), Key: aws.String("list.json")})
	if err != nil || *head.ContentLength != 8 {
		t.Errorf("its head is %+v, %v", head, err)
	}
	for _, in := range []*awss3.GetObjectInput{read("cdk-assets", "code.zip"), read("cdk-assets", "none"), read("none", "list.json")} {
		if _, err := w.GetObject(t.Context(), in); code(err) != "NoSuchBucket" {
			t.Errorf("%s of %s: %v", *in.Key, *in.Bucket, err)
		}
	}

	w.deny = func(action, resource string, _ map[string]string) bool {
		return action == "s3:GetObject" && resource == "arn:aws:s3:::cdk-assets/list.json"
	}
	if _, err := w.GetObject(t.Context(), read("cdk-assets", "list.json")); code(err) != "AccessDenied" {
		t.Errorf("whoever may not read it: %v", err)
	}
	w.deny = nil

	// What was uploaded goes before.
	if err := w.s3.CreateBucket("cdk-assets", s3.BucketOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := w.get(t, read("cdk-assets", "list.json")); got != `["acme"]` {
		t.Errorf("beside a bucket without it: got %s", got)
	}
	w.put(t, "cdk-assets", "list.json", "[]")
	if got := w.get(t, read("cdk-assets", "list.json")); got != "[]" {
		t.Errorf("got %s", got)
	}
}

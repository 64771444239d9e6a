// What of buckets outlives the engine.

package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/durable"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// run is a run of S3 with a bucket of a template that keeps its versions.
type run struct {
	*world
	bodies string // a folder
	save   func()
}

// startRun starts a run with what an earlier one left in a folder.
func startRun(t *testing.T, folder string) (*run, error) {
	t.Helper()
	r := &run{bodies: filepath.Join(folder, "bodies")}
	for _, folder := range []string{r.bodies, filepath.Join(folder, "state")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var notices []string
	store, err := durable.OpenStore(filepath.Join(folder, "state"), durable.StoreOptions{Notice: func(text string) { notices = append(notices, text) }})
	if err != nil {
		t.Fatal(err)
	}
	r.world = newWorldWith(t, s3.Options{Dir: t.TempDir(), Kept: r.bodies})
	r.cloud.Keeper = store
	r.save = func() {
		t.Helper()
		if err := store.Save(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = cfntest.Create(t, r.cloud.Site, r.s3.Types(), `"Kept": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept", "VersioningConfiguration": {"Status": "Enabled"},
		"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, "PublicAccessBlockConfiguration": {"BlockPublicAcls": false}}}`)
	if len(notices) > 0 {
		err = fmt.Errorf("%s", notices)
	}
	return r, err
}

// told is all that is told of the bucket and of the versions in it.
func (r *run) told(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	tell := func(out any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatal(err)
		}
		delete(members, "ResultMetadata") // the request's own
		if raw, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", raw)
	}
	ctx, bucket := t.Context(), aws.String("kept")
	tell(r.ListBuckets(ctx, &awss3.ListBucketsInput{}))
	versions, err := r.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: bucket})
	tell(versions, err)
	for _, v := range versions.Versions {
		got, err := r.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: v.Key, VersionId: v.VersionId, ChecksumMode: types.ChecksumModeEnabled})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		got.Body = io.NopCloser(nil)
		tell(got, nil)
		fmt.Fprintf(&b, "%d bytes %.20q\n", len(body), body)
		tell(r.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: bucket, Key: v.Key, VersionId: v.VersionId}))
		tell(r.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: bucket, Key: v.Key, VersionId: v.VersionId}))
		tell(r.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: bucket, Key: v.Key, VersionId: v.VersionId,
			ObjectAttributes: []types.ObjectAttributes{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}}))
	}
	return b.String()
}

func TestABucketsVersionsOutliveTheEngine(t *testing.T) {
	folder := t.TempDir()
	r, err := startRun(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	ctx, bucket := t.Context(), aws.String("kept")
	for _, body := range []string{"first", "second"} {
		if _, err := r.PutObject(ctx, &awss3.PutObjectInput{
			Bucket: bucket, Key: aws.String("small"), Body: strings.NewReader(body), ContentType: aws.String("text/plain"), Metadata: map[string]string{"order": "7"}, Tagging: aws.String("a=1"),
			ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("arn:aws:kms:eu-central-1:111122223333:key/k"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ACL: types.ObjectCannedACLPublicRead,
		}); err != nil {
			t.Fatal(err)
		}
	}
	large := strings.Repeat("large", 10_000)
	r.put(t, "kept", "large", large)
	r.put(t, "kept", "gone", "x")
	if _, err := r.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	begun, err := r.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("parts"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	if err != nil {
		t.Fatal(err)
	}
	done := &types.CompletedMultipartUpload{}
	for i, size := range []int{5 << 20, 9} {
		number := aws.Int32(int32(i + 1))
		part, err := r.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: aws.String("parts"), UploadId: begun.UploadId, PartNumber: number, Body: bytes.NewReader(bytes.Repeat([]byte{byte('1' + i)}, size)), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		if err != nil {
			t.Fatal(err)
		}
		done.Parts = append(done.Parts, types.CompletedPart{PartNumber: number, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32})
	}
	if _, err := r.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: aws.String("parts"), UploadId: begun.UploadId, MultipartUpload: done}); err != nil {
		t.Fatal(err)
	}
	before := r.told(t)
	r.save()
	r.cloud.Close()

	if r, err = startRun(t, folder); err != nil {
		t.Fatal(err)
	}
	if after := r.told(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	// A body's digest is kept with it.
	if copied, err := r.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: bucket, Key: aws.String("gone"), CopySource: aws.String("kept/large")}); err != nil || *copied.CopyObjectResult.ETag != fmt.Sprintf(`"%x"`, md5.Sum([]byte(large))) {
		t.Errorf("a copy: %v, %+v", err, copied)
	}
	before = r.told(t)
	files := func() []string {
		t.Helper()
		entries, err := os.ReadDir(r.bodies)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	used := len(files())
	if err := os.WriteFile(filepath.Join(r.bodies, "nobodys"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.s3.Sweep(files()); err != nil || len(files()) != used || used < 2 {
		t.Errorf("%v: %q are left of %d files", err, files(), used)
	}
	if after := r.told(t); after != before {
		t.Error("the sweep took what an object has")
	}
	r.cloud.Close()

	// What is damaged is no object.
	for _, file := range files() {
		path := filepath.Join(r.bodies, file)
		if info, err := os.Stat(path); err == nil && info.Size() == int64(len(large)) {
			if err := os.Truncate(path, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := startRun(t, folder); err == nil || !strings.Contains(err.Error(), "object large") || !strings.Contains(err.Error(), "has 1 bytes, want 50000") {
		t.Errorf("a body that was cut off: %v", err)
	}
}

// Package s3test gives handler tests buckets in memory, so that listings,
// conditions and errors are S3's and not assumed: the SDK's own client, on the
// engine's S3.
package s3test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	local "github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Buckets is an S3 client on buckets of the test's own.
type Buckets struct {
	*s3.Client
	t *testing.T
}

// New creates buckets. They go when the test ends.
func New(t *testing.T, names ...string) *Buckets {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	service := local.New(c, local.Options{Dir: t.TempDir()})
	for _, name := range names {
		if err := service.CreateBucket(name, local.BucketOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(wire.As(c, c.Administrator(), "s3", service.Protocols()))
	t.Cleanup(func() { server.Close(); c.Close() })
	return &Buckets{t: t, Client: s3.New(s3.Options{
		Region: c.Region, BaseEndpoint: &server.URL, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})}
}

// Put writes an object.
func (b *Buckets) Put(bucket, key, body string) {
	b.t.Helper()
	if _, err := b.PutObject(context.Background(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		b.t.Fatal(err)
	}
}

// Get reads an object, and reports whether there is one.
func (b *Buckets) Get(bucket, key string) (body string, ok bool) {
	b.t.Helper()
	got, err := b.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
		return "", false
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content), true
}

// Keys are those of a bucket, in their order.
func (b *Buckets) Keys(bucket string) (keys []string) {
	b.t.Helper()
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			b.t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

package local_test

// This file calls S3 as SDKs do that are told nothing: with the bucket in the host.

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local"
)

func TestABucketMayBeInTheHost(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`, local.Options{})
	cfg := client(engine)
	address := strings.TrimPrefix(engine.URL(), "http://")
	// All names lead to the engine, as a machine resolves them that knows *.localhost.
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	for _, endpoint := range []string{"http://localhost:1", "http://s3.us-east-1.amazonaws.com"} {
		objects := s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.BaseEndpoint, o.HTTPClient = &endpoint, &http.Client{Transport: transport}
		})
		bucket, key := aws.String("virtual"), aws.String("a b/ü+%2F.json")
		const body = `{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}`
		must(objects.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}))
		must(objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body)}))
		got := must(objects.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key}))
		if text := must(io.ReadAll(got.Body)); string(text) != body {
			t.Errorf("%s: the object is %q", endpoint, text)
		}
		if list := must(objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})); len(list.Contents) != 1 || *list.Contents[0].Key != *key {
			t.Errorf("%s: listed %+v", endpoint, list.Contents)
		}
		presigned := must(s3.NewPresignClient(objects).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key}))
		if !strings.HasPrefix(presigned.URL, "http://virtual.") {
			t.Errorf("the address is %s", presigned.URL)
		}
		answer := must((&http.Client{Transport: transport}).Get(presigned.URL))
		if text := must(io.ReadAll(answer.Body)); answer.StatusCode != 200 || string(text) != body {
			t.Errorf("%s: %d %s", presigned.URL, answer.StatusCode, text)
		}
		answer.Body.Close()

		stacks := cloudformation.NewFromConfig(cfg)
		must(objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("t.json"), Body: strings.NewReader(body)}))
		for _, url := range []string{"https://virtual.s3.us-east-1.amazonaws.com/t.json", "https://virtual.s3.amazonaws.com/t.json", "http://virtual.localhost:1/t.json", "https://s3.amazonaws.com/virtual/t.json"} {
			if summary, err := stacks.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{TemplateURL: &url}); err != nil || summary.ResourceTypes[0] != "AWS::SQS::Queue" {
				t.Errorf("%s: %+v, %v", url, summary, err)
			}
		}
		for _, k := range []string{*key, "t.json"} {
			must(objects.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: &k}))
		}
		must(objects.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: bucket}))
	}
}

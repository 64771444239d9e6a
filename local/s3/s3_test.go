// S3 behind HTTP, as the tests use it.

package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// world is S3 behind HTTP with a witness of what it tells others.
type world struct {
	*awss3.Client
	s3    *s3.S3
	cloud *cloud.Cloud
	url   string

	mu     sync.Mutex
	events []cloud.Event
	calls  []cloud.APICall
	deny   func(action, resource string, keys map[string]string) bool
}

func (w *world) Emit(e cloud.Event) { w.mu.Lock(); defer w.mu.Unlock(); w.events = append(w.events, e) }
func (w *world) Record(c cloud.APICall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
}

func (w *world) Called(context.Context, cloud.Call, any, error) {}

func (w *world) Authorize(caller cloud.Caller, action, resource string) error {
	if w.deny != nil && w.deny(action, resource, caller.Context) {
		return cloud.Errorf(400, "AccessDeniedException", "%s may not %s on %s", caller.ARN, action, resource)
	}
	return nil
}

func (w *world) Assume(cloud.Caller, string, string) (cloud.Caller, error) {
	return cloud.Caller{}, nil
}

func newWorld(t *testing.T, buckets ...string) *world {
	t.Helper()
	return newWorldWith(t, s3.Options{Dir: t.TempDir()}, buckets...)
}

func newWorldWith(t *testing.T, o s3.Options, buckets ...string) *world {
	t.Helper()
	w := &world{cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})}
	w.cloud.Authorizer, w.cloud.Bus, w.cloud.Trail = w, w, w
	t.Cleanup(w.cloud.Close)
	w.s3 = s3.New(w.cloud, o)
	for _, name := range buckets {
		o := s3.BucketOptions{EventBridge: true}
		if strings.Contains(name, "versioned") {
			o.Versioning = s3.Enabled
		}
		if err := w.s3.CreateBucket(name, o); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(w.handler())
	t.Cleanup(server.Close)
	w.url = server.URL
	w.Client = awss3.New(awss3.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""), RetryMaxAttempts: 1,
	})
	return w
}

func (w *world) handler() http.Handler {
	return wire.As(w.cloud, w.cloud.Administrator(), "s3", w.s3.Protocols())
}

func (w *world) put(t *testing.T, bucket, key, body string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := w.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return out
}

func (w *world) get(t *testing.T, in *awss3.GetObjectInput) string {
	t.Helper()
	out, err := w.GetObject(t.Context(), in)
	if err != nil {
		t.Fatalf("get %s: %v", *in.Key, err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatalf("read %s: %v", *in.Key, err)
	}
	return string(body)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return "not an API error: " + err.Error()
	}
	return ""
}

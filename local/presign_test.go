package local_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/local"
)

func TestPresignedURLsWorkAndExpire(t *testing.T) {
	engine := startTemplate(t, `{"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files"}}}}`, local.Options{})
	presigner := s3.NewPresignClient(s3.NewFromConfig(client(engine), func(o *s3.Options) { o.UsePathStyle = true }))

	put, err := presigner.PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("files"), Key: aws.String("a b.txt")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := send(t, put.Method, put.URL, put.SignedHeader, "hello"); status != 200 {
		t.Fatalf("put: %d %s", status, body)
	}
	get, err := presigner.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("a b.txt")})
	if err != nil {
		t.Fatal(err)
	}
	object := engine.URL() + "/files/a%20b.txt"
	later := time.Now().Add(time.Hour)
	for _, row := range []struct {
		name, url string
		status    int
		body      string
	}{
		{"of the SDK for Go", get.URL, 200, "hello"},
		{"of version 4 that has expired", object + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20261124%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20251124T163147Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=f5", 403, "<Code>AccessDenied</Code><Message>Request has expired</Message>"},
		{"of version 2", object + "?AWSAccessKeyId=test&Signature=1UThrgUb65C78IWa6Ba67EHAKYw%3D&Expires=" + unix(later), 200, "hello"},
		{"of version 2 that has expired", object + "?AWSAccessKeyId=test&Signature=1UThrgUb65C78IWa6Ba67EHAKYw%3D&Expires=" + unix(later.Add(-2*time.Hour)), 403, "<Code>AccessDenied</Code><Message>Request has expired</Message>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if status, body := send(t, "GET", row.url, nil, ""); status != row.status || !strings.Contains(body, row.body) {
				t.Errorf("got %d %s", status, body)
			}
		})
	}
}

// send makes a request as curl would, and returns the answer's status and body.
func send(t *testing.T, method, url string, header http.Header, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

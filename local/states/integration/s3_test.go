package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states/integration"
)

// ofAdministrator is a task of who may do everything.
type ofAdministrator struct {
	integration.Task
	cloud *cloud.Cloud
}

func (t ofAdministrator) Perform(ctx context.Context, service, action string, request json.RawMessage) (any, error) {
	return t.cloud.Perform(ctx, t.cloud.Administrator(), service, action, request)
}

func (t ofAdministrator) Input(service, action string) reflect.Type {
	return t.cloud.Input(service, action)
}

var unsteady = regexp.MustCompile(`"(LastModified|VersionId)":"[^"]*"`)

// The types that S3's actions have are made while the program runs.
func TestTasksNameTheMembersOfS3AsOfAnyService(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
	defer c.Close()
	objects := s3.New(c, s3.Options{Dir: t.TempDir()})
	c.Register("s3", objects)
	if err := objects.CreateBucket("plain-bucket", s3.BucketOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ action, parameters, want string }{
		{"putBucketEncryption", `{"Bucket":"plain-bucket","ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SseAlgorithm":"aws:kms","KmsMasterKeyID":"k"}}]}}`, `{}`},
		{"getBucketEncryption", `{"Bucket":"plain-bucket"}`, `{"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":{"KmsMasterKeyID":"k","SseAlgorithm":"aws:kms"},"BucketKeyEnabled":false}]}}`},
		{"putObject", `{"Bucket":"plain-bucket","Key":"k","Body":{"a":1.0},"SsekmsKeyId":"k","ServerSideEncryption":"aws:kms","Acl":"private"}`, "S3.S3Exception"},
		{"putObject", `{"Bucket":"plain-bucket","Key":"k","Body":{"a":1.0},"ServerSideEncryption":"AES256","Metadata":{"SSEKey":"x"}}`, `{"ChecksumCRC32":"KC6gmg==","ChecksumType":"FULL_OBJECT","ETag":"\"e47e54c5e61e4f0a318e2f1a9296c49f\"","ServerSideEncryption":"AES256"}`},
		{"getObject", `{"Bucket":"plain-bucket","Key":"k","Range":"bytes=1-4"}`, `{"AcceptRanges":"bytes","ContentLength":4,"ContentRange":"bytes 1-4/9","ContentType":"text/plain; charset=UTF-8","ETag":"\"e47e54c5e61e4f0a318e2f1a9296c49f\"","LastModified":"*","Metadata":{"ssekey":"x"},"ServerSideEncryption":"AES256","Body":"\"a\":"}`},
		{"uploadPart", `{"Bucket":"plain-bucket","Key":"k","UploadId":"u","PartNumber":1,"Body":"x"}`, "S3.NoSuchUploadException"},
		{"getObject", `{"Bucket":"plain-bucket","key":"k"}`, "States.Runtime"},
		{"getObject", `{"Bucket":"plain-bucket"}`, "S3.SdkClientException"},
		{"getObject", `{"Bucket":"plain-bucket","Key":"k","Torrent":1}`, "States.Runtime"},
	} {
		value, err := jsonvalue.Decode([]byte(row.parameters))
		if err != nil {
			t.Fatal(err)
		}
		result, err := integration.Find("aws-sdk:s3:"+row.action).Call(t.Context(), ofAdministrator{cloud: c}, integration.Document{Value: value, Text: row.parameters})
		got := ""
		if failure, ok := errors.AsType[*integration.Failure](err); ok {
			got = failure.Name
		} else if got, err = jsonvalue.Encode(result.Value); err != nil {
			t.Fatal(err)
		}
		if got = unsteady.ReplaceAllString(got, `"$1":"*"`); got != row.want {
			t.Errorf("%s %s: got %s, want %s", row.action, row.parameters, got, row.want)
		}
	}
}

// What S3 asks of IAM and tells EventBridge and CloudTrail.

package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

func TestEventsHaveTheShapeOfS3(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	put := w.put(t, "versioned-bucket", "inbox/a b.xml", "12345")
	if len(w.events) != 1 {
		t.Fatalf("%d events", len(w.events))
	}
	e := w.events[0]
	if e.Source != "aws.s3" || e.DetailType != "Object Created" || e.Account != "111122223333" || e.Resources[0] != "arn:aws:s3:::versioned-bucket" {
		t.Errorf("event %+v", e)
	}
	var detail map[string]any
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	object := detail["object"].(map[string]any)
	if object["key"] != "inbox/a b.xml" || object["size"] != 5.0 || `"`+object["etag"].(string)+`"` != *put.ETag || object["version-id"] != *put.VersionId {
		t.Errorf("object %v", object)
	}
	if detail["reason"] != "PutObject" || detail["requester"] != "111122223333" || detail["source-ip-address"] != "127.0.0.1" || detail["version"] != "0" {
		t.Errorf("detail %v", detail)
	}

	w.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("copy"), CopySource: aws.String("versioned-bucket/inbox/a%20b.xml")})
	w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("copy")})
	w.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("versioned-bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: aws.String("inbox/a b.xml"), VersionId: put.VersionId}}}})
	var got []string
	sequencer := ""
	for _, e := range w.events {
		var d struct {
			Reason       string
			DeletionType string `json:"deletion-type"`
			Object       struct{ Key, Sequencer string }
		}
		if err := json.Unmarshal(e.Detail, &d); err != nil {
			t.Fatal(err)
		}
		if d.Object.Sequencer <= sequencer {
			t.Errorf("sequencer %q does not follow %q", d.Object.Sequencer, sequencer)
		}
		sequencer = d.Object.Sequencer
		got = append(got, e.DetailType+" "+d.Object.Key+" "+d.Reason+" "+d.DeletionType)
	}
	want := []string{
		"Object Created inbox/a b.xml PutObject ",
		"Object Created copy CopyObject ",
		"Object Deleted copy DeleteObject Delete Marker Created",
		"Object Deleted inbox/a b.xml DeleteObject Permanently Deleted",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPoliciesDecideEveryRequest(t *testing.T) {
	bucket, key := aws.String("versioned-bucket"), aws.String("k")
	type asked struct{ action, resource string }
	for _, row := range []struct {
		name string
		call func(w *world, ctx context.Context) error
		deny asked
	}{
		{"get", func(w *world, ctx context.Context) error {
			_, err := w.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
			return err
		}, asked{"s3:GetObject", "arn:aws:s3:::versioned-bucket/k"}},
		{"get a version", func(w *world, ctx context.Context) error {
			_, err := w.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: aws.String("v")})
			return err
		}, asked{"s3:GetObjectVersion", "arn:aws:s3:::versioned-bucket/k"}},
		{"put", func(w *world, ctx context.Context) error {
			_, err := w.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key})
			return err
		}, asked{"s3:PutObject", "arn:aws:s3:::versioned-bucket/k"}},
		{"start an upload", func(w *world, ctx context.Context) error {
			_, err := w.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
			return err
		}, asked{"s3:PutObject", "arn:aws:s3:::versioned-bucket/k"}},
		{"abort an upload", func(w *world, ctx context.Context) error {
			_, err := w.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: aws.String("u")})
			return err
		}, asked{"s3:AbortMultipartUpload", "arn:aws:s3:::versioned-bucket/k"}},
		{"copy from", func(w *world, ctx context.Context) error {
			_, err := w.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: bucket, Key: aws.String("other"), CopySource: aws.String("versioned-bucket/k")})
			return err
		}, asked{"s3:GetObject", "arn:aws:s3:::versioned-bucket/k"}},
		{"copy to", func(w *world, ctx context.Context) error {
			_, err := w.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: bucket, Key: aws.String("other"), CopySource: aws.String("versioned-bucket/k")})
			return err
		}, asked{"s3:PutObject", "arn:aws:s3:::versioned-bucket/other"}},
		{"delete", func(w *world, ctx context.Context) error {
			_, err := w.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
			return err
		}, asked{"s3:DeleteObject", "arn:aws:s3:::versioned-bucket/k"}},
		{"delete a version", func(w *world, ctx context.Context) error {
			_, err := w.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: aws.String("v")})
			return err
		}, asked{"s3:DeleteObjectVersion", "arn:aws:s3:::versioned-bucket/k"}},
		{"list", func(w *world, ctx context.Context) error {
			_, err := w.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: bucket})
			return err
		}, asked{"s3:ListBucket", "arn:aws:s3:::versioned-bucket"}},
		{"list versions", func(w *world, ctx context.Context) error {
			_, err := w.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: bucket})
			return err
		}, asked{"s3:ListBucketVersions", "arn:aws:s3:::versioned-bucket"}},
		{"an absent object, without the right to list", func(w *world, ctx context.Context) error {
			_, err := w.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: aws.String("absent")})
			return err
		}, asked{"s3:ListBucket", "arn:aws:s3:::versioned-bucket"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "versioned-bucket")
			w.put(t, *bucket, *key, "x")
			w.deny = func(action, resource string, _ map[string]string) bool { return asked{action, resource} == row.deny }
			err := row.call(w, t.Context())
			var response interface{ HTTPStatusCode() int }
			if code(err) != "AccessDenied" || !errors.As(err, &response) || response.HTTPStatusCode() != 403 {
				t.Errorf("want AccessDenied with 403, got %v", err)
			}
			if n := len(w.events); n != 1 {
				t.Errorf("a denied call made %d events", n-1)
			}
			if last := w.calls[len(w.calls)-1]; last.ErrorCode != "AccessDenied" {
				t.Errorf("CloudTrail was told %+v", last)
			}
		})
	}
}

func TestABucketIsSilentUntilEventBridgeIsOn(t *testing.T) {
	w := newWorld(t)
	if err := w.s3.CreateBucket("silent", s3.BucketOptions{}); err != nil {
		t.Fatal(err)
	}
	w.put(t, "silent", "k", "x")
	if len(w.events) != 0 || len(w.calls) != 1 {
		t.Errorf("%d events, %d calls for CloudTrail", len(w.events), len(w.calls))
	}
}

func TestCloudTrailIsToldOfCallsOnObjects(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	id := *w.put(t, "versioned-bucket", "inbox/a b", "12345").VersionId
	w.get(t, &awss3.GetObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("inbox/a b"), VersionId: &id})
	put, get := w.calls[0], w.calls[1]
	if put.EventName != "PutObject" || put.ReadOnly || put.RequestParameters["key"] != "inbox/a b" || put.RequestParameters["bucketName"] != "versioned-bucket" ||
		put.ResponseElements["x-amz-version-id"] != id || put.AdditionalEventData["bytesTransferredIn"] != int64(5) ||
		put.Resources[0] != (cloud.TrailResource{Type: "AWS::S3::Object", ARN: "arn:aws:s3:::versioned-bucket/inbox/a b"}) {
		t.Errorf("put: %+v", put)
	}
	if get.EventName != "GetObject" || !get.ReadOnly || get.RequestParameters["versionId"] != id || get.AdditionalEventData["bytesTransferredOut"] != int64(5) {
		t.Errorf("get: %+v", get)
	}
}

func TestConditionKeysReachPolicies(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	var seen map[string]string
	w.deny = func(_, _ string, keys map[string]string) bool { seen = keys; return false }
	bucket, prefix, delimiter := aws.String("plain-bucket"), aws.String("inbox/acme/"), aws.String("/")
	for name, list := range map[string]func() error{
		"ListObjects": func() error {
			_, err := w.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: bucket, Prefix: prefix, Delimiter: delimiter})
			return err
		},
		"ListObjectVersions": func() error {
			_, err := w.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: bucket, Prefix: prefix, Delimiter: delimiter})
			return err
		},
	} {
		if err := list(); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"s3:prefix": *prefix, "s3:delimiter": *delimiter, "s3:TlsVersion": "1.3", "aws:SourceIp": "127.0.0.1"} {
			if seen[key] != want {
				t.Errorf("%s: %s is %q, want %q", name, key, seen[key], want)
			}
		}
		if told := w.calls[len(w.calls)-1]; told.EventName != name || !told.ReadOnly || told.RequestParameters["prefix"] != *prefix {
			t.Errorf("CloudTrail is told of %+v, want %s", told, name)
		}
	}
}

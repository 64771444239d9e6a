// Multipart uploads.

package s3_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestMultipartUploadsBecomeOneObject(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	bucket, key := aws.String("plain-bucket"), aws.String("big")
	body := bytes.Repeat([]byte("tradepost "), 1<<20)
	u, err := w.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, ContentType: aws.String("text/plain")})
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]types.CompletedPart, 2)
	for i := len(parts) - 1; i >= 0; i-- { // any order will do
		n, half := int32(i+1), len(body)/2
		p, err := w.UploadPart(t.Context(), &awss3.UploadPartInput{
			Bucket: bucket, Key: key, UploadId: u.UploadId, PartNumber: &n, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, Body: bytes.NewReader(body[i*half:][:half]),
		})
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = types.CompletedPart{PartNumber: &n, ETag: p.ETag, ChecksumCRC32: p.ChecksumCRC32}
	}
	if listed, err := w.ListParts(t.Context(), &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: u.UploadId}); err != nil || len(listed.Parts) != 2 || *listed.Parts[0].PartNumber != 1 {
		t.Errorf("parts %v, %v", listed, err)
	}
	if len(w.events) != 0 {
		t.Errorf("%d events before the upload was complete", len(w.events))
	}
	out, err := w.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: u.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	if err != nil || !strings.HasSuffix(*out.ETag, `-2"`) {
		t.Fatalf("complete: %v %v", out, err)
	}
	if got := w.get(t, &awss3.GetObjectInput{Bucket: bucket, Key: key, ChecksumMode: types.ChecksumModeEnabled}); got != string(body) {
		t.Error("body differs")
	}
	// A range over the seam of the parts.
	seam := fmt.Sprintf("bytes=%d-%d", len(body)/2-3, len(body)/2+3)
	if got := w.get(t, &awss3.GetObjectInput{Bucket: bucket, Key: key, Range: &seam}); got != string(body[len(body)/2-3:len(body)/2+4]) {
		t.Errorf("the seam reads %q", got)
	}
	if len(w.events) != 1 || !strings.Contains(string(w.events[0].Detail), `"reason":"CompleteMultipartUpload"`) {
		t.Errorf("events %v", w.events)
	}
}

func TestMultipartUploadsHoldToTheirRules(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	bucket, key := aws.String("plain-bucket"), aws.String("k")
	upload := func(sizes ...int) (string, []types.CompletedPart) {
		u, err := w.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		var parts []types.CompletedPart
		for i, size := range sizes {
			n := int32(i + 1)
			p, err := w.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: u.UploadId, PartNumber: &n, Body: bytes.NewReader(make([]byte, size))})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, types.CompletedPart{PartNumber: &n, ETag: p.ETag})
		}
		return *u.UploadId, parts
	}
	complete := func(id string, parts []types.CompletedPart) string {
		_, err := w.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
		return code(err)
	}
	const min = 5 << 20
	id, parts := upload(min, 1)
	if got := complete(id, []types.CompletedPart{parts[1], parts[0]}); got != "InvalidPartOrder" {
		t.Errorf("wrong order: %q", got)
	}
	if got := complete(id, []types.CompletedPart{parts[0], {PartNumber: aws.Int32(2), ETag: aws.String("00")}}); got != "InvalidPart" {
		t.Errorf("wrong tag: %q", got)
	}
	if got := complete(id, parts); got != "" {
		t.Errorf("right: %q", got)
	}
	if got := complete(id, parts); got != "NoSuchUpload" {
		t.Errorf("twice: %q", got)
	}
	id, parts = upload(min-1, 1)
	if got := complete(id, parts); got != "EntityTooSmall" {
		t.Errorf("small part: %q", got)
	}
	if _, err := w.AbortMultipartUpload(t.Context(), &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: &id}); err != nil {
		t.Error(err)
	}
	if got := complete(id, parts); got != "NoSuchUpload" {
		t.Errorf("aborted: %q", got)
	}
}

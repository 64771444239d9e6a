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

func TestAConditionalUploadIsInConflictWithWhatItsObjectWentThroughMeanwhile(t *testing.T) {
	const x, y = `"9dd4e461268c8034f5c8564e155c67a6"`, `"415290769594460e2e485922904f345d"` // MD5 of "x" and "y"
	for _, row := range []struct {
		name, before, during string // what is put; "-" deletes
		ifMatch, ifNoneMatch string
		want                 string
	}{
		{"nothing", "x", "", x, "", ""},
		{"another content, and the one before is expected", "x", "y", x, "", "PreconditionFailed"},
		{"another content, which is expected", "x", "y", y, "", "ConditionalRequestConflict"},
		{"the same content", "x", "x", x, "", "ConditionalRequestConflict"},
		{"deletion, and it is expected", "x", "-", x, "", "NoSuchKey"},
		{"deletion, and none is expected", "x", "-", "", "*", "ConditionalRequestConflict"},
		{"creation, and none is expected", "", "x", "", "*", "PreconditionFailed"},
		{"another content, and nothing is expected", "x", "y", "", "", ""},
	} {
		for _, bucket := range []string{"plain-bucket", "versioned-bucket"} {
			t.Run(row.name+" in "+bucket, func(t *testing.T) {
				w := newWorld(t, bucket)
				change := func(content string) {
					t.Helper()
					switch content {
					case "":
					case "-":
						if _, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: &bucket, Key: aws.String("k")}); err != nil {
							t.Fatal(err)
						}
					default:
						w.put(t, bucket, "k", content)
					}
				}
				change(row.before)
				u, err := w.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String("k")})
				if err != nil {
					t.Fatal(err)
				}
				p, err := w.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: &bucket, Key: aws.String("k"), UploadId: u.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("z")})
				if err != nil {
					t.Fatal(err)
				}
				w.put(t, bucket, "another", "x") // which is not in its way
				change(row.during)
				in := &awss3.CompleteMultipartUploadInput{Bucket: &bucket, Key: aws.String("k"), UploadId: u.UploadId,
					MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: p.ETag}}}}
				if row.ifMatch != "" {
					in.IfMatch = &row.ifMatch
				}
				if row.ifNoneMatch != "" {
					in.IfNoneMatch = &row.ifNoneMatch
				}
				if _, err := w.CompleteMultipartUpload(t.Context(), in); code(err) != row.want {
					t.Errorf("want %q, got %v", row.want, err)
				}
			})
		}
	}
}

func TestThePartsOfAnObjectAreToldPageByPage(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	value := func(body, name string) string {
		_, rest, _ := strings.Cut(body, "<"+name+">")
		text, _, _ := strings.Cut(rest, "<")
		return text
	}
	id := value(w.ask(t, "POST /plain-bucket/k?uploads\nx-amz-checksum-algorithm: CRC32").Body.String(), "UploadId")
	var parts string
	for n, body := range []string{strings.Repeat("a", 5<<20), "b"} {
		rec := w.ask(t, fmt.Sprintf("PUT /plain-bucket/k?partNumber=%d&uploadId=%s\n\n%s", n+1, id, body))
		parts += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></Part>", n+1, rec.Header().Get("ETag"), rec.Header().Get("x-amz-checksum-crc32"))
	}
	if got := w.ask(t, "GET /plain-bucket/k?uploadId="+id+"&max-parts=1").Body.String(); !strings.Contains(got, "<NextPartNumberMarker>1</NextPartNumberMarker><MaxParts>1</MaxParts><IsTruncated>true</IsTruncated>") || value(got, "ChecksumCRC32") == "" {
		t.Errorf("the upload has %s", got)
	}
	if got := w.answer(t, "POST /plain-bucket/k?uploadId="+id+"\n\n<CompleteMultipartUpload>"+parts+"</CompleteMultipartUpload>"); got != "200" {
		t.Fatal(got)
	}
	const attributes = "GET /plain-bucket/k?attributes\nx-amz-object-attributes: ObjectParts"
	first := w.ask(t, attributes+"\nx-amz-max-parts: 1").Body.String()
	if value(first, "IsTruncated") != "true" || value(first, "NextPartNumberMarker") != "1" || value(first, "PartNumber") != "1" || value(first, "PartsCount") != "2" || value(first, "Size") != "5242880" {
		t.Errorf("the first page is %s", first)
	}
	second := w.ask(t, attributes+"\nx-amz-part-number-marker: 1").Body.String()
	if value(second, "IsTruncated") != "false" || value(second, "PartNumber") != "2" || value(second, "ChecksumCRC32") == "" || value(second, "Size") != "1" {
		t.Errorf("the second page is %s", second)
	}
	if got := w.answer(t, attributes+"\nx-amz-max-parts: few"); got != "400 InvalidArgument" {
		t.Errorf("got %s", got)
	}
}

// What a version is deleted by that there is not: one alone is no failure, one
// among others is named.
func TestAVersionThatThereIsNotIsNamedAmongOthers(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	none := strings.Repeat("v", 32)
	rec := w.ask(t, "POST /versioned-bucket?delete\n\n<Delete><Object><Key>k</Key><VersionId>"+none+"</VersionId></Object><Object><Key>l</Key></Object></Delete>")
	if got := rec.Body.String(); !strings.Contains(got, "<Error><Key>k</Key><VersionId>"+none+"</VersionId><Code>NoSuchVersion</Code>") || !strings.Contains(got, "<Deleted><Key>l</Key>") {
		t.Errorf("got %s", got)
	}
}

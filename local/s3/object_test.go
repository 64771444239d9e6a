// Objects: bodies, ranges, conditions.

package s3_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

func TestObjectsComeBackAsTheyWerePut(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, key := range []string{
		"orders.xml", "inbox/a b+c.xml", "ünïcödé/💶.xml", "folder/", "a//b", "../up", "%2F&=?#.xml", "<&>.xml",
	} {
		t.Run(key, func(t *testing.T) {
			_, err := w.PutObject(t.Context(), &awss3.PutObjectInput{
				Bucket: aws.String("plain-bucket"), Key: &key, Body: strings.NewReader("body of " + key),
				ContentType: aws.String("application/xml"), Metadata: map[string]string{"partner": "acme"},
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := w.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("plain-bucket"), Key: &key, ChecksumMode: types.ChecksumModeEnabled})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(out.Body)
			if err != nil || string(body) != "body of "+key {
				t.Errorf("got %q, %v", body, err)
			}
			if *out.ContentType != "application/xml" || out.Metadata["partner"] != "acme" || out.ContentEncoding != nil {
				t.Errorf("headers differ: %v %v %v", *out.ContentType, out.Metadata, out.ContentEncoding)
			}
		})
	}
}

func TestEveryKindOfBodyIsDecodedAndChecked(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	body := make([]byte, 3<<20) // beyond what is kept in memory
	rand.Read(body)
	bucket := aws.String("plain-bucket")
	for _, algorithm := range []types.ChecksumAlgorithm{"", "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		t.Run("seekable "+string(algorithm), func(t *testing.T) {
			_, err := w.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: bucket, Key: aws.String("k"), Body: bytes.NewReader(body), ChecksumAlgorithm: algorithm})
			if err != nil {
				t.Fatal(err)
			}
			got := w.get(t, &awss3.GetObjectInput{Bucket: bucket, Key: aws.String("k"), ChecksumMode: types.ChecksumModeEnabled})
			if got != string(body) {
				t.Error("body differs")
			}
		})
	}
	chunked := func(data, trailer string) *http.Request {
		r := httptest.NewRequest("PUT", "/plain-bucket/chunked", strings.NewReader(data))
		r.Header.Set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		r.Header.Set("x-amz-decoded-content-length", "11")
		r.Header.Set("Content-Encoding", "aws-chunked,gzip")
		if trailer != "" {
			r.Header.Set("x-amz-trailer", trailer)
		}
		return r
	}
	const trailer = "x-amz-checksum-crc32"
	for _, row := range []struct {
		name, data, trailer, want string
	}{
		{"unsigned chunks with a trailer", "6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", trailer, ""},
		{"no empty line at the end", "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n", trailer, ""},
		{"signed chunks", "b;chunk-signature=abc\r\nhello world\r\n0;chunk-signature=def\r\n\r\n", "", ""},
		{"announced trailer is missing", "b\r\nhello world\r\n0\r\n\r\n", trailer, "MalformedTrailerError"},
		{"wrong checksum", "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", trailer, "BadDigest"},
		{"broken off in a chunk", "b\r\nhello", trailer, "IncompleteBody"},
		{"broken off between chunks", "6\r\nhello \r\n", trailer, "IncompleteBody"},
		{"fewer bytes than announced", "5\r\nhello\r\n0\r\n\r\n", "", "IncompleteBody"},
		{"not chunked at all", "hello world", trailer, "InvalidRequest"},
		{"chunk longer than its size", "5\r\nhello world\r\n0\r\n\r\n", "", "InvalidRequest"},
	} {
		t.Run(row.name, func(t *testing.T) {
			rec := httptest.NewRecorder()
			w.handler().ServeHTTP(rec, chunked(row.data, row.trailer))
			if row.want != "" {
				if !strings.Contains(rec.Body.String(), "<Code>"+row.want+"</Code>") {
					t.Errorf("want %s, got %d %s", row.want, rec.Code, rec.Body)
				}
				return
			}
			if rec.Code != 200 {
				t.Fatalf("got %d %s", rec.Code, rec.Body)
			}
			o, err := w.s3.As(w.cloud.Administrator(), s3.Origin{}).Get(t.Context(), "plain-bucket", "chunked", "")
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, o.Size)
			if _, err := o.Body.ReadAt(got, 0); err != nil || string(got) != "hello world" || o.Header["Content-Encoding"] != "gzip" {
				t.Errorf("got %q %v %v", got, err, o.Header)
			}
		})
	}
}

func TestRangesAndConditionsOfReads(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	etag := *w.put(t, "plain-bucket", "k", "0123456789").ETag
	in := func(edit func(*awss3.GetObjectInput)) *awss3.GetObjectInput {
		i := &awss3.GetObjectInput{Bucket: aws.String("plain-bucket"), Key: aws.String("k")}
		edit(i)
		return i
	}
	for _, row := range []struct {
		name string
		in   *awss3.GetObjectInput
		want string
		code string
	}{
		{"first bytes", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("bytes=0-3") }), "0123", ""},
		{"open end", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("bytes=7-") }), "789", ""},
		{"last bytes", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("bytes=-2") }), "89", ""},
		{"end beyond the object", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("bytes=8-99") }), "89", ""},
		{"start beyond the object", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("bytes=10-") }), "", "InvalidRange"},
		{"not a range", in(func(i *awss3.GetObjectInput) { i.Range = aws.String("lines=1-2") }), "0123456789", ""},
		{"matching tag", in(func(i *awss3.GetObjectInput) { i.IfMatch = &etag }), "0123456789", ""},
		{"other tag", in(func(i *awss3.GetObjectInput) { i.IfMatch = aws.String(`"00"`) }), "", "PreconditionFailed"},
		{"known tag", in(func(i *awss3.GetObjectInput) { i.IfNoneMatch = &etag }), "", "NotModified"},
		{"no such key", in(func(i *awss3.GetObjectInput) { i.Key = aws.String("absent") }), "", "NoSuchKey"},
		{"no such bucket", in(func(i *awss3.GetObjectInput) { i.Bucket = aws.String("absent") }), "", "NoSuchBucket"},
		{"no such version", in(func(i *awss3.GetObjectInput) { i.VersionId = aws.String("absent") }), "", "InvalidArgument"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.code != "" {
				if _, err := w.GetObject(t.Context(), row.in); code(err) != row.code {
					t.Errorf("want %s, got %v", row.code, err)
				}
				return
			}
			if got := w.get(t, row.in); got != row.want {
				t.Errorf("want %q, got %q", row.want, got)
			}
		})
	}
}

func TestConditionalWritesHaveOneWinner(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	var wg sync.WaitGroup
	results := make([]string, 8)
	for i := range results {
		wg.Go(func() {
			_, err := w.PutObject(context.Background(), &awss3.PutObjectInput{
				Bucket: aws.String("plain-bucket"), Key: aws.String("claim"), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*"),
			})
			results[i] = code(err)
		})
	}
	wg.Wait()
	slices.Sort(results)
	if results[0] != "" || results[1] != "PreconditionFailed" {
		t.Errorf("results %v", results)
	}
}

func TestConditionalWritesAskForTheCurrentObject(t *testing.T) {
	for _, row := range []struct {
		name                 string
		exists               bool
		ifMatch, ifNoneMatch string
		want                 string
	}{
		{"none expected, none there", false, "", "*", ""},
		{"none expected, one there", true, "", "*", "PreconditionFailed"},
		{"one expected, none there", false, `"00"`, "", "NoSuchKey"},
		{"one expected, another there", true, `"00"`, "", "PreconditionFailed"},
		{"the one expected", true, `"9dd4e461268c8034f5c8564e155c67a6"`, "", ""}, // MD5 of "x"
		{"any expected, which S3 does not do", true, "*", "", "NotImplemented"},
		{"another than one", true, "", `"00"`, "NotImplemented"},
		{"both", true, `"00"`, "*", "NotImplemented"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "versioned-bucket")
			w.put(t, "versioned-bucket", "k", "x")
			if !row.exists { // a delete marker is no object
				if _, err := w.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("k")}); err != nil {
					t.Fatal(err)
				}
			}
			in := &awss3.PutObjectInput{Bucket: aws.String("versioned-bucket"), Key: aws.String("k"), Body: strings.NewReader("y")}
			if row.ifMatch != "" {
				in.IfMatch = &row.ifMatch
			}
			if row.ifNoneMatch != "" {
				in.IfNoneMatch = &row.ifNoneMatch
			}
			if _, err := w.PutObject(t.Context(), in); code(err) != row.want {
				t.Errorf("want %q, got %v", row.want, err)
			}
		})
	}
}

func TestABodyThatDoesNotAddUpIsRefused(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, row := range []struct{ name, header, value, want string }{
		{"right MD5", "Content-MD5", "XrY7u+Ae7tCTyyK7j1rNww==", "200"},
		{"wrong MD5", "Content-MD5", "XrY7u+Ae7tCTyyK7j1rNwg==", "BadDigest"},
		{"no MD5 at all", "Content-MD5", "hello", "InvalidDigest"},
		{"right CRC", "x-amz-checksum-crc32", "DUoRhQ==", "200"},
		{"wrong CRC", "x-amz-checksum-crc32", "DUoRhA==", "BadDigest"},
		{"a header that would be forgotten", "x-amz-write-offset-bytes", "1", "NotImplemented"},
		{"wrong MD5, in hexadecimal digits", "Content-MD5", "XrY7u+Ae7tCTyyK7j1rNwg==", "<CalculatedDigest>XrY7u+Ae7tCTyyK7j1rNww==</CalculatedDigest><ExpectedDigest>5eb63bbbe01eeed093cb22bb8f5acdc2</ExpectedDigest>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("PUT", "/plain-bucket/k", strings.NewReader("hello world"))
			r.Header.Set(row.header, row.value)
			rec := httptest.NewRecorder()
			w.handler().ServeHTTP(rec, r)
			if got := fmt.Sprint(rec.Code) + rec.Body.String(); !strings.Contains(got, row.want) {
				t.Errorf("want %s, got %s", row.want, got)
			}
		})
	}
}

func TestObjectsStayReadableWhileTheyAreOverwritten(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.put(t, "plain-bucket", "k", strings.Repeat("a", 2<<20))
	client := w.s3.As(w.cloud.Administrator(), s3.Origin{})
	o, err := client.Get(t.Context(), "plain-bucket", "k", "")
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, "plain-bucket", "k", "b")
	got := make([]byte, o.Size)
	if _, err := o.Body.ReadAt(got, 0); err != nil && err != io.EOF || strings.Trim(string(got), "a") != "" {
		t.Errorf("the open object changed: %v", err)
	}
}
func TestCallsSpeakTheJSONOfStepFunctions(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	call := func(action, input string) map[string]any {
		t.Helper()
		out, err := w.s3.Call(t.Context(), w.cloud.Administrator(), action, json.RawMessage(input))
		if err != nil {
			t.Fatalf("%s: %v", action, err)
		}
		var answer map[string]any
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	call("PutObject", `{"Bucket":"plain-bucket","Key":"text","Body":"héllo","ContentType":"text/plain","Metadata":{"a":"b"}}`)
	got := call("GetObject", `{"Bucket":"plain-bucket","Key":"text"}`)
	if got["Body"] != "héllo" || got["ContentType"] != "text/plain" || got["ContentLength"] != 6.0 || got["Metadata"].(map[string]any)["a"] != "b" {
		t.Errorf("GetObject answered %v", got)
	}
	for algorithm, want := range map[string]string{
		"": "CRC64NVME", "CRC32": "CRC32", "CRC32C": "CRC32C", "SHA1": "SHA1", "SHA256": "SHA256", "CRC64NVME": "CRC64NVME",
	} {
		if got := call("PutObject", `{"Bucket":"plain-bucket","Key":"json","Body":{"a":1},"ChecksumAlgorithm":"`+algorithm+`"}`); got["Checksum"+want] == nil || got["ChecksumType"] != "FULL_OBJECT" {
			t.Errorf("PutObject with %q answered %v", algorithm, got)
		}
	}
	if got := call("GetObject", `{"Bucket":"plain-bucket","Key":"json"}`); got["Body"] != `{"a":1}` || fmt.Sprint(got["Metadata"]) != "map[]" {
		t.Errorf("an object as body became %v", got["Body"])
	}
	call("CopyObject", `{"Bucket":"plain-bucket","Key":"copy","CopySource":"/plain-bucket/text"}`)
	if got := call("ListObjectsV2", `{"Bucket":"plain-bucket","MaxKeys":2}`); got["KeyCount"] != 2.0 || got["IsTruncated"] != true {
		t.Errorf("ListObjectsV2 answered %v", got)
	}
	call("DeleteObject", `{"Bucket":"plain-bucket","Key":"copy"}`)
	_, err := w.s3.Call(t.Context(), w.cloud.Administrator(), "HeadObject", json.RawMessage(`{"Bucket":"plain-bucket","Key":"copy"}`))
	if e := cloud.AsError(err); err == nil || e.Code != "NoSuchKey" {
		t.Errorf("HeadObject of a deleted object: %v", err)
	}
}

// What a copy has of its source is what describes the body, not where it lies.
func TestACopyHasTheMetadataOfItsSource(t *testing.T) {
	w := newWorld(t, "plain-bucket", "versioned-bucket")
	w.ask(t, "PUT /plain-bucket/a%2Bb%20c\nContent-Type: text/plain\nx-amz-meta-kind: invoice\nx-amz-storage-class: STANDARD_IA\nx-amz-website-redirect-location: /elsewhere\n\nhello")
	for headers, class := range map[string]string{"": "", "\nx-amz-storage-class: ONEZONE_IA": "ONEZONE_IA"} {
		if rec := w.ask(t, "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/a%2Bb+c"+headers); rec.Code != 200 {
			t.Fatalf("got %d %s", rec.Code, rec.Body)
		}
		head := w.ask(t, "HEAD /plain-bucket/copy").Header()
		if head.Get("Content-Type") != "text/plain" || head.Get("x-amz-storage-class") != class || head.Get("x-amz-website-redirect-location") != "" || len(head[strings.ToLower("X-Amz-Meta-Kind")]) != 1 {
			t.Errorf("%s: the copy has %v", headers, head)
		}
	}
	version := w.ask(t, "PUT /versioned-bucket/k\n\nx").Header().Get("x-amz-version-id")
	if got := w.ask(t, "PUT /plain-bucket/copy\nx-amz-copy-source: versioned-bucket/k").Header().Get("x-amz-copy-source-version-id"); got != version {
		t.Errorf("copied from version %q, want %s", got, version)
	}
	marker := w.ask(t, "DELETE /versioned-bucket/k").Header().Get("x-amz-version-id")
	rec := w.ask(t, "PUT /plain-bucket/copy\nx-amz-copy-source: versioned-bucket/k?versionId="+marker)
	if !strings.Contains(rec.Body.String(), "may not specifically refer to a delete marker") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if rec := w.ask(t, "GET /versioned-bucket/k?versionId="+marker); rec.Code != 405 || rec.Header().Get("Allow") != "DELETE" || !strings.Contains(rec.Body.String(), "<ResourceType>DeleteMarker</ResourceType>") {
		t.Errorf("got %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

func TestABucketIsSuspendedWithoutIDsOfWrites(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	w.ask(t, "PUT /versioned-bucket?versioning\n\n<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
	if got := w.ask(t, "PUT /versioned-bucket/k\n\nx").Header().Get("x-amz-version-id"); got != "" {
		t.Errorf("a write tells %s", got)
	}
	if got := w.ask(t, "GET /versioned-bucket/k").Header().Get("x-amz-version-id"); got != "null" {
		t.Errorf("a read tells %s", got)
	}
	if e := w.events[0]; strings.Contains(string(e.Detail), "version-id") {
		t.Errorf("EventBridge is told %s", e.Detail)
	}
}

func TestTagsAreToldByTheirKeys(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.deny = func(action, _ string, _ map[string]string) bool { return action == "s3:PutObjectTagging" }
	w.put(t, "plain-bucket", "without", "x") // which needs no permission for tags
	w.deny = nil
	w.ask(t, "PUT /plain-bucket/k\nx-amz-tagging: e&d&c&b&a\n\nx")
	var keys string
	for _, tag := range strings.Split(w.ask(t, "GET /plain-bucket/k?tagging").Body.String(), "<Tag>")[1:] {
		keys += value(tag, "Key")
	}
	if keys != "abcde" {
		t.Errorf("got %s", keys)
	}
}

// Of a deleted object only the access control list is not found.
func TestWhatADeleteMarkerIsAskedForBesideABody(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	w.put(t, "versioned-bucket", "k", "x")
	w.ask(t, "DELETE /versioned-bucket/k")
	for what, want := range map[string]string{"acl": "404 NoSuchKey", "tagging": "405 MethodNotAllowed"} {
		if got := w.answer(t, "GET /versioned-bucket/k?"+what); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
}

func TestACopyOfWhatAKeyOfKMSHidesTellsItsEntityTag(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "PUT /plain-bucket/k\nx-amz-server-side-encryption: aws:kms\n\nhello")
	if got := value(w.ask(t, "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/k").Body.String(), "ETag"); !strings.Contains(got, "5d41402abc4b2a76b9719d911017c592") { // MD5 of "hello"
		t.Errorf("got %s", got)
	}
}

func TestMetadataInEncodedWordsIsToldAsItWasMeant(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	if got := w.answer(t, "PUT /plain-bucket/k\nx-amz-meta-name: =?UTF-8?B?w4RN?=\nx-amz-meta-plain: =?UTF-8?Q?abc?=\n\nx"); got != "200" {
		t.Fatal(got)
	}
	h := map[string][]string(w.ask(t, "HEAD /plain-bucket/k").Header()) // users' names are in lower case
	if got := strings.Join(append(h["x-amz-meta-name"], h["x-amz-meta-plain"]...), " "); got != "=?UTF-8?B?w4RN?= abc" {
		t.Errorf("told as %s", got)
	}
}

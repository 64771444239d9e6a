// Multipart uploads.

package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
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

// value is the text of the first element of a name.
func value(body, name string) string {
	_, rest, _ := strings.Cut(body, "<"+name+">")
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// begun is a world with an upload to plain-bucket/k that has part 1, "hello", with its
// checksum where the headers ask for CRC32.
func begun(t *testing.T, headers string) (w *world, id string) {
	w = newWorld(t, "plain-bucket")
	id = value(w.ask(t, "POST /plain-bucket/k?uploads\n"+headers).Body.String(), "UploadId")
	var sum string
	if strings.Contains(headers, "CRC32") {
		sum = "\nx-amz-checksum-crc32: NhCmhg=="
	}
	if got := w.answer(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+sum+"\n\nhello"); got != "200" {
		t.Fatal(got)
	}
	return w, id
}

func TestAnUploadIsCompletedByWhatItIs(t *testing.T) {
	const part = "<Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part>" // MD5 of "hello"
	const (
		none      = ""
		whole     = "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: FULL_OBJECT"
		composite = "x-amz-checksum-algorithm: CRC32"
	)
	with := func(sum string) string { return strings.Replace(part, "</Part>", sum+"</Part>", 1) }
	own := with("<ChecksumCRC32>NhCmhg==</ChecksumCRC32>")
	for _, row := range []struct{ name, upload, headers, parts, want string }{
		{"the part", none, "", part, "200"},
		{"the part", whole, "", part, "200"},
		{"the part", composite, "", part, "400 InvalidRequest"},
		{"the part twice", whole, "", part + part, "400 InvalidPartOrder"},
		{"the part with its checksum", none, "", own, "400 InvalidPart"},
		{"the part with its checksum", whole, "", own, "200"},
		{"the part with its checksum", composite, "", own, "200"},
		{"the part with another checksum", whole, "", with("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"), "400 InvalidPart"},
		{"the part with another checksum", composite, "", with("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"), "400 InvalidPart"},
		{"the part with a checksum that it has not", composite, "", with("<ChecksumSHA1>AAAA</ChecksumSHA1>"), "400 BadDigest"},
		{"another checksum of all", composite, "x-amz-checksum-crc32: AAAAAA==", own, "400 BadDigest"},
		{"another checksum of all", none, "x-amz-checksum-crc32: AAAAAA==", part, "200"},
		{"the checksum of all without its type", whole, "x-amz-checksum-crc32: NhCmhg==", part, "400 BadDigest"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, id := begun(t, row.upload)
			if got := w.answer(t, "POST /plain-bucket/other?uploadId="+id+"\n\n<CompleteMultipartUpload>"+row.parts+"</CompleteMultipartUpload>"); got != "404 NoSuchUpload" {
				t.Errorf("to another key: got %s", got)
			}
			if got := w.answer(t, "POST /plain-bucket/k?uploadId="+id+"\n"+row.headers+"\n\n<CompleteMultipartUpload>"+row.parts+"</CompleteMultipartUpload>"); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestAnUploadIsCompletedByTheChecksumOfItsObject(t *testing.T) {
	const parts = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part></CompleteMultipartUpload>"
	for kind, sum := range map[string]string{"FULL_OBJECT": "NhCmhg==", "COMPOSITE": "FKTmaw==-1"} {
		t.Run(kind, func(t *testing.T) {
			w, id := begun(t, "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: "+kind)
			request := "POST /plain-bucket/k?uploadId=" + id + "\nx-amz-checksum-type: " + kind + "\nx-amz-checksum-crc32: "
			if got := w.answer(t, request+"AAAAAA==\n\n"+parts); got != "400 BadDigest" {
				t.Errorf("by another checksum: got %s", got)
			}
			if got := value(w.ask(t, request+sum+"\n\n"+parts).Body.String(), "ChecksumCRC32"); got != sum {
				t.Errorf("by its own checksum: got %q, want %q", got, sum)
			}
		})
	}
}

func TestAPartComesWithTheChecksumOfItsUpload(t *testing.T) {
	const (
		composite = "\nx-amz-checksum-algorithm: CRC32"
		whole     = composite + "\nx-amz-checksum-type: FULL_OBJECT"
		own       = "\nx-amz-checksum-crc32: NhCmhg=="
		other     = "\nx-amz-checksum-crc32c: mnG7TA=="
	)
	for _, row := range []struct{ upload, part, want string }{
		{composite, own, "200"},
		{composite, "", "400 InvalidRequest"},
		{composite, other, "400 InvalidRequest"},
		{composite, "\nx-amz-copy-source: plain-bucket/source", "200"},
		{whole, own, "200"},
		{whole, "", "200"},
		{whole, other, "400 InvalidRequest"},
		{"", other, "200"},
	} {
		w := newWorld(t, "plain-bucket")
		w.put(t, "plain-bucket", "source", "hello")
		id := value(w.ask(t, "POST /plain-bucket/k?uploads"+row.upload).Body.String(), "UploadId")
		if got := w.answer(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+row.part+"\n\nhello"); got != row.want {
			t.Errorf("upload of%q, part of%q: got %s, want %s", row.upload, row.part, got, row.want)
		}
	}
}

func TestAPartThatIsReadHasTheChecksumThatItsObjectsIsMadeOf(t *testing.T) {
	const whole = "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: FULL_OBJECT"
	for upload, want := range map[string][]string{"x-amz-checksum-algorithm: CRC32": {"NhCmhg==", "COMPOSITE", "FKTmaw=="}, whole: {"NhCmhg==", "FULL_OBJECT", "NhCmhg=="}, "": {"", "FULL_OBJECT", ""}} {
		w, id := begun(t, upload)
		sum := "<ChecksumCRC32>NhCmhg==</ChecksumCRC32>"
		if upload == "" {
			sum = ""
		}
		w.ask(t, "POST /plain-bucket/k?uploadId="+id+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag>"+sum+"</Part></CompleteMultipartUpload>")
		h := w.ask(t, "GET /plain-bucket/k?partNumber=1\nx-amz-checksum-mode: ENABLED").Header()
		if h.Get("x-amz-checksum-crc32") != want[0] || h.Get("x-amz-checksum-type") != want[1] {
			t.Errorf("%q: got %q of type %q, want %q of type %q", upload, h.Get("x-amz-checksum-crc32"), h.Get("x-amz-checksum-type"), want[0], want[1])
		}
		told := w.ask(t, "GET /plain-bucket/k?attributes\nx-amz-object-attributes: ObjectParts,Checksum").Body.String()
		if strings.Contains(told, "<Part>") != (want[1] == "COMPOSITE") || value(told, "ChecksumType") != want[1] || value(told, "ChecksumCRC32") != want[2] {
			t.Errorf("%q: told %s", upload, told)
		}
	}
}

func TestAPartThatIsCopiedTellsItsChecksumWhereTheUploadHasOne(t *testing.T) {
	for upload, want := range map[string]string{"x-amz-checksum-algorithm: CRC32C": "mnG7TA==", "": ""} {
		w := newWorld(t, "plain-bucket")
		w.put(t, "plain-bucket", "source", "hello")
		id := value(w.ask(t, "POST /plain-bucket/k?uploads\n"+upload).Body.String(), "UploadId")
		got := w.ask(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+"\nx-amz-copy-source: plain-bucket/source").Body.String()
		if value(got, "ETag") == "" || value(got, "ChecksumCRC32C") != want || strings.Contains(got, "Checksum") != (want != "") || strings.Contains(got, "ChecksumType") {
			t.Errorf("%q: got %s", upload, got)
		}
	}
}

func TestAnUploadUnderAClientsKeyHasNoChecksumByDefault(t *testing.T) {
	key := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	sum := md5.Sum([]byte(strings.Repeat("k", 32)))
	headers := "\nx-amz-server-side-encryption-customer-algorithm: AES256\nx-amz-server-side-encryption-customer-key: " + key +
		"\nx-amz-server-side-encryption-customer-key-md5: " + base64.StdEncoding.EncodeToString(sum[:])
	w := newWorld(t, "plain-bucket")
	id := value(w.ask(t, "POST /plain-bucket/k?uploads"+headers).Body.String(), "UploadId")
	w.ask(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+headers+"\n\nhello")
	done := w.ask(t, "POST /plain-bucket/k?uploadId="+id+headers+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>").Body.String()
	if value(done, "ETag") == "" || strings.Contains(done, "Checksum") {
		t.Errorf("got %s", done)
	}
}

func TestWhatAnUploadBeginsWithIsItsObjects(t *testing.T) {
	w, id := begun(t, "x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: FULL_OBJECT\nx-amz-tagging: a=1\nContent-Type: text/plain\nx-amz-storage-class: STANDARD_IA")
	if call := w.calls[len(w.calls)-1]; call.RequestParameters["uploadId"] != id || call.RequestParameters["partNumber"] != 1 || call.AdditionalEventData["bytesTransferredIn"] != int64(5) {
		t.Errorf("CloudTrail was told %+v", call)
	}
	done := w.ask(t, "POST /plain-bucket/k?uploadId="+id+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>").Body.String()
	if value(done, "ChecksumCRC32") != "NhCmhg==" || value(done, "ChecksumType") != "FULL_OBJECT" {
		t.Errorf("got %s", done)
	}
	h := w.ask(t, "HEAD /plain-bucket/k").Header()
	if h.Get("Content-Type") != "text/plain" || h.Get("x-amz-tagging-count") != "1" || h.Get("x-amz-storage-class") != "STANDARD_IA" {
		t.Errorf("the object has %v", h)
	}
}

func TestAnUploadWithoutAChecksumHasPartsWithoutDetails(t *testing.T) {
	w, id := begun(t, "")
	w.ask(t, "POST /plain-bucket/k?uploadId="+id+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>")
	got := w.ask(t, "GET /plain-bucket/k?attributes\nx-amz-object-attributes: ObjectParts").Body.String()
	if value(got, "PartsCount") != "1" || strings.Contains(got, "<Part>") {
		t.Errorf("got %s", got)
	}
}

// What a client is told of the condition, by which it decides what to do anew.
func TestAConflictNamesTheConditionAndTheKey(t *testing.T) {
	for condition, value := range map[string]string{"If-Match": "5d41402abc4b2a76b9719d911017c592", "If-None-Match": "*"} {
		w, id := begun(t, "")
		w.put(t, "plain-bucket", "k", "hello")
		if condition == "If-None-Match" {
			w.ask(t, "DELETE /plain-bucket/k")
		}
		got := w.ask(t, "POST /plain-bucket/k?uploadId="+id+"\n"+condition+": "+value+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>")
		if got.Code != 409 || !strings.Contains(got.Body.String(), "<Condition>"+condition+"</Condition><Key>k</Key>") {
			t.Errorf("%s: got %d %s", condition, got.Code, got.Body)
		}
	}
}

// Only what happens to the current version comes in an upload's way.
func TestAnUploadIsNotInConflictWithTheEndOfAnOldVersion(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	old := w.put(t, "versioned-bucket", "k", "x")
	w.put(t, "versioned-bucket", "k", "hello")
	id := value(w.ask(t, "POST /versioned-bucket/k?uploads").Body.String(), "UploadId")
	w.ask(t, "PUT /versioned-bucket/k?partNumber=1&uploadId="+id+"\n\nhello")
	w.ask(t, "DELETE /versioned-bucket/k?versionId="+*old.VersionId)
	if got := w.answer(t, "POST /versioned-bucket/k?uploadId="+id+"\nIf-Match: 5d41402abc4b2a76b9719d911017c592\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>"); got != "200" {
		t.Errorf("got %s", got)
	}
}

func TestAPartIsCopiedOnConditionsOfItsSource(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	source := w.put(t, "versioned-bucket", "source", "hello")
	id := value(w.ask(t, "POST /versioned-bucket/k?uploads").Body.String(), "UploadId")
	part := "PUT /versioned-bucket/k?partNumber=1&uploadId=" + id + "\nx-amz-copy-source: versioned-bucket/source"
	if got := w.answer(t, part+"\nx-amz-copy-source-if-match: x"); got != "412 PreconditionFailed" {
		t.Errorf("got %s", got)
	}
	if got := w.ask(t, part).Header().Get("x-amz-copy-source-version-id"); got != *source.VersionId {
		t.Errorf("the source's version is %q", got)
	}
	if got := w.calls[len(w.calls)-1].RequestParameters["x-amz-copy-source"]; got != "versioned-bucket/source" {
		t.Errorf("CloudTrail was told of the source %v", got)
	}
}

func TestAWrongDigestOfAPartIsToldAsItCame(t *testing.T) {
	w, id := begun(t, "")
	const wrong = "XrY7u+Ae7tCTyyK7j1rNwg=="
	got := w.ask(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+"\nContent-MD5: "+wrong+"\n\nhello world").Body.String()
	if value(got, "Code") != "BadDigest" || value(got, "ExpectedDigest") != wrong {
		t.Errorf("got %s", got)
	}
}

func TestPartsAreNumberedFromOneToTenThousand(t *testing.T) {
	w, id := begun(t, "")
	for number, want := range map[string]string{"0": "400 InvalidArgument", "1": "200", "10000": "200", "10001": "400 InvalidArgument"} {
		if got := w.answer(t, "PUT /plain-bucket/k?partNumber="+number+"&uploadId="+id+"\n\nx"); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	}
}

func TestUploadsAreListedByTheirKeys(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	for _, key := range []string{"b/3", "b/2", "a", "b/1", "c", "b/0"} {
		w.ask(t, "POST /plain-bucket/"+key+"?uploads\nx-amz-storage-class: STANDARD_IA")
	}
	var keys []string
	for _, upload := range strings.Split(w.ask(t, "GET /plain-bucket?uploads&prefix=b/").Body.String(), "<Upload>")[1:] {
		keys = append(keys, value(upload, "Key"), value(upload, "StorageClass"))
	}
	if got := strings.Join(keys, " "); got != "b/0 STANDARD_IA b/1 STANDARD_IA b/2 STANDARD_IA b/3 STANDARD_IA" {
		t.Errorf("got %s", got)
	}
}

func TestThePartsOfAnObjectAreToldPageByPage(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	id := value(w.ask(t, "POST /plain-bucket/k?uploads\nx-amz-checksum-algorithm: CRC32").Body.String(), "UploadId")
	var parts string
	for n, body := range []string{strings.Repeat("a", 5<<20), "b"} {
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body)))
		rec := w.ask(t, fmt.Sprintf("PUT /plain-bucket/k?partNumber=%d&uploadId=%s\nx-amz-checksum-crc32: %s\n\n%s", n+1, id, base64.StdEncoding.EncodeToString(sum), body))
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
	if got := w.ask(t, attributes+"\nx-amz-max-parts: 5000").Body.String(); value(got, "MaxParts") != "1000" {
		t.Errorf("the longest page is %s", got)
	}
	if got := w.answer(t, attributes+"\nx-amz-max-parts: few"); got != "400 InvalidArgument" {
		t.Errorf("got %s", got)
	}
}

// What a version is deleted by that there is not: one alone is no failure, one
// among others is named.
func TestAVersionThatThereIsNotIsNamedAmongOthers(t *testing.T) {
	w := newWorld(t, "versioned-bucket")
	none := noVersion
	rec := w.ask(t, "POST /versioned-bucket?delete\n\n<Delete><Object><Key>k</Key><VersionId>"+none+"</VersionId></Object><Object><Key>l</Key></Object></Delete>")
	if got := rec.Body.String(); !strings.Contains(got, "<Error><Key>k</Key><VersionId>"+none+"</VersionId><Code>NoSuchVersion</Code>") || !strings.Contains(got, "<Deleted><Key>l</Key>") {
		t.Errorf("got %s", got)
	}
}

package s3_test

// This file asks for what S3 has beside bodies, and for what is not honoured.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// requestOf makes a request of its first line, header lines, and a body behind an
// empty line.
// noVersion is an id as versions have, of none.
const noVersion = "bm8gdmVyc2lvbgAAAAAAAAAAAAFSNe4b"

func requestOf(text string) *http.Request {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// ask makes a request of the account's administrator.
func (w *world) ask(t *testing.T, text string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.handler().ServeHTTP(rec, requestOf(text))
	return rec
}

func TestWhatIsAskedForInHeadersIsHonouredOrRefused(t *testing.T) {
	const (
		refused     = "501 NotImplemented"
		inFrankfurt = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
	)
	for _, row := range []struct{ name, request, want string }{
		{"half a lock", "PUT /plain-bucket/k\nx-amz-object-lock-mode: GOVERNANCE\n\nx", "400 InvalidArgument ArgumentName=x-amz-object-lock-retain-until-date"},
		{"the other half of a lock", "PUT /plain-bucket/k\nx-amz-object-lock-retain-until-date: 2090-01-01T00:00:00Z\n\nx", "400 InvalidArgument ArgumentName=x-amz-object-lock-mode"},
		{"a lock that is over", "PUT /plain-bucket/k\nx-amz-object-lock-mode: GOVERNANCE\nx-amz-object-lock-retain-until-date: 2020-01-01T00:00:00Z\n\nx", "400 InvalidArgument ArgumentValue=2020-01-01T00:00:00Z"},
		{"a lock where there are none", "PUT /plain-bucket/k\nx-amz-object-lock-legal-hold: ON\n\nx", "400 InvalidRequest"},
		{"half a key of the client's own", "PUT /plain-bucket/k\nx-amz-server-side-encryption-customer-algorithm: AES256\n\nx", "400 InvalidArgument ArgumentName=x-amz-server-side-encryption"},
		{"an encryption that there is not", "PUT /plain-bucket/k\nx-amz-server-side-encryption: DES\n\nx", "400 InvalidArgument ArgumentValue=DES"},
		{"a key of KMS for another encryption", "PUT /plain-bucket/k\nx-amz-server-side-encryption-aws-kms-key-id: a\n\nx", "400 InvalidArgument"},
		{"a grant to nobody", "PUT /plain-bucket/k\nx-amz-grant-read: id=1\n\nx", "400 InvalidArgument ArgumentValue=1"},
		{"the public", "PUT /plain-bucket/k\nx-amz-acl: public-read\n\nx", "400 AccessControlListNotSupported"},
		{"the owner by another name", "PUT /plain-bucket/k\nx-amz-acl: private\n\nx", "400 AccessControlListNotSupported"},
		{"a list that there is not", "PUT /plain-bucket/k\nx-amz-acl: open\n\nx", "400 InvalidArgument ArgumentValue=open"},
		{"no byte, with its checksum", "PUT /plain-bucket/k\nx-amz-checksum-crc32: AAAAAA==", "200"},
		{"nobody but the owner", "PUT /plain-bucket/k\nx-amz-acl: bucket-owner-full-control\n\nx", "200"},
		{"an offset", "PUT /plain-bucket/k\nx-amz-write-offset-bytes: 1\n\nx", refused},
		{"a checksum's mode of a write", "PUT /plain-bucket/k\nx-amz-checksum-mode: ENABLED\n\nx", refused},
		{"archiving", "PUT /plain-bucket/k\nx-amz-storage-class: GLACIER\n\nx", refused},
		{"a class that there is not", "PUT /plain-bucket/k\nx-amz-storage-class: ICE\n\nx", "400 InvalidStorageClass StorageClassRequested=ICE"},
		{"tags of one key", "PUT /plain-bucket/k\nx-amz-tagging: a=1&a=2\n\nx", "400 InvalidArgument ArgumentName=x-amz-tagging"},
		{"as many tags as an object may have", "PUT /plain-bucket/k\nx-amz-tagging: a&b&c&d&e&f&g&h&i&j\n\nx", "200"},
		{"one tag more", "PUT /plain-bucket/k\nx-amz-tagging: a&b&c&d&e&f&g&h&i&j&k\n\nx", "400 BadRequest"},
		{"a tag with an equals sign", "PUT /plain-bucket/k\nx-amz-tagging: a=b=c\n\nx", "400 InvalidArgument ArgumentName=x-amz-tagging"},
		{"a tag of AWS's", "PUT /plain-bucket/k\nx-amz-tagging: AWS:a=b\n\nx", "400 InvalidTag TagKey=AWS:a"},
		{"the longest tag", "PUT /plain-bucket/k\nx-amz-tagging: " + strings.Repeat("%C3%BC", 128) + "=" + strings.Repeat("%C3%BC", 256) + "\n\nx", "200"},
		{"a tag whose key is too long", "PUT /plain-bucket/k\nx-amz-tagging: " + strings.Repeat("k", 129) + "=\n\nx", "400 InvalidTag"},
		{"a tag whose value is too long", "PUT /plain-bucket/k\nx-amz-tagging: k=" + strings.Repeat("v", 257) + "\n\nx", "400 InvalidTag TagKey=k"},
		{"the hash of another body", "PUT /plain-bucket/k\nx-amz-content-sha256: " + strings.Repeat("0", 64) + "\n\nx", "400 XAmzContentSHA256Mismatch ClientComputedContentSHA256=" + strings.Repeat("0", 64)},
		{"an upload on two conditions", "POST /plain-bucket/k?uploadId=none\nIf-Match: x\nIf-None-Match: *\n\n<CompleteMultipartUpload/>", refused},
		{"a bucket with a lock", "PUT /other-bucket\nx-amz-bucket-object-lock-enabled: true\n\n" + inFrankfurt, "200"},
		{"a deletion that bypasses no lock", "DELETE /plain-bucket/there\nx-amz-bypass-governance-retention: false", "400 InvalidArgument ArgumentName=x-amz-bypass-governance-retention"},
		{"a bucket whose owner is the writer", "PUT /other-bucket\nx-amz-object-ownership: ObjectWriter\n\n" + inFrankfurt, "200"},
		{"a bucket whose owner is the owner", "PUT /other-bucket\nx-amz-object-ownership: BucketOwnerEnforced\n\n" + inFrankfurt, "200"},
		{"a bucket whose owner is nobody", "PUT /other-bucket\nx-amz-object-ownership: Nobody\n\n" + inFrankfurt, "400 InvalidArgument ArgumentName=x-amz-object-ownership"},
		{"a bucket anywhere", "PUT /other-bucket", "400 IllegalLocationConstraintException"},
		{"a bucket elsewhere", "PUT /other-bucket\n\n" + strings.Replace(inFrankfurt, "central", "west", 1), "400 IllegalLocationConstraintException"},
		{"a bucket for the public", "PUT /other-bucket\nx-amz-acl: public-read\n\n" + inFrankfurt, "400 InvalidBucketAclWithObjectOwnership"},
		{"the owner", "GET /plain-bucket/there\nx-amz-expected-bucket-owner: 111122223333", "200"},
		{"another owner", "GET /plain-bucket/there\nx-amz-expected-bucket-owner: 987654321098", "403 AccessDenied"},
		{"an owner that is no account", "GET /plain-bucket/there\nx-amz-expected-bucket-owner: me", "400 InvalidBucketOwnerAWSAccountID"},
		{"a bucket that is not there", "GET /no-bucket/k", "404 NoSuchBucket BucketName=no-bucket"},
		{"a key that is not there", "GET /plain-bucket/k", "404 NoSuchKey Key=k"},
		{"a version that is not there", "GET /versioned-bucket/there?versionId=" + noVersion, "404 NoSuchVersion VersionId=" + noVersion},
		{"a version of a bucket that has none", "GET /plain-bucket/there?versionId=" + noVersion, "400 InvalidArgument ArgumentName=versionId"},
		{"a version that cannot be there", "GET /versioned-bucket/there?versionId=" + noVersion[1:] + "A", "400 InvalidArgument ArgumentName=versionId"},
		{"a version that cannot be deleted", "DELETE /versioned-bucket/there?versionId=" + noVersion[1:] + "A", "400 InvalidArgument ArgumentName=versionId"},
		{"a token that is none", "GET /plain-bucket?list-type=2&continuation-token=", "400 InvalidArgument ArgumentName=continuation-token"},
		{"an upload that cannot be there", "GET /plain-bucket?uploads&key-marker=k&upload-id-marker=" + noVersion[1:] + "A", "400 InvalidArgument ArgumentName=upload-id-marker"},
		{"a version that cannot be there", "DELETE /versioned-bucket/there?versionId=v", "400 InvalidArgument ArgumentValue=v"},
		{"bytes beyond the end", "GET /plain-bucket/there\nRange: bytes=7-9", "416 InvalidRange ActualObjectSize=5"},
		{"the last byte of none", "GET /plain-bucket/there\nRange: bytes=-0", "416 InvalidRange RangeRequested=bytes=-0"},
		{"the only part", "GET /plain-bucket/there?partNumber=1", "206"},
		{"a part that there is not", "GET /plain-bucket/there?partNumber=2", "416 InvalidPartNumber ActualPartCount=1"},
		{"a part that is no number", "GET /plain-bucket/there?partNumber=x", "400 InvalidArgument ArgumentName=partNumber"},
		{"a part and a range", "GET /plain-bucket/there?partNumber=1\nRange: bytes=0-1", "400 InvalidRequest"},
		{"another entity tag", "GET /plain-bucket/there\nIf-Match: x", "412 PreconditionFailed Condition=If-Match"},
		{"nothing new since 1970", "GET /plain-bucket/there\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "412 PreconditionFailed Condition=If-Unmodified-Since"},
		{"what is new in the future", "GET /plain-bucket/there\nIf-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT", "200"},
		{"a copy of another entity tag", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-match: x", "412 PreconditionFailed Condition=x-amz-copy-source-If-Match"},
		{"a copy of what has not changed since 1970", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT", "412 PreconditionFailed Condition=x-amz-copy-source-If-Unmodified-Since"},
		{"a copy of what has changed since 1970", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT", "200"},
		{"a copy of what changes in the future", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-modified-since: Thu, 01 Jan 2099 00:00:00 GMT", "200"},
		{"a copy of that entity tag, whatever has changed", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-match: 5d41402abc4b2a76b9719d911017c592\nx-amz-copy-source-if-unmodified-since: Thu, 01 Jan 1970 00:00:00 GMT", "200"},
		{"a copy of all but that entity tag", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-none-match: 5d41402abc4b2a76b9719d911017c592", "412 PreconditionFailed Condition=x-amz-copy-source-If-None-Match"},
		{"a copy of all but another entity tag", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket/there\nx-amz-copy-source-if-none-match: x", "200"},
		{"the longest key", "PUT /plain-bucket/" + strings.Repeat("k", 1024) + "\n\nx", "200"},
		{"a longer key", "PUT /plain-bucket/" + strings.Repeat("k", 1025) + "\n\nx", "400 KeyTooLongError"},
		{"a deletion of nothing", "POST /plain-bucket?delete\n\n<Delete></Delete>", "400 MalformedXML"},
		{"a deletion of a thousand", "POST /plain-bucket?delete\n\n<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", 1000) + "</Delete>", "200"},
		{"a deletion of one more", "POST /plain-bucket?delete\n\n<Delete>" + strings.Repeat("<Object><Key>k</Key></Object>", 1001) + "</Delete>", "400 MalformedXML"},
		{"a bucket again", "PUT /plain-bucket\n\n" + inFrankfurt, "409 BucketAlreadyOwnedByYou BucketName=plain-bucket"},
		{"a bucket with a tag of AWS's", "PUT /other-bucket\n\n" + strings.Replace(inFrankfurt, "</CreateB", "<Tags><Tag><Key>aws:a</Key><Value>b</Value></Tag></Tags></CreateB", 1), "400 InvalidTag"},
		{"the shortest name of a bucket", "PUT /a.9\n\n" + inFrankfurt, "200"},
		{"a shorter name", "PUT /ab\n\n" + inFrankfurt, "400 InvalidBucketName BucketName=ab"},
		{"the longest name of a bucket", "PUT /z-" + strings.Repeat("0", 61) + "\n\n" + inFrankfurt, "200"},
		{"a longer name", "PUT /z-" + strings.Repeat("0", 62) + "\n\n" + inFrankfurt, "400 InvalidBucketName"},
		{"a name that begins with a hyphen", "PUT /-abc\n\n" + inFrankfurt, "400 InvalidBucketName"},
		{"a name that ends with a period", "PUT /abc.\n\n" + inFrankfurt, "400 InvalidBucketName"},
		{"a name with an underscore", "PUT /a_bc\n\n" + inFrankfurt, "400 InvalidBucketName"},
		{"a name in upper case", "PUT /Abcd\n\n" + inFrankfurt, "400 InvalidBucketName"},
		{"tags of a key that is not there", "GET /plain-bucket/k?tagging", "404 NoSuchKey Key=plain-bucket/k"},
		{"no more tags of a key that is not there", "DELETE /plain-bucket/k?tagging", "404 NoSuchKey Key=k"},
		{"a copy to where nothing is", "PUT /plain-bucket/there\nx-amz-copy-source: plain-bucket/other\nIf-None-Match: *", "412 PreconditionFailed Condition=If-None-Match"},
		{"a copy of an address", "PUT /plain-bucket/k\nx-amz-copy-source: https://s3.example.com/plain-bucket/other?versionId=null", "200"},
		{"a copy of an address of nothing", "PUT /plain-bucket/k\nx-amz-copy-source: https://plain-bucket", "400 InvalidArgument ArgumentName=x-amz-copy-source"},
		{"a header that no answer can have", "GET /plain-bucket/there?response-content-type=%E2%80%94", "400 InvalidArgument ArgumentName=response-content-type"},
		{"a copy of nothing", "PUT /plain-bucket/k\nx-amz-copy-source: plain-bucket", "400 InvalidArgument ArgumentName=x-amz-copy-source"},
		{"a deletion of another entity tag", "DELETE /plain-bucket/there\nIf-Match: x", "412 PreconditionFailed Condition=If-Match"},
		{"a deletion of that entity tag", "DELETE /plain-bucket/there\nIf-Match: 5d41402abc4b2a76b9719d911017c592", "204"}, // MD5 of "hello"
		{"versions with MFA", "PUT /plain-bucket?versioning\n\n<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>", refused},
		{"a state of versions that there is not", "PUT /plain-bucket?versioning\n\n<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "400 MalformedXML"},
		{"no state of versions", "PUT /plain-bucket?versioning\n\n<VersioningConfiguration/>", "400 IllegalVersioningConfigurationException"},
		{"a bucket's life cycle", "PUT /plain-bucket?lifecycle\n\n<LifecycleConfiguration/>", "400 MalformedXML"},
		{"an upload's checksum of whole SHA-1", "POST /plain-bucket/k?uploads\nx-amz-checksum-algorithm: SHA1\nx-amz-checksum-type: FULL_OBJECT", "400 InvalidRequest"},
		{"a parameter that there is not", "GET /plain-bucket?prefixes=a", "501 NotImplemented"},
		{"a parameter of another operation", "GET /plain-bucket/there?max-keys=1", "501 NotImplemented"},
		{"a parameter for the access log", "GET /plain-bucket/there?x-who=me", "200"},
		{"a header in the address", "PUT /plain-bucket/k?X-Amz-Write-Offset-Bytes=1\n\nx", refused},
		{"an element that there is not", "PUT /plain-bucket?tagging\n\n<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value><Note>c</Note></Tag></TagSet></Tagging>", "400 MalformedXML Element=Tagging.TagSet.Tag.Note"},
		{"an element in another's place", "POST /plain-bucket?delete\n\n<Delete><Key>there</Key></Delete>", "400 MalformedXML Element=Delete.Key"},
		{"a checksum that is none", "PUT /plain-bucket/k\nx-amz-checksum-crc32: AAA=\n\nx", "400 InvalidRequest"},
		{"two checksums", "PUT /plain-bucket/k\nx-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-crc32c: AAAAAA==\n\n", "400 InvalidRequest"},
		{"a copy to itself", "PUT /plain-bucket/there\nx-amz-copy-source: plain-bucket/there", "400 InvalidRequest"},
		{"a copy to itself in another class", "PUT /plain-bucket/there\nx-amz-copy-source: plain-bucket/there\nx-amz-storage-class: STANDARD", "200"},
		{"a copy to itself with another encryption", "PUT /plain-bucket/there\nx-amz-copy-source: plain-bucket/there\nx-amz-server-side-encryption: aws:kms", "200"},
		{"an upload of no parts", "POST /plain-bucket/k?uploadId=none", "404 NoSuchUpload"},
		{"a policy without statements", "PUT /plain-bucket?policy\n\n{}", "400 MalformedPolicy"},
		{"a policy that is a list", "PUT /plain-bucket?policy\n\n[]", "400 MalformedPolicy"},
		{"a signed address with something of the client's", "GET /plain-bucket/there?X-Amz-Signature=0&who=me", "200"},
		{"a signed address with a parameter of another operation", "GET /plain-bucket/there?X-Amz-Signature=0&max-keys=1", "501 NotImplemented"},
		{"a condition in a signed address", "PUT /plain-bucket/there?X-Amz-Signature=0&If-None-Match=*\n\nx", "412 PreconditionFailed"},
		{"an unknown checksum", "POST /plain-bucket/k?uploads\nx-amz-checksum-algorithm: MD4", "400 InvalidRequest"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "plain-bucket", "versioned-bucket")
			w.put(t, "plain-bucket", "there", "hello")
			w.put(t, "plain-bucket", "other", "world")
			rec := w.ask(t, row.request)
			parts := strings.SplitN(row.want, " ", 3)
			got := fmt.Sprint(rec.Code)
			found := got == parts[0]
			if len(parts) > 1 {
				found = found && strings.Contains(rec.Body.String(), "<Code>"+parts[1]+"</Code>")
			}
			if len(parts) > 2 {
				name, value, _ := strings.Cut(parts[2], "=")
				found = found && strings.Contains(rec.Body.String(), "<"+name+">"+value+"</"+name+">")
			}
			if !found {
				t.Errorf("got %d %s, want %s", rec.Code, rec.Body, row.want)
			}
		})
	}
}

func TestWhatIsKeptWithAnObjectIsTold(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "PUT /plain-bucket/k\nx-amz-meta-Kind: invoice\nx-amz-storage-class: STANDARD_IA\nx-amz-tagging: team=b2b&cost=\n\nhello")
	rec := w.ask(t, "HEAD /plain-bucket/k\nx-amz-checksum-mode: ENABLED")
	if got := fmt.Sprint(map[string][]string(rec.Header())["x-amz-meta-kind"], rec.Header()["X-Amz-Storage-Class"], rec.Header()["X-Amz-Tagging-Count"], rec.Header()["X-Amz-Checksum-Crc64nvme"], rec.Header()["X-Amz-Checksum-Type"]); got != "[invoice] [STANDARD_IA] [2] [M3eFcAZSQlc=] [FULL_OBJECT]" {
		t.Errorf("headers %s", got)
	}
	for _, step := range []struct{ name, request, want string }{
		{"in a listing", "GET /plain-bucket?list-type=2", "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size><StorageClass>STANDARD_IA</StorageClass>"},
		{"its attributes", "GET /plain-bucket/k?attributes\nx-amz-object-attributes: ETag,Checksum,StorageClass,ObjectSize", "<ETag>5d41402abc4b2a76b9719d911017c592</ETag><Checksum><ChecksumCRC64NVME>M3eFcAZSQlc=</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></Checksum><StorageClass>STANDARD_IA</StorageClass><ObjectSize>5</ObjectSize>"},
		{"an attribute that there is not", "GET /plain-bucket/k?attributes\nx-amz-object-attributes: Colour", "<Code>InvalidArgument</Code>"},
		{"its tags", "GET /plain-bucket/k?tagging", "<TagSet><Tag><Key>cost</Key><Value></Value></Tag><Tag><Key>team</Key><Value>b2b</Value></Tag></TagSet>"},
		{"a copy with its tags", "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/k\nx-amz-checksum-algorithm: CRC32", "<ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>"},
		{"other tags", "PUT /plain-bucket/k?tagging\n\n<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>", ""},
		{"are there", "GET /plain-bucket/k?tagging", "<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>"},
		{"and the copy's are as they were", "GET /plain-bucket/copy?tagging", "<Key>team</Key>"},
		{"a tag of AWS's", "PUT /plain-bucket/k?tagging\n\n<Tagging><TagSet><Tag><Key>aws:a</Key><Value>b</Value></Tag></TagSet></Tagging>", "<Code>InvalidTag</Code>"},
		{"no tags", "DELETE /plain-bucket/k?tagging", ""},
		{"are none", "GET /plain-bucket/k?tagging", "<TagSet></TagSet>"},
		{"tags of a bucket", "PUT /plain-bucket?tagging\n\n<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>", ""},
		{"are there too", "GET /plain-bucket?tagging", "<Key>a</Key>"},
		{"and go", "DELETE /plain-bucket?tagging", ""},
		{"without a trace", "GET /plain-bucket?tagging", "<Code>NoSuchTagSet</Code>"},
		{"versions from now on", "PUT /plain-bucket?versioning\n\n<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", ""},
		{"are told", "GET /plain-bucket?versioning", "<Status>Enabled</Status>"},
	} {
		rec := w.ask(t, step.request)
		if body := strings.ReplaceAll(rec.Body.String(), "<TagSet/>", "<TagSet></TagSet>"); !strings.Contains(body, step.want) || step.want == "" && rec.Code >= http.StatusMultipleChoices {
			t.Errorf("%s: got %d %s, want %s", step.name, rec.Code, body, step.want)
		}
	}
}

func TestOnlyTheStandardStorageClassIsNotTold(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "PUT /plain-bucket/k\nx-amz-storage-class: STANDARD\nContent-Disposition: STANDARD\n\nhello")
	h := w.ask(t, "HEAD /plain-bucket/k").Header()
	if h.Get("x-amz-storage-class") != "" || h.Get("Content-Disposition") != "STANDARD" {
		t.Errorf("headers %v", h)
	}
}

func TestAllListingsTellTheStorageClass(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "PUT /plain-bucket/k\nx-amz-storage-class: STANDARD_IA\n\nhello")
	w.ask(t, "POST /plain-bucket/big?uploads\nx-amz-storage-class: ONEZONE_IA")
	called, err := w.s3.Call(t.Context(), w.cloud.Administrator(), "ListObjectsV2", json.RawMessage(`{"Bucket": "plain-bucket"}`))
	if err != nil || !strings.Contains(string(called), `"StorageClass":"STANDARD_IA"`) {
		t.Errorf("a call answers %s, %v", called, err)
	}
	for path, want := range map[string]string{"?list-type=2": "STANDARD_IA", "?versions": "STANDARD_IA", "?uploads": "ONEZONE_IA"} {
		if got := w.ask(t, "GET /plain-bucket"+path).Body.String(); !strings.Contains(got, "<StorageClass>"+want+"</StorageClass>") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// A copy is no upload in parts any more: its entity tag is the MD5 of its body.
func TestPartsAreReadByTheirNumbersUntilTheyAreCopied(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	begun := w.ask(t, "POST /plain-bucket/big?uploads").Body.String()
	_, rest, _ := strings.Cut(begun, "<UploadId>")
	id, _, _ := strings.Cut(rest, "</UploadId>")
	first := strings.Repeat("a", 5<<20)
	document := "<CompleteMultipartUpload>"
	for i, body := range []string{first, "tail"} {
		rec := w.ask(t, fmt.Sprintf("PUT /plain-bucket/big?uploadId=%s&partNumber=%d\n\n%s", id, i+1, body))
		document += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, rec.Header().Get("ETag"))
	}
	for _, wrong := range []string{"x-amz-checksum-crc64nvme: AAAAAAAAAAA=", "x-amz-checksum-type: COMPOSITE"} {
		if rec := w.ask(t, "POST /plain-bucket/big?uploadId="+id+"\n"+wrong+"\n\n"+document+"</CompleteMultipartUpload>"); rec.Code != 400 {
			t.Errorf("%s: got %d %s", wrong, rec.Code, rec.Body)
		}
	}
	if rec := w.ask(t, "POST /plain-bucket/big?uploadId="+id+"\nx-amz-mp-object-size: 5\n\n"+document+"</CompleteMultipartUpload>"); rec.Code != 400 {
		t.Errorf("another size: got %d %s", rec.Code, rec.Body)
	}
	if rec := w.ask(t, "POST /plain-bucket/big?uploadId="+id+"\n\n"+document+"</CompleteMultipartUpload>"); !strings.Contains(rec.Body.String(), "<ChecksumType>FULL_OBJECT</ChecksumType>") {
		t.Fatalf("got %d %s", rec.Code, rec.Body)
	}
	rec := w.ask(t, "GET /plain-bucket/big?partNumber=2")
	if got := fmt.Sprintln(rec.Code, rec.Body, rec.Header().Get("x-amz-mp-parts-count"), rec.Header().Get("Content-Range")); got != "206 tail 2 bytes 5242880-5242883/5242884\n" {
		t.Errorf("the second part: %s", got)
	}
	if copied := w.ask(t, "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/big").Body.String(); strings.Contains(copied, "-2&#34;") || !strings.Contains(copied, "<ChecksumCRC64NVME>") {
		t.Errorf("the copy is %s", copied)
	}
	if rec := w.ask(t, "GET /plain-bucket/copy?partNumber=2"); rec.Code != 416 {
		t.Errorf("the copy's second part: %d", rec.Code)
	}
}

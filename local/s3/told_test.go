// What CloudTrail and policies are told of requests that are about more than bodies.

package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/s3"
)

// beside are requests about what an object is beside its body, $K, of the version $V,
// with CloudTrail's name for each, what S3 asks of policies, and what it tells them.
var beside = []struct {
	request, event, action string
	told                   string // condition keys
}{
	{"GET $K?acl", "GetObjectAcl", "GetObjectAcl", "s3:ExistingObjectTag/team=b2b"},
	{"GET $K?acl&versionId=$V", "GetObjectAcl", "GetObjectVersionAcl", "s3:ExistingObjectTag/team=b2b s3:VersionId=$V"},
	{"PUT $K?acl\nx-amz-acl: bucket-owner-full-control", "PutObjectAcl", "PutObjectAcl", "s3:ExistingObjectTag/team=b2b s3:x-amz-acl=bucket-owner-full-control"},
	{"GET $K?tagging", "GetObjectTagging", "GetObjectTagging", "s3:ExistingObjectTag/team=b2b"},
	{"GET $K?tagging&versionId=$V", "GetObjectTagging", "GetObjectVersionTagging", "s3:ExistingObjectTag/team=b2b s3:VersionId=$V"},
	{"PUT $K?tagging\n\n<Tagging><TagSet><Tag><Key>cost</Key><Value>1</Value></Tag></TagSet></Tagging>", "PutObjectTagging", "PutObjectTagging", "s3:ExistingObjectTag/team=b2b s3:RequestObjectTag/cost=1"},
	{"DELETE $K?tagging", "DeleteObjectTagging", "DeleteObjectTagging", "s3:ExistingObjectTag/team=b2b"},
	{"GET $K?attributes\nx-amz-object-attributes: ETag", "GetObjectAttributes", "GetObject", "s3:ExistingObjectTag/team=b2b"},
	{"PUT $K?retention&versionId=$V\n\n<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2090-01-01T00:00:00Z</RetainUntilDate></Retention>", "PutObjectRetention", "PutObjectRetention",
		"s3:VersionId=$V s3:object-lock-mode=GOVERNANCE s3:object-lock-retain-until-date=2090-01-01T00:00:00Z"},
	{"GET $K?retention", "GetObjectRetention", "GetObjectRetention", ""},
	{"PUT $K?legal-hold\n\n<LegalHold><Status>OFF</Status></LegalHold>", "PutObjectLegalHold", "PutObjectLegalHold", "s3:object-lock-legal-hold=OFF"},
	{"GET $K?legal-hold&versionId=$V", "GetObjectLegalHold", "GetObjectLegalHold", "s3:VersionId=$V"},
	{"PUT $K?partNumber=1&uploadId=$U\nx-amz-copy-source: $K", "UploadPartCopy", "PutObject", ""},
	{"GET $K?uploadId=$U", "ListParts", "ListMultipartUploadParts", ""},
	{"PUT $K\nx-amz-tagging: cost=1\n\nx", "PutObject", "PutObject", "s3:RequestObjectTag/cost=1"},
	{"PUT $K\nx-amz-tagging: cost=1\n\nx", "PutObject", "PutObjectTagging", "s3:RequestObjectTag/cost=1"},
	{"POST $K?uploads\nx-amz-tagging: cost=1", "CreateMultipartUpload", "PutObject", "s3:RequestObjectTag/cost=1"},
	{"POST $K?uploads\nx-amz-tagging: cost=1", "CreateMultipartUpload", "PutObjectTagging", "s3:RequestObjectTag/cost=1"},
	{"PUT $K.copy\nx-amz-copy-source: $K", "CopyObject", "GetObjectTagging", "s3:ExistingObjectTag/team=b2b"},
	{"PUT $K.copy\nx-amz-copy-source: $K?versionId=$V", "CopyObject", "GetObjectVersionTagging", "s3:ExistingObjectTag/team=b2b s3:VersionId=$V"},
	{"PUT $K.copy\nx-amz-copy-source: $K", "CopyObject", "PutObjectTagging", "s3:RequestObjectTag/team=b2b"},
	{"PUT $K.copy\nx-amz-copy-source: $K\nx-amz-tagging-directive: REPLACE\nx-amz-tagging: cost=1", "CopyObject", "PutObject", "s3:RequestObjectTag/cost=1"},
	{"DELETE $K?versionId=$V", "DeleteObject", "DeleteObjectVersion", "s3:VersionId=$V"},
}

// tagged is a world with an object that has a tag, and an upload of it; text fills
// in the names of both.
func tagged(t *testing.T) (w *world, text func(string) string) {
	w = newWorld(t)
	if err := w.s3.CreateBucket("locked-bucket", s3.BucketOptions{Locked: true}); err != nil {
		t.Fatal(err)
	}
	version := w.ask(t, "PUT /locked-bucket/k\nx-amz-tagging: team=b2b\n\nx").Header().Get("x-amz-version-id")
	_, rest, _ := strings.Cut(w.ask(t, "POST /locked-bucket/k?uploads").Body.String(), "<UploadId>")
	upload, _, _ := strings.Cut(rest, "<")
	return w, strings.NewReplacer("$K", "/locked-bucket/k", "$V", version, "$U", upload).Replace
}

func TestCloudTrailIsToldOfEveryRequestAboutAnObject(t *testing.T) {
	for _, row := range beside {
		t.Run(row.request, func(t *testing.T) {
			w, text := tagged(t)
			before := len(w.calls)
			if rec := w.ask(t, text(row.request)); rec.Code >= 300 && rec.Code != 404 {
				t.Fatal(rec.Code, rec.Body)
			}
			w.deny = func(action, _ string, _ map[string]string) bool { return action == "s3:"+row.action }
			if got := w.answer(t, text(row.request)); got != "403 AccessDenied" {
				t.Errorf("without %s: got %s", row.action, got)
			}
			var got []string
			for _, call := range w.calls[before:] {
				got = append(got, fmt.Sprint(call.EventName, " ", call.ErrorCode == "AccessDenied", " ", call.ReadOnly, " ", call.RequestParameters["bucketName"], "/", call.RequestParameters["key"]))
				if id := text("$V"); strings.Contains(row.request, "versionId=$V") && row.event != "CopyObject" && call.RequestParameters["versionId"] != id {
					t.Errorf("version %v, want %s", call.RequestParameters["versionId"], id)
				}
			}
			key, read := "locked-bucket/k", fmt.Sprint(strings.HasPrefix(row.request, "GET"))
			if strings.Contains(row.request, "$K.copy") {
				key += ".copy"
			}
			want := row.event + " false " + read + " " + key + "\n" + row.event + " true " + read + " " + key
			if got := strings.Join(got, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPoliciesAreToldWhatARequestIsAbout(t *testing.T) {
	for _, row := range beside {
		t.Run(row.request+" "+row.action, func(t *testing.T) {
			w, text := tagged(t)
			var told map[string]string
			w.deny = func(action, _ string, keys map[string]string) bool {
				if action == "s3:"+row.action {
					told = keys
				}
				return false
			}
			w.ask(t, text(row.request))
			want := strings.Fields(text(row.told))
			for key, value := range told {
				of, _, _ := strings.Cut(key, "/")
				if strings.Contains("s3:ExistingObjectTag s3:RequestObjectTag s3:VersionId", of) && !strings.Contains(text(row.told), key+"="+value) {
					t.Errorf("was told %s=%s", key, value)
				}
			}
			for _, pair := range want {
				if key, value, _ := strings.Cut(pair, "="); told[key] != value {
					t.Errorf("%s is %q, want %q", key, told[key], value)
				}
			}
			if told == nil {
				t.Errorf("was not asked for %s", row.action)
			}
		})
	}
}

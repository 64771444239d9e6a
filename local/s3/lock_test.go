// Versions that are locked, and objects with keys of the client's own.

package s3_test

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

func TestALockedVersionStays(t *testing.T) {
	w := newWorld(t)
	if err := w.s3.CreateBucket("locked-bucket", s3.BucketOptions{Locked: true}); err != nil {
		t.Fatal(err)
	}
	const (
		soon, late = "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"
		bypass     = "\nx-amz-bypass-governance-retention: true"
	)
	retention := func(mode, until string) string {
		return "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + until + "</RetainUntilDate></Retention>"
	}
	const denied = "403 AccessDenied"
	for _, row := range []struct {
		name  string
		put   string      // headers of the object
		steps [][2]string // requests of the version, which is $V, and their answers
	}{
		{"by nothing", "", [][2]string{{"GET $K?retention&versionId=$V", "404 NoSuchObjectLockConfiguration"}, {"GET $K?legal-hold&versionId=$V", "404 NoSuchObjectLockConfiguration"}, {"DELETE $K?versionId=$V", "204"}}},
		{"by governance", "x-amz-object-lock-mode: GOVERNANCE\nx-amz-object-lock-retain-until-date: " + soon, [][2]string{
			{"DELETE $K?versionId=$V", denied}, {"DELETE $K", "204"},
			{"PUT $K?retention&versionId=$V\n\n" + retention("GOVERNANCE", late), "200"},
			{"PUT $K?retention&versionId=$V\n\n" + retention("GOVERNANCE", soon), denied},
			{"PUT $K?retention&versionId=$V\n\n<Retention/>", denied},
			{"PUT $K?retention&versionId=$V" + bypass + "\n\n" + retention("GOVERNANCE", soon), "200"},
			{"PUT $K?retention&versionId=$V\n\n" + retention("COMPLIANCE", "2020-01-01T00:00:00Z"), "400 InvalidArgument"},
			{"PUT $K?retention&versionId=$V\n\n" + retention("FOREVER", late), "400 MalformedXML"},
			{"PUT $K?retention&versionId=$V\n\n<Retention><Mode>GOVERNANCE</Mode></Retention>", "400 MalformedXML"},
			{"DELETE $K?versionId=$V" + bypass, "204"},
		}},
		{"by compliance", "x-amz-object-lock-mode: COMPLIANCE\nx-amz-object-lock-retain-until-date: " + soon, [][2]string{
			{"DELETE $K?versionId=$V" + bypass, denied},
			{"PUT $K?retention&versionId=$V" + bypass + "\n\n" + retention("GOVERNANCE", late), denied},
			{"PUT $K?retention&versionId=$V" + bypass + "\n\n<Retention/>", denied},
			{"PUT $K?retention&versionId=$V\n\n" + retention("COMPLIANCE", late), "200"},
		}},
		{"by a legal hold", "x-amz-object-lock-legal-hold: ON", [][2]string{
			{"DELETE $K?versionId=$V" + bypass, denied},
			{"PUT $K?legal-hold&versionId=$V\n\n<LegalHold><Status>MAYBE</Status></LegalHold>", "400 MalformedXML"},
			{"PUT $K?legal-hold&versionId=$V\n\n<LegalHold><Status>OFF</Status></LegalHold>", "200"},
			{"DELETE $K?versionId=$V", "204"},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			key := "/locked-bucket/" + strings.ReplaceAll(row.name, " ", "-")
			rec := w.ask(t, strings.TrimSuffix("PUT "+key+"\n"+row.put, "\n")+"\n\nx")
			version := rec.Header().Get("x-amz-version-id")
			head := w.ask(t, "HEAD "+key).Header()
			for _, line := range strings.Split(row.put, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				if got := head.Get(name); name != "" && strings.Replace(got, ".000Z", "Z", 1) != value {
					t.Errorf("%s: told %s", line, got)
				}
			}
			for _, step := range row.steps {
				if got := w.answer(t, strings.NewReplacer("$K", key, "$V", version).Replace(step[0])); got != step[1] {
					t.Errorf("%s: got %s, want %s", step[0], got, step[1])
				}
			}
		})
	}
	if got := w.answer(t, "PUT /locked-bucket?versioning\n\n<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"); got != "409 InvalidBucketState" {
		t.Errorf("versions of a bucket with locks: got %s", got)
	}
}

func TestABypassNeedsItsPermission(t *testing.T) {
	w := newWorld(t)
	if err := w.s3.CreateBucket("locked-bucket", s3.BucketOptions{Locked: true}); err != nil {
		t.Fatal(err)
	}
	version := w.ask(t, "PUT /locked-bucket/k\nx-amz-object-lock-mode: GOVERNANCE\nx-amz-object-lock-retain-until-date: 2090-01-01T00:00:00Z\n\nx").Header().Get("x-amz-version-id")
	w.deny = func(action, resource string, _ map[string]string) bool {
		return action == "s3:BypassGovernanceRetention" && resource == "arn:aws:s3:::locked-bucket/k"
	}
	for _, request := range []string{
		"DELETE /locked-bucket/k?versionId=" + version + "\nx-amz-bypass-governance-retention: true",
		"PUT /locked-bucket/k?retention\nx-amz-bypass-governance-retention: true\n\n<Retention/>",
		"POST /locked-bucket?delete\nx-amz-bypass-governance-retention: true\n\n<Delete><Object><Key>k</Key><VersionId>" + version + "</VersionId></Object></Delete>",
	} {
		if got := w.answer(t, request); got != "403 AccessDenied" {
			t.Errorf("%s: got %s", request, got)
		}
	}
}

// A version that the bucket locks can be deleted when its time has come.
func TestABucketLocksItsVersionsForATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"})
		defer c.Close()
		w := &world{s3: s3.New(c, s3.Options{Dir: t.TempDir()}), cloud: c}
		if err := w.s3.CreateBucket("versioned-bucket", s3.BucketOptions{Versioning: s3.Enabled}); err != nil {
			t.Fatal(err)
		}
		configuration := func(members string) string {
			return "PUT /versioned-bucket?object-lock\n\n<ObjectLockConfiguration>" + members + "</ObjectLockConfiguration>"
		}
		const days = "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>2</Days></DefaultRetention></Rule>"
		for document, want := range map[string]string{
			"<ObjectLockEnabled>On</ObjectLockEnabled>":                                  "400 MalformedXML",
			strings.Replace(days, "<Days>2</Days>", "", 1):                               "400 MalformedXML",
			strings.Replace(days, "<Days>2</Days>", "<Days>2</Days><Years>1</Years>", 1): "400 MalformedXML",
			strings.Replace(days, ">2<", ">0<", 1):                                       "400 InvalidArgument",
			strings.Replace(days, "GOVERNANCE", "FOREVER", 1):                            "400 MalformedXML",
		} {
			if got := w.answer(t, configuration(document)); got != want {
				t.Errorf("%s: got %s, want %s", document, got, want)
			}
		}
		if got := w.answer(t, "GET /versioned-bucket?object-lock"); got != "404 ObjectLockConfigurationNotFoundError" {
			t.Errorf("at first: %s", got)
		}
		if got := w.answer(t, configuration(days)); got != "200" {
			t.Fatal(got)
		}
		version := w.ask(t, "PUT /versioned-bucket/k\n\nx").Header().Get("x-amz-version-id")
		head := w.ask(t, "HEAD /versioned-bucket/k").Header()
		if want := time.Now().AddDate(0, 0, 2).UTC().Format("2006-01-02T15:04:05.000Z"); head.Get("x-amz-object-lock-retain-until-date") != want || head.Get("x-amz-object-lock-mode") != "GOVERNANCE" {
			t.Errorf("got %v, want %s", head, want)
		}
		time.Sleep(48*time.Hour - time.Second)
		if got := w.answer(t, "DELETE /versioned-bucket/k?versionId="+version); got != "403 AccessDenied" {
			t.Errorf("a second before: %s", got)
		}
		time.Sleep(time.Second)
		if got := w.answer(t, "DELETE /versioned-bucket/k?versionId="+version); got != "204" {
			t.Errorf("in time: %s", got)
		}
	})
}

// keyHeaders are those of a client's own key, which is one letter again and again.
func keyHeaders(prefix, letter string) string {
	return headersOfKey(prefix, strings.Repeat(letter, 32))
}

func headersOfKey(prefix, key string) string {
	sum := md5.Sum([]byte(key))
	return "\n" + prefix + "-customer-algorithm: AES256\n" + prefix + "-customer-key: " + base64.StdEncoding.EncodeToString([]byte(key)) +
		"\n" + prefix + "-customer-key-md5: " + base64.StdEncoding.EncodeToString(sum[:])
}

func TestAnObjectIsReadWithTheKeyThatItWasWrittenWith(t *testing.T) {
	const sse, source = "x-amz-server-side-encryption", "x-amz-copy-source-server-side-encryption"
	w := newWorld(t, "plain-bucket")
	put := w.ask(t, "PUT /plain-bucket/k"+keyHeaders(sse, "a")+"\n\nhello").Header()
	if put.Get(sse+"-customer-algorithm") != "AES256" || put.Get(sse) != "" || put.Get("ETag") == `"5d41402abc4b2a76b9719d911017c592"` { // MD5 of "hello"
		t.Errorf("told %v", put)
	}
	w.put(t, "plain-bucket", "plain", "hello")
	for _, row := range []struct{ name, request, want string }{
		{"with it", "GET /plain-bucket/k" + keyHeaders(sse, "a"), "200"},
		{"without it", "GET /plain-bucket/k", "400 InvalidRequest"},
		{"attributes without it", "GET /plain-bucket/k?attributes\nx-amz-object-attributes: ETag", "400 InvalidRequest"},
		{"with another one", "GET /plain-bucket/k" + keyHeaders(sse, "b"), "403 AccessDenied"},
		{"with one that is too short for any", "GET /plain-bucket/k" + headersOfKey(sse, "short"), "403 AccessDenied"},
		{"copied with one that is too short", "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/k" + headersOfKey(source, "short"), "403 AccessDenied"},
		{"with one that it does not take", "GET /plain-bucket/plain" + keyHeaders(sse, "a"), "400 InvalidRequest"},
		{"copied with it", "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/k" + keyHeaders(source, "a"), "200"},
		{"copied without it", "PUT /plain-bucket/copy\nx-amz-copy-source: plain-bucket/k", "400 InvalidRequest"},
		{"a key that is too short", "PUT /plain-bucket/k" + headersOfKey(sse, "short") + "\n\nx", "400 InvalidArgument"},
		{"a digest of another key", "PUT /plain-bucket/k" + strings.Replace(keyHeaders(sse, "a"), "md5: ", "md5: A", 1) + "\n\nx", "400 InvalidArgument"},
		{"two encryptions", "PUT /plain-bucket/k\nx-amz-server-side-encryption: AES256" + keyHeaders(sse, "a") + "\n\nx", "400 InvalidArgument"},
		{"another algorithm", "PUT /plain-bucket/k" + strings.Replace(keyHeaders(sse, "a"), "AES256", "DES", 1) + "\n\nx", "400 InvalidEncryptionAlgorithmError"},
	} {
		if got := w.answer(t, row.request); got != row.want {
			t.Errorf("%s: got %s, want %s", row.name, got, row.want)
		}
	}
	if got := w.ask(t, "GET /plain-bucket/copy"); got.Body.String() != "hello" || got.Header().Get(sse) != "AES256" || got.Header().Get("ETag") != `"5d41402abc4b2a76b9719d911017c592"` {
		t.Errorf("the copy is %v %s", got.Header(), got.Body)
	}
	if _, err := w.s3.As(w.cloud.Administrator(), s3.Origin{}).Get(t.Context(), "plain-bucket", "k", ""); cloud.AsError(err).Code != "InvalidRequest" {
		t.Errorf("another service reads it: %v", err)
	}
}

func TestPartsComeWithTheKeyOfTheirUpload(t *testing.T) {
	const sse = "x-amz-server-side-encryption"
	w := newWorld(t, "plain-bucket")
	_, rest, _ := strings.Cut(w.ask(t, "POST /plain-bucket/k?uploads"+keyHeaders(sse, "a")).Body.String(), "<UploadId>")
	id, _, _ := strings.Cut(rest, "<")
	for headers, want := range map[string]string{
		"": "400 InvalidRequest", headersOfKey(sse, "short"): "400 InvalidArgument", keyHeaders(sse, "b"): "400 InvalidRequest", keyHeaders(sse, "a"): "200",
	} {
		if got := w.answer(t, "PUT /plain-bucket/k?partNumber=1&uploadId="+id+headers+"\n\nhello"); got != want {
			t.Errorf("%s: got %s, want %s", headers, got, want)
		}
	}
	if got := w.answer(t, "POST /plain-bucket/k?uploadId="+id+"\n\n<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>5d41402abc4b2a76b9719d911017c592</ETag></Part></CompleteMultipartUpload>"); got != "200" {
		t.Errorf("got %s", got)
	}
	if got := w.answer(t, "GET /plain-bucket/k"); got != "400 InvalidRequest" {
		t.Errorf("without the key: got %s", got)
	}
}

func TestABucketEncryptsWhatNobodyAsksAnythingFor(t *testing.T) {
	const sse = "x-amz-server-side-encryption"
	w := newWorld(t, "plain-bucket")
	w.ask(t, "PUT /plain-bucket?encryption\n\n<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>mine</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>")
	for headers, want := range map[string][3]string{
		"":                                       {"aws:kms", "arn:aws:kms:eu-central-1:111122223333:key/mine", "true"},
		"\nx-amz-server-side-encryption: AES256": {"AES256", "", ""},
		"\nx-amz-server-side-encryption: aws:kms\nx-amz-server-side-encryption-aws-kms-key-id: arn:aws:kms:eu-central-1:111122223333:key/other": {"aws:kms", "arn:aws:kms:eu-central-1:111122223333:key/other", "true"},
	} {
		put := w.ask(t, "PUT /plain-bucket/k"+headers+"\n\nhello").Header()
		for when, h := range map[string]http.Header{"put": put, "read": w.ask(t, "GET /plain-bucket/k").Header()} {
			if got := [3]string{h.Get(sse), h.Get(sse + "-aws-kms-key-id"), h.Get(sse + "-bucket-key-enabled")}; got != want {
				t.Errorf("%s, %s: got %v, want %v", headers, when, got, want)
			}
		}
		trail := w.calls[len(w.calls)-2].ResponseElements // before that of the read
		for i, name := range []string{sse, sse + "-aws-kms-key-id", sse + "-bucket-key-enabled"} {
			if got, _ := trail[name].(string); got != want[i] {
				t.Errorf("%s: CloudTrail is told %s %q, want %q", headers, name, got, want[i])
			}
		}
		if plain := put.Get("ETag") == `"5d41402abc4b2a76b9719d911017c592"`; plain != (want[0] == "AES256") {
			t.Errorf("%s: the entity tag is %s", headers, put.Get("ETag"))
		}
	}
}

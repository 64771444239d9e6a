// Objects that browsers upload by forms.

package s3_test

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// post uploads a file "a.txt" by a form of fields NAME=VALUE. Whoever signs has
// the access key of the administrator.
func (w *world) post(t *testing.T, file string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(file))
	form.Close()
	r := httptest.NewRequest("POST", "/plain-bucket", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return w.serve(r, func(r *http.Request) (cloud.Caller, string, error) {
		if strings.HasPrefix(r.PostForm.Get("x-amz-credential"), "AKID/") || r.PostForm.Get("awsaccesskeyid") == "AKID" {
			return w.cloud.Administrator(), "s3", nil
		}
		return nobody()
	})
}

// signedForm are the fields of a signature, with a policy of conditions.
func signedForm(conditions string) []string {
	policy := `{"expiration": "2090-01-01T00:00:00Z", "conditions": [["starts-with", "$x-amz-algorithm", ""], ["starts-with", "$x-amz-credential", ""], ["starts-with", "$x-amz-date", ""]` + conditions + `]}`
	return []string{
		"x-amz-algorithm=AWS4-HMAC-SHA256", "x-amz-credential=AKID/20261127/eu-central-1/s3/aws4_request", "x-amz-date=20261127T000000Z", "x-amz-signature=0",
		"policy=" + base64.StdEncoding.EncodeToString([]byte(policy)),
	}
}

func TestAFormIsHeldToItsPolicy(t *testing.T) {
	const denied = "<Code>AccessDenied</Code><Message>Invalid according to Policy: "
	for _, row := range []struct {
		name       string
		conditions string
		fields     []string
		status     int
		want       string // of the answer
	}{
		{"all as it says", `, ["eq", "$key", "in/a.txt"], {"bucket": "plain-bucket"}, ["content-length-range", 1, 5], {"acl": "bucket-owner-full-control"}`, []string{"acl=bucket-owner-full-control"}, 204, ""},
		{"any key of a folder", `, ["starts-with", "$key", "in/"]`, nil, 204, ""},
		{"another folder", `, ["starts-with", "$key", "out/"]`, nil, 403, denied + `Policy Condition failed: [&#34;starts-with&#34;, &#34;$key&#34;, &#34;out/&#34;]`},
		{"another bucket", `, ["starts-with", "$key", ""], {"bucket": "other-bucket"}`, nil, 403, denied + `Policy Condition failed: [&#34;eq&#34;, &#34;$bucket&#34;, &#34;other-bucket&#34;]`},
		{"a field without its sign", `, ["eq", "key", "in/a.txt"]`, nil, 403, denied + `Policy Condition failed: [&#34;eq&#34;, &#34;key&#34;`},
		{"a field that it does not name", `, ["starts-with", "$key", ""]`, []string{"Content-Type=text/plain"}, 403, denied + "Extra input fields: content-type"},
		{"a field that does not count", `, ["starts-with", "$key", ""]`, []string{"x-ignore-me=1"}, 204, ""},
		{"a file that is too long", `, ["starts-with", "$key", ""], ["content-length-range", 1, 4]`, nil, 400, "<Code>EntityTooLarge</Code>"},
		{"a file that is too short", `, ["starts-with", "$key", ""], ["content-length-range", 6, 9]`, nil, 400, "<Code>EntityTooSmall</Code>"},
		{"a size that is none", `, ["starts-with", "$key", ""], ["content-length-range", "few", 9]`, nil, 403, denied + `Policy Condition failed: [&#34;content-length-range&#34;, &#34;few&#34;, &#34;9&#34;]`},
		{"two conditions in one", `, {"key": "in/a.txt", "bucket": "plain-bucket"}`, nil, 400, "Simple-Conditions must have exactly one property specified."},
		{"an operator that there is not", `, ["ends-with", "$key", "a"]`, nil, 400, "<Code>InvalidPolicyDocument</Code>"},
		{"a header that is not honoured", `, ["starts-with", "$key", ""], ["eq", "$x-amz-write-offset-bytes", "1"]`, []string{"x-amz-write-offset-bytes=1"}, 501, "<Code>NotImplemented</Code>"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "plain-bucket")
			rec := w.post(t, "hello", append(append(signedForm(row.conditions), "key=in/${filename}"), row.fields...)...)
			if rec.Code != row.status || !strings.Contains(rec.Body.String(), row.want) {
				t.Fatalf("got %d %s, want %d %s", rec.Code, rec.Body, row.status, row.want)
			}
			if got := w.ask(t, "GET /plain-bucket/in/a.txt"); (got.Code == 200) != (row.status == 204) {
				t.Errorf("the object is %d %s", got.Code, got.Body)
			}
		})
	}
}

func TestAFormThatIsNotWholeIsRefused(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	all := append(signedForm(`, ["starts-with", "$key", ""]`), "key=k")
	for prefix, want := range map[string]string{
		"x-amz-signature": "<ArgumentName>X-Amz-Signature</ArgumentName>", "x-amz-algorithm": "<ArgumentName>X-Amz-Algorithm</ArgumentName>",
		"x-amz-credential": "<ArgumentName>X-Amz-Credential</ArgumentName>", "key": "<ArgumentName>key</ArgumentName>",
	} {
		var fields []string
		for _, field := range all {
			if !strings.HasPrefix(field, prefix+"=") {
				fields = append(fields, field)
			}
		}
		if rec := w.post(t, "hello", fields...); rec.Code != 400 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("without %s: got %d %s", prefix, rec.Code, rec.Body)
		}
	}
	for name, fields := range map[string][]string{
		"policy=e30x": append(all[:4:4], "key=k", "policy=e30x"),
		"no JSON":     append(all[:4:4], "key=k", "policy="+base64.StdEncoding.EncodeToString([]byte("{"))),
	} {
		if rec := w.post(t, "hello", fields...); rec.Code != 400 || !strings.Contains(rec.Body.String(), "<Code>InvalidPolicyDocument</Code>") {
			t.Errorf("%s: got %d %s", name, rec.Code, rec.Body)
		}
	}
	over := base64.StdEncoding.EncodeToString([]byte(`{"expiration": "2020-01-01T00:00:00Z", "conditions": []}`))
	if rec := w.post(t, "hello", append(all[:4:4], "key=k", "policy="+over)...); !strings.Contains(rec.Body.String(), "Policy expired.") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	for missing, field := range map[string]string{"AWSAccessKeyId": "signature=0", "Signature": "awsaccesskeyid=AKID"} { // of version 2
		if rec := w.post(t, "hello", "key=k", "policy="+over, field); rec.Code != 400 || !strings.Contains(rec.Body.String(), "<ArgumentName>"+missing+"</ArgumentName>") {
			t.Errorf("without %s: got %d %s", missing, rec.Code, rec.Body)
		}
	}
	if rec := w.post(t, "hello", "key=k", "x-amz-meta-a="+strings.Repeat("x", 20<<10)); !strings.Contains(rec.Body.String(), "MaxPostPreDataLengthExceeded") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if rec := w.ask(t, "POST /plain-bucket\nContent-Type: text/plain\n\nx"); rec.Code != 412 {
		t.Errorf("no form: got %d %s", rec.Code, rec.Body)
	}
}

// Fields are Unicode, and metadata in them no encoded words. Headers are told in ISO-8859-1.
func TestAFormTellsTextsAsTheyAre(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	rec := w.post(t, "hello", append(signedForm(`, ["starts-with", "$key", ""], ["starts-with", "$cache-control", ""], ["starts-with", "$x-amz-meta-a", ""], ["starts-with", "$x-amz-meta-b", ""]`),
		"key=k", "Cache-Control=%E2_—_é", "x-amz-meta-a==?UTF-8?B?YWJj?=", "x-amz-meta-b=é")...)
	if rec.Code != 204 {
		t.Fatalf("got %d %s", rec.Code, rec.Body)
	}
	told := w.ask(t, "HEAD /plain-bucket/k").Header()
	for name, want := range map[string]string{"Cache-Control": "%E2_ _\xe9", "x-amz-meta-a": "=?UTF-8?B?YWJj?=", "x-amz-meta-b": "=?UTF-8?B?w6k=?="} {
		if got := told[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := w.ask(t, "GET /plain-bucket/k?response-cache-control=%C3%A9").Header().Get("Cache-Control"); got != "\xe9" {
		t.Errorf("as the request asks: got %q", got)
	}
	w.ask(t, "PUT /plain-bucket/put\nCache-Control: \u2014\n\nx")
	if got := w.ask(t, "GET /plain-bucket/put").Header().Get("Cache-Control"); got != "\u2014" {
		t.Errorf("the bytes of a header are told as %q", got)
	}
}

func TestAFormSaysWhatIsAnswered(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	form := func(fields ...string) []string {
		return append(append(signedForm(`, ["starts-with", "$key", ""], ["starts-with", "$success_action_status", ""], ["starts-with", "$success_action_redirect", ""], ["starts-with", "$x-amz-meta-a", ""], ["starts-with", "$content-type", ""], ["starts-with", "$tagging", ""]`), "key=a b"), fields...)
	}
	rec := w.post(t, "hello", form("success_action_status=201", "x-amz-meta-a=1", "Content-Type=text/plain", "tagging=<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>")...)
	if rec.Code != 201 || !strings.Contains(rec.Body.String(), "<PostResponse><Location>http://example.com/plain-bucket/a%20b</Location><Bucket>plain-bucket</Bucket><Key>a b</Key>") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	head := w.ask(t, "HEAD /plain-bucket/a%20b").Header()
	metadata := strings.ToLower("X-Amz-Meta-A") // as S3 tells it
	if len(head[metadata]) != 1 || head.Get("Content-Type") != "text/plain" || head.Get("x-amz-tagging-count") != "1" {
		t.Errorf("got %v", head)
	}
	rec = w.post(t, "hello", form("success_action_redirect=http://shop.example/done?n=1")...)
	if want := "http://shop.example/done?bucket=plain-bucket&etag=%225d41402abc4b2a76b9719d911017c592%22&key=a+b&n=1"; rec.Code != 303 || rec.Header().Get("Location") != want {
		t.Errorf("got %d %v", rec.Code, rec.Header())
	}
	if rec := w.post(t, "hello", form("tagging=tags")...); rec.Code != 400 || !strings.Contains(rec.Body.String(), "MalformedXML") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if e := w.events[0]; !strings.Contains(string(e.Detail), `"reason":"PostObject"`) {
		t.Errorf("EventBridge is told %s", e.Detail)
	}
}

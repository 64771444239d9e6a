package iam

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Requests as botocore signs them, at the beginning of the year 2000.
var signedRequests = []struct{ name, method, address, headers, body string }{
	{"an address of version 2", "GET", presigned2, "", ""},
	{"with a subresource", "GET", "http://127.0.0.1:4566/bucket/k?versionId=v&response-content-type=text%2Fplain&who=me&AWSAccessKeyId=KEY&Signature=uJ3MyDIkJXpGXUNfdnnkl6QyIgg%3D&x-amz-security-token=tok&Expires=946684860", "", ""},
	{"with headers in the address", "PUT", "http://127.0.0.1:4566/bucket/k?AWSAccessKeyId=KEY&Signature=5xg%2B5vZR4Yuu9bg%2Fklaoehgfl5w%3D&content-type=text%2Fplain&x-amz-meta-a=1&x-amz-security-token=tok&Expires=946684860", "", ""},
	{"with headers", "PUT", "http://127.0.0.1:4566/bucket/k?AWSAccessKeyId=KEY&Signature=5xg%2B5vZR4Yuu9bg%2Fklaoehgfl5w%3D&x-amz-security-token=tok&Expires=946684860", "Content-Type: text/plain\nx-amz-meta-a: 1", ""},
	{"with parameters that are signed with the path", "PUT", "http://127.0.0.1:4566/bucket/k?tagging&partNumber=2&uploadId=u&AWSAccessKeyId=KEY&Signature=GNYIlBcNc2Ka7wct0XTJoxVKt2M%3D&content-md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D&X-Amz-Meta-A=1%20%202&x-amz-security-token=tok&Expires=946684860", "", ""},
	{"with headers that the address has too", "PUT", "http://127.0.0.1:4566/bucket/k?tagging&partNumber=2&uploadId=u&AWSAccessKeyId=KEY&Signature=GNYIlBcNc2Ka7wct0XTJoxVKt2M%3D&content-md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D&x-amz-meta-a=1%20%202&x-amz-security-token=tok&Expires=946684860", "x-amz-meta-a: 1  2", ""},
	{"with headers in any order", "PUT", "http://127.0.0.1:4566/bucket/k?tagging&partNumber=2&uploadId=u&AWSAccessKeyId=KEY&Signature=YcVXn2A3C9XwaeJVr15FJ9zQl8w%3D&x-amz-security-token=tok&Expires=946684860", "x-amz-meta-d: 4\nx-amz-meta-c: 3\nx-amz-meta-b: 2\nx-amz-meta-a: 1  2", ""},
	{"with the hash of a body", "PUT", "http://127.0.0.1:4566/bucket/k?tagging&partNumber=2&uploadId=u&AWSAccessKeyId=KEY&Signature=GNYIlBcNc2Ka7wct0XTJoxVKt2M%3D&content-md5=XUFAKrxLKna5cZ2REBfFkg%3D%3D&x-amz-meta-a=1%20%202&x-amz-security-token=tok&Expires=946684860", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==", ""},
	{"an address of version 4", "GET", presigned4, "", ""},
	{"with the hash of a body as a header", "PUT", "http://127.0.0.1:4566/bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20000101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20000101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-amz-content-sha256&X-Amz-Security-Token=tok&X-Amz-Signature=37ab8a957141ac08c7be63b98d33658ed28cd385ff83c1228d034806b674795e",
		"X-Amz-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "hello"},
	{"with the hash of a body as a parameter", "PUT", "http://127.0.0.1:4566/bucket/k?X-Amz-Content-Sha256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20000101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20000101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=tok&X-Amz-Signature=04f6e5781ef1caa5946ec384c0e789d5e4d742b5e073f88715c6a2a30a7d613c", "", "hello"},
	{"an address of another service", "GET", "http://127.0.0.1:4566/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20000101%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date=20000101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=tok&X-Amz-Signature=e575774e6531fa3231384c0a4a47fd10d4805b930da34d67c8592af30ebb036a", "", ""},
	{"to S3", "PUT", "http://127.0.0.1:4566/bucket/a%2Bb/%C3%BC~%2A%27%28%29", `x-amz-meta-a: 1  2
X-Amz-Date: 20000101T000000Z
X-Amz-Security-Token: tok
X-Amz-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
Authorization: AWS4-HMAC-SHA256 Credential=KEY/20000101/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-security-token, Signature=ce2145eb1fb5927a364ccf3edb982109559ee7596500b8bedc4a1b0dc19e7010`, "hello"},
	{"to a service whose paths are encoded twice", "POST", "http://127.0.0.1:4566/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A1%3Afunction%3Af/invocations?Qualifier=a%20b&a=%2F&Empty=", `X-Amz-Date: 20000101T000000Z
X-Amz-Security-Token: tok
Authorization: AWS4-HMAC-SHA256 Credential=KEY/20000101/eu-central-1/lambda/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=e400f8044bef17cd279c49691072986f80199ee09fa2e9ed7f9b79e8cdcf36cb`, "{}"},
	{"of a form to SQS", "POST", "http://127.0.0.1:4566/", `Content-Type: application/x-www-form-urlencoded
X-Amz-Date: 20000101T000000Z
X-Amz-Security-Token: tok
Authorization: AWS4-HMAC-SHA256 Credential=KEY/20000101/eu-central-1/sqs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=c8f23238d5f8601b4e8295b89ed28d7110369c196a0473aca20675e57fb38d79`, "Action=ListQueues"},
	{"with HTTP's own date", "GET", "http://127.0.0.1:4566/?Action=ListQueues&b=~-._&a=2&a=1&X-Amz-Signature=x", `Date: Sat, 01 Jan 2000 00:00:00 -0000
X-Amz-Security-Token: tok
Authorization: AWS4-HMAC-SHA256 Credential=KEY/20000101/eu-central-1/sqs/aws4_request, SignedHeaders=date;host;x-amz-security-token, Signature=45fdca28fec2e458ef8585b0929bfa94b600b75eff7727bd7e5a7e5d73004fcf`, ""},
}

func sent(method, address, headers, body string) *http.Request {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	for _, line := range strings.Split(headers, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	return r
}

func TestASignatureHoldsItsRequest(t *testing.T) {
	role := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/r/s", Role: "r"}
	for _, row := range signedRequests {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := knowing(role)
				identify := func(r *http.Request) string {
					_, _, err := store.Identify(r)
					if err == nil {
						return ""
					}
					return cloud.AsError(err).Code
				}
				r := sent(row.method, row.address, row.headers, row.body)
				caller, _, err := store.Identify(r)
				if body, _ := io.ReadAll(r.Body); err != nil || caller.ARN != role.ARN || string(body) != row.body {
					t.Fatalf("%v %v, and the body %q is left", caller, err, body)
				}
				wrong := "SignatureDoesNotMatch"
				if !strings.Contains(row.headers+row.address, "s3") && !strings.Contains(row.address, "AWSAccessKeyId") {
					wrong = "InvalidSignatureException"
					if got := identify(sent(row.method, row.address, row.headers, row.body+" ")); got != wrong {
						t.Errorf("with another body: %q", got)
					}
				}
				for name, other := range map[string]*http.Request{
					"method":  sent("DELETE", row.address, row.headers, row.body),
					"path":    sent(row.method, strings.Replace(row.address, "4566/", "4566/x", 1), row.headers, row.body),
					"a date":  sent(row.method, strings.NewReplacer("T000000Z", "T000001Z", "946684860", "946684861").Replace(row.address), strings.NewReplacer("T000000Z", "T000001Z", "00:00:00", "00:00:01").Replace(row.headers), row.body),
					"headers": sent(row.method, row.address, strings.NewReplacer("a: 1", "a: 2", "Date: ", "Date:  1", "MD5: X", "MD5: x", "SHA256: 2", "SHA256: 3").Replace(row.headers), row.body),
				} {
					signsHeaders := name != "headers" || row.headers != ""
					if got := identify(other); signsHeaders && got != wrong {
						t.Errorf("with another %s: %q", name, got)
					}
				}
				store.sessions["KEY"] = session{caller: role, secret: "OTHER", token: "tok"}
				if got := identify(sent(row.method, row.address, row.headers, row.body)); got != wrong {
					t.Errorf("with another secret: %q", got)
				}
				store.sessions["KEY"] = session{caller: role, secret: "SECRET", token: "other"}
				if got := identify(sent(row.method, row.address, row.headers, row.body)); got != "InvalidClientTokenId" {
					t.Errorf("with another token: %q", got)
				}
				delete(store.sessions, "KEY")
				if got := identify(sent("DELETE", row.address, row.headers, row.body)); got != "" {
					t.Errorf("of a key that nobody knows: %q", got)
				}
			})
		})
	}
}

// S3 shows what it would have signed, so that a client can be mended.
func TestS3TellsWhatItWouldHaveSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := knowing(cloud.Caller{}).Identify(httptest.NewRequest("GET", strings.Replace(presigned4, "b%20c", "d", 1), nil))
		e := cloud.AsError(err)
		canonical := "GET\n/bucket/a/d.txt\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20000101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20000101T000000Z&X-Amz-Expires=60&X-Amz-Security-Token=tok&X-Amz-SignedHeaders=host\nhost:127.0.0.1:4566\n\nhost\nUNSIGNED-PAYLOAD"
		text, _ := e.Fields["StringToSign"].(string)
		if e.Status != 403 || e.Fields["CanonicalRequest"] != canonical || !strings.HasPrefix(text, "AWS4-HMAC-SHA256\n20000101T000000Z\n20000101/eu-central-1/s3/aws4_request\n") ||
			e.Fields["AWSAccessKeyId"] != "KEY" || e.Fields["SignatureProvided"] != "5787349b9750b9d1980dc2f1c32cbfb84763b4ecde96ca0909876c0952b33a49" ||
			!strings.HasPrefix(e.Fields["CanonicalRequestBytes"].(string), "47 45 54 0a") || !strings.HasPrefix(e.Fields["StringToSignBytes"].(string), "41 57 53 34") {
			t.Errorf("%v %q", e, e.Fields)
		}
	})
}

// Of a browser's form the policy is signed.
func TestTheSignatureOfAFormHoldsItsPolicy(t *testing.T) {
	const policy = "eyJleHBpcmF0aW9uIjoiMjAwMC0wMS0wMVQwMDowMTowMFoiLCJjb25kaXRpb25zIjpbeyJidWNrZXQiOiJidWNrZXQifV19"
	for name, fields := range map[string]url.Values{
		"version 4": {"policy": {policy}, "x-amz-algorithm": {"AWS4-HMAC-SHA256"}, "x-amz-credential": {"KEY/20000101/eu-central-1/s3/aws4_request"}, "x-amz-security-token": {"tok"},
			"x-amz-date": {"20000101T000000Z"}, "x-amz-signature": {"6c6f2efe542f2b1a95d04d691bcdd6708e6298fbe295e8fa5e815312fefd2501"}},
		"version 2": {"policy": {policy}, "awsaccesskeyid": {"KEY"}, "x-amz-security-token": {"tok"}, "signature": {"oWsMuEEAzeu+/N+TSJ/fXGnv2nw="}},
	} {
		store := knowing(cloud.Caller{ARN: "a"})
		identify := func() (cloud.Caller, error) {
			caller, _, err := store.Identify(&http.Request{Method: "POST", Header: http.Header{}, URL: &url.URL{}, PostForm: fields})
			return caller, err
		}
		if caller, err := identify(); err != nil || caller.ARN != "a" {
			t.Errorf("%s: %v %v", name, caller, err)
		}
		fields.Set("policy", policy[1:])
		_, err := identify()
		if e := cloud.AsError(err); err == nil || e.Code != "SignatureDoesNotMatch" || e.Fields["StringToSign"] != policy[1:] || e.Fields["CanonicalRequest"] != nil {
			t.Errorf("%s, another policy: %v %v", name, err, e.Fields)
		}
		fields.Set("policy", policy)
		fields.Del("x-amz-security-token")
		if _, err := identify(); err == nil || cloud.AsError(err).Code != "InvalidClientTokenId" {
			t.Errorf("%s, no token: %v", name, err)
		}
	}
}

func TestASignatureThatCannotBeVerifiedIsRefused(t *testing.T) {
	r := SignedBy(knowing(cloud.Caller{}), "KEY")
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", 1))
	if _, _, err := knowing(cloud.Caller{}).Identify(r); err == nil || cloud.AsError(err).Code != "IncompleteSignatureException" {
		t.Errorf("got %v", err)
	}
}

func TestAPathThatIsNotThereIsSignedAsTheRoot(t *testing.T) {
	store := knowing(cloud.Caller{ARN: "a"})
	r := SignedBy(store, "KEY")
	r.URL.Path = ""
	if caller, _, err := store.Identify(r); err != nil || caller.ARN != "a" {
		t.Errorf("%v %v", caller, err)
	}
}

// Clients of the Query protocol know the error by another name.
func TestAWrongSignatureHasItsNameInEitherProtocol(t *testing.T) {
	store := knowing(cloud.Caller{})
	r := SignedBy(store, "KEY")
	r.Method = "GET"
	_, _, err := store.Identify(r)
	if e := cloud.AsError(err); err == nil || e.Status != 403 || e.Code != "InvalidSignatureException" || e.QueryCode != "SignatureDoesNotMatch" {
		t.Errorf("got %+v", err)
	}
}

func TestABodyThatCannotBeHashedIsRefused(t *testing.T) {
	for name, body := range map[string]io.Reader{"that breaks off": iotest.ErrReader(io.ErrUnexpectedEOF), "that never ends": endless{}} {
		r := SignedBy(knowing(cloud.Caller{}), "KEY")
		r.Body = io.NopCloser(body)
		if _, _, err := knowing(cloud.Caller{}).Identify(r); err == nil || cloud.AsError(err).Code != "RequestEntityTooLargeException" {
			t.Errorf("one %s: %v", name, err)
		}
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestHeadersAreSignedWithoutTheBlanksThatDoNotCount(t *testing.T) {
	r := httptest.NewRequest("PUT", "http://host:1/", strings.NewReader("hello"))
	r.Header["A"] = []string{" x \t y ", "z"}
	r.TransferEncoding = []string{"gzip, \tchunked"}
	for name, want := range map[string]string{"a": "x y,z", "host": "host:1", "content-length": "5", "transfer-encoding": "gzip, chunked", "none": ""} {
		if got := canonicalHeader(r, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.Header["A"][0] != " x \t y " || r.TransferEncoding[0] != "gzip, \tchunked" {
		t.Errorf("the request has become %q %q", r.Header["A"], r.TransferEncoding)
	}
	r.Header.Set("Transfer-Encoding", "identity")
	if got := canonicalHeader(r, "transfer-encoding"); got != "identity" {
		t.Errorf("an encoding that is sent: %q", got)
	}
	r.Header.Set("Content-Length", "7")
	if got := canonicalHeader(r, "content-length"); got != "7" {
		t.Errorf("a length that is sent: %q", got)
	}
}

// Of the headers of S3's own only the hash of the body may come without a signature.
func TestAnAddressIsForTheHeadersThatItWasSignedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := httptest.NewRequest("GET", presigned4, nil)
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD-TOO")
		r.Header.Set("Content-Type", "text/plain")
		if _, _, err := knowing(cloud.Caller{}).Identify(r); err != nil {
			t.Errorf("with a hash: %v", err)
		}
		r.Header.Set("X-Amz-Meta-B", "1")
		r.Header.Set("X-Amz-Date", "20000101T000000Z")
		_, _, err := knowing(cloud.Caller{}).Identify(r)
		if e := cloud.AsError(err); err == nil || e.Status != 403 || e.Code != "AccessDenied" || e.Fields["HeadersNotSigned"] != "x-amz-date, x-amz-meta-b" {
			t.Errorf("with others: %v %v", err, e.Fields)
		}
	})
}

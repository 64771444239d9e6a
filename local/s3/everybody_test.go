// Requests that nobody has signed, and pages from elsewhere.

package s3_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// unsigned makes a request without a signature.
func (w *world) unsigned(t *testing.T, text string) *httptest.ResponseRecorder {
	t.Helper()
	return w.serve(requestOf(text), func(*http.Request) (cloud.Caller, string, error) { return nobody() })
}

// serve serves a request of whom identify finds out.
func (w *world) serve(r *http.Request, identify wire.Identify) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	wire.New(w.cloud, identify, map[string]wire.Protocols{"s3": w.s3.Protocols()}).ServeHTTP(rec, r)
	return rec
}

// nobody is who has not signed a request.
func nobody() (cloud.Caller, string, error) {
	return cloud.Caller{}, "", cloud.Errorf(403, "MissingAuthenticationTokenException", "not signed")
}

func TestEverybodyMayDoWhatThePolicyOrTheListsSay(t *testing.T) {
	const (
		open    = "<PublicAccessBlockConfiguration/>"
		owners  = "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"
		reading = `{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::plain-bucket/*"}]}`
	)
	for _, row := range []struct {
		name    string
		setup   []string // requests of the owner's
		request string   // of everybody's
		want    int
	}{
		{"nothing was said", nil, "GET /plain-bucket/k", 403},
		{"a policy", []string{"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?policy\n\n" + reading}, "GET /plain-bucket/k", 200},
		{"a policy, of what it does not say", []string{"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?policy\n\n" + reading}, "PUT /plain-bucket/k\n\nx", 403},
		{"a policy of a bucket that keeps the public out since", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?policy\n\n" + reading,
			"PUT /plain-bucket?publicAccessBlock\n\n<PublicAccessBlockConfiguration><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
		}, "GET /plain-bucket/k", 403},
		{"an account's policy", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open,
			"PUT /plain-bucket?policy\n\n" + strings.Replace(reading, `"*"`, `{"AWS": "111122223333"}`, 1),
		}, "GET /plain-bucket/k", 403},
		{"an object's list", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket/k?acl\nx-amz-acl: public-read",
		}, "GET /plain-bucket/k", 200},
		{"the list of an object that is put", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket/k\nx-amz-acl: public-read\n\nx",
		}, "GET /plain-bucket/k", 200},
		{"an object's list, of another permission", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket/k?acl\nx-amz-acl: public-read",
		}, "GET /plain-bucket/k?acl", 403},
		{"the bucket's list, of the object", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket?acl\nx-amz-acl: public-read",
		}, "GET /plain-bucket/k", 403},
		{"the bucket's list", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket?acl\nx-amz-acl: public-read-write",
		}, "PUT /plain-bucket/k\n\nx", 200},
		{"lists that count no more", []string{
			"PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket/k?acl\nx-amz-acl: public-read",
			"PUT /plain-bucket?ownershipControls\n\n" + strings.Replace(owners, "ObjectWriter", "BucketOwnerEnforced", 1),
		}, "GET /plain-bucket/k", 403},
		{"lists that are ignored", []string{
			"PUT /plain-bucket?ownershipControls\n\n" + owners, "PUT /plain-bucket?publicAccessBlock\n\n" + open, "PUT /plain-bucket/k?acl\nx-amz-acl: public-read",
			"PUT /plain-bucket?publicAccessBlock\n\n<PublicAccessBlockConfiguration><IgnorePublicAcls>true</IgnorePublicAcls></PublicAccessBlockConfiguration>",
		}, "GET /plain-bucket/k", 403},
		{"no bucket", nil, "GET /no-bucket/k", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, "plain-bucket")
			policies := iam.New(w.cloud)
			w.cloud.Policies, w.cloud.Authorizer = policies, policies
			w.put(t, "plain-bucket", "k", "hello")
			for _, request := range row.setup {
				if got := w.answer(t, request); got != "200" && got != "204" {
					t.Fatalf("%s: got %s", request, got)
				}
			}
			if rec := w.unsigned(t, row.request); rec.Code != row.want {
				t.Errorf("got %d %s, want %d", rec.Code, rec.Body, row.want)
			}
		})
	}
}

func TestWhoHasSignedNothingIsNotToldWhoOwnsWhatIsListed(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	policies := iam.New(w.cloud)
	w.cloud.Policies, w.cloud.Authorizer = policies, policies
	w.put(t, "plain-bucket", "k", "hello")
	w.ask(t, "DELETE /plain-bucket?publicAccessBlock")
	w.ask(t, `PUT /plain-bucket?policy

{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::plain-bucket"}]}`)
	for _, request := range []string{"GET /plain-bucket", "GET /plain-bucket?list-type=2&fetch-owner=true"} {
		if got := w.ask(t, request).Body.String(); !strings.Contains(got, "<Owner>") {
			t.Errorf("%s: the owner is told %s", request, got)
		}
		if got := w.unsigned(t, request).Body.String(); !strings.Contains(got, "<Key>k</Key>") || strings.Contains(got, "<Owner>") {
			t.Errorf("%s: everybody is told %s", request, got)
		}
	}
}

func TestABucketThatBlocksPublicListsTakesNone(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "DELETE /plain-bucket?ownershipControls")
	if got := w.answer(t, "PUT /plain-bucket?acl\nx-amz-acl: public-read"); got != "403 AccessDenied" {
		t.Errorf("got %s", got)
	}
	if got := w.answer(t, "PUT /plain-bucket?acl\nx-amz-acl: private"); got != "200" {
		t.Errorf("got %s", got)
	}
}

func TestAnAccessControlListIsTold(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	w.ask(t, "DELETE /plain-bucket?ownershipControls")
	w.ask(t, "DELETE /plain-bucket?publicAccessBlock")
	w.ask(t, "PUT /plain-bucket/k\n\nx")
	for address, want := range map[string]string{"/plain-bucket?acl": "AllUsers", "/plain-bucket/k?acl": "LogDelivery"} {
		owner := `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>` + fmt.Sprintf("%064d", 111122223333) + `</ID></Grantee><Permission>FULL_CONTROL</Permission>`
		if got := w.ask(t, "GET "+address).Body.String(); !strings.Contains(got, owner) || strings.Contains(got, want) {
			t.Errorf("at first: %s", got)
		}
		headers := "x-amz-acl: public-read"
		if want == "LogDelivery" {
			headers = `x-amz-grant-read: uri="http://acs.amazonaws.com/groups/s3/LogDelivery"`
		}
		w.ask(t, "PUT "+address+"\n"+headers)
		got := w.ask(t, "GET "+address).Body.String()
		if !strings.Contains(got, want+"</URI></Grantee><Permission>READ</Permission>") {
			t.Errorf("%s: %s", address, got)
		}
		// What is told can be put again.
		document := "<AccessControlPolicy>" + got[strings.Index(got, "<Owner>"):]
		if answer := w.answer(t, "PUT "+address+"\n\n"+document); answer != "200" {
			t.Errorf("%s: %s", document, answer)
		}
		if again := w.ask(t, "GET "+address).Body.String(); again != got {
			t.Errorf("put again it is %s", again)
		}
		for document, want := range map[string]string{
			"<AccessControlPolicy/>": "400 MalformedACLError",
			"<AccessControlPolicy><Owner><ID>1</ID></Owner></AccessControlPolicy>": "400 InvalidArgument",
			strings.Replace(document, "READ", "LOOK", 1):                           "400 MalformedACLError",
			strings.Replace(document, "acs.amazonaws.com", "example.com", 1):       "400 InvalidArgument",
			"": "400 MissingSecurityHeader",
		} {
			if got := w.answer(t, "PUT "+address+"\n\n"+document); got != want {
				t.Errorf("%s: got %s, want %s", document, got, want)
			}
		}
		if got := w.answer(t, "PUT "+address+"\nx-amz-acl: private\n\n"+document); got != "400 UnexpectedContent" {
			t.Errorf("both: %s", got)
		}
	}
}

func TestPagesFromElsewhere(t *testing.T) {
	const cors = `<CORSConfiguration>
		<CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>30</MaxAgeSeconds></CORSRule>
		<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule></CORSConfiguration>`
	w := newWorld(t, "plain-bucket", "closed-bucket")
	w.put(t, "plain-bucket", "k", "hello")
	if got := w.answer(t, "PUT /plain-bucket?cors\n\n"+cors); got != "200" {
		t.Fatal(got)
	}
	for _, row := range []struct {
		name, request string
		status        int
		origin        string // that may read the answer
	}{
		{"asked beforehand", "OPTIONS /plain-bucket/k?tagging\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT", 200, "https://a.example.com"},
		{"with headers", "OPTIONS /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: X-Amz-Date, x-amz-meta-a", 200, "https://a.example.com"},
		{"with a header that may not be", "OPTIONS /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: x-other", 403, ""},
		{"another method", "OPTIONS /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: DELETE", 403, ""},
		{"another origin", "OPTIONS /plain-bucket/k\nOrigin: https://example.org\nAccess-Control-Request-Method: PUT", 403, ""},
		{"any origin", "OPTIONS /plain-bucket\nOrigin: https://example.org\nAccess-Control-Request-Method: HEAD", 200, "*"},
		{"no origin", "OPTIONS /plain-bucket/k\nAccess-Control-Request-Method: PUT", 400, ""},
		{"no rules", "OPTIONS /closed-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT", 403, ""},
		{"no bucket", "OPTIONS /no-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT", 403, ""},
		{"a read", "GET /plain-bucket/k\nOrigin: https://a.example.com", 200, "https://a.example.com"},
		{"a read that asks for what a write may", "GET /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: PUT", 200, "https://a.example.com"},
		{"a read that asks for what nobody may", "GET /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Method: DELETE", 200, ""},
		{"a read that asks for a header that may not be", "GET /plain-bucket/k\nOrigin: https://a.example.com\nAccess-Control-Request-Headers: x-other", 200, ""},
		{"a read that fails", "GET /plain-bucket/none\nOrigin: https://a.example.com", 404, "https://a.example.com"},
		{"a read from another origin", "GET /plain-bucket/k\nOrigin: https://example.org", 200, ""},
		{"a read from nowhere", "GET /plain-bucket/k", 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			rec := w.ask(t, row.request)
			h := rec.Header()
			if rec.Code != row.status || h.Get("Access-Control-Allow-Origin") != row.origin {
				t.Fatalf("got %d %v %s", rec.Code, h, rec.Body)
			}
			if strings.HasPrefix(row.origin, "https") && (h.Get("Access-Control-Allow-Methods") != "GET, PUT" || h.Get("Access-Control-Max-Age") != "30" ||
				h.Get("Access-Control-Expose-Headers") != "ETag" || h.Get("Access-Control-Allow-Credentials") != "true" || !strings.Contains(h.Get("Vary"), "Origin")) {
				t.Errorf("got %v", h)
			}
			if row.name == "with headers" && h.Get("Access-Control-Allow-Headers") != "x-amz-date, x-amz-meta-a" {
				t.Errorf("got %v", h)
			}
			if row.origin == "*" && h.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("whoever comes is let in with credentials")
			}
		})
	}
}

package iam

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A browser sends these requests for any page: a form, a picture, a fetch whose
// answer it may not read.
func TestAKeyThatNobodyMadeStandsForNobodyOnAPageFromElsewhere(t *testing.T) {
	const here = "127.0.0.1:4566"
	for name, tt := range map[string]struct {
		host, origin, site string
		refused            bool
	}{
		"an SDK":                                {host: here},
		"an SDK by a bucket's name on AWS":      {host: "photos.s3.us-east-1.amazonaws.com"},
		"an SDK by a container's name":          {host: "host.docker.internal:4566"},
		"a page of this machine":                {host: here, origin: "http://localhost:3000", site: "cross-site"},
		"the same, by IPv6":                     {host: "[::1]:4566", origin: "http://[::1]:3000", site: "same-site"},
		"an address that was typed":             {host: here, site: "none"},
		"a bucket's own name":                   {host: "photos.localhost:4566", origin: "http://localhost:3000"},
		"a page from elsewhere":                 {host: here, origin: "https://example.com", site: "cross-site", refused: true},
		"a page whose name begins like ours":    {host: here, origin: "http://localhost.example.com", refused: true},
		"a picture on a page from elsewhere":    {host: here, site: "cross-site", refused: true},
		"a page in a sandbox":                   {host: here, origin: "null", refused: true},
		"a page whose name was led here":        {host: "example.com:4566", origin: "http://example.com:4566", site: "same-origin", refused: true},
		"the same, which only reads":            {host: "example.com:4566", site: "same-origin", refused: true},
		"a page of this machine by such a name": {host: "example.com:4566", origin: "http://localhost:3000", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(cloud.New(cloud.Site{Account: "000000000000", Region: "us-east-1"}))
			for _, signed := range []string{"header", "address"} {
				r, err := http.NewRequest(http.MethodPost, "http://"+tt.host+"/", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0")
				if signed == "address" {
					r.Header.Del("Authorization")
					r.URL.RawQuery = "AWSAccessKeyId=test&Signature=0&Expires=9999999999"
				}
				for name, value := range map[string]string{"Origin": tt.origin, "Sec-Fetch-Site": tt.site} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				caller, _, err := s.Identify(r)
				if refused := err != nil && strings.Contains(err.Error(), "not on this machine"); refused != tt.refused || caller.Root == tt.refused {
					t.Errorf("signed in the %s: the caller is %q, and the error %v", signed, caller.ARN, err)
				}
			}
		})
	}
}

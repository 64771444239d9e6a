package iam

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A URL as `aws s3 presign` of the CLI v1 prints it, with the address given
// (version 2) and with a region that has version 4 only; of the key KEY, the secret
// SECRET and the token tok. In the time of
// synctest, which begins with the year 2000, they are good for a minute.
const (
	presigned2 = "http://127.0.0.1:4566/bucket/a/b%20c.txt?AWSAccessKeyId=KEY&Signature=uHENT10vkeRRry0Opb%2BiC6kaMI0%3D&x-amz-security-token=tok&Expires=946684860"
	presigned4 = "http://127.0.0.1:4566/bucket/a/b%20c.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=KEY%2F20000101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20000101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=tok&X-Amz-Signature=5787349b9750b9d1980dc2f1c32cbfb84763b4ecde96ca0909876c0952b33a49"
)

// knowing is a store that knows that key.
func knowing(caller cloud.Caller) *IAM {
	store := New(cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"}))
	store.sessions["KEY"] = session{caller: caller, secret: "SECRET", token: "tok"}
	return store
}

func TestPresignedURLsStandForTheirSignerUntilTheyExpire(t *testing.T) {
	for name, address := range map[string]string{"version 2": presigned2, "version 4": presigned4} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				role := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/r/s", Role: "r"}
				store := knowing(role)
				r := httptest.NewRequest("GET", address, nil)
				time.Sleep(time.Minute)
				if got, service, err := store.Identify(r); err != nil || got.ARN != role.ARN || service != "s3" {
					t.Errorf("at the end of its time: %v %q %v", got, service, err)
				}
				time.Sleep(time.Second)
				_, service, err := store.Identify(r)
				if e := cloud.AsError(err); err == nil || e.Code != "AccessDenied" || e.Status != 403 || e.Message != "Request has expired" || service != "s3" {
					t.Errorf("after it: %q %v", service, err)
				}
			})
		})
	}
}

func TestPresignedURLsThatS3WouldNotTakeAreRefused(t *testing.T) {
	for _, row := range []struct{ name, address, old, new, want string }{
		{"no time", presigned4, "&X-Amz-Expires=60", "", "AuthorizationQueryParametersError"},
		{"no number", presigned4, "Expires=60", "Expires=soon", "AuthorizationQueryParametersError"},
		{"a negative number", presigned4, "Expires=60", "Expires=-1", "AuthorizationQueryParametersError"},
		{"more than a week", presigned4, "Expires=60", "Expires=604801", "AuthorizationQueryParametersError"},
		{"no date", presigned4, "X-Amz-Date=20000101T000000Z", "X-Amz-Date=2000", "AuthorizationQueryParametersError"},
		{"another scope", presigned4, "%2Faws4_request", "", "AuthorizationQueryParametersError"},
		{"no Expires", presigned2, "&Expires=946684860", "", "AccessDenied"},
		{"no signature", presigned2, "Signature=uHENT10vkeRRry0Opb%2BiC6kaMI0%3D", "Signature=", "AccessDenied"},
		{"no time since 1970", presigned2, "Expires=946684860", "Expires=soon", "AccessDenied"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := New(cloud.New(cloud.Site{Account: "111122223333", Region: "eu-central-1"}))
				_, _, err := store.Identify(httptest.NewRequest("GET", strings.Replace(row.address, row.old, row.new, 1), nil))
				if err == nil || cloud.AsError(err).Code != row.want {
					t.Errorf("got %v, want %s", err, row.want)
				}
			})
		})
	}
}

func TestWhatIsSignedForAnotherRegionIsRefused(t *testing.T) {
	identify := func(region, scope string) error {
		store := New(cloud.New(cloud.Site{Account: "111122223333", Region: region}))
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=any/20261128/"+scope+"/aws4_request, SignedHeaders=host, Signature=0")
		_, _, err := store.Identify(r)
		return err
	}
	for _, row := range []struct{ region, scope, want string }{
		{"eu-central-1", "eu-central-1/sqs", ""},
		{"eu-central-1", "us-east-1/sqs", "SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'us-east-1': the engine is in eu-central-1."},
		{"eu-central-1", "us-east-1/s3", "AuthorizationHeaderMalformed: The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'"},
		{"eu-central-1", "us-east-1/iam", ""},
		{"eu-central-1", "eu-central-1/iam", ""},
		{"eu-central-1", "us-east-1/sts", ""},
		{"us-east-1", "eu-central-1/sts", "SignatureDoesNotMatch: Credential should be scoped to a valid region, not 'eu-central-1': the engine is in us-east-1."},
	} {
		err := identify(row.region, row.scope)
		if strings.HasSuffix(row.scope, "/s3") && cloud.AsError(err).Fields["Region"] != row.region {
			t.Errorf("a signature for %s in %s: the region is not told by itself in %v", row.scope, row.region, cloud.AsError(err).Fields)
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || err.Error() != row.want) {
			t.Errorf("a signature for %s in %s is answered with %v, want %q", row.scope, row.region, err, row.want)
		}
	}
	synctest.Test(t, func(t *testing.T) { // in the URL's time
		store := New(cloud.New(cloud.Site{Account: "111122223333", Region: "us-east-1"}))
		_, _, err := store.Identify(httptest.NewRequest("GET", presigned4, nil))
		if want := "the region 'eu-central-1' is wrong; expecting 'us-east-1'"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a URL for another region is answered with %v, want %q", err, want)
		}
	})
}

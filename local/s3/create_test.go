// Where buckets are made, and what is made again.

package s3_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestABucketIsNoAccessPoint(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	if got := w.ask(t, "HEAD /plain-bucket").Header().Get("x-amz-access-point-alias"); got != "false" {
		t.Errorf("x-amz-access-point-alias is %q", got)
	}
}

func TestEachRegionHasItsOwnWayOfMakingBuckets(t *testing.T) {
	constraint := func(region string) string {
		return "\n\n<CreateBucketConfiguration><LocationConstraint>" + region + "</LocationConstraint></CreateBucketConfiguration>"
	}
	const tagged = "\n\n<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>"
	for _, row := range []struct{ region, request, want string }{
		{"us-east-1", "PUT /new-bucket", "200 /new-bucket arn:aws:s3:::new-bucket"},
		{"us-east-1", "PUT /old-bucket", "200 /old-bucket arn:aws:s3:::old-bucket"},
		{"us-east-1", "PUT /old-bucket" + tagged, "409  "},
		{"us-east-1", "PUT /new-bucket" + constraint("eu-west-1"), "200 http://new-bucket.s3.amazonaws.com/ arn:aws:s3:::new-bucket"},
		{"us-east-1", "PUT /new-bucket" + constraint("EU"), "200 http://new-bucket.s3.amazonaws.com/ arn:aws:s3:::new-bucket"},
		{"us-east-1", "PUT /new-bucket" + constraint("us-east-1"), "400  "},
		{"us-east-1", "PUT /new-bucket" + constraint("mars-1"), "400  "},
		{"eu-west-1", "PUT /new-bucket", "400  "},
		{"eu-west-1", "PUT /new-bucket" + constraint("EU"), "200 http://new-bucket.s3.amazonaws.com/ arn:aws:s3:::new-bucket"},
		{"eu-west-1", "PUT /old-bucket" + constraint("eu-west-1"), "409  "},
		{"eu-central-1", "PUT /new-bucket" + constraint("EU"), "400  "},
		{"eu-central-1", "PUT /new-bucket" + constraint("us-east-1"), "400  "},
	} {
		c := cloud.New(cloud.Site{Account: "111122223333", Region: row.region})
		objects := s3.New(c, s3.Options{Dir: t.TempDir()})
		if err := objects.CreateBucket("old-bucket", s3.BucketOptions{}); err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		wire.As(c, c.Administrator(), "s3", objects.Protocols()).ServeHTTP(rec, requestOf(row.request))
		if got := fmt.Sprint(rec.Code, " ", rec.Header().Get("Location"), " ", rec.Header().Get("x-amz-bucket-arn")); got != row.want {
			t.Errorf("%s: %.60q is answered with %q, want %q: %s", row.region, row.request, got, row.want, rec.Body)
		}
		c.Close()
	}
}

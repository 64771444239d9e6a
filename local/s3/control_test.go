package s3_test

// This file asks for the tags of buckets by S3 Control.

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func TestBucketsHaveTagsByS3ControlToo(t *testing.T) {
	w := newWorld(t, "plain-bucket")
	ask := func(text string) string {
		identify := func(*http.Request) (cloud.Caller, string, error) { return w.cloud.Administrator(), "s3", nil }
		rec := httptest.NewRecorder()
		wire.New(w.cloud, identify, map[string]wire.Protocols{"s3": w.s3.Protocols(), "s3control": s3.NewControl(w.s3).Protocols()}).ServeHTTP(rec, requestOf(text))
		return strings.TrimSpace(rec.Result().Status + " " + strings.TrimPrefix(rec.Body.String(), `<?xml version="1.0" encoding="UTF-8"?>`+"\n"))
	}
	const tags, account = " /v20180820/tags/arn%3Aaws%3As3%3A%3A%3A", "\nx-amz-account-id: ACCOUNT\n\n"
	set := func(tags string) string {
		return "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags>" + tags + "</Tags></TagResourceRequest>"
	}
	const list = `200 OK <ListTagsForResourceResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">`
	for _, row := range []struct{ name, request, want string }{
		{"no tags", "GET" + tags + "plain-bucket" + account, list + "<Tags></Tags></ListTagsForResourceResult>"},
		{"tags", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>b</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value></Value></Tag>"), "204 No Content"},
		{"more tags", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>c</Key><Value>3</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag>"), "204 No Content"},
		{"those that it has then", "GET" + tags + "plain-bucket" + account,
			list + "<Tags><Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key><Value></Value></Tag><Tag><Key>c</Key><Value>3</Value></Tag></Tags></ListTagsForResourceResult>"},
		{"tags taken away", "DELETE" + tags + "plain-bucket?tagKeys=b&tagKeys=a&tagKeys=none" + account, "204 No Content"},
		{"what is left, by S3", "GET /plain-bucket?tagging", "<TagSet><Tag><Key>c</Key><Value>3</Value></Tag></TagSet>"},
		{"no value", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>a</Key></Tag>"), "<Code>MalformedXML</Code>"},
		{"AWS's own", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>aws:a</Key><Value>1</Value></Tag>"), "<Message>User-defined tag keys can&#39;t start with &#34;aws:&#34;."},
		{"one key twice", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>a</Key><Value>1</Value></Tag>"), "<Message>There are duplicate tag keys"},
		{"a key with a comma", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>a,b</Key><Value>1</Value></Tag>"), "<Message>This request contains a tag key or value that isn&#39;t valid."},
		{"a value with a comma", "POST" + tags + "plain-bucket" + account + set("<Tag><Key>a</Key><Value>1,2</Value></Tag>"), "<Code>InvalidTag</Code>"},
		{"no such bucket", "GET" + tags + "lost-bucket" + account, "404 Not Found <ErrorResponse><Error><Code>NoSuchResource</Code><Message>The specified resource doesn&#39;t exist.</Message></Error><HostId>"},
		{"of an object", "GET" + tags + "plain-bucket/k" + account, "<Message>the local engine has tags of buckets only by ListTagsForResource of S3 Control, not of arn:aws:s3:::plain-bucket/k</Message>"},
		{"of another account", "GET" + tags + "plain-bucket\nx-amz-account-id: 1\n\n", "<Code>AccessDenied</Code>"},
		{"a parameter that is not honoured", "GET" + tags + "plain-bucket?max=1" + account, "<Code>NotImplemented</Code>"},
		{"another operation", "GET /v20180820/accesspoint" + account, "501 Not Implemented <ErrorResponse><Error><Code>NotImplemented</Code><Message>the local engine does not serve S3 Control&#39;s GET /v20180820/accesspoint</Message>"},
		{"a bucket of that name", "PUT /v20180820\n\n<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>", "200 OK"},
		{"an object in it", "PUT /v20180820/tags/k\n\nx", "200 OK"},
	} {
		if got := ask(strings.ReplaceAll(row.request, "ACCOUNT", w.cloud.Account)); !strings.Contains(got, row.want) {
			t.Errorf("%s: got %s\nwant %s", row.name, got, row.want)
		}
	}
	w.deny = func(action, resource string, _ map[string]string) bool {
		return action == "s3:ListTagsForResource" && resource == "arn:aws:s3:::plain-bucket"
	}
	if got := ask(strings.ReplaceAll("GET"+tags+"plain-bucket"+account, "ACCOUNT", w.cloud.Account)); !strings.Contains(got, "<Code>AccessDenied</Code>") {
		t.Errorf("who may not, got %s", got)
	}
}

package wire

import (
	"net/http"
	"testing"
)

func TestAHostNamesABucket(t *testing.T) {
	for host, want := range map[string]string{
		"shop.s3.eu-west-1.amazonaws.com":           "shop",
		"shop.s3.amazonaws.com":                     "shop",
		"shop.s3-eu-west-1.amazonaws.com":           "shop",
		"shop.s3.dualstack.eu-west-1.amazonaws.com": "shop",
		"shop.s3.cn-north-1.amazonaws.com.cn":       "shop",
		"my.shop.s3.eu-west-1.amazonaws.com:443":    "my.shop",
		"shop.localhost:4566":                       "shop",
		"shop.localhost":                            "shop",
		"s3.eu-west-1.amazonaws.com":                "",
		"s3.amazonaws.com":                          "",
		"localhost:4566":                            "",
		"127.0.0.1:4566":                            "",
		"[::1]:4566":                                "",
		"sqs.eu-west-1.amazonaws.com":               "",
		"shop.s3.eu-west-1.amazonaws.com.evil.org":  "",
		"Shop.localhost":                            "",
	} {
		if got, ok := Bucket(host); got != want || ok != (want != "") {
			t.Errorf("%s names %q, %t, want %q", host, got, ok, want)
		}
	}
}

func TestTheBucketOfAHostIsPutIntoThePathAsItWasEscaped(t *testing.T) {
	for address, want := range map[string]string{
		"http://shop.localhost/":            "/shop/",
		"http://shop.localhost/a%2Fb/c%20d": "/shop/a%2Fb/c%20d",
		"http://127.0.0.1/shop/a":           "/shop/a",
	} {
		r, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := r.URL.EscapedPath()
		byPath, _ := byPath(r)
		if got := byPath.URL.EscapedPath(); got != want || r.URL.EscapedPath() != before {
			t.Errorf("%s has the path %s, and the request itself %s", address, got, r.URL.EscapedPath())
		}
	}
}

func TestObjectsAreAtAddressesOfS3OrOfThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"s3.amazonaws.com": true, "s3.us-east-1.amazonaws.com": true, "s3-eu-west-1.amazonaws.com": true, "s3.dualstack.eu-west-1.amazonaws.com": true, "s3.cn-north-1.amazonaws.com.cn": true,
		"bucket.s3.amazonaws.com": true, "a.b.s3.eu-west-1.amazonaws.com": true, "bucket.s3.localhost:4566": true,
		"127.0.0.1": true, "[::1]:4566": true, "localhost": true, "engine:4566": true,
		"example.com": false, "raw.githubusercontent.com": false, "amazonaws.com": false, "s3.example.com": false, "sqs.us-east-1.amazonaws.com": false, "s3.amazonaws.com.evil.example": false, "": false,
	} {
		if got := ServesObjects(host); got != want {
			t.Errorf("at %s: %v, want %v", host, got, want)
		}
	}
}

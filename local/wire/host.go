package wire

// This file knows the addresses of S3's buckets that have the bucket in the host:
// what SDKs use unless they are told to put it into the path.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html

import (
	"net"
	"net/http"
	"regexp"

	"github.com/tradepost-dev/tradepost/local/httpcall"
)

// buckets are the hosts on AWS, and those of an endpoint that is a name of this
// machine: http://localhost:4566 makes bucket.localhost:4566.
var buckets = regexp.MustCompile(`^([a-z0-9][a-z0-9.-]{1,61}?[a-z0-9])\.(?:s3[.-](?:(?:dualstack\.)?[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?|(?:s3\.)?localhost)$`)

// objects are the hosts of S3 that have the bucket in the path.
var objects = regexp.MustCompile(`^s3[.-](?:(?:dualstack\.)?[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$`)

// ServesObjects tells whether objects may be at a host's addresses: S3's on AWS, or
// those of an endpoint on this machine or with a port, which none on AWS have.
func ServesObjects(host string) bool {
	name := httpcall.Hostname(host)
	_, virtual := Bucket(host)
	return virtual || name != host || name == "localhost" || net.ParseIP(name) != nil || objects.MatchString(name)
}

// Bucket is the bucket that a host names, if it does.
func Bucket(host string) (bucket string, ok bool) {
	match := buckets.FindStringSubmatch(httpcall.Hostname(host))
	if match == nil {
		return "", false
	}
	return match[1], true
}

// byPath is a request with the bucket in its path, as S3's routes have it. The
// signature is over the request as it was sent.
func byPath(r *http.Request) (_ *http.Request, virtual bool) {
	bucket, ok := Bucket(r.Host)
	if !ok {
		return r, false
	}
	address := *r.URL
	address.Path = "/" + bucket + address.Path
	if address.RawPath != "" {
		address.RawPath = "/" + bucket + address.RawPath
	}
	r = r.WithContext(r.Context())
	r.URL = &address
	return r, true
}

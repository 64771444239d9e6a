// What requests may do that nobody has signed.

package s3

import (
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// anonymous tells whether nobody has signed what the client does.
func (c *Client) anonymous() bool { return c.caller.ARN == "" && c.caller.Service == "" }

// onObject and onBucket are the permissions of access control lists that stand for actions: on
// the object, or on its bucket.
var onObject = map[string]string{
	"GetObject": "READ", "GetObjectVersion": "READ", "GetObjectAcl": "READ_ACP", "GetObjectVersionAcl": "READ_ACP",
	"PutObjectAcl": "WRITE_ACP", "PutObjectVersionAcl": "WRITE_ACP",
}

var onBucket = map[string]string{
	"ListBucket": "READ", "ListBucketVersions": "READ", "ListBucketMultipartUploads": "READ", "GetBucketAcl": "READ_ACP", "PutBucketAcl": "WRITE_ACP",
	"PutObject": "WRITE", "DeleteObject": "WRITE", "AbortMultipartUpload": "WRITE", "ListMultipartUploadParts": "WRITE",
}

// allowEverybody lets everybody do what the bucket's policy or an access control
// list lets everybody do, unless the bucket keeps the public out.
func (c *Client) allowEverybody(action, arn string, byPolicy error) error {
	name, key, _ := strings.Cut(strings.TrimPrefix(arn, bucketARN("")), "/")
	b, err := c.s3.bucket(name)
	if err != nil {
		return accessDenied()
	}
	block := settingOf[publicAccessBlock](b, "publicAccessBlock")
	if byPolicy == nil && (!block.RestrictPublicBuckets || !isPublic(b.document())) {
		return nil
	}
	if byPolicy != nil && cloud.AsError(byPolicy).Denied || block.IgnorePublicAcls || !b.lists() {
		return accessDenied()
	}
	if b.list("").lets(onBucket[action]) || key != "" && b.list(key).lets(onObject[action]) {
		return nil
	}
	return accessDenied()
}

// list is the access control list of a bucket or, with a key, of the object.
func (b *bucket) list(key string) acl {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if key == "" {
		return b.acl
	}
	if v := b.findLocked(key, ""); v != nil {
		return v.ACL
	}
	return nil
}

// What a write gives to an object beside its body and its headers.

package s3

import "github.com/tradepost-dev/tradepost/local/cloud"

// attributes are an object's, as the request asks for them and the bucket's
// configurations make them.
type attributes struct {
	acl     acl
	aclName string // of a canned list
}

// attributes reads what the request asks for.
func (q *request) attributes() (a attributes, err error) {
	a.aclName = q.Request.Header.Get("x-amz-acl")
	a.acl, err = q.headerACL()
	return a, err
}

// admit holds what a write asks for to the bucket's configurations, and to what
// the caller may.
func (c *Client) admit(b *bucket, key string, a *attributes) error {
	if a.acl == nil {
		return nil
	}
	if err := c.allow("PutObjectAcl", objectARN(b.name, key), nil); err != nil {
		return err
	}
	return b.takes(a.acl, a.aclName)
}

// takes tells whether a list may be given to a bucket or to its objects. Where
// lists do not count, it is one that gives nothing to anybody but the owner;
// of those that have a name there is only one.
func (b *bucket) takes(list acl, name string) error {
	if !b.lists() && (!list.owners() || name != "" && name != ownerControl) {
		return cloud.Errorf(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	if list.public() && settingOf[publicAccessBlock](b, "publicAccessBlock").BlockPublicAcls {
		return cloud.Errorf(403, "AccessDenied", "Access Denied")
	}
	return nil
}

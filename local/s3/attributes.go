// What a write gives to an object beside its body and its headers.

package s3

import (
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// attributes are an object's, as the request asks for them and the bucket's
// configurations make them.
type attributes struct {
	ACL  acl  `json:",omitempty"`
	Seal seal `json:",omitzero"`
	Lock lock `json:",omitzero"`

	aclName string // of a canned list
}

// attributeHeaders are the headers that ask for them.
var attributeHeaders = slices.Concat(aclHeaders, sealHeaders, lockHeaders)

// attributes reads what the request asks for.
func (q *request) attributes() (a attributes, err error) {
	a.aclName = q.Request.Header.Get("x-amz-acl")
	if a.ACL, err = q.headerACL(); err != nil {
		return a, err
	}
	if a.Seal, err = q.readSeal(); err != nil {
		return a, err
	}
	a.Lock, err = q.readLock()
	return a, err
}

// conditions are what the attributes give to policies.
func (a attributes) conditions() conditions {
	keys := a.Lock.conditions()
	maps.Copy(keys, a.Seal.conditions())
	keys["s3:x-amz-acl"] = a.aclName
	return keys
}

// admit holds what a write asks for to the bucket's configurations and to what
// the caller may, and fills in what the bucket gives of itself.
func (c *Client) admit(b *bucket, key string, a *attributes) error {
	if a.ACL != nil {
		if err := c.allow("PutObjectAcl", objectARN(b.name, key), a.conditions()); err != nil {
			return err
		}
		if err := b.takes(a.ACL, a.aclName); err != nil {
			return err
		}
	}
	if err := c.admitLock(b, key, &a.Lock); err != nil {
		return err
	}
	c.s3.fillIn(&a.Seal, settingOf[encryption](b, "encryption"))
	return nil
}

// takes tells whether a list may be given to a bucket or to its objects. Where
// lists do not count, it is one that gives nothing to anybody but the owner;
// of those that have a name there is only one.
func (b *bucket) takes(list acl, name string) error {
	if !b.lists() && (!list.owners() || name != "" && name != ownerControl) {
		return cloud.Errorf(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	if list.public() && settingOf[publicAccessBlock](b, "publicAccessBlock").BlockPublicAcls {
		return accessDenied()
	}
	return nil
}

// tellAttributes tells in headers how an object is encrypted and locked.
func (q *request) tellAttributes(a attributes) {
	a.Seal.tell(q.Writer.Header())
	a.Lock.tell(q.Writer.Header())
}

package s3

// This file copies objects.

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// CopyInput is the input of Copy.
type CopyInput struct {
	SourceBucket, SourceKey, SourceVersionID string
	Bucket, Key                              string

	Header map[string]string // replaces the source's, unless nil
	own    map[string]string // what of a header no copy takes from its source
	other  bool              // whether the copy is asked to differ from the source
	Tags   *[]Tag            // replace the source's, unless nil

	IfMatch     string // entity tag that the object that is there must have
	IfNoneMatch string // "*": there must be none

	sourceConditions sourceConditions
	sourceKey        string // the client's own
	algorithm        string // of the copy's checksum. Default: the source's.
	attributes       attributes
	conditions       conditions
}

// setSource reads [/]BUCKET/KEY[?versionId=ID], percent-encoded. It may be a whole
// address, of which the host does not count.
func (in *CopyInput) setSource(source string) error {
	if scheme, rest, ok := strings.Cut(source, "://"); ok && (scheme == "https" || scheme == "http") {
		_, source, _ = strings.Cut(rest, "/")
	}
	source, version, _ := strings.Cut(source, "?versionId=")
	path, err := url.QueryUnescape(strings.TrimPrefix(source, "/"))
	bucket, key, ok := strings.Cut(path, "/")
	if err != nil || !ok || key == "" {
		return invalidArgument("x-amz-copy-source", "x-amz-copy-source", "Invalid copy source object key")
	}
	in.SourceBucket, in.SourceKey, in.SourceVersionID = bucket, key, version
	return nil
}

// headerOf is the header of a copy. Its storage class and where it redirects to
// are its own.
func (in CopyInput) headerOf(source *version) map[string]string {
	if in.Header != nil {
		return in.Header
	}
	header := maps.Clone(source.header)
	for _, name := range ownHeaders {
		delete(header, name)
	}
	maps.Copy(header, in.own)
	return header
}

// Copy writes an object with another object's body, without reading it.
func (c *Client) Copy(_ context.Context, in CopyInput) (_ *Object, err error) {
	op := c.begin("CopyObject", in.Bucket, in.Key)
	defer op.end(&err)
	op.request["x-amz-copy-source"] = in.SourceBucket + "/" + in.SourceKey
	from, source, err := c.readable(readInput{in.SourceBucket, in.SourceKey, in.SourceVersionID, in.sourceKey})
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "MethodNotAllowed" {
		return nil, cloud.Errorf(400, "InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	if err != nil {
		return nil, err
	}
	b, err := c.writable(in.Bucket, in.Key, in.conditions)
	if err != nil {
		return nil, err
	}
	if err := c.admit(b, in.Key, &in.attributes); err != nil {
		return nil, err
	}
	if err := in.sourceConditions.check(source.etag, source.modified); err != nil {
		return nil, err
	}
	if in.Header == nil && !in.other && in.SourceBucket == in.Bucket && in.SourceKey == in.Key && in.SourceVersionID == "" && b.setting("encryption") == nil {
		return nil, cloud.Errorf(400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	v := &version{
		key: in.Key, body: source.body, size: source.size, etag: source.etag,
		header: in.headerOf(source), checksums: source.checksums, tags: source.tags, attributes: in.attributes, cause: op.makes(),
	}
	if in.Tags != nil {
		v.tags = *in.Tags
	} else if err := c.mayReadTags(from, source, in.SourceVersionID); err != nil {
		return nil, err
	}
	if err := c.admitTags(b, in.Key, v.tags); err != nil {
		return nil, err
	}
	if err := v.sum(in.algorithm, source.parts > 0 || source.Seal.opaque()); err != nil {
		return nil, err
	}
	v.hideETag()
	if err := b.add(v, precondition{key: in.Key, ifMatch: in.IfMatch, ifNoneMatch: in.IfNoneMatch}, &c.s3.sequence); err != nil {
		return nil, err
	}
	op.wrote(b, v)
	op.created(b, v, "Copy", "CopyObject")
	copied := b.current(v)
	if id := from.shownID(source); id != nullVersion {
		copied.sourceVersion = id
	}
	return copied, nil
}

// mayReadTags authorizes that a copy takes over the tags of its source, if it has any.
func (c *Client) mayReadTags(b *bucket, v *version, versionID string) error {
	if len(v.tags) == 0 {
		return nil
	}
	action := "GetObjectTagging"
	if versionID != "" {
		action = "GetObjectVersionTagging"
	}
	return c.allow(action, objectARN(b.name, v.key), b.conditions(v.key, versionID))
}

// Objects: put, get, head, copy, delete.

package s3

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Object is an object's version as a reader gets it.
type Object struct {
	Bucket, Key string
	VersionID   string // empty where the bucket never had versions
	Size        int64
	ETag        string // without quotes
	Modified    time.Time
	Header      map[string]string // Content-Type, x-amz-meta-... as they were put
	Checksums   map[string]string // by algorithm: "crc32" -> base64
	Parts       int               // of a multipart upload, otherwise 0
	Tags        int               // how many
	Cause       *cloud.Cause      // of its being there, if that is known

	attributes    attributes
	sourceVersion string // of a copy
	partSums      []partSum
	partSizes     []int64
	expires       time.Time // by the bucket's life cycle; zero where it does not
	expiryRule    string
	Body          io.ReaderAt // nil from Head
}

func (b *bucket) object(v *version) *Object {
	return &Object{
		Bucket: b.name, Key: v.key, VersionID: b.shownID(v), Size: v.size, ETag: v.etag, Modified: v.modified,
		Header: v.header, Checksums: v.checksums, Parts: v.parts, Tags: len(v.tags), Body: v.body, attributes: v.attributes, partSizes: v.partSizes(), partSums: v.partSums,
		Cause: v.cause.Named(b.shownID(v)),
	}
}

// partSizes are the sizes of the parts, of which an object that was not
// uploaded in parts has one.
func (v *version) partSizes() []int64 {
	if v.parts == 0 {
		return []int64{v.size}
	}
	sizes := make([]int64, len(v.body))
	for i, segment := range v.body {
		sizes[i] = segment.size
	}
	return sizes
}

func (o *Object) storageClass() string { return storageClass(o.Header) }

// storageClass is the one that an object of such a header has.
func storageClass(header map[string]string) string {
	return cmp.Or(header["x-amz-storage-class"], standard)
}

// readInput names an object that is read, with the client's own key to it.
type readInput struct{ bucket, key, versionID, customerKey string }

// Get opens an object for reading: its current version if versionID is empty.
// The object stays readable if it is overwritten or deleted meanwhile.
func (c *Client) Get(_ context.Context, bucket, key, versionID string) (*Object, error) {
	return c.get(readInput{bucket: bucket, key: key, versionID: versionID})
}

func (c *Client) get(in readInput) (_ *Object, err error) {
	op := c.begin("GetObject", in.bucket, in.key)
	defer op.end(&err)
	object, err := c.open(op, in)
	if err != nil {
		return nil, err
	}
	op.out = object.Size
	return object, nil
}

// Head returns an object without its body.
func (c *Client) Head(_ context.Context, bucket, key, versionID string) (*Object, error) {
	return c.head(readInput{bucket: bucket, key: key, versionID: versionID})
}

func (c *Client) head(in readInput) (_ *Object, err error) {
	op := c.begin("HeadObject", in.bucket, in.key)
	defer op.end(&err)
	object, err := c.open(op, in)
	if err != nil {
		return nil, err
	}
	object.Body = nil
	return object, nil
}

func (c *Client) open(op *operation, in readInput) (*Object, error) {
	op.readOnly = true
	if in.versionID != "" {
		op.request["versionId"] = in.versionID
	}
	object, err := c.find(in)
	if err == nil && object.VersionID != "" {
		op.response["x-amz-version-id"] = object.VersionID
	}
	return object, err
}

// find authorizes reading an object and finds it.
func (c *Client) find(in readInput) (*Object, error) {
	b, v, err := c.readable(in)
	if err != nil {
		if file := c.s3.asset(in.bucket, in.key); file != "" && in.versionID == "" {
			return c.openAsset(in.bucket, in.key, file)
		}
		return nil, err
	}
	if in.versionID != "" {
		return b.object(v), nil
	}
	return b.current(v), nil
}

// readable authorizes reading a version and finds it.
func (c *Client) readable(in readInput) (*bucket, *version, error) {
	b, err := c.s3.bucket(in.bucket)
	if err != nil {
		return nil, nil, err
	}
	action := "GetObject"
	if in.versionID != "" {
		action = "GetObjectVersion"
	}
	if err := c.allow(action, objectARN(in.bucket, in.key), b.conditions(in.key, in.versionID)); err != nil {
		return nil, nil, err
	}
	v, err := c.existing(b, in.key, in.versionID)
	if err != nil {
		return nil, nil, err
	}
	return b, v, v.Seal.opens(in.customerKey)
}

// conditions are what an object gives to policies: its tags.
func (b *bucket) conditions(key, versionID string) conditions {
	given := conditions{"s3:VersionId": versionID}
	if v := b.find(key, versionID); v != nil {
		for _, tag := range v.tags {
			given["s3:ExistingObjectTag/"+tag.Key] = tag.Value
		}
	}
	return given
}

// existing finds a version that is no delete marker.
func (c *Client) existing(b *bucket, key, versionID string) (*version, error) {
	v := b.find(key, versionID)
	if err := b.checkID(versionID); v == nil && err != nil {
		return nil, err
	}
	switch {
	case v == nil && versionID != "":
		return nil, c.absent(b.name, key, noSuchVersion(key, versionID))
	case v == nil:
		return nil, c.absent(b.name, key, noSuchKey(key))
	case v.marker:
		return nil, c.absent(b.name, key, deleteMarkerError(b, v, versionID != ""))
	}
	return v, nil
}

// checkID refuses what no version of the bucket has as its id.
func (b *bucket) checkID(id string) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if _, ok := sequencerOf(id); id == "" || id == nullVersion || b.versioning != "" && ok {
		return nil
	}
	return invalidArgument("versionId", id, "Invalid version id specified")
}

// metMarker is a delete marker that a request has met, which is told in headers only.
type metMarker struct {
	id    string
	cause *cloud.Cause
}

// deleteMarkerError is the answer for a delete marker: not found where it was
// met as the current version, not allowed where it was asked for by its id.
func deleteMarkerError(b *bucket, v *version, byID bool) error {
	e := noSuchKey(v.key)
	if byID {
		e = cloud.Errorf(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	id := b.shownID(v)
	about(e).Fields["DeleteMarker"] = metMarker{id, v.cause.Named(id)}
	return e
}

// PutInput is the input of Put.
type PutInput struct {
	Bucket, Key string
	Body        io.Reader
	Header      map[string]string // Content-Type, x-amz-meta-...

	IfMatch     string // entity tag that the current object must have
	IfNoneMatch string // "*": there must be no object
	Tags        []Tag

	attributes attributes
	conditions conditions
	digest     digest // what the body must add up to

	how, reason string // as events have it. Default: that of PutObject.
}

// Put writes an object.
func (c *Client) Put(_ context.Context, in PutInput) (_ *Object, err error) {
	op := c.begin("PutObject", in.Bucket, in.Key)
	defer op.end(&err)
	b, err := c.writable(in.Bucket, in.Key, in.conditions)
	if err != nil {
		return nil, err
	}
	if err := c.admit(b, in.Key, &in.attributes); err != nil {
		return nil, err
	}
	if err := c.admitTags(b, in.Key, in.Tags); err != nil {
		return nil, err
	}
	seg, sums, err := c.s3.receive(in.Body, in.digest)
	if err != nil {
		return nil, err
	}
	op.in = seg.size
	v := &version{
		key: in.Key, body: content{seg}, size: seg.size, etag: hex.EncodeToString(seg.md5[:]),
		header: in.Header, checksums: sums, tags: in.Tags, attributes: in.attributes, cause: op.makes(),
	}
	v.hideETag()
	if err := b.add(v, precondition{key: in.Key, ifMatch: in.IfMatch, ifNoneMatch: in.IfNoneMatch}, &c.s3.sequence); err != nil {
		return nil, err
	}
	op.wrote(b, v)
	op.created(b, v, cmp.Or(in.how, "Put"), cmp.Or(in.reason, "PutObject"))
	return b.current(v), nil
}

// writable authorizes writing an object and finds its bucket.
func (c *Client) writable(bucket, key string, given conditions) (*bucket, error) {
	b, err := c.s3.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if len(key) > 1024 {
		return nil, cloud.Errorf(400, "KeyTooLongError", "Your key is too long")
	}
	if err := c.allow("PutObject", objectARN(bucket, key), given); err != nil {
		return nil, err
	}
	return b, nil
}

// Deleted says what Delete did.
type Deleted struct {
	VersionID    string // of the version that is gone or of the new marker
	DeleteMarker bool   // whether that is a delete marker

	absent bool // whether there was no such version
}

// ObjectID names an object, or one version of it.
type ObjectID struct{ Key, VersionID string }

// deleteInput names what is deleted, and on what conditions.
type deleteInput struct {
	ObjectID
	ifMatch string // the object's entity tag, which may be "*"
	bypass  bool   // of governance, by who may
}

// Delete deletes an object, or for good the version with the id. There is no
// error if there is nothing to delete.
func (c *Client) Delete(_ context.Context, bucket, key, versionID string) (Deleted, error) {
	return c.deleteObject(bucket, deleteInput{ObjectID: ObjectID{key, versionID}})
}

func (c *Client) deleteObject(bucket string, in deleteInput) (_ Deleted, err error) {
	op := c.begin("DeleteObject", bucket, in.Key)
	defer op.end(&err)
	if in.VersionID != "" {
		op.request["versionId"] = in.VersionID
	}
	deleted, err := c.delete(op, in)
	if deleted.VersionID != "" {
		op.response["x-amz-version-id"] = deleted.VersionID
	}
	if deleted.DeleteMarker {
		op.response["x-amz-delete-marker"] = "true"
	}
	return deleted, err
}

// delete is one deletion within an operation, which may have many.
func (c *Client) delete(op *operation, in deleteInput) (Deleted, error) {
	b, err := c.s3.bucket(op.bucket)
	if err != nil {
		return Deleted{}, err
	}
	action := "DeleteObject"
	if in.VersionID != "" {
		action = "DeleteObjectVersion"
	}
	// Of a deletion policies are not told the object's tags.
	if err := c.allow(action, objectARN(op.bucket, in.Key), conditions{"s3:VersionId": in.VersionID}); err != nil {
		return Deleted{}, err
	}
	if err := b.checkID(in.VersionID); err != nil && b.find(in.Key, in.VersionID) == nil {
		return Deleted{}, err
	}
	v, created, err := b.remove(in.Key, in.VersionID, precondition{key: in.Key, ifMatch: in.ifMatch}, in.bypass, &c.s3.sequence, op.makes())
	if err != nil {
		return Deleted{}, err
	}
	if v == nil && in.VersionID == "" { // S3 tells of objects that there never were, too
		v = &version{key: in.Key, id: nullVersion}
	}
	if v == nil {
		return Deleted{VersionID: in.VersionID, absent: in.VersionID != nullVersion}, nil
	}
	op.deleted(b, v, created)
	return Deleted{VersionID: b.shownID(v), DeleteMarker: v.marker}, nil
}

// deleteMany deletes each object, as DeleteObjects does; the errors are in the
// order of the objects, nil where the deletion succeeded. An id that no version
// can have is one that there is not.
func (c *Client) deleteMany(bucket string, objects []deleteInput) (deleted []Deleted, failed []error, err error) {
	op := c.begin("DeleteObjects", bucket, "")
	defer op.end(&err)
	if _, err := c.s3.bucket(bucket); err != nil {
		return nil, nil, err
	}
	deleted, failed = make([]Deleted, len(objects)), make([]error, len(objects))
	for i, object := range objects {
		deleted[i], failed[i] = c.delete(op, object)
		if failed[i] != nil && cloud.AsError(failed[i]).Code == "InvalidArgument" || failed[i] == nil && deleted[i].absent {
			failed[i] = noSuchVersion(object.Key, object.VersionID)
		}
	}
	return deleted, failed, nil
}

// MayWrite asks whether Put may write an object, without writing it.
func (c *Client) MayWrite(bucket, key string) error {
	_, err := c.writable(bucket, key, nil)
	return err
}

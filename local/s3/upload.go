// Multipart uploads.

package s3

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Limits of multipart uploads, from "Amazon S3 multipart upload limits".
const (
	minPartSize = 5 << 20
	maxParts    = 10_000
)

type upload struct {
	id, key   string
	header    map[string]string
	algorithm string // of the checksum, or empty
	initiated time.Time
	tags      []Tag
	attributes

	wholeChecksum bool // of the object, not of the checksums of its parts

	overtaken bool // the object was written or deleted since; guarded by the bucket's lock

	mu    sync.Mutex
	parts map[int]*part
}

type part struct {
	number    int
	seg       segment
	etag      string
	checksums map[string]string
	modified  time.Time
}

// UploadInput is the input of CreateUpload.
type UploadInput struct {
	Bucket, Key string
	Header      map[string]string
	Tags        []Tag

	attributes    attributes
	conditions    conditions
	algorithm     string
	wholeChecksum bool
}

// CreateUpload starts a multipart upload and returns its id.
func (c *Client) CreateUpload(_ context.Context, in UploadInput) (id string, err error) {
	u, err := c.createUpload(in)
	if err != nil {
		return "", err
	}
	return u.id, nil
}

func (c *Client) createUpload(in UploadInput) (_ *upload, err error) {
	op := c.begin("CreateMultipartUpload", in.Bucket, in.Key)
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
	u := &upload{
		id: newVersionID(c.s3.sequence.next()), key: in.Key, header: in.Header, algorithm: in.algorithm, wholeChecksum: in.wholeChecksum, tags: in.Tags, attributes: in.attributes,
		initiated: time.Now(), parts: map[int]*part{},
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.uploads[u.id] = u
	return u, nil
}

// upload finds an upload of the key.
func (b *bucket) upload(key, id string) (*upload, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if u := b.uploads[id]; u != nil && u.key == key {
		return u, nil
	}
	return nil, about(cloud.Errorf(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."), "UploadId", id)
}

// PartInput is the input of UploadPart.
type PartInput struct {
	Bucket, Key, UploadID string
	Number                int // 1 to 10,000
	Body                  io.Reader

	digest      digest
	customerKey string
	copied      bool // from another object
}

// Part is a part of an upload, as its author names it to complete it.
type Part struct {
	Number    int
	ETag      string // without quotes
	Size      int64
	Modified  time.Time
	Checksums map[string]string

	named     map[string]string // the checksums by which its author names it, over the wire
	algorithm string            // of the upload
	seal      seal
}

func (p *part) public(u *upload) Part {
	return Part{Number: p.number, ETag: p.etag, Size: p.seg.size, Modified: p.modified, Checksums: p.checksums, algorithm: u.algorithm, seal: u.Seal}
}

// UploadPart writes one part; parts may come in any order and again.
func (c *Client) UploadPart(_ context.Context, in PartInput) (_ Part, err error) {
	op := c.begin("UploadPart", in.Bucket, in.Key)
	defer op.end(&err)
	return c.uploadPart(op, in)
}

// uploadPart is UploadPart within an operation.
func (c *Client) uploadPart(op *operation, in PartInput) (Part, error) {
	op.request["uploadId"], op.request["partNumber"] = in.UploadID, in.Number
	b, err := c.writable(in.Bucket, in.Key, nil)
	if err != nil {
		return Part{}, err
	}
	if in.Number < 1 || in.Number > maxParts {
		return Part{}, badPartNumber(strconv.Itoa(in.Number))
	}
	u, err := b.upload(in.Key, in.UploadID)
	if err != nil {
		return Part{}, err
	}
	if err := u.Seal.takesPart(in.customerKey); err != nil {
		return Part{}, err
	}
	if err := u.takesDigest(&in); err != nil {
		return Part{}, err
	}
	seg, sums, err := c.s3.receive(in.Body, in.digest)
	if err != nil {
		return Part{}, err
	}
	op.in = seg.size
	p := &part{number: in.Number, seg: seg, etag: hex.EncodeToString(seg.md5[:]), checksums: sums, modified: time.Now()}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts[p.number] = p
	return p.public(u), nil
}

// takesDigest holds a part to the algorithm of the upload. Where the object's checksum is
// over those of its parts, who uploads one tells its own; S3 reads what is copied itself.
func (u *upload) takesDigest(in *PartInput) error {
	in.digest.ofPart = true
	given := "null"
	if in.digest.checksum != nil {
		given = in.digest.algorithm
	}
	switch {
	case u.algorithm == "" || given == u.algorithm:
	case given == "null" && (in.copied || u.wholeChecksum):
		in.digest.algorithm = u.algorithm
	default:
		return cloud.Errorf(400, "InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", u.algorithm, given)
	}
	return nil
}

// CompleteInput is the input of CompleteUpload.
type CompleteInput struct {
	Bucket, Key, UploadID string
	Parts                 []Part // in ascending order; Number and ETag count
	IfMatch, IfNoneMatch  string

	size      *int64            // that the object must have, unless nil
	checksums map[string]string // that it must have
	kind      string            // of its checksum: FULL_OBJECT, COMPOSITE, or empty
}

// CompleteUpload makes the object out of the parts.
func (c *Client) CompleteUpload(_ context.Context, in CompleteInput) (_ *Object, err error) {
	op := c.begin("CompleteMultipartUpload", in.Bucket, in.Key)
	defer op.end(&err)
	op.request["uploadId"] = in.UploadID
	b, err := c.writable(in.Bucket, in.Key, nil)
	if err != nil {
		return nil, err
	}
	u, err := b.upload(in.Key, in.UploadID)
	if err != nil {
		return nil, err
	}
	if kind := u.checksumKind(); in.kind != "" && in.kind != kind {
		return nil, cloud.Errorf(400, "InvalidRequest", "The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", cmp.Or(kind, "null"))
	}
	parts, err := u.choose(in.Parts)
	if err != nil {
		return nil, err
	}
	v, err := u.assemble(parts)
	if err != nil {
		return nil, err
	}
	v.cause = op.makes()
	for algorithm, sum := range in.checksums {
		own, has := v.checksums[algorithm]
		if !has && u.algorithm == "" { // S3 holds it to nothing
			continue
		}
		if own != sum || in.kind == "" && u.checksumKind() == fullObject { // one of no type is taken for one of parts
			return nil, cloud.Errorf(400, "BadDigest", "The %s you specified did not match the calculated checksum.", cmp.Or(u.algorithm, defaultAlgorithm))
		}
	}
	if in.size != nil && *in.size != v.size {
		return nil, cloud.Errorf(400, "InvalidRequest", "The provided 'x-amz-mp-object-size' header value %d does not match what was computed: %d", *in.size, v.size)
	}
	if err := b.add(v, precondition{key: in.Key, ifMatch: in.IfMatch, ifNoneMatch: in.IfNoneMatch, during: u}, &c.s3.sequence); err != nil {
		return nil, err
	}
	b.forget(u.id)
	op.wrote(b, v)
	op.created(b, v, "CompleteMultipartUpload", "CompleteMultipartUpload")
	return b.current(v), nil
}

// choose finds the parts that make the object.
func (u *upload) choose(wanted []Part) ([]*part, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(wanted) == 0 {
		return nil, cloud.Errorf(400, "InvalidRequest", "You must specify at least one part")
	}
	for i := range wanted[1:] {
		if wanted[i+1].Number <= wanted[i].Number {
			return nil, about(cloud.Errorf(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number."), "UploadId", u.id)
		}
	}
	parts := make([]*part, 0, len(wanted))
	for i, w := range wanted {
		p := u.parts[w.Number]
		if p == nil || p.etag != strings.Trim(w.ETag, `"`) || !u.knows(p, w.named) {
			return nil, about(cloud.Errorf(400, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."),
				"ETag", strings.Trim(w.ETag, `"`), "PartNumber", strconv.Itoa(w.Number), "UploadId", u.id)
		}
		if err := u.takesSums(w); err != nil {
			return nil, err
		}
		if i < len(wanted)-1 && p.seg.size < minPartSize {
			return nil, about(cloud.Errorf(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"),
				"ETag", p.etag, "PartNumber", strconv.Itoa(w.Number), "MinSizeAllowed", strconv.Itoa(minPartSize), "ProposedSize", strconv.FormatInt(p.seg.size, 10))
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// knows tells whether the checksums by which an author names a part are its own. The parts of
// an upload without an algorithm have none that would name them.
func (u *upload) knows(p *part, named map[string]string) bool {
	if u.algorithm == "" {
		return len(named) == 0
	}
	sum, given := named[u.algorithm]
	return !given || sum == p.checksums[u.algorithm]
}

// takesSums refuses a part that is named by a checksum of another algorithm, or by none
// where the object's is made of those.
func (u *upload) takesSums(wanted Part) error {
	for _, algorithm := range slices.Sorted(maps.Keys(wanted.named)) {
		if algorithm != u.algorithm {
			return cloud.Errorf(400, "BadDigest", "The %s you specified for part %d did not match what we received.", algorithm, wanted.Number)
		}
	}
	if u.checksumKind() == ofParts && wanted.named[u.algorithm] == "" {
		return cloud.Errorf(400, "InvalidRequest", "The upload was created using a %s checksum. The complete request must include the checksum for each part. It was missing for part %d in the request.", u.algorithm, wanted.Number)
	}
	return nil
}

// checksumKind is what the checksum is over; empty where none was asked for.
func (u *upload) checksumKind() string {
	switch {
	case u.algorithm == "":
		return ""
	case u.wholeChecksum:
		return fullObject
	}
	return ofParts
}

// assemble makes the version; its entity tag is the MD5 of the parts' MD5s.
func (u *upload) assemble(parts []*part) (*version, error) {
	sum := md5.New()
	v := &version{key: u.key, header: u.header, parts: len(parts), tags: u.tags, attributes: u.attributes}
	for _, p := range parts {
		if u.checksumKind() == ofParts {
			v.partSums = append(v.partSums, partSum{p.number, p.seg.size, p.checksums})
		}
		sum.Write(p.seg.md5[:])
		v.body = append(v.body, p.seg)
	}
	v.size = v.body.size()
	v.etag = fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts))
	switch {
	case u.checksumKind() == ofParts:
		v.checksums = composite(u.algorithm, parts)
		return v, nil
	case u.algorithm == "" && u.Seal.CustomerKey != "": // by default S3 tells nothing of what it has no key to
		return v, nil
	}
	return v, v.sum(cmp.Or(u.algorithm, defaultAlgorithm), false)
}

func (b *bucket) forget(uploadID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.uploads, uploadID)
}

// AbortUpload drops an upload and its parts.
func (c *Client) AbortUpload(_ context.Context, bucket, key, uploadID string) (err error) {
	op := c.begin("AbortMultipartUpload", bucket, key)
	defer op.end(&err)
	op.request["uploadId"] = uploadID
	b, err := c.s3.bucket(bucket)
	if err != nil {
		return err
	}
	if err := c.allow("AbortMultipartUpload", objectARN(bucket, key), nil); err != nil {
		return err
	}
	if _, err := b.upload(key, uploadID); err != nil {
		return err
	}
	b.forget(uploadID)
	return nil
}

// listParts returns an upload, and the parts that it has, in order.
func (c *Client) listParts(bucket, key, uploadID string) (_ *upload, _ []Part, err error) {
	op := c.begin("ListParts", bucket, key)
	defer op.end(&err)
	op.readOnly = true
	op.request["uploadId"] = uploadID
	b, err := c.s3.bucket(bucket)
	if err != nil {
		return nil, nil, err
	}
	if err := c.allow("ListMultipartUploadParts", objectARN(bucket, key), nil); err != nil {
		return nil, nil, err
	}
	u, err := b.upload(key, uploadID)
	if err != nil {
		return nil, nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	var parts []Part
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		parts = append(parts, u.parts[n].public(u))
	}
	return u, parts, nil
}

// Upload is a multipart upload that has not been completed.
type Upload struct {
	Key, ID      string
	Initiated    time.Time
	StorageClass string // of the object that it will be

	sequencer string
	checksum  checksumLine
}

// ListUploads returns the open uploads whose key has the prefix, by key.
func (c *Client) ListUploads(_ context.Context, bucket, prefix string) ([]Upload, error) {
	b, err := c.s3.bucket(bucket)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ListBucketMultipartUploads", bucketARN(bucket), conditions{"s3:prefix": prefix}); err != nil {
		return nil, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var open []Upload
	for _, u := range b.uploads {
		if strings.HasPrefix(u.key, prefix) {
			sequencer, _ := sequencerOf(u.id)
			open = append(open, Upload{Key: u.key, ID: u.id, sequencer: sequencer, Initiated: u.initiated, StorageClass: storageClass(u.header), checksum: u.checksumLine()})
		}
	}
	slices.SortFunc(open, func(x, y Upload) int {
		return cmp.Or(cmp.Compare(x.Key, y.Key), cmp.Compare(x.sequencer, y.sequencer))
	})
	return open, nil
}

// Buckets and the versions of their objects.

package s3

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Versioning states of a bucket, as S3 names them.
const (
	Enabled   = "Enabled"
	Suspended = "Suspended"
)

// nullVersion is the id of versions written while versioning is not enabled.
const nullVersion = "null"

// version is one version of an object, immutable once it is in a bucket.
type version struct {
	key       string
	id        string
	marker    bool // a delete marker, which has no body
	body      content
	size      int64
	etag      string // without quotes
	modified  time.Time
	header    map[string]string // as given: Content-Type, x-amz-meta-...
	checksums map[string]string // by algorithm: "crc32"
	parts     int               // of a multipart upload, otherwise 0
	partSums  []partSum         // where the checksum is over them; otherwise nil
	tags      []Tag
	attributes
	sequencer string
	cause     *cloud.Cause
}

// partSum is a part of an object with the checksum that its author gave it.
type partSum struct {
	Number   int
	Size     int64
	Checksum map[string]string // by algorithm
}

type bucket struct {
	cloud.Changes // of the versions

	name    string
	created time.Time
	region  string

	mu         sync.RWMutex
	versioning string
	policy     json.RawMessage // or nil
	acl        acl
	settings   map[string]document // by subresource, and id where there are several
	tags       []Tag
	keys       []string              // sorted, all that have a version
	versions   map[string][]*version // oldest first
	uploads    map[string]*upload
}

func newBucket(name string, o BucketOptions) *bucket {
	b := &bucket{
		name:       name,
		created:    time.Now(),
		versioning: o.Versioning,
		region:     o.region,
		tags:       o.Tags,
		acl:        o.acl,
		versions:   map[string][]*version{},
		settings:   initialSettings(),
		uploads:    map[string]*upload{},
	}
	b.bridge(o.EventBridge)
	if o.Locked {
		b.versioning = Enabled
		b.settings["object-lock"] = &lockConfiguration{ObjectLockEnabled: Enabled}
	}
	if o.ownership != "" {
		b.settings["ownershipControls"] = &ownershipControls{[]ownershipRule{{o.ownership}}}
	}
	return b
}

// bridge tells EventBridge of changes from now on, or no longer.
func (b *bucket) bridge(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n notification
	if old, ok := b.settings["notification"].(*notification); ok {
		n = *old
	}
	n.EventBridgeConfiguration = nil
	if on {
		n.EventBridgeConfiguration = new(struct{})
	}
	b.settings["notification"] = &n
}

// setVersioning gives a bucket another state of versioning. One that has had
// versions is never without a state again, and one with locks always has them.
func (b *bucket) setVersioning(state string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	locked := b.settings["object-lock"] != nil
	if locked && state == "" {
		return nil
	}
	if locked && state != Enabled {
		return cloud.Errorf(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	if state == "" && b.versioning != "" {
		state = Suspended
	}
	b.versioning = state
	return nil
}

func bucketARN(bucket string) string      { return "arn:aws:s3:::" + bucket }
func objectARN(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

func (b *bucket) empty() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.keys) == 0
}

// find returns a version of an object, the current one if id is empty, or nil.
// It may be a delete marker.
func (b *bucket) find(key, id string) *version {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.findLocked(key, id)
}

func (b *bucket) findLocked(key, id string) *version {
	all := b.versions[key]
	if id == "" {
		if len(all) == 0 {
			return nil
		}
		return all[len(all)-1]
	}
	if i := indexVersion(all, id); i >= 0 {
		return all[i]
	}
	return nil
}

func indexVersion(all []*version, id string) int {
	return slices.IndexFunc(all, func(v *version) bool { return v.id == id })
}

// precondition is what a conditional write demands of the current object.
type precondition struct {
	key         string // of the object
	ifMatch     string // entity tag
	ifNoneMatch string // only "*"

	is     *version // the very version, unless nil
	during *upload  // what is completed, unless nil
}

func (p precondition) check(current *version) error {
	exists := current != nil && !current.marker
	switch {
	case p.is != nil && p.is != current:
		return preconditionFailed("version")
	case p.ifMatch != "" && !exists:
		return noSuchKey(p.key)
	case p.ifMatch != "" && !etagMatches(p.ifMatch, current.etag):
		return preconditionFailed("If-Match")
	case p.ifNoneMatch != "" && exists:
		return preconditionFailed("If-None-Match")
	case p.during != nil && p.during.overtaken && p.ifMatch != "":
		return conflict("If-Match", p.key)
	case p.during != nil && p.during.overtaken && p.ifNoneMatch != "":
		return conflict("If-None-Match", p.key)
	}
	return nil
}

// etagMatches tells whether a list of entity tags, as in If-Match, names etag.
func etagMatches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.Trim(tag, `"`) == etag {
			return true
		}
	}
	return false
}

// add makes v the current version of its object if the precondition holds.
func (b *bucket) add(v *version, p precondition, seq *sequence) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := p.check(b.findLocked(v.key, "")); err != nil {
		return err
	}
	b.addLocked(v, seq)
	return nil
}

func (b *bucket) addLocked(v *version, seq *sequence) {
	v.sequencer = seq.next()
	v.id = nullVersion
	if b.versioning == Enabled {
		v.id = newVersionID(v.sequencer)
	}
	v.modified = time.Now()
	all := b.versions[v.key]
	if v.id == nullVersion {
		all = slices.DeleteFunc(slices.Clone(all), func(old *version) bool { return old.id == nullVersion })
	}
	b.put(v.key, append(all, v))
	b.overtake(v.key)
}

// overtake notes for the uploads to a key that its object has changed meanwhile.
func (b *bucket) overtake(key string) {
	for _, u := range b.uploads {
		if u.key == key {
			u.overtaken = true
		}
	}
}

// put replaces the versions of a key and keeps the index in step.
func (b *bucket) put(key string, all []*version) {
	b.Changed()
	i, found := slices.BinarySearch(b.keys, key)
	switch {
	case len(all) == 0 && found:
		b.keys = slices.Delete(b.keys, i, i+1)
		delete(b.versions, key)
	case len(all) > 0:
		if !found {
			b.keys = slices.Insert(b.keys, i, key)
		}
		b.versions[key] = all
	}
}

// remove deletes as S3 does: a version for good, or, without an id, by
// a delete marker where the bucket has versions. It returns the version that
// went or the marker that came, and which it was; nil if nothing changed. A
// locked version stays, unless its lock is bypassed.
func (b *bucket) remove(key, id string, condition precondition, bypass bool, seq *sequence, cause *cloud.Cause) (v *version, created bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := condition.check(b.findLocked(key, id)); err != nil {
		return nil, false, err
	}
	if id == "" && b.versioning != "" {
		marker := &version{key: key, marker: true, cause: cause}
		b.addLocked(marker, seq)
		return marker, true, nil
	}
	if id == "" {
		id = nullVersion
	}
	all := b.versions[key]
	i := indexVersion(all, id)
	if i < 0 {
		return nil, false, nil
	}
	gone := all[i]
	if err := gone.Lock.holds(bypass); err != nil {
		return nil, false, err
	}
	b.put(key, slices.Delete(slices.Clone(all), i, i+1))
	if i == len(all)-1 {
		b.overtake(key)
	}
	return gone, false, nil
}

// shownID is the version id that answers and events carry: none where the
// bucket never had versions.
func (b *bucket) shownID(v *version) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.versioning == "" && v.id == nullVersion {
		return ""
	}
	return v.id
}

// versionIDs are 32 characters, as S3's are.
var versionIDs = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._").WithPadding(base64.NoPadding)

// A version id is twelve random bytes, the sequencer and a sum of both: S3 knows a wrong one
// when it sees it, and which versions are older than one that is gone.
const (
	atSequencer = 12
	atSum       = atSequencer + 8
)

func newVersionID(sequencer string) string {
	id := make([]byte, atSequencer, atSum+crc32.Size)
	rand.Read(id)
	n, _ := strconv.ParseUint(sequencer, 16, 64)
	id = binary.BigEndian.AppendUint64(id, n)
	return versionIDs.EncodeToString(binary.BigEndian.AppendUint32(id, crc32.ChecksumIEEE(id)))
}

// sequencerOf is the sequencer of the version of that id, there or gone.
func sequencerOf(id string) (sequencer string, ok bool) {
	raw, err := versionIDs.DecodeString(id)
	if err != nil || len(raw) != atSum+crc32.Size || binary.BigEndian.Uint32(raw[atSum:]) != crc32.ChecksumIEEE(raw[:atSum]) {
		return "", false
	}
	return writeSequencer(binary.BigEndian.Uint64(raw[atSequencer:])), true
}

func writeSequencer(n uint64) string { return fmt.Sprintf("%018X", n) }

// sequence hands out sequencers: hexadecimal numbers that grow with every
// change, by which a consumer orders the events of one key.
type sequence struct{ last atomic.Int64 }

func (s *sequence) next() string {
	for {
		last := s.last.Load()
		next := max(last+1, time.Now().UnixNano())
		if s.last.CompareAndSwap(last, next) {
			return writeSequencer(uint64(next))
		}
	}
}

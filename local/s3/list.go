// Listings: current objects, and all versions.

package s3

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
)

// maxKeys is the most that one page of a listing has.
const maxKeys = 1000

const incorrectToken = "The continuation token provided is incorrect"

// writeToken makes the token of a page that goes on after a name.
func writeToken(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

// readToken returns the name that a page goes on after.
func readToken(token string) (string, error) {
	after, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", invalidArgument("continuation-token", token, incorrectToken)
	}
	return string(after), nil
}

// ListInput asks for a page of a listing.
type ListInput struct {
	Bucket    string
	Prefix    string
	Delimiter string
	After     string // keys after this one; a common prefix skips all under it
	Max       int    // Default and maximum: 1,000.

	afterVersion string // ListVersions: only versions of After older than this
	zero         bool   // max-keys=0: an empty page
	most         int    // entries that the page has, of Max that it may have; 0: all
	past         bool   // a common prefix of After is skipped, too
}

// Page is a page of a listing.
type Page struct {
	Objects        []*Object // without bodies
	CommonPrefixes []string
	Truncated      bool
	Next           string // After of the next page, where Truncated
}

// token is the continuation token of the page after this one, if any.
func (p Page) token() string {
	if !p.Truncated {
		return ""
	}
	return writeToken(p.Next)
}

// List lists current objects in the order of their keys.
func (c *Client) List(_ context.Context, in ListInput) (_ Page, err error) {
	op := c.begin("ListObjects", in.Bucket, "")
	defer op.end(&err)
	op.readOnly = true
	op.request["prefix"] = in.Prefix
	b, err := c.s3.bucket(in.Bucket)
	if err != nil {
		return Page{}, err
	}
	if err := c.allow("ListBucket", bucketARN(in.Bucket), conditions{"s3:prefix": in.Prefix, "s3:delimiter": in.Delimiter}); err != nil {
		return Page{}, err
	}
	var page Page
	for entry := range b.walk(in) {
		if in.full(len(page.Objects) + len(page.CommonPrefixes)) {
			page.Truncated = !in.zero
			break
		}
		page.Next = entry.name
		if entry.version == nil {
			page.CommonPrefixes = append(page.CommonPrefixes, entry.name)
			continue
		}
		object := b.object(entry.version)
		object.Body = nil
		page.Objects = append(page.Objects, object)
	}
	return page, nil
}

func (in ListInput) full(n int) bool {
	if in.zero {
		return true
	}
	limit := in.Max
	if limit <= 0 || limit > maxKeys {
		limit = maxKeys
	}
	if in.most > 0 {
		limit = min(limit, in.most)
	}
	return n >= limit
}

// entry is a line of a listing: an object's current version, or a common
// prefix, which has no version.
type entry struct {
	name    string
	version *version
}

// walk yields the lines after in.After.
func (b *bucket) walk(in ListInput) func(yield func(entry) bool) {
	return func(yield func(entry) bool) {
		for e, ok := b.next(in, in.After); ok && yield(e); {
			e, ok = b.next(in, e.name)
		}
	}
}

// next returns the line that follows the one named after. The keys under
// a common prefix are skipped by a search, not one by one.
func (b *bucket) next(in ListInput, after string) (entry, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i, found := slices.BinarySearch(b.keys, max(in.Prefix, after))
	if found && b.keys[i] == after {
		i++
	}
	for ; i < len(b.keys) && strings.HasPrefix(b.keys[i], in.Prefix); i++ {
		key := b.keys[i]
		if group, ok := commonPrefix(key, in); ok && in.skips(group, after) {
			i += keysUnder(b.keys[i:], group) - 1
			continue
		}
		all := b.versions[key]
		current := all[len(all)-1]
		if current.marker {
			continue
		}
		if group, ok := commonPrefix(key, in); ok {
			return entry{name: group}, true
		}
		return entry{key, current}, true
	}
	return entry{}, false
}

// commonPrefix returns the prefix of a key up to the delimiter, if it has one
// after the listing's own prefix.
func commonPrefix(key string, in ListInput) (string, bool) {
	if in.Delimiter == "" {
		return "", false
	}
	rest := key[len(in.Prefix):]
	i := strings.Index(rest, in.Delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(in.Prefix)+i+len(in.Delimiter)], true
}

// skips tells whether a common prefix has been listed when a name was the last.
func (in ListInput) skips(group, after string) bool {
	return group == after || in.past && strings.HasPrefix(after, group)
}

// keysUnder counts the leading keys that have the prefix.
func keysUnder(keys []string, prefix string) int {
	n, _ := slices.BinarySearchFunc(keys, prefix, func(key, prefix string) int {
		if strings.HasPrefix(key, prefix) {
			return -1
		}
		return 1
	})
	return n
}

// VersionPage is a page of a listing of versions.
type VersionPage struct {
	Versions       []VersionEntry
	CommonPrefixes []string
	Truncated      bool
	NextKey        string // where Truncated
	NextVersion    string
}

// VersionEntry is a version or a delete marker in a listing.
type VersionEntry struct {
	*Object
	Latest, DeleteMarker bool
}

// ListVersions lists all versions by key, the newest of a key first.
func (c *Client) ListVersions(_ context.Context, in ListInput) (_ VersionPage, err error) {
	op := c.begin("ListObjectVersions", in.Bucket, "")
	defer op.end(&err)
	op.readOnly = true
	op.request["prefix"] = in.Prefix
	b, err := c.s3.bucket(in.Bucket)
	if err != nil {
		return VersionPage{}, err
	}
	if err := c.allow("ListBucketVersions", bucketARN(in.Bucket), conditions{"s3:prefix": in.Prefix, "s3:delimiter": in.Delimiter}); err != nil {
		return VersionPage{}, err
	}
	var page VersionPage
	for v, latest := range b.history(in) {
		group, grouped := commonPrefix(v.key, in)
		if grouped && page.NextKey == group {
			continue
		}
		if in.full(len(page.Versions) + len(page.CommonPrefixes)) {
			page.Truncated = !in.zero
			break
		}
		if grouped {
			page.CommonPrefixes = append(page.CommonPrefixes, group)
			page.NextKey, page.NextVersion = group, ""
			continue
		}
		page.NextKey, page.NextVersion = v.key, v.id
		object := b.object(v)
		object.Body, object.VersionID = nil, v.id
		page.Versions = append(page.Versions, VersionEntry{object, latest, v.marker})
	}
	return page, nil
}

// olderThan counts the versions that are older than one of them, or than one that is gone.
// Without an id, there are none.
func olderThan(all []*version, id string) int {
	if i := indexVersion(all, id); i >= 0 {
		return i
	}
	sequencer, _ := sequencerOf(id)
	older, _ := slices.BinarySearchFunc(all, sequencer, func(v *version, at string) int { return strings.Compare(v.sequencer, at) })
	return older
}

// history yields the versions that the input asks for, with whether each is
// its key's latest.
func (b *bucket) history(in ListInput) func(yield func(*version, bool) bool) {
	b.mu.RLock()
	start, _ := slices.BinarySearch(b.keys, max(in.Prefix, in.After))
	keys := slices.Clone(b.keys[start:])
	b.mu.RUnlock()
	return func(yield func(*version, bool) bool) {
		for _, key := range keys {
			if !strings.HasPrefix(key, in.Prefix) {
				return
			}
			if group, ok := commonPrefix(key, in); ok && in.skips(group, in.After) {
				continue
			}
			b.mu.RLock()
			all := slices.Clone(b.versions[key])
			b.mu.RUnlock()
			older := len(all)
			if key == in.After {
				older = olderThan(all, in.afterVersion)
			}
			for i := older - 1; i >= 0; i-- {
				if !yield(all[i], i == len(all)-1) {
					return
				}
			}
		}
	}
}

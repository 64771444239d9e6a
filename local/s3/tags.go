// Tags of buckets, which templates give.

package s3

import (
	"encoding/xml"
	"net/http"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Tag is a bucket's.
type Tag struct{ Key, Value string }

// Tagged tells whether a bucket has a tag of a value. One that is not there has
// none.
func (s *S3) Tagged(bucket string, tag Tag) bool {
	b, err := s.bucket(bucket)
	if err != nil {
		return false
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Contains(b.tags, tag)
}

func (b *bucket) setTags(tags []Tag) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tags = tags
}

func (q *request) bucketTagging() error {
	b, err := q.allowBucket("GetBucketTagging")
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if len(b.tags) == 0 {
		return cloud.Errorf(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist")
	}
	return q.XML(http.StatusOK, struct {
		XMLName xml.Name
		Tags    []Tag `xml:"TagSet>Tag"`
	}{xmlNamed("Tagging"), b.tags})
}

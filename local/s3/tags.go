// Tags of buckets and of objects.

package s3

import (
	"maps"
	"net/http"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Tag is a bucket's or an object's.
type Tag = cloud.Tag

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

// retag sets what tags callers may set.
func (b *bucket) retag(tags []Tag) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := checkBucketTags(b.tags, tags); err != nil {
		return err
	}
	b.tags = tags
	return nil
}

// redeclareTags gives a bucket the tags that its template has now.
func (b *bucket) redeclareTags(before, after []Tag) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tags = cloud.RedeclaredTags(b.tags, before, after)
}

func (q *request) bucketTagging() error {
	b, err := q.allowBucket("GetBucketTagging")
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if len(b.tags) == 0 {
		return about(cloud.Errorf(http.StatusNotFound, "NoSuchTagSet", "The TagSet does not exist"), "BucketName", q.bucket)
	}
	return q.XML(http.StatusOK, taggingXML{xmlNamed("Tagging"), tagSet{b.tags}})
}

// requestTags are what tags that a request gives to an object give to policies.
func requestTags(tags []Tag) conditions {
	keys := conditions{}
	for _, tag := range tags {
		keys["s3:RequestObjectTag/"+tag.Key] = tag.Value
	}
	return keys
}

// admitTags authorizes that an object gets tags with what is written.
func (c *Client) admitTags(b *bucket, key string, tags []Tag) error {
	if len(tags) == 0 {
		return nil
	}
	return c.allow("PutObjectTagging", objectARN(b.name, key), requestTags(tags))
}

// described authorizes reading or changing what a version has beside its body,
// and finds it: of GetObject and Tagging it makes s3:GetObjectVersionTagging.
// Policies are given what there is of the version, and more.
func (q *request) described(verb, what string, more conditions) (*bucket, *version, error) {
	c, key, versionID := q.client, q.key, q.query.Get("versionId")
	b, err := c.s3.bucket(q.bucket)
	if err != nil {
		return nil, nil, err
	}
	action := verb + what
	if versionID != "" {
		action = verb + "Version" + what
	}
	given := b.conditions(key, versionID)
	maps.Copy(given, more)
	if err := c.allow(action, objectARN(b.name, key), given); err != nil {
		return nil, nil, err
	}
	v, err := c.existing(b, key, versionID)
	if marker := b.find(key, versionID); err != nil && marker != nil && marker.marker && (verb != "GetObject" || what != "Acl") {
		err = deleteMarkerError(b, marker, true) // although it was not asked for by its id
	}
	return b, v, err
}

// amend changes what a version has beside its body: it becomes another one in
// its place, since readers may have the first.
func (b *bucket) amend(v *version, change func(*version)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.versions[v.key])
	if i := slices.Index(all, v); i >= 0 {
		changed := *v
		change(&changed)
		all[i] = &changed
		b.put(v.key, all)
	}
}

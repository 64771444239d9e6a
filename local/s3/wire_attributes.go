// The protocol of what objects are beside their bodies: attributes and tags.

package s3

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// checksumMembers are the checksums of an object, in XML.
type checksumMembers struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func checksumsOf(sums map[string]string) checksumMembers {
	told := checksumMembers{
		ChecksumCRC32: sums["crc32"], ChecksumCRC32C: sums["crc32c"], ChecksumCRC64NVME: sums["crc64nvme"],
		ChecksumSHA1: sums["sha1"], ChecksumSHA256: sums["sha256"],
	}
	for _, sum := range sums {
		told.ChecksumType = checksumType(sum)
	}
	return told
}

// partSums are checksums of parts, of which only an object's has a type.
func partSums(sums map[string]string) checksumMembers {
	told := checksumsOf(sums)
	told.ChecksumType = ""
	return told
}

// sums are told of a part where its upload has an algorithm.
func (p Part) sums() checksumMembers {
	if p.algorithm == "" {
		return checksumMembers{}
	}
	return partSums(p.Checksums)
}

// given are the checksums that there are, by algorithm.
func (c checksumMembers) given() map[string]string {
	given := map[string]string{"crc32": c.ChecksumCRC32, "crc32c": c.ChecksumCRC32C, "crc64nvme": c.ChecksumCRC64NVME, "sha1": c.ChecksumSHA1, "sha256": c.ChecksumSHA256}
	maps.DeleteFunc(given, func(_, sum string) bool { return sum == "" })
	return given
}

func (q *request) getAttributes() error {
	in, err := q.readInput()
	if err != nil {
		return err
	}
	o, err := q.client.find(in)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for name := range strings.SplitSeq(strings.Join(q.Request.Header.Values("x-amz-object-attributes"), ","), ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains([]string{"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}, name) {
			return invalidArgument("x-amz-object-attributes", name, "Invalid attribute name specified.")
		}
		asked[name] = true
	}
	document := struct {
		XMLName      xml.Name
		ETag         string           `xml:",omitempty"`
		Checksum     *checksumMembers `xml:",omitempty"`
		ObjectParts  *objectParts     `xml:",omitempty"`
		StorageClass string           `xml:",omitempty"`
		ObjectSize   *int64           `xml:",omitempty"`
	}{XMLName: xmlNamed("GetObjectAttributesResponse")}
	if asked["ETag"] {
		document.ETag = o.ETag
	}
	if asked["Checksum"] && len(o.Checksums) > 0 {
		document.Checksum = bare(o.Checksums)
	}
	if asked["ObjectParts"] && o.Parts > 0 {
		if document.ObjectParts, err = q.objectParts(o); err != nil {
			return err
		}
	}
	if asked["StorageClass"] {
		document.StorageClass = o.storageClass()
	}
	if asked["ObjectSize"] {
		document.ObjectSize = &o.Size
	}
	q.setVersion(o.VersionID)
	q.Writer.Header().Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	return q.XML(http.StatusOK, document)
}

// bare are an object's checksums without the number of the parts that they are made of,
// which is told beside them.
func bare(sums map[string]string) *checksumMembers {
	without := map[string]string{}
	for algorithm, sum := range sums {
		without[algorithm], _, _ = strings.Cut(sum, "-")
	}
	told := checksumsOf(without)
	told.ChecksumType = checksumsOf(sums).ChecksumType
	return &told
}

// objectParts are the parts of an object, page by page; how many, and no more,
// where their checksums are not known.
type objectParts struct {
	IsTruncated          *bool `xml:",omitempty"`
	MaxParts             *int  `xml:",omitempty"`
	NextPartNumberMarker *int  `xml:",omitempty"`
	PartNumberMarker     *int  `xml:",omitempty"`
	Part                 []objectPart
	PartsCount           int
}

type objectPart struct {
	checksumMembers
	PartNumber int
	Size       int64
}

func (q *request) objectParts(o *Object) (*objectParts, error) {
	page := &objectParts{PartsCount: o.Parts}
	if o.partSums == nil {
		return page, nil
	}
	limit, after, last, truncated := maxKeys, 0, 0, false
	for header, n := range map[string]*int{"x-amz-max-parts": &limit, "x-amz-part-number-marker": &after} {
		text := q.Request.Header.Get(header)
		if text == "" {
			continue
		}
		var err error
		if *n, err = strconv.Atoi(text); err != nil || *n < 0 {
			return nil, invalidArgument(header, text, "Provided "+header+" not an integer or within integer range")
		}
	}
	limit = min(limit, maxKeys)
	for _, p := range o.partSums {
		if p.Number <= after {
			continue
		}
		if len(page.Part) == limit {
			truncated = true
			break
		}
		page.Part, last = append(page.Part, objectPart{PartNumber: p.Number, Size: p.Size, checksumMembers: partSums(p.Checksum)}), p.Number
	}
	page.IsTruncated, page.MaxParts, page.PartNumberMarker, page.NextPartNumberMarker = &truncated, &limit, &after, &last
	return page, nil
}

// taggingXML is a set of tags, in and out.
type taggingXML struct {
	XMLName xml.Name
	TagSet  tagSet
}

type tagSet struct {
	Tags []Tag `xml:"Tag"`
}

// readTags reads tags, of which each has a key and a value, be it an empty one.
func (q *request) readTags() (tags []Tag, err error) {
	var body struct {
		TagSet struct {
			Tag []struct{ Key, Value *string }
		}
	}
	if err := q.readXML(&body); err != nil {
		return nil, err
	}
	for _, t := range body.TagSet.Tag {
		if t.Key == nil || t.Value == nil {
			return nil, malformedXML()
		}
		tags = append(tags, Tag{Key: *t.Key, Value: *t.Value})
	}
	return tags, nil
}

// headerTags reads x-amz-tagging: "team=b2b&cost=".
func headerTags(header string) ([]Tag, error) {
	if header == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(header)
	var tags []Tag
	twice := false
	for key, list := range values {
		twice = twice || len(list) > 1 || strings.Contains(list[0], "=")
		tags = append(tags, Tag{Key: key, Value: list[0]})
	}
	if err != nil || twice {
		return nil, invalidArgument("x-amz-tagging", header, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	slices.SortFunc(tags, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags, checkObjectTags(tags)
}

const (
	maxObjectTags = 10
	maxBucketTags = 50
)

func checkObjectTags(tags []Tag) error {
	for _, tag := range tags {
		if isSystem(tag) {
			return about(cloud.Errorf(400, "InvalidTag", "Your TagKey cannot be prefixed with aws:"), "TagKey", tag.Key)
		}
	}
	return checkTags(tags, maxObjectTags)
}

// checkBucketTags refuses tags that a bucket cannot have in place of those that it
// has. The tags that AWS has set, such as those of its stack, must stay among them.
func checkBucketTags(had, tags []Tag) error {
	for _, tag := range tags {
		if isSystem(tag) && !slices.Contains(had, tag) {
			return about(cloud.Errorf(400, "InvalidTag", "System tags cannot be added/updated by requester"), "TagKey", tag.Key)
		}
	}
	for _, tag := range had {
		if isSystem(tag) && !slices.Contains(tags, tag) {
			return cloud.Errorf(400, "InvalidTag", "System tags cannot be removed by requester")
		}
	}
	return checkTags(tags, maxBucketTags)
}

// isSystem tells whether a tag is one of those that only AWS sets.
func isSystem(tag Tag) bool { return strings.HasPrefix(strings.ToLower(tag.Key), "aws:") }

func checkTags(tags []Tag, most int) error {
	if len(tags) > most {
		return cloud.Errorf(400, "BadRequest", "Object tags cannot be greater than %d", most)
	}
	for i, tag := range tags {
		switch {
		case slices.ContainsFunc(tags[:i], func(other Tag) bool { return other.Key == tag.Key }):
			return about(cloud.Errorf(400, "InvalidTag", "Cannot provide multiple Tags with the same key"), "TagKey", tag.Key)
		case tag.Key == "" || utf8.RuneCountInString(tag.Key) > 128 || strings.Contains(tag.Key, ","):
			return about(cloud.Errorf(400, "InvalidTag", "The TagKey you have provided is invalid"), "TagKey", tag.Key)
		case utf8.RuneCountInString(tag.Value) > 256 || strings.Contains(tag.Value, ","):
			return about(cloud.Errorf(400, "InvalidTag", "The TagValue you have provided is invalid"), "TagKey", tag.Key, "TagValue", tag.Value)
		}
	}
	return nil
}

func (q *request) getTags() error {
	b, v, err := q.described("GetObject", "Tagging", nil)
	if err != nil && cloud.AsError(err).Code == "NoSuchKey" {
		return noSuchKey(q.bucket + "/" + q.key) // as S3 names it, here only
	}
	if err != nil {
		return err
	}
	q.setVersion(b.shownID(v))
	return q.XML(http.StatusOK, taggingXML{xmlNamed("Tagging"), tagSet{v.tags}})
}

func (q *request) putTags() error {
	tags, err := q.readTags()
	if err != nil {
		return err
	}
	if err := checkObjectTags(tags); err != nil {
		return err
	}
	return q.retag("Put", tags, http.StatusOK)
}

func (q *request) deleteTags() error { return q.retag("Delete", nil, http.StatusNoContent) }

func (q *request) retag(verb string, tags []Tag, status int) error {
	b, v, err := q.described(verb+"Object", "Tagging", requestTags(tags))
	if err != nil {
		return err
	}
	b.amend(v, func(changed *version) { changed.tags = tags })
	q.op.amended(b, v, "ObjectTagging:"+verb, map[string]string{"Put": "Object Tags Added", "Delete": "Object Tags Deleted"}[verb])
	q.setVersion(b.shownID(v))
	q.Writer.WriteHeader(status)
	return nil
}

func (q *request) putBucketTagging() error {
	tags, err := q.readTags()
	if err != nil {
		return err
	}
	return q.setBucketTags(tags)
}

func (q *request) deleteBucketTagging() error { return q.setBucketTags(nil) }

func (q *request) setBucketTags(tags []Tag) error {
	b, err := q.allowBucket("PutBucketTagging")
	if err != nil {
		return err
	}
	if err := b.retag(tags); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

type versioningConfiguration struct{ Status, MfaDelete string }

func (q *request) putVersioning() error {
	b, err := q.allowBucket("PutBucketVersioning")
	if err != nil {
		return err
	}
	var body versioningConfiguration
	if err := q.readXML(&body); err != nil {
		return err
	}
	switch {
	case body.MfaDelete != "" && body.MfaDelete != "Disabled":
		return notHonoured("MfaDelete")
	case body.Status == "":
		return cloud.Errorf(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case body.Status != Enabled && body.Status != Suspended:
		return malformedXML()
	}
	if err := b.setVersioning(body.Status); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

// The tags of buckets as S3 Control has them: S3's other API, which newer clients
// ask, by the same name in signatures.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html

package s3

import (
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Control is S3 Control. Of its operations it has those of the tags of buckets.
type Control struct{ s3 *S3 }

// NewControl returns the other API of a storage.
func NewControl(s *S3) *Control { return &Control{s} }

var _ wire.Speaker = (*Control)(nil)

// Protocols implements wire.Speaker.
func (c *Control) Protocols() wire.Protocols {
	const tags = wire.S3ControlPath + "tags/{ResourceArn+}"
	return wire.Protocols{REST: &wire.REST{Style: wire.S3Control, Routes: []wire.Route{
		{Pattern: "GET " + tags, Action: "ListTagsForResource", Serve: c.on("ListTagsForResource", (*controlled).list)},
		{Pattern: "POST " + tags, Action: "TagResource", Serve: c.on("TagResource", (*controlled).tag)},
		{Pattern: "DELETE " + tags, Action: "UntagResource", Serve: c.on("UntagResource", (*controlled).untag, "tagKeys")},
	}}}
}

// controlled is a request about a bucket.
type controlled struct {
	*wire.Exchange
	bucket *bucket
}

// on authorizes a request and finds the bucket that it is about.
func (c *Control) on(action string, serve func(*controlled) error, parameters ...string) func(*wire.Exchange) error {
	return func(x *wire.Exchange) error {
		for name := range x.Request.URL.Query() {
			if !slices.Contains(parameters, name) {
				return cloud.NotHonoured(action, name)
			}
		}
		arn := x.Labels["ResourceArn"]
		name, isBucket := strings.CutPrefix(arn, "arn:aws:s3:::")
		switch {
		case x.Request.Header.Get(wire.S3ControlAccount) != c.s3.cloud.Account:
			return cloud.Errorf(http.StatusForbidden, "AccessDenied", "Access Denied")
		case !isBucket || strings.Contains(name, "/"):
			return cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine has tags of buckets only by %s of S3 Control, not of %s", action, arn)
		}
		if err := c.s3.As(x.Caller, Origin{}).allow(action, arn, nil); err != nil {
			return err
		}
		b, err := c.s3.bucket(name)
		if err != nil {
			return cloud.Errorf(http.StatusNotFound, "NoSuchResource", "The specified resource doesn't exist.")
		}
		return serve(&controlled{x, b})
	}
}

const controlNamespace = "http://awss3control.amazonaws.com/doc/2018-08-20/"

type listTagsResult struct {
	XMLName xml.Name `xml:"ListTagsForResourceResult"`
	XMLNS   string   `xml:"xmlns,attr"`
	Tags    struct{ Tag []Tag }
}

func (q *controlled) list() error {
	q.bucket.mu.RLock()
	out := listTagsResult{XMLNS: controlNamespace}
	out.Tags.Tag = slices.Clone(q.bucket.tags)
	q.bucket.mu.RUnlock()
	return q.XML(http.StatusOK, out)
}

type tagResourceRequest struct {
	XMLName xml.Name                       `xml:"TagResourceRequest"`
	Tags    []struct{ Key, Value *string } `xml:"Tags>Tag"`
}

// tag sets tags beside those that the bucket has.
func (q *controlled) tag() error {
	body, err := io.ReadAll(io.LimitReader(q.Request.Body, maxDocument+1))
	if err != nil || len(body) > maxDocument {
		return malformedXML()
	}
	var in tagResourceRequest
	if xml.Unmarshal(body, &in) != nil {
		return malformedXML()
	}
	var set []Tag
	for _, t := range in.Tags {
		if t.Key == nil || t.Value == nil {
			return malformedXML()
		}
		set = append(set, Tag{Key: *t.Key, Value: *t.Value})
	}
	if err := checkControlTags(set); err != nil {
		return err
	}
	return q.retag(func(tags []Tag) []Tag { return cloud.WithTags(tags, set) })
}

// untag takes tags away, as far as they are there.
func (q *controlled) untag() error {
	keys := q.Request.URL.Query()["tagKeys"]
	return q.retag(func(tags []Tag) []Tag { return cloud.WithoutTags(tags, keys) })
}

func (q *controlled) retag(change func([]Tag) []Tag) error {
	q.bucket.mu.Lock()
	tags := change(q.bucket.tags)
	if len(tags) > cloud.MaxTags {
		q.bucket.mu.Unlock()
		return cloud.Errorf(http.StatusBadRequest, "BadRequest", "Bucket tag count cannot be greater than %d", cloud.MaxTags)
	}
	q.bucket.tags = tags
	q.bucket.mu.Unlock()
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

var controlTag = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// checkControlTags refuses tags in S3 Control's words (recorded in November 2025).
func checkControlTags(tags []Tag) error {
	for i, t := range tags {
		switch {
		case strings.HasPrefix(t.Key, "aws:"):
			return cloud.Errorf(http.StatusBadRequest, "InvalidTag", `User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`)
		case slices.ContainsFunc(tags[:i], func(other Tag) bool { return other.Key == t.Key }):
			return cloud.Errorf(http.StatusBadRequest, "InvalidTag", "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again.")
		case !t.Fits() || !controlTag.MatchString(t.Key) || !controlTag.MatchString(t.Value):
			return cloud.Errorf(http.StatusBadRequest, "InvalidTag", "This request contains a tag key or value that isn't valid. Valid characters include the following: [a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256 characters.")
		}
	}
	return nil
}

// The protocol of buckets and listings.

package s3

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func xmlNamed(local string) xml.Name {
	return xml.Name{Space: "http://s3.amazonaws.com/doc/2006-03-01/", Local: local}
}

// timestamp is a time as S3 tells it: of whole seconds.
func timestamp(t time.Time) string {
	return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
}

type owner struct {
	ID          string
	DisplayName string `xml:",omitempty"` // no longer told, but taken
}

// owner is the account, as S3 shows it: 64 hexadecimal digits.
func (q *request) owner() *owner {
	return &owner{ID: q.client.s3.ownerID()}
}

func (s *S3) ownerID() string {
	return strings.Repeat("0", max(0, 64-len(s.cloud.Account))) + s.cloud.Account
}

// allowBucket authorizes an action on the request's bucket and finds it.
func (q *request) allowBucket(action string) (*bucket, error) {
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return nil, err
	}
	return b, q.client.allow(action, bucketARN(q.bucket), nil)
}

func (q *request) deleteBucket() error {
	if _, err := q.allowBucket("DeleteBucket"); err != nil {
		return err
	}
	if err := q.client.s3.deleteBucket(q.bucket); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func (q *request) bucketVersioning() error {
	b, err := q.allowBucket("GetBucketVersioning")
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return q.XML(http.StatusOK, struct {
		XMLName xml.Name
		Status  string `xml:",omitempty"`
	}{xmlNamed("VersioningConfiguration"), b.versioning})
}

// listInput reads what all listings have in common.
func (q *request) listInput() (in ListInput, err error) {
	if encoding, given := q.query["encoding-type"]; given && encoding[0] != "url" {
		return in, invalidArgument("encoding-type", encoding[0], "Invalid Encoding Method specified in Request")
	}
	in = ListInput{Bucket: q.bucket, Prefix: q.query.Get("prefix"), Delimiter: q.query.Get("delimiter")}
	in.Max, err = q.limit("max-keys")
	in.zero = in.Max == 0
	in.most = cloud.PageOf(q.Request.Context(), in.Max)
	return in, err
}

// encoded returns names as the request wants them in XML, which has no way to
// write some characters.
func (q *request) encoded(name string) string {
	if q.query.Get("encoding-type") != "url" {
		return name
	}
	return strings.ReplaceAll(url.QueryEscape(name), "%2F", "/")
}

type listing struct {
	XMLName               xml.Name
	Name                  string
	Prefix                string
	Delimiter             string  `xml:",omitempty"`
	EncodingType          string  `xml:",omitempty"`
	Marker                *string // version 1 only
	NextMarker            string  `xml:",omitempty"`
	StartAfter            string  `xml:",omitempty"`
	ContinuationToken     string  `xml:",omitempty"`
	NextContinuationToken string  `xml:",omitempty"`
	KeyCount              *int    // version 2 only
	MaxKeys               int
	IsTruncated           bool
	Contents              []listingObject
	CommonPrefixes        []listingPrefix
}

type listingObject struct {
	Key          string
	LastModified string
	ETag         string
	checksumLine
	Size         int64
	Owner        *owner `xml:",omitempty"`
	StorageClass string
}

// checksumLine tells which checksum an object has.
type checksumLine struct {
	ChecksumAlgorithm []string
	ChecksumType      string `xml:",omitempty"`
}

func checksumLineOf(o *Object) checksumLine {
	var line checksumLine
	for algorithm, sum := range o.Checksums {
		line.ChecksumAlgorithm = append(line.ChecksumAlgorithm, strings.ToUpper(algorithm))
		line.ChecksumType = checksumType(sum)
	}
	return line
}

type listingPrefix struct{ Prefix string }

func (q *request) listing(in ListInput, page Page, withOwner bool) *listing {
	if b, err := q.client.s3.bucket(q.bucket); err == nil {
		q.Writer.Header().Set("x-amz-bucket-region", b.home())
	}
	l := &listing{
		XMLName: xmlNamed("ListBucketResult"), Name: q.bucket, Prefix: q.encoded(in.Prefix), Delimiter: q.encoded(in.Delimiter),
		EncodingType: q.query.Get("encoding-type"), MaxKeys: in.Max, IsTruncated: page.Truncated,
		CommonPrefixes: q.prefixes(page.CommonPrefixes),
	}
	for _, o := range page.Objects {
		line := listingObject{Key: q.encoded(o.Key), LastModified: timestamp(o.Modified), ETag: quote(o.ETag), checksumLine: checksumLineOf(o), Size: o.Size, StorageClass: o.storageClass()}
		if withOwner && !q.client.anonymous() {
			line.Owner = q.owner()
		}
		l.Contents = append(l.Contents, line)
	}
	return l
}

func (q *request) prefixes(names []string) []listingPrefix {
	var lines []listingPrefix
	for _, name := range names {
		lines = append(lines, listingPrefix{q.encoded(name)})
	}
	return lines
}

func (q *request) listObjects() error {
	in, err := q.listInput()
	if err != nil {
		return err
	}
	marker := q.query.Get("marker")
	in.After, in.past = marker, true
	page, err := q.client.List(q.Request.Context(), in)
	if err != nil {
		return err
	}
	l := q.listing(in, page, true)
	marker = q.encoded(marker)
	l.Marker = &marker
	if page.Truncated && in.Delimiter != "" {
		l.NextMarker = q.encoded(page.Next)
	}
	return q.XML(http.StatusOK, l)
}

func (q *request) listObjectsV2() error {
	in, err := q.listInput()
	if err != nil {
		return err
	}
	in.After = q.query.Get("start-after")
	token := q.query.Get("continuation-token")
	if q.query.Has("continuation-token") {
		if token == "" {
			return unvalued("continuation-token", incorrectToken)
		}
		if in.After, err = readToken(token); err != nil {
			return err
		}
	}
	page, err := q.client.List(q.Request.Context(), in)
	if err != nil {
		return err
	}
	l := q.listing(in, page, q.query.Get("fetch-owner") == "true")
	count := len(page.Objects) + len(page.CommonPrefixes)
	l.KeyCount, l.ContinuationToken = &count, token
	if token == "" {
		l.StartAfter = q.encoded(q.query.Get("start-after"))
	}
	l.NextContinuationToken = page.token()
	return q.XML(http.StatusOK, l)
}

// listingVersion is a Version or a DeleteMarker element, by its XMLName.
type listingVersion struct {
	XMLName      xml.Name
	Key          string
	VersionId    string
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	checksumLine
	Size         *int64
	Owner        *owner
	StorageClass string `xml:",omitempty"`
}

func (q *request) listVersions() error {
	in, err := q.listInput()
	if err != nil {
		return err
	}
	in.After, in.afterVersion, in.past = q.query.Get("key-marker"), q.query.Get("version-id-marker"), true
	if in.After == "" && in.afterVersion != "" {
		return invalidArgument("version-id-marker", in.afterVersion, "A version-id marker cannot be specified without a key marker.")
	}
	page, err := q.client.ListVersions(q.Request.Context(), in)
	if err != nil {
		return err
	}
	document := struct {
		XMLName             xml.Name
		Name                string
		Prefix              string
		Delimiter           string `xml:",omitempty"`
		EncodingType        string `xml:",omitempty"`
		KeyMarker           string
		VersionIdMarker     string
		NextKeyMarker       string `xml:",omitempty"`
		NextVersionIdMarker string `xml:",omitempty"`
		MaxKeys             int
		IsTruncated         bool
		Versions            []listingVersion
		CommonPrefixes      []listingPrefix
	}{
		XMLName: xmlNamed("ListVersionsResult"), Name: q.bucket, Prefix: q.encoded(in.Prefix), Delimiter: q.encoded(in.Delimiter),
		EncodingType: q.query.Get("encoding-type"), KeyMarker: q.encoded(in.After), VersionIdMarker: in.afterVersion,
		MaxKeys: in.Max, IsTruncated: page.Truncated, CommonPrefixes: q.prefixes(page.CommonPrefixes),
	}
	if page.Truncated {
		document.NextKeyMarker, document.NextVersionIdMarker = q.encoded(page.NextKey), page.NextVersion
	}
	for _, v := range page.Versions {
		line := listingVersion{
			XMLName: xml.Name{Local: "Version"}, Key: q.encoded(v.Key), VersionId: v.VersionID, IsLatest: v.Latest,
			LastModified: timestamp(v.Modified), Owner: q.owner(),
		}
		if v.DeleteMarker {
			line.XMLName.Local = "DeleteMarker"
		} else {
			line.ETag, line.Size, line.StorageClass, line.checksumLine = quote(v.ETag), &v.Size, v.storageClass(), checksumLineOf(v.Object)
		}
		document.Versions = append(document.Versions, line)
	}
	return q.XML(http.StatusOK, document)
}

// deletions are what a request wants deleted.
type deletions struct {
	Quiet   bool
	Objects []struct{ Key, VersionId, ETag string } `xml:"Object"`
}

func (q *request) deleteObjects() error {
	var body deletions
	if err := q.readXML(&body); err != nil {
		return err
	}
	if len(body.Objects) == 0 || len(body.Objects) > maxKeys {
		return malformedXML()
	}
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return err
	}
	objects := make([]deleteInput, len(body.Objects))
	for i, o := range body.Objects {
		objects[i] = deleteInput{ObjectID: ObjectID{o.Key, o.VersionId}, ifMatch: o.ETag}
		if objects[i].bypass, err = q.mayBypass(b, o.Key); err != nil {
			return err
		}
	}
	deleted, failed, err := q.client.deleteMany(q.bucket, objects)
	if err != nil {
		return err
	}
	type done struct {
		Key                   string
		VersionId             string `xml:",omitempty"`
		DeleteMarker          bool   `xml:",omitempty"`
		DeleteMarkerVersionId string `xml:",omitempty"`
	}
	type fault struct {
		Key, VersionId, Code, Message string `xml:",omitempty"`
	}
	document := struct {
		XMLName xml.Name
		Deleted []done
		Error   []fault
	}{XMLName: xmlNamed("DeleteResult")}
	for i, id := range objects {
		switch {
		case failed[i] != nil:
			e := cloud.AsError(failed[i])
			document.Error = append(document.Error, fault{id.Key, id.VersionID, e.Code, e.Message})
		case !body.Quiet:
			line := done{Key: id.Key, VersionId: id.VersionID, DeleteMarker: deleted[i].DeleteMarker}
			if line.DeleteMarker {
				line.DeleteMarkerVersionId = deleted[i].VersionID
			}
			document.Deleted = append(document.Deleted, line)
		}
	}
	return q.XML(http.StatusOK, document)
}

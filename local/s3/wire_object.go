// The protocol of objects.

package s3

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// storedHeaders are kept with an object and given back.
var storedHeaders = []string{
	"Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires",
	"x-amz-website-redirect-location", "x-amz-storage-class",
}

// ownHeaders are those of an object that no copy takes over.
var ownHeaders = []string{"x-amz-website-redirect-location", "x-amz-storage-class"}

const metadataPrefix = "x-amz-meta-"

// header collects what is stored with an object.
func (q *request) header() map[string]string {
	stored := map[string]string{}
	for _, name := range storedHeaders {
		value := q.Request.Header.Get(name)
		if name == "Content-Encoding" {
			value = withoutChunked(value)
		}
		if value != "" {
			stored[name] = q.textOf(value)
		}
	}
	if stored["x-amz-storage-class"] == standard {
		delete(stored, "x-amz-storage-class") // S3 tells of the others only
	}
	for name, values := range q.Request.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, metadataPrefix) {
			stored[name] = strings.Join(values, ",")
			if !q.form {
				stored[name] = decoded(stored[name])
			}
		}
	}
	if stored["Content-Type"] == "" {
		stored["Content-Type"] = "binary/octet-stream"
	}
	return stored
}

// textOf is what a header says that is stored. Fields of forms say it in Unicode.
func (q *request) textOf(value string) string {
	if q.form {
		return value
	}
	return fromLatin(value)
}

// withoutChunked drops aws-chunked, which belongs to the transfer.
func withoutChunked(encoding string) string {
	kept := slices.DeleteFunc(splitList(encoding), func(e string) bool { return e == "aws-chunked" })
	return strings.Join(kept, ",")
}

// conditions are what a write's headers give to policies.
func (q *request) conditions(a attributes, tags []Tag) conditions {
	given := a.conditions()
	maps.Copy(given, requestTags(tags))
	for _, name := range []string{"x-amz-storage-class", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-website-redirect-location", "if-match", "if-none-match"} {
		given["s3:"+name] = q.Request.Header.Get(name)
	}
	return given
}

// standard is the storage class of objects that have no other.
const standard = "STANDARD"

// storageClasses are those of objects that can be read at once.
var storageClasses = []string{"", standard, "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "REDUCED_REDUNDANCY", "EXPRESS_ONEZONE"}

// checkWrite refuses what a write asks for and would not get.
func (q *request) checkWrite() error {
	switch class := q.Request.Header.Get("x-amz-storage-class"); {
	case slices.Contains(storageClasses, class):
		return nil
	case class == "GLACIER" || class == "DEEP_ARCHIVE": // who reads must restore it first
		return notHonoured("x-amz-storage-class")
	default:
		return about(cloud.Errorf(400, "InvalidStorageClass", "The storage class you specified is not valid"), "StorageClassRequested", class)
	}
}

// checkPreconditions refuses the conditions that a write cannot have.
func (q *request) checkPreconditions() error {
	match, none := q.Request.Header.Get("If-Match"), q.Request.Header.Get("If-None-Match")
	switch {
	case match != "" && none != "":
		return about(notHonoured("If-Match,If-None-Match"), "additionalMessage", "Multiple conditional request headers present in the request")
	case none != "" && none != "*":
		return about(notHonoured("If-None-Match"), "additionalMessage", "We don't accept the provided value of If-None-Match header for this API")
	case match == "*":
		return about(notHonoured("If-Match"), "additionalMessage", "We don't accept the provided value of If-Match header for this API")
	}
	return nil
}

// putInput is what the headers of a write ask for.
func (q *request) putInput() (in PutInput, err error) {
	if err := q.checkWrite(); err != nil {
		return in, err
	}
	if err := q.checkPreconditions(); err != nil {
		return in, err
	}
	h := q.Request.Header
	in = PutInput{Bucket: q.bucket, Key: q.key, Header: q.header(), IfMatch: h.Get("If-Match"), IfNoneMatch: h.Get("If-None-Match")}
	if in.Tags, err = headerTags(h.Get("x-amz-tagging")); err != nil {
		return in, err
	}
	in.attributes, err = q.attributes()
	in.conditions = q.conditions(in.attributes, in.Tags)
	return in, err
}

func (q *request) putObject() error {
	in, err := q.putInput()
	if err != nil {
		return err
	}
	in.Body, in.digest = q.body()
	o, err := q.client.Put(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.written(o)
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

// written sets the headers of an answer to a write.
func (q *request) written(o *Object) {
	h := q.Writer.Header()
	h.Set("ETag", quote(o.ETag))
	q.tellAttributes(attributes{Seal: o.attributes.Seal})
	q.setWritten(o.VersionID)
	q.setChecksums(o.Checksums)
	q.tellExpiry(o)
}

func (q *request) setChecksums(sums map[string]string) {
	for algorithm, sum := range sums {
		q.Writer.Header().Set("x-amz-checksum-"+algorithm, sum)
		q.Writer.Header().Set("x-amz-checksum-type", checksumType(sum))
	}
}

func checksumType(sum string) string {
	if strings.Contains(sum, "-") {
		return ofParts
	}
	return fullObject
}

func quote(etag string) string { return `"` + etag + `"` }

func (q *request) getObject() error { return q.read(q.client.get) }

func (q *request) headObject() error { return q.read(q.client.head) }

// readInput is the object that a request is about.
func (q *request) readInput() (in readInput, err error) {
	in = readInput{bucket: q.bucket, key: q.key, versionID: q.query.Get("versionId")}
	in.customerKey, err = readCustomerKey(q.Request.Header, sse)
	return in, err
}

// checkShown refuses headers that a read asks for and that no answer can have.
func (q *request) checkShown() error {
	for name := range strings.FieldsSeq(shown) {
		if _, whole := inLatin(q.query.Get(name)); !whole {
			return invalidArgument(name, q.query.Get(name), "Header value cannot be represented using ISO-8859-1.")
		}
	}
	return nil
}

func (q *request) read(open func(readInput) (*Object, error)) error {
	if err := q.checkShown(); err != nil {
		return err
	}
	in, err := q.readInput()
	if err != nil {
		return err
	}
	o, err := open(in)
	if err != nil {
		return err
	}
	cloud.Tell(q.Request.Context(), o.Cause)
	h := q.Writer.Header()
	h.Set("ETag", quote(o.ETag))
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	q.setVersion(o.VersionID)
	if err := q.checkRead(o); err != nil {
		return err
	}
	for name, value := range o.Header {
		if strings.HasPrefix(name, metadataPrefix) {
			value = encoded(value)
		} else {
			value, _ = inLatin(value)
		}
		h[headerName(name)] = []string{value}
	}
	for _, name := range storedHeaders {
		if value, _ := inLatin(q.query.Get("response-" + strings.ToLower(name))); value != "" {
			h.Set(name, value)
		}
	}
	if o.Tags > 0 {
		h.Set("x-amz-tagging-count", strconv.Itoa(o.Tags))
	}
	h.Set("Accept-Ranges", "bytes")
	q.tellExpiry(o)
	q.tellAttributes(o.attributes)
	start, length, partial, err := q.part(o)
	if err != nil {
		return err
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	status := http.StatusOK
	if partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+length-1, o.Size))
	}
	if strings.EqualFold(q.Request.Header.Get("x-amz-checksum-mode"), "ENABLED") {
		q.tellRead(o, start, length)
	}
	q.Writer.WriteHeader(status)
	if o.Body != nil {
		// The status is sent: an error here means that the client has gone.
		_, _ = io.Copy(q.Writer, io.NewSectionReader(o.Body, start, length))
	}
	return nil
}

// tellRead tells the checksum of what is read: of all of an object, or of one of the parts
// that its own is made of.
func (q *request) tellRead(o *Object, start, length int64) {
	switch number, err := strconv.Atoi(q.query.Get("partNumber")); {
	case err == nil && o.partSums != nil:
		q.setChecksums(o.partSums[number-1].Checksum)
		q.Writer.Header().Set("x-amz-checksum-type", ofParts)
	case length == o.Size:
		q.setChecksums(o.Checksums)
	}
}

// headerName is a header's name as it goes over the wire: users' own are in lower case.
func headerName(name string) string {
	if strings.HasPrefix(name, metadataPrefix) {
		return name
	}
	return http.CanonicalHeaderKey(name)
}

// part is what a read asks for: a range, a part of the upload, or all.
func (q *request) part(o *Object) (start, length int64, partial bool, err error) {
	ranged, number := q.Request.Header.Get("Range"), q.query.Get("partNumber")
	if number == "" {
		start, length, partial, err = parseRange(ranged, o.Size)
		if err != nil {
			q.Writer.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", o.Size))
		}
		return start, length, partial, err
	}
	n, err := strconv.Atoi(number)
	switch {
	case ranged != "":
		return 0, 0, false, cloud.Errorf(400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
	case err != nil || n < 1 || n > maxParts:
		return 0, 0, false, badPartNumber(number)
	case n > len(o.partSizes):
		return 0, 0, false, about(cloud.Errorf(416, "InvalidPartNumber", "The requested partnumber is not satisfiable"),
			"PartNumberRequested", number, "ActualPartCount", strconv.Itoa(len(o.partSizes)))
	}
	if o.Parts > 0 {
		q.Writer.Header().Set("x-amz-mp-parts-count", strconv.Itoa(o.Parts))
	}
	for _, size := range o.partSizes[:n-1] {
		start += size
	}
	return start, o.partSizes[n-1], o.Size > 0, nil
}

// checkRead holds an object to the conditions of a read, in the precedence of
// RFC 9110, section 13.2.2.
func (q *request) checkRead(o *Object) error {
	h := q.Request.Header
	if match := h.Get("If-Match"); match != "" {
		if !etagMatches(match, o.ETag) {
			return preconditionFailed("If-Match")
		}
	} else if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && o.Modified.Truncate(time.Second).After(t) {
		return preconditionFailed("If-Unmodified-Since")
	}
	notModified := cloud.Errorf(http.StatusNotModified, "NotModified", "Not Modified")
	if none := h.Get("If-None-Match"); none != "" {
		if etagMatches(none, o.ETag) {
			return notModified
		}
	} else if t, ok := past(h.Get("If-Modified-Since")); ok && !o.Modified.Truncate(time.Second).After(t) {
		return notModified
	}
	return nil
}

// past reads a time that has been: one that is still to come is no condition.
func past(header string) (time.Time, bool) {
	t, err := http.ParseTime(header)
	if err != nil || t.After(time.Now()) {
		return time.Time{}, false
	}
	return t, true
}

// parseRange returns what a Range header asks of an object. A header that is
// not one range of bytes is as good as none.
func parseRange(header string, size int64) (start, length int64, partial bool, err error) {
	first, last, ok := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	if !ok || !strings.HasPrefix(header, "bytes=") || strings.Contains(header, ",") {
		return 0, size, false, nil
	}
	from, fromErr := strconv.ParseInt(first, 10, 64)
	to, toErr := strconv.ParseInt(last, 10, 64)
	switch {
	case first == "" && toErr == nil: // the last bytes
		from, to = max(0, size-to), size-1
	case fromErr == nil && last == "":
		to = size - 1
	case fromErr != nil || toErr != nil || to < from:
		return 0, size, false, nil
	}
	to = min(to, size-1)
	if from > to {
		return 0, 0, false, about(cloud.Errorf(416, "InvalidRange", "The requested range is not satisfiable"),
			"RangeRequested", header, "ActualObjectSize", strconv.FormatInt(size, 10))
	}
	return from, to - from + 1, true, nil
}

type copyResult struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
	checksumMembers
}

func (q *request) copyObject() error {
	if err := q.checkWrite(); err != nil {
		return err
	}
	if err := q.checkPreconditions(); err != nil {
		return err
	}
	given, err := q.attributes()
	if err != nil {
		return err
	}
	in := CopyInput{
		Bucket: q.bucket, Key: q.key, IfMatch: q.Request.Header.Get("If-Match"), IfNoneMatch: q.Request.Header.Get("If-None-Match"),
		attributes: given, algorithm: strings.ToLower(q.Request.Header.Get("x-amz-checksum-algorithm")),
	}
	if err := q.copySource(&in); err != nil {
		return err
	}
	header := q.header()
	if strings.EqualFold(q.Request.Header.Get("x-amz-metadata-directive"), "REPLACE") {
		in.Header = header
	}
	in.own, in.other = map[string]string{}, given.Seal != (seal{})
	for _, name := range ownHeaders {
		if header[name] != "" {
			in.own[name] = header[name]
		}
		in.other = in.other || q.Request.Header.Get(name) != ""
	}
	var tags []Tag
	if strings.EqualFold(q.Request.Header.Get("x-amz-tagging-directive"), "REPLACE") {
		if tags, err = headerTags(q.Request.Header.Get("x-amz-tagging")); err != nil {
			return err
		}
		in.Tags = &tags
	}
	in.conditions = q.conditions(given, tags)
	o, err := q.client.Copy(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.setVersion(o.VersionID)
	if o.sourceVersion != "" {
		q.Writer.Header().Set("x-amz-copy-source-version-id", o.sourceVersion)
	}
	q.tellAttributes(attributes{Seal: o.attributes.Seal})
	q.tellExpiry(o)
	return q.XML(http.StatusOK, copyResult{xmlNamed("CopyObjectResult"), timestamp(o.Modified), quote(o.ETag), checksumsOf(o.Checksums)})
}

// copySource reads the source of a copy and its conditions.
func (q *request) copySource(in *CopyInput) error {
	h := q.Request.Header
	c := &in.sourceConditions
	c.match, c.noneMatch = h.Get("x-amz-copy-source-if-match"), h.Get("x-amz-copy-source-if-none-match")
	c.modifiedSince, _ = past(h.Get("x-amz-copy-source-if-modified-since"))
	c.unmodifiedSince, _ = http.ParseTime(h.Get("x-amz-copy-source-if-unmodified-since"))
	var err error
	if in.sourceKey, err = readCustomerKey(h, sourceSSE); err != nil {
		return err
	}
	return in.setSource(h.Get("x-amz-copy-source"))
}

// sourceConditions are what a copy demands of its source. Zero values demand nothing.
type sourceConditions struct {
	match, noneMatch               string
	modifiedSince, unmodifiedSince time.Time
}

// check lets an entity tag that matches prevail over a time that does not.
func (c sourceConditions) check(etag string, modified time.Time) error {
	modified = modified.Truncate(time.Second)
	switch {
	case c.match != "" && !etagMatches(c.match, etag):
		return preconditionFailed("x-amz-copy-source-If-Match")
	case c.match == "" && !c.unmodifiedSince.IsZero() && modified.After(c.unmodifiedSince):
		return preconditionFailed("x-amz-copy-source-If-Unmodified-Since")
	case c.noneMatch != "" && etagMatches(c.noneMatch, etag):
		return preconditionFailed("x-amz-copy-source-If-None-Match")
	case c.noneMatch == "" && !c.modifiedSince.IsZero() && !modified.After(c.modifiedSince):
		return preconditionFailed("x-amz-copy-source-If-Modified-Since")
	}
	return nil
}

func (q *request) deleteObject() error {
	in := deleteInput{ObjectID: ObjectID{q.key, q.query.Get("versionId")}, ifMatch: q.Request.Header.Get("If-Match")}
	b, err := q.client.s3.bucket(q.bucket)
	if err != nil {
		return err
	}
	if in.bypass, err = q.mayBypass(b, q.key); err != nil {
		return err
	}
	d, err := q.client.deleteObject(q.bucket, in)
	if err != nil {
		return err
	}
	q.setVersion(d.VersionID)
	if d.DeleteMarker {
		q.Writer.Header().Set("x-amz-delete-marker", "true")
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

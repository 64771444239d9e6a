// The protocol of objects.

package s3

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// storedHeaders are kept with an object and given back.
var storedHeaders = []string{
	"Content-Type", "Content-Encoding", "Content-Disposition", "Content-Language", "Cache-Control", "Expires",
	"x-amz-website-redirect-location",
}

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
			stored[name] = value
		}
	}
	for name, values := range q.Request.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, metadataPrefix) {
			stored[name] = strings.Join(values, ",")
		}
	}
	if stored["Content-Type"] == "" {
		stored["Content-Type"] = "binary/octet-stream"
	}
	return stored
}

// withoutChunked drops aws-chunked, which belongs to the transfer.
func withoutChunked(encoding string) string {
	var kept []string
	for e := range strings.SplitSeq(encoding, ",") {
		if e = strings.TrimSpace(e); e != "aws-chunked" && e != "" {
			kept = append(kept, e)
		}
	}
	return strings.Join(kept, ",")
}

// conditions are what a write's headers give to policies.
func (q *request) conditions() conditions {
	given := conditions{}
	for _, name := range []string{"x-amz-acl", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class"} {
		given["s3:"+name] = q.Request.Header.Get(name)
	}
	return given
}

// checkWrite refuses what a write asks for and would not get.
func (q *request) checkWrite() error {
	for _, name := range []string{"x-amz-tagging", "x-amz-object-lock-mode", "x-amz-object-lock-legal-hold"} {
		if q.Request.Header.Get(name) != "" {
			return cloud.Errorf(501, "NotImplemented", "the local engine does not serve the header %s", name)
		}
	}
	return nil
}

func (q *request) putObject() error {
	if err := q.checkWrite(); err != nil {
		return err
	}
	body, d := q.body()
	o, err := q.client.Put(q.Request.Context(), PutInput{
		Bucket: q.bucket, Key: q.key, Body: body, Header: q.header(), digest: d, conditions: q.conditions(),
		IfMatch: q.Request.Header.Get("If-Match"), IfNoneMatch: q.Request.Header.Get("If-None-Match"),
	})
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
	h.Set("x-amz-server-side-encryption", "AES256")
	q.setVersion(o.VersionID)
	q.setChecksums(o)
}

func (q *request) setChecksums(o *Object) {
	for algorithm, sum := range o.Checksums {
		q.Writer.Header().Set("x-amz-checksum-"+algorithm, sum)
		q.Writer.Header().Set("x-amz-checksum-type", checksumType(sum))
	}
}

func checksumType(sum string) string {
	if strings.Contains(sum, "-") {
		return "COMPOSITE"
	}
	return "FULL_OBJECT"
}

func quote(etag string) string { return `"` + etag + `"` }

func (q *request) getObject() error { return q.read(q.client.Get) }

func (q *request) headObject() error { return q.read(q.client.Head) }

func (q *request) read(open func(ctx context.Context, bucket, key, version string) (*Object, error)) error {
	o, err := open(q.Request.Context(), q.bucket, q.key, q.query.Get("versionId"))
	if err != nil {
		return err
	}
	h := q.Writer.Header()
	h.Set("ETag", quote(o.ETag))
	h.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	q.setVersion(o.VersionID)
	if err := q.checkRead(o); err != nil {
		return err
	}
	for name, value := range o.Header {
		h.Set(name, value)
	}
	for _, name := range storedHeaders {
		if value := q.query.Get("response-" + strings.ToLower(name)); value != "" {
			h.Set(name, value)
		}
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-amz-server-side-encryption", "AES256")
	start, length, partial, err := parseRange(q.Request.Header.Get("Range"), o.Size)
	if err != nil {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", o.Size))
		return err
	}
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	status := http.StatusOK
	if partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+length-1, o.Size))
	} else if strings.EqualFold(q.Request.Header.Get("x-amz-checksum-mode"), "ENABLED") {
		q.setChecksums(o)
	}
	q.Writer.WriteHeader(status)
	if o.Body != nil {
		// The status is sent: an error here means that the client has gone.
		_, _ = io.Copy(q.Writer, io.NewSectionReader(o.Body, start, length))
	}
	return nil
}

// checkRead holds an object to the conditions of a read, in the precedence of
// RFC 9110, section 13.2.2.
func (q *request) checkRead(o *Object) error {
	h := q.Request.Header
	failed := cloud.Errorf(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	if match := h.Get("If-Match"); match != "" {
		if !etagMatches(match, o.ETag) {
			return failed
		}
	} else if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && o.Modified.Truncate(time.Second).After(t) {
		return failed
	}
	notModified := cloud.Errorf(http.StatusNotModified, "NotModified", "Not Modified")
	if none := h.Get("If-None-Match"); none != "" {
		if etagMatches(none, o.ETag) {
			return notModified
		}
	} else if t, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil && !o.Modified.Truncate(time.Second).After(t) {
		return notModified
	}
	return nil
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
		return 0, 0, false, cloud.Errorf(416, "InvalidRange", "The requested range is not satisfiable")
	}
	return from, to - from + 1, true, nil
}

type copyResult struct {
	XMLName      xml.Name
	LastModified string
	ETag         string
}

func (q *request) copyObject() error {
	if err := q.checkWrite(); err != nil {
		return err
	}
	in := CopyInput{Bucket: q.bucket, Key: q.key, conditions: q.conditions()}
	if err := q.copySource(&in); err != nil {
		return err
	}
	if strings.EqualFold(q.Request.Header.Get("x-amz-metadata-directive"), "REPLACE") {
		in.Header = q.header()
	}
	o, err := q.client.Copy(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.setVersion(o.VersionID)
	if in.SourceVersionID != "" {
		q.Writer.Header().Set("x-amz-copy-source-version-id", in.SourceVersionID)
	}
	q.Writer.Header().Set("x-amz-server-side-encryption", "AES256")
	return q.XML(http.StatusOK, copyResult{xmlNamed("CopyObjectResult"), timestamp(o.Modified), quote(o.ETag)})
}

// copySource reads the source of a copy and its conditions.
func (q *request) copySource(in *CopyInput) error {
	in.IfMatch = q.Request.Header.Get("x-amz-copy-source-if-match")
	in.IfNoneMatch = q.Request.Header.Get("x-amz-copy-source-if-none-match")
	return in.setSource(q.Request.Header.Get("x-amz-copy-source"))
}

func (q *request) deleteObject() error {
	d, err := q.client.Delete(q.Request.Context(), q.bucket, q.key, q.query.Get("versionId"))
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

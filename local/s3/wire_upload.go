// The protocol of multipart uploads.

package s3

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (q *request) createUpload() error {
	if err := q.checkWrite(); err != nil {
		return err
	}
	algorithm := strings.ToLower(q.Request.Header.Get("x-amz-checksum-algorithm"))
	kind, err := uploadChecksum(algorithm, q.Request.Header.Get("x-amz-checksum-type"))
	if err != nil {
		return err
	}
	tags, err := headerTags(q.Request.Header.Get("x-amz-tagging"))
	if err != nil {
		return err
	}
	given, err := q.attributes()
	if err != nil {
		return err
	}
	u, err := q.client.createUpload(UploadInput{
		Bucket: q.bucket, Key: q.key, Header: q.header(), Tags: tags, attributes: given, conditions: q.conditions(given, tags), algorithm: algorithm, wholeChecksum: kind == fullObject,
	})
	if err != nil {
		return err
	}
	if algorithm != "" {
		q.Writer.Header().Set("x-amz-checksum-algorithm", strings.ToUpper(algorithm))
		q.Writer.Header().Set("x-amz-checksum-type", kind)
	}
	q.tellAttributes(attributes{Seal: u.Seal})
	return q.XML(http.StatusOK, struct {
		XMLName               xml.Name
		Bucket, Key, UploadId string
	}{xmlNamed("InitiateMultipartUploadResult"), q.bucket, q.key, u.id})
}

const (
	fullObject = "FULL_OBJECT"
	ofParts    = "COMPOSITE"
)

// uploadChecksum is the type of an upload's checksum: over all of the object, or
// over the checksums of its parts.
func uploadChecksum(algorithm, kind string) (string, error) {
	switch {
	case algorithm == "" && kind != "":
		return "", cloud.Errorf(400, "InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case algorithm != "" && newHash(algorithm) == nil:
		return "", unsupportedAlgorithm()
	case kind == ofParts && algorithm == "crc64nvme", kind == fullObject && strings.HasPrefix(algorithm, "sha"):
		return "", cloud.Errorf(400, "InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.", kind, algorithm)
	case algorithm == "" || algorithm == "crc64nvme":
		return fullObject, nil
	}
	return cmp.Or(kind, ofParts), nil
}

var copyRanges = regexp.MustCompile(`^bytes=(\d+)-(\d+)$`)

// copyRange is parseRange for the source of a part, which has no open ends.
func copyRange(header string, size int64) (start, length int64, err error) {
	if header == "" {
		return 0, size, nil
	}
	bounds := copyRanges.FindStringSubmatch(header)
	start, length, partial, err := parseRange(header, size)
	switch {
	case bounds == nil || err == nil && !partial:
		return 0, 0, invalidArgument("x-amz-copy-source-range", header, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	case err != nil:
		return 0, 0, cloud.Errorf(400, "InvalidRequest", "The specified copy range is invalid for the source object size")
	case bounds[2] != strconv.FormatInt(start+length-1, 10):
		return 0, 0, invalidArgument("x-amz-copy-source-range", header, fmt.Sprintf("Range specified is not valid for source object of size: %d", size))
	}
	return start, length, nil
}

func (q *request) partInput() (PartInput, error) {
	number, err := strconv.Atoi(q.query.Get("partNumber"))
	if err != nil {
		return PartInput{}, badPartNumber(q.query.Get("partNumber"))
	}
	in := PartInput{Bucket: q.bucket, Key: q.key, UploadID: q.query.Get("uploadId"), Number: number}
	in.customerKey, err = newCustomerKey(q.Request.Header)
	return in, err
}

func (q *request) uploadPart() error {
	in, err := q.partInput()
	if err != nil {
		return err
	}
	in.Body, in.digest = q.body()
	p, err := q.client.UploadPart(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.written(&Object{ETag: p.ETag, Checksums: p.Checksums, attributes: attributes{Seal: p.seal}})
	q.Writer.WriteHeader(http.StatusOK)
	return nil
}

func (q *request) uploadPartCopy() error {
	in, err := q.partInput()
	if err != nil {
		return err
	}
	var from CopyInput
	if err := q.copySource(&from); err != nil {
		return err
	}
	q.op.request["x-amz-copy-source"] = from.SourceBucket + "/" + from.SourceKey
	o, err := q.client.find(readInput{from.SourceBucket, from.SourceKey, from.SourceVersionID, from.sourceKey})
	if err != nil {
		return err
	}
	if err := from.sourceConditions.check(o.ETag, o.Modified); err != nil {
		return err
	}
	start, length, err := copyRange(q.Request.Header.Get("x-amz-copy-source-range"), o.Size)
	if err != nil {
		return err
	}
	in.Body, in.copied = io.NewSectionReader(o.Body, start, length), true
	p, err := q.client.uploadPart(q.op, in)
	if err != nil {
		return err
	}
	if o.VersionID != "" {
		q.Writer.Header().Set("x-amz-copy-source-version-id", o.VersionID)
	}
	q.tellAttributes(attributes{Seal: p.seal})
	return q.XML(http.StatusOK, copyResult{xmlNamed("CopyPartResult"), timestamp(p.Modified), quote(p.ETag), p.sums()})
}

// completion names the parts of an upload.
type completion struct {
	Parts []struct {
		PartNumber int
		ETag       string
		checksumMembers
	} `xml:"Part"`
}

func (q *request) completeUpload() error {
	var body completion
	if q.Request.ContentLength != 0 {
		document, d := q.body()
		d.algorithm, d.checksum = "", nil // the checksum is the object's
		if err := q.readDocument(document, d, "", &body); err != nil {
			return err
		}
	}
	if err := q.checkPreconditions(); err != nil {
		return err
	}
	in := CompleteInput{
		Bucket: q.bucket, Key: q.key, UploadID: q.query.Get("uploadId"),
		IfMatch: q.Request.Header.Get("If-Match"), IfNoneMatch: q.Request.Header.Get("If-None-Match"),
	}
	in.kind = q.Request.Header.Get("x-amz-checksum-type")
	if algorithm, sum := headerChecksum(q.Request.Header); sum != nil {
		in.checksums = map[string]string{algorithm: sum()}
	}
	if header := q.Request.Header.Get("x-amz-mp-object-size"); header != "" {
		size, err := strconv.ParseInt(header, 10, 64)
		if err != nil {
			return invalidArgument("x-amz-mp-object-size", header, "The size of the object must be a number of bytes")
		}
		in.size = &size
	}
	for _, p := range body.Parts {
		in.Parts = append(in.Parts, Part{Number: p.PartNumber, ETag: p.ETag, named: p.given()})
	}
	o, err := q.client.CompleteUpload(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.setVersion(o.VersionID)
	q.tellAttributes(attributes{Seal: o.attributes.Seal})
	q.tellExpiry(o)
	return q.XML(http.StatusOK, struct {
		XMLName                     xml.Name
		Location, Bucket, Key, ETag string
		checksumMembers
	}{xmlNamed("CompleteMultipartUploadResult"), q.address(q.key), q.bucket, q.key, quote(o.ETag), checksumsOf(o.Checksums)})
}

func (q *request) abortUpload() error {
	if err := q.client.AbortUpload(q.Request.Context(), q.bucket, q.key, q.query.Get("uploadId")); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

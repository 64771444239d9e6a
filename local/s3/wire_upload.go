// The protocol of multipart uploads.

package s3

import (
	"cmp"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func (q *request) createUpload() error {
	if err := q.checkWrite(); err != nil {
		return err
	}
	algorithm := strings.ToLower(q.Request.Header.Get("x-amz-checksum-algorithm"))
	id, err := q.client.CreateUpload(q.Request.Context(), UploadInput{
		Bucket: q.bucket, Key: q.key, Header: q.header(), conditions: q.conditions(), algorithm: algorithm,
	})
	if err != nil {
		return err
	}
	if algorithm != "" {
		q.Writer.Header().Set("x-amz-checksum-algorithm", strings.ToUpper(algorithm))
		q.Writer.Header().Set("x-amz-checksum-type", cmp.Or(q.Request.Header.Get("x-amz-checksum-type"), "COMPOSITE"))
	}
	q.Writer.Header().Set("x-amz-server-side-encryption", "AES256")
	return q.XML(http.StatusOK, struct {
		XMLName               xml.Name
		Bucket, Key, UploadId string
	}{xmlNamed("InitiateMultipartUploadResult"), q.bucket, q.key, id})
}

func (q *request) partInput() (PartInput, error) {
	number, err := strconv.Atoi(q.query.Get("partNumber"))
	if err != nil {
		return PartInput{}, cloud.Errorf(400, "InvalidArgument", "Part number must be an integer between 1 and %d, inclusive", maxParts)
	}
	return PartInput{Bucket: q.bucket, Key: q.key, UploadID: q.query.Get("uploadId"), Number: number}, nil
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
	q.written(&Object{ETag: p.ETag, Checksums: p.Checksums})
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
	o, err := q.client.Get(q.Request.Context(), from.SourceBucket, from.SourceKey, from.SourceVersionID)
	if err != nil {
		return err
	}
	start, length, _, err := parseRange(q.Request.Header.Get("x-amz-copy-source-range"), o.Size)
	if err != nil {
		return err
	}
	in.Body = io.NewSectionReader(o.Body, start, length)
	p, err := q.client.UploadPart(q.Request.Context(), in)
	if err != nil {
		return err
	}
	return q.XML(http.StatusOK, copyResult{xmlNamed("CopyPartResult"), timestamp(p.Modified), quote(p.ETag)})
}

func (q *request) completeUpload() error {
	var body struct {
		Parts []struct {
			PartNumber int
			ETag       string
		} `xml:"Part"`
	}
	if err := q.readXML(&body); err != nil {
		return err
	}
	in := CompleteInput{
		Bucket: q.bucket, Key: q.key, UploadID: q.query.Get("uploadId"),
		IfMatch: q.Request.Header.Get("If-Match"), IfNoneMatch: q.Request.Header.Get("If-None-Match"),
	}
	for _, p := range body.Parts {
		in.Parts = append(in.Parts, Part{Number: p.PartNumber, ETag: p.ETag})
	}
	o, err := q.client.CompleteUpload(q.Request.Context(), in)
	if err != nil {
		return err
	}
	q.setVersion(o.VersionID)
	q.Writer.Header().Set("x-amz-server-side-encryption", "AES256")
	return q.XML(http.StatusOK, struct {
		XMLName                     xml.Name
		Location, Bucket, Key, ETag string
	}{xmlNamed("CompleteMultipartUploadResult"), "http://" + q.Request.Host + "/" + q.bucket + "/" + q.key, q.bucket, q.key, quote(o.ETag)})
}

func (q *request) abortUpload() error {
	if err := q.client.AbortUpload(q.Request.Context(), q.bucket, q.key, q.query.Get("uploadId")); err != nil {
		return err
	}
	q.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

func (q *request) listParts() error {
	parts, err := q.client.ListParts(q.Request.Context(), q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return err
	}
	type line struct {
		PartNumber   int
		LastModified string
		ETag         string
		Size         int64
	}
	document := struct {
		XMLName               xml.Name
		Bucket, Key, UploadId string
		MaxParts              int
		IsTruncated           bool
		Part                  []line
	}{XMLName: xmlNamed("ListPartsResult"), Bucket: q.bucket, Key: q.key, UploadId: q.query.Get("uploadId")}
	after, _ := strconv.Atoi(q.query.Get("part-number-marker"))
	document.MaxParts = limitParam(q.query.Get("max-parts"))
	for _, p := range parts {
		if p.Number <= after {
			continue
		}
		if len(document.Part) == document.MaxParts {
			document.IsTruncated = true
			break
		}
		document.Part = append(document.Part, line{p.Number, timestamp(p.Modified), quote(p.ETag), p.Size})
	}
	return q.XML(http.StatusOK, document)
}

// The protocol of listings of buckets, uploads and parts.

package s3

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type listedBucket struct{ Name, CreationDate, BucketRegion, BucketArn string }

// maxBuckets is the most that a page of buckets has.
const maxBuckets = 10_000

func (q *request) listBuckets() error {
	if err := q.client.allow("ListAllMyBuckets", "*", nil); err != nil {
		return err
	}
	limit := maxBuckets
	if text := q.query.Get("max-buckets"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxBuckets {
			return invalidArgument("max-buckets", text, fmt.Sprintf("Argument max-buckets must be an integer between 1 and %d", maxBuckets))
		}
		limit = n
	}
	after, err := readToken(q.query.Get("continuation-token"))
	if err != nil {
		return err
	}
	prefix, region := q.query.Get("prefix"), q.query.Get("bucket-region")
	if region != "" && !slices.Contains(regions, region) {
		return unvalued("bucket-region", fmt.Sprintf("Argument value %s is not a valid AWS Region", region))
	}
	document := struct {
		XMLName           xml.Name
		Owner             *owner
		Buckets           struct{ Bucket []listedBucket }
		ContinuationToken string `xml:",omitempty"`
		Prefix            string `xml:",omitempty"`
	}{XMLName: xmlNamed("ListAllMyBucketsResult"), Owner: q.owner(), Prefix: prefix}
	lines := &document.Buckets.Bucket
	for _, b := range q.client.s3.allBuckets() {
		if b.name <= after || !strings.HasPrefix(b.name, prefix) || region != "" && region != b.home() {
			continue
		}
		if len(*lines) == cloud.PageOf(q.Request.Context(), limit) {
			document.ContinuationToken = writeToken((*lines)[len(*lines)-1].Name)
			break
		}
		*lines = append(*lines, listedBucket{b.name, timestamp(b.created), b.home(), bucketARN(b.name)})
	}
	return q.XML(http.StatusOK, document)
}

type listedUpload struct {
	Key, UploadId string
	Initiator     *owner
	Owner         *owner
	StorageClass  string
	checksumLine
	Initiated string
}

type uploadPage struct {
	XMLName            xml.Name
	Bucket             string
	KeyMarker          string
	UploadIdMarker     string
	NextKeyMarker      string
	NextUploadIdMarker string
	Prefix             string `xml:",omitempty"`
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int
	IsTruncated        bool
	Upload             []listedUpload
	CommonPrefixes     []listingPrefix
}

func (q *request) listUploads() error {
	in, err := q.listInput()
	if err != nil {
		return err
	}
	if in.Max, err = q.limit("max-uploads"); err != nil {
		return err
	}
	marker, id := q.query.Get("key-marker"), q.query.Get("upload-id-marker")
	if marker == "" {
		id = "" // which counts beside a key only
	}
	uploads, err := q.client.ListUploads(q.Request.Context(), q.bucket, in.Prefix)
	if err != nil {
		return err
	}
	page := uploadPage{
		XMLName: xmlNamed("ListMultipartUploadsResult"), Bucket: q.bucket, KeyMarker: q.encoded(marker), UploadIdMarker: id,
		Prefix: q.encoded(in.Prefix), Delimiter: q.encoded(in.Delimiter), EncodingType: q.query.Get("encoding-type"), MaxUploads: in.Max,
	}
	most := cloud.PageOf(q.Request.Context(), in.Max)
	begun, ok := sequencerOf(id)
	if id != "" && (!ok || slices.ContainsFunc(uploads, func(u Upload) bool { return u.ID == id && u.Key != marker })) {
		return invalidArgument("upload-id-marker", id, "Invalid uploadId marker")
	}
	in.past = true
	for _, u := range uploads {
		if u.Key < marker || u.Key == marker && (id == "" || u.sequencer <= begun) {
			continue
		}
		group, grouped := commonPrefix(u.Key, in)
		last := len(page.CommonPrefixes) - 1
		if grouped && (last >= 0 && page.CommonPrefixes[last].Prefix == q.encoded(group) || in.skips(group, marker)) {
			continue
		}
		if len(page.Upload)+len(page.CommonPrefixes) == most {
			page.IsTruncated = in.Max > 0
			break
		}
		if grouped {
			page.CommonPrefixes = append(page.CommonPrefixes, listingPrefix{q.encoded(group)})
			continue
		}
		page.Upload = append(page.Upload, listedUpload{
			Key: q.encoded(u.Key), UploadId: u.ID, Initiator: q.initiator(), Owner: q.owner(), StorageClass: u.StorageClass,
			checksumLine: u.checksum, Initiated: timestamp(u.Initiated),
		})
	}
	page.NextKeyMarker, page.NextUploadIdMarker = page.next()
	return q.XML(http.StatusOK, page)
}

// next is where the page after this one begins: S3 tells it of the last upload
// even if no page is, and does not tell it where there are only common prefixes.
func (p uploadPage) next() (key, id string) {
	uploads, groups := len(p.Upload), len(p.CommonPrefixes)
	if uploads == 0 {
		return "", ""
	}
	if groups > 0 && p.IsTruncated && p.CommonPrefixes[groups-1].Prefix > p.Upload[uploads-1].Key {
		return p.CommonPrefixes[groups-1].Prefix, ""
	}
	return p.Upload[uploads-1].Key, p.Upload[uploads-1].UploadId
}

// initiator is who has started an upload.
func (q *request) initiator() *owner {
	return &owner{ID: q.client.s3.cloud.Administrator().ARN, DisplayName: q.client.s3.cloud.Account}
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	checksumMembers
	Size int64
}

func (q *request) listParts() error {
	u, parts, err := q.client.listParts(q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return err
	}
	limit, err := q.limit("max-parts")
	if err != nil {
		return err
	}
	after := 0
	if text := q.query.Get("part-number-marker"); text != "" {
		if after, err = strconv.Atoi(text); err != nil {
			return invalidArgument("part-number-marker", text, "Provided part-number-marker not an integer or within integer range")
		}
	}
	document := struct {
		XMLName               xml.Name
		Bucket, Key, UploadId string
		Initiator, Owner      *owner
		StorageClass          string
		PartNumberMarker      int
		NextPartNumberMarker  int
		MaxParts              int
		IsTruncated           bool
		checksumLine
		Part []listedPart
	}{
		XMLName: xmlNamed("ListPartsResult"), Bucket: q.bucket, Key: q.key, UploadId: u.id, Initiator: q.initiator(), Owner: q.owner(),
		StorageClass: storageClass(u.header), PartNumberMarker: after, MaxParts: limit, checksumLine: u.checksumLine(),
	}
	for _, p := range parts {
		if p.Number <= after {
			continue
		}
		if len(document.Part) == cloud.PageOf(q.Request.Context(), limit) {
			document.IsTruncated = true
			break
		}
		document.Part, document.NextPartNumberMarker = append(document.Part, listedPart{
			PartNumber: p.Number, LastModified: timestamp(p.Modified), ETag: quote(p.ETag), Size: p.Size, checksumMembers: p.sums(),
		}), p.Number
	}
	return q.XML(http.StatusOK, document)
}

// checksumLine tells which checksum an upload has, if one was asked for.
func (u *upload) checksumLine() checksumLine {
	if u.algorithm == "" {
		return checksumLine{}
	}
	return checksumLine{[]string{strings.ToUpper(u.algorithm)}, u.checksumKind()}
}

// limit reads the size of a page.
func (q *request) limit(parameter string) (int, error) {
	text := cmp.Or(q.query.Get(parameter), strconv.Itoa(maxKeys))
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalidArgument(parameter, text, fmt.Sprintf("Provided %s not an integer or within integer range", parameter))
	}
	if n < 0 {
		return 0, invalidArgument(parameter, text, fmt.Sprintf("Argument %s must be an integer between 0 and 2147483647", parameter))
	}
	return min(n, maxKeys), nil
}

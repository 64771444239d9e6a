// The operations of S3's REST protocol: how a request is told to be one, and
// what of its parameters and headers is honoured.

package s3

import (
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/wire"
)

// route is an operation.
type route struct {
	pattern string // see wire.Route
	action  string
	serve   func(*request) error

	query   string   // parameters beside those of the pattern, separated by spaces
	headers []string // of S3's own, beside those of all requests
	copies  bool     // from the object that x-amz-copy-source names
	whole   bool     // whatever the parameters are

	document any // that the request has in XML, a pointer to an empty one; nil: it has none

	// recorded tells that CloudTrail is told of it as a whole: of others it is
	// told by what they do.
	recorded bool
}

const (
	inBucket = "/{Bucket}"
	inObject = "/{Bucket}/{Key+}"
)

// stored are the headers that are kept with an object.
var stored = slices.Concat(attributeHeaders, []string{"x-amz-storage-class", "x-amz-tagging", "x-amz-website-redirect-location"})

// reading are the headers of reads, and of parts those that give the upload's key.
var reading = append([]string{"x-amz-checksum-mode"}, customerHeaders...)

var copySource = append([]string{
	"x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-copy-source-if-modified-since",
	"x-amz-copy-source-if-none-match", "x-amz-copy-source-if-unmodified-since",
}, sourceHeaders...)

// shown are the parameters that replace headers of an answer.
const shown = "response-cache-control response-content-disposition response-content-encoding response-content-language response-content-type response-expires"

// The first route that fits is a request's.
var bucketRoutes = []route{
	{pattern: "GET /", action: "ListBuckets", serve: (*request).listBuckets, query: "prefix bucket-region max-buckets continuation-token"},
	{pattern: "OPTIONS " + inBucket, action: "Preflight", serve: (*request).preflight, whole: true},
	{pattern: "PUT " + inBucket, action: "CreateBucket", serve: (*request).createBucket, document: new(createBucketConfiguration), headers: slices.Concat(aclHeaders, []string{"x-amz-object-ownership", "x-amz-bucket-object-lock-enabled"})},
	{pattern: "HEAD " + inBucket, action: "HeadBucket", serve: (*request).headBucket},
	{pattern: "DELETE " + inBucket, action: "DeleteBucket", serve: (*request).deleteBucket},
	{pattern: "GET " + inBucket + "?policy", action: "GetBucketPolicy", serve: (*request).getPolicy},
	{pattern: "GET " + inBucket + "?policyStatus", action: "GetBucketPolicyStatus", serve: (*request).policyStatus},
	{pattern: "PUT " + inBucket + "?policy", action: "PutBucketPolicy", serve: (*request).putPolicy, headers: []string{"x-amz-confirm-remove-self-bucket-access"}},
	{pattern: "DELETE " + inBucket + "?policy", action: "DeleteBucketPolicy", serve: (*request).deletePolicy},
	{pattern: "GET " + inBucket + "?acl", action: "GetBucketAcl", serve: (*request).getBucketACL},
	{pattern: "PUT " + inBucket + "?acl", action: "PutBucketAcl", serve: (*request).putBucketACL, document: new(aclDocument), headers: aclHeaders},
	{pattern: "GET " + inBucket + "?location", action: "GetBucketLocation", serve: (*request).bucketLocation},
	{pattern: "GET " + inBucket + "?tagging", action: "GetBucketTagging", serve: (*request).bucketTagging},
	{pattern: "PUT " + inBucket + "?tagging", action: "PutBucketTagging", serve: (*request).putBucketTagging, document: new(taggingXML)},
	{pattern: "DELETE " + inBucket + "?tagging", action: "DeleteBucketTagging", serve: (*request).deleteBucketTagging},
	{pattern: "PUT " + inBucket + "?versioning", action: "PutBucketVersioning", serve: (*request).putVersioning, document: new(versioningConfiguration)},
	{pattern: "GET " + inBucket + "?versioning", action: "GetBucketVersioning", serve: (*request).bucketVersioning},
	{pattern: "GET " + inBucket + "?versions", action: "ListObjectVersions", serve: (*request).listVersions, query: "prefix delimiter key-marker version-id-marker max-keys encoding-type"},
	{pattern: "GET " + inBucket + "?uploads", action: "ListMultipartUploads", serve: (*request).listUploads, query: "prefix delimiter key-marker upload-id-marker max-uploads encoding-type"},
	{pattern: "GET " + inBucket + "?list-type=2", action: "ListObjectsV2", serve: (*request).listObjectsV2, query: "prefix delimiter start-after continuation-token fetch-owner max-keys encoding-type"},
	{pattern: "GET " + inBucket, action: "ListObjects", serve: (*request).listObjects, query: "prefix delimiter marker max-keys encoding-type"},
	{pattern: "POST " + inBucket, action: "PostObject", serve: (*request).postObject, headers: slices.Concat(stored, []string{"x-amz-checksum-algorithm"})},
	{pattern: "POST " + inBucket + "?delete", action: "DeleteObjects", serve: (*request).deleteObjects, document: new(deletions), headers: []string{bypassHeader}},
}

var objectRoutes = []route{
	{pattern: "OPTIONS " + inObject, action: "Preflight", serve: (*request).preflight, whole: true},
	{pattern: "GET " + inObject + "?acl", action: "GetObjectAcl", recorded: true, serve: (*request).getObjectACL, query: "versionId"},
	{pattern: "PUT " + inObject + "?acl", action: "PutObjectAcl", recorded: true, serve: (*request).putObjectACL, document: new(aclDocument), query: "versionId", headers: aclHeaders},
	{pattern: "GET " + inObject + "?retention", action: "GetObjectRetention", recorded: true, serve: (*request).getRetention, query: "versionId"},
	{pattern: "PUT " + inObject + "?retention", action: "PutObjectRetention", recorded: true, serve: (*request).putRetention, document: new(retention), query: "versionId", headers: []string{bypassHeader}},
	{pattern: "GET " + inObject + "?legal-hold", action: "GetObjectLegalHold", recorded: true, serve: (*request).getLegalHold, query: "versionId"},
	{pattern: "PUT " + inObject + "?legal-hold", action: "PutObjectLegalHold", recorded: true, serve: (*request).putLegalHold, document: new(legalHold), query: "versionId"},
	{pattern: "GET " + inObject + "?attributes", action: "GetObjectAttributes", recorded: true, serve: (*request).getAttributes, query: "versionId",
		headers: append([]string{"x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"}, customerHeaders...)},
	{pattern: "GET " + inObject + "?tagging", action: "GetObjectTagging", recorded: true, serve: (*request).getTags, query: "versionId"},
	{pattern: "PUT " + inObject + "?tagging", action: "PutObjectTagging", recorded: true, serve: (*request).putTags, document: new(taggingXML), query: "versionId"},
	{pattern: "DELETE " + inObject + "?tagging", action: "DeleteObjectTagging", recorded: true, serve: (*request).deleteTags, query: "versionId"},
	{pattern: "GET " + inObject, action: "GetObject", serve: (*request).getObject, query: "versionId partNumber " + shown, headers: reading},
	{pattern: "HEAD " + inObject, action: "HeadObject", serve: (*request).headObject, query: "versionId partNumber " + shown, headers: reading},
	{pattern: "PUT " + inObject, action: "CopyObject", serve: (*request).copyObject, copies: true,
		headers: slices.Concat(stored, copySource, []string{"x-amz-checksum-algorithm", "x-amz-metadata-directive", "x-amz-tagging-directive"})},
	{pattern: "PUT " + inObject, action: "PutObject", serve: (*request).putObject, headers: slices.Concat(stored, []string{"x-amz-checksum-algorithm"})},
	{pattern: "DELETE " + inObject, action: "DeleteObject", serve: (*request).deleteObject, query: "versionId", headers: []string{bypassHeader}},

	{pattern: "POST " + inObject + "?uploads", action: "CreateMultipartUpload", serve: (*request).createUpload,
		headers: slices.Concat(stored, []string{"x-amz-checksum-algorithm", "x-amz-checksum-type"})},
	{pattern: "PUT " + inObject + "?uploadId", action: "UploadPartCopy", recorded: true, serve: (*request).uploadPartCopy, copies: true, query: "partNumber",
		headers: slices.Concat(copySource, customerHeaders, []string{"x-amz-copy-source-range"})},
	{pattern: "PUT " + inObject + "?uploadId", action: "UploadPart", serve: (*request).uploadPart, query: "partNumber", headers: append([]string{"x-amz-checksum-algorithm"}, customerHeaders...)},
	{pattern: "GET " + inObject + "?uploadId", action: "ListParts", serve: (*request).listParts, query: "max-parts part-number-marker"},
	{pattern: "POST " + inObject + "?uploadId", action: "CompleteMultipartUpload", serve: (*request).completeUpload, document: new(completion),
		headers: append([]string{"x-amz-checksum-type", "x-amz-mp-object-size"}, customerHeaders...)},
	{pattern: "DELETE " + inObject + "?uploadId", action: "AbortMultipartUpload", serve: (*request).abortUpload},
}

// subresources are the parameters that make another operation of a request.
var subresources = []string{
	"uploadId", "uploads", "delete", "versions", "versioning", "location",
	"acl", "tagging", "attributes", "policy", "policyStatus", "cors", "lifecycle", "notification", "encryption",
	"publicAccessBlock", "ownershipControls", "replication", "website", "logging", "requestPayment", "accelerate",
	"analytics", "inventory", "metrics", "intelligent-tiering", "object-lock", "retention", "legal-hold", "torrent",
	"restore", "select", "session", "renameObject",
}

// routes are all operations.
func routes() []route { return slices.Concat(settingRoutes(), bucketRoutes, objectRoutes) }

// knownParameters are those that an operation has.
var knownParameters = sync.OnceValue(func() []string {
	var known []string
	for _, r := range routes() {
		known = append(known, r.parameters()...)
	}
	return known
})

// Protocols implements wire.Speaker. Paths are /BUCKET/KEY.
func (s *S3) Protocols() wire.Protocols {
	var served []wire.Route
	for _, r := range routes() {
		route := wire.Route{Pattern: r.pattern, Action: r.action, Whole: r.whole, Serve: s.serve(r)}
		if r.copies {
			route.Header = "x-amz-copy-source"
		}
		served = append(served, route)
	}
	return wire.Protocols{Anonymous: true, REST: &wire.REST{Style: wire.S3, Subresources: subresources, Routes: served}}
}

// parameters are the names of those that the operation honours.
func (r route) parameters() []string {
	names := strings.Fields(r.query)
	_, pattern, _ := strings.Cut(r.pattern, "?")
	for part := range strings.SplitSeq(pattern, "&") {
		if name, _, _ := strings.Cut(part, "="); name != "" {
			names = append(names, name)
		}
	}
	return names
}

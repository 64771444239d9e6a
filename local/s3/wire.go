// S3's REST protocol: which operation a request is.

package s3

import (
	"errors"
	"net"
	"net/url"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// request is one HTTP request to S3.
type request struct {
	*wire.Exchange

	query       url.Values
	client      *Client
	bucket, key string
}

// Protocols implements wire.Speaker. Paths are /BUCKET/KEY.
func (s *S3) Protocols() wire.Protocols {
	const bucket, object = "/{Bucket}", "/{Bucket}/{Key+}"
	on := func(pattern, action string, handle func(*request) error) wire.Route {
		return wire.Route{Pattern: pattern, Action: action, Serve: s.serve(action, handle)}
	}
	copying := func(pattern, action string, handle func(*request) error) wire.Route {
		return wire.Route{Pattern: pattern, Header: "x-amz-copy-source", Action: action, Serve: s.serve(action, handle)}
	}
	return wire.Protocols{REST: &wire.REST{
		Style: wire.S3,
		Subresources: []string{
			"uploadId", "uploads", "delete", "versions", "versioning", "location",
			"acl", "tagging", "attributes", "policy", "policyStatus", "cors", "lifecycle", "notification", "encryption",
			"publicAccessBlock", "ownershipControls", "replication", "website", "logging", "requestPayment", "accelerate",
			"analytics", "inventory", "metrics", "intelligent-tiering", "object-lock", "retention", "legal-hold", "torrent",
			"restore", "select", "session", "renameObject",
		},
		Routes: []wire.Route{
			on("GET /", "ListBuckets", (*request).listBuckets),

			on("PUT "+bucket, "CreateBucket", (*request).createBucket),
			on("HEAD "+bucket, "HeadBucket", (*request).headBucket),
			on("DELETE "+bucket, "DeleteBucket", (*request).deleteBucket),
			on("GET "+bucket+"?policy", "GetBucketPolicy", (*request).getPolicy),
			on("PUT "+bucket+"?policy", "PutBucketPolicy", (*request).putPolicy),
			on("DELETE "+bucket+"?policy", "DeleteBucketPolicy", (*request).deletePolicy),
			on("GET "+bucket+"?location", "GetBucketLocation", (*request).bucketLocation),
			on("GET "+bucket+"?tagging", "GetBucketTagging", (*request).bucketTagging),
			on("PUT "+bucket+"?tagging", "PutBucketTagging", (*request).putBucketTagging),
			on("DELETE "+bucket+"?tagging", "DeleteBucketTagging", (*request).deleteBucketTagging),
			on("PUT "+bucket+"?versioning", "PutBucketVersioning", (*request).putVersioning),
			on("GET "+bucket+"?versioning", "GetBucketVersioning", (*request).bucketVersioning),
			on("GET "+bucket+"?versions", "ListObjectVersions", (*request).listVersions),
			on("GET "+bucket+"?uploads", "ListMultipartUploads", (*request).listUploads),
			on("GET "+bucket+"?list-type=2", "ListObjectsV2", (*request).listObjectsV2),
			on("GET "+bucket, "ListObjects", (*request).listObjects),
			on("POST "+bucket+"?delete", "DeleteObjects", (*request).deleteObjects),

			on("GET "+object+"?attributes", "GetObjectAttributes", (*request).getAttributes),
			on("GET "+object+"?tagging", "GetObjectTagging", (*request).getTags),
			on("PUT "+object+"?tagging", "PutObjectTagging", (*request).putTags),
			on("DELETE "+object+"?tagging", "DeleteObjectTagging", (*request).deleteTags),
			on("GET "+object, "GetObject", (*request).getObject),
			on("HEAD "+object, "HeadObject", (*request).headObject),
			copying("PUT "+object, "CopyObject", (*request).copyObject),
			on("PUT "+object, "PutObject", (*request).putObject),
			on("DELETE "+object, "DeleteObject", (*request).deleteObject),

			on("POST "+object+"?uploads", "CreateMultipartUpload", (*request).createUpload),
			copying("PUT "+object+"?uploadId", "UploadPartCopy", (*request).uploadPartCopy),
			on("PUT "+object+"?uploadId", "UploadPart", (*request).uploadPart),
			on("GET "+object+"?uploadId", "ListParts", (*request).listParts),
			on("POST "+object+"?uploadId", "CompleteMultipartUpload", (*request).completeUpload),
			on("DELETE "+object+"?uploadId", "AbortMultipartUpload", (*request).abortUpload),
		},
	}}
}

// serve reads what all requests have in common.
func (s *S3) serve(action string, handle func(*request) error) func(*wire.Exchange) error {
	return func(x *wire.Exchange) error {
		sourceIP, _, _ := net.SplitHostPort(x.Request.RemoteAddr)
		q := &request{
			Exchange: x, query: x.Request.URL.Query(),
			client: s.As(x.Caller, Origin{sourceIP, x.Request.UserAgent()}),
			bucket: x.Labels["Bucket"], key: x.Labels["Key"],
		}
		q.client.requestID = x.RequestID
		err := q.check(action)
		if err == nil {
			err = handle(q)
		}
		q.describe(err)
		return err
	}
}

// describe tells in headers of the delete marker that a request has met.
func (q *request) describe(err error) {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Fields["DeleteMarker"] != true {
		return
	}
	q.Writer.Header().Set("x-amz-delete-marker", "true")
	id, _ := e.Fields["VersionId"].(string)
	q.setVersion(id)
}

func (q *request) setVersion(id string) {
	if id != "" {
		q.Writer.Header().Set("x-amz-version-id", id)
	}
}

func (q *request) readXML(document any) error {
	body, _ := q.body()
	return q.ReadXML(body, document)
}

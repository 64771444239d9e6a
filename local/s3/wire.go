// S3's REST protocol: which operation a request is, and how it fails.

package s3

import (
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// request is one HTTP request to S3.
type request struct {
	w           http.ResponseWriter
	r           *http.Request
	query       url.Values
	client      *Client
	bucket, key string
}

// ServeAWS answers a path-style request (/BUCKET/KEY) as the caller, whose
// signature is the front end's to check.
func (s *S3) ServeAWS(w http.ResponseWriter, r *http.Request, caller cloud.Caller) {
	sourceIP, _, _ := net.SplitHostPort(r.RemoteAddr)
	q := &request{w: w, r: r, query: r.URL.Query(), client: s.As(caller, Origin{sourceIP, r.UserAgent()})}
	q.client.requestID = newRequestID()
	q.bucket, q.key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	w.Header().Set("Server", "AmazonS3")
	w.Header().Set("x-amz-request-id", q.client.requestID)
	w.Header().Set("x-amz-id-2", newRequestID()+newRequestID())
	name, handle := q.route()
	if handle == nil {
		q.fail(cloud.Errorf(501, "NotImplemented", "the local engine does not serve %s %s", r.Method, r.URL.RequestURI()))
		return
	}
	if err := s.cloud.Interrupt(r.Context(), cloud.Call{Caller: caller, Service: "s3", Action: name}); err != nil {
		q.fail(err)
		return
	}
	if err := handle(); err != nil {
		q.fail(err)
	}
}

// subresources are the query parameters that make a request another operation.
var subresources = []string{
	"uploadId", "uploads", "delete", "versions", "versioning", "location",
	"acl", "tagging", "attributes", "policy", "policyStatus", "cors", "lifecycle", "notification", "encryption",
	"publicAccessBlock", "ownershipControls", "replication", "website", "logging", "requestPayment", "accelerate",
	"analytics", "inventory", "metrics", "intelligent-tiering", "object-lock", "retention", "legal-hold", "torrent",
	"restore", "select", "session", "renameObject",
}

// route returns the operation's name and its handler, nil if it is not served.
func (q *request) route() (string, func() error) {
	sub := ""
	for _, name := range subresources {
		if q.query.Has(name) {
			sub = name
			break
		}
	}
	level := "object"
	switch {
	case q.bucket == "":
		level = "service"
	case q.key == "":
		level = "bucket"
	}
	copying := q.r.Header.Get("x-amz-copy-source") != ""
	switch q.r.Method + " " + level + " " + sub {
	case "GET service ":
		return "ListBuckets", q.listBuckets
	case "PUT bucket ":
		return "CreateBucket", q.createBucket
	case "HEAD bucket ":
		return "HeadBucket", q.headBucket
	case "DELETE bucket ":
		return "DeleteBucket", q.deleteBucket
	case "GET bucket location":
		return "GetBucketLocation", q.bucketLocation
	case "GET bucket versioning":
		return "GetBucketVersioning", q.bucketVersioning
	case "GET bucket ":
		if q.query.Get("list-type") == "2" {
			return "ListObjectsV2", q.listObjectsV2
		}
		return "ListObjects", q.listObjects
	case "GET bucket versions":
		return "ListObjectVersions", q.listVersions
	case "GET bucket uploads":
		return "ListMultipartUploads", q.listUploads
	case "POST bucket delete":
		return "DeleteObjects", q.deleteObjects
	case "GET object ":
		return "GetObject", q.getObject
	case "HEAD object ":
		return "HeadObject", q.headObject
	case "PUT object ":
		if copying {
			return "CopyObject", q.copyObject
		}
		return "PutObject", q.putObject
	case "DELETE object ":
		return "DeleteObject", q.deleteObject
	case "POST object uploads":
		return "CreateMultipartUpload", q.createUpload
	case "PUT object uploadId":
		if copying {
			return "UploadPartCopy", q.uploadPartCopy
		}
		return "UploadPart", q.uploadPart
	case "GET object uploadId":
		return "ListParts", q.listParts
	case "POST object uploadId":
		return "CompleteMultipartUpload", q.completeUpload
	case "DELETE object uploadId":
		return "AbortMultipartUpload", q.abortUpload
	}
	return "", nil
}

// errorBody is S3's error document.
type errorBody struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Key       string `xml:",omitempty"`
	Resource  string
	RequestID string `xml:"RequestId"`
}

func (q *request) fail(err error) {
	e := cloud.AsError(err)
	body := errorBody{Code: e.Code, Message: e.Message, Resource: q.r.URL.Path, RequestID: q.client.requestID}
	body.Key, _ = e.Fields["Key"].(string)
	if e.Fields["DeleteMarker"] == true {
		q.w.Header().Set("x-amz-delete-marker", "true")
		id, _ := e.Fields["VersionId"].(string)
		q.setVersion(id)
	}
	if e.Status == http.StatusNotModified {
		q.w.WriteHeader(e.Status)
		return
	}
	q.xml(e.Status, body)
}

// xml answers with a document; HEAD gets its headers only.
func (q *request) xml(status int, document any) error {
	q.w.Header().Set("Content-Type", "application/xml")
	q.w.WriteHeader(status)
	if q.r.Method == http.MethodHead {
		return nil
	}
	io.WriteString(q.w, xml.Header)
	// The status is sent: an error here means that the client has gone.
	_ = xml.NewEncoder(q.w).Encode(document)
	return nil
}

// maxDocument bounds the XML that requests may carry, in bytes.
const maxDocument = 2 << 20

func (q *request) readXML(document any) error {
	body, _ := q.body()
	raw, err := io.ReadAll(io.LimitReader(body, maxDocument))
	if err == nil {
		err = xml.Unmarshal(raw, document)
	}
	if err != nil {
		return cloud.Errorf(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema: %v", err)
	}
	return nil
}

func (q *request) setVersion(id string) {
	if id != "" {
		q.w.Header().Set("x-amz-version-id", id)
	}
}

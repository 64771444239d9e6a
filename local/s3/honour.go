// What requests ask for in headers: it is honoured, is known to make no
// difference here, or is refused.

package s3

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// transport are the headers of every request, and those that say what its body is.
var transport = []string{
	"x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-expected-bucket-owner", "x-amz-sdk-checksum-algorithm",
	"x-amz-security-token", "x-amz-source-expected-bucket-owner", "x-amz-trailer", "x-amz-user-agent",
}

// stored are the headers that are kept with an object.
var stored = []string{"x-amz-storage-class", "x-amz-tagging", "x-amz-website-redirect-location"}

// ignored are the headers that are accepted, and make no difference: nothing is
// encrypted or billed, and nothing is archived that could be restored.
var ignored = []string{
	"x-amz-optional-object-attributes", "x-amz-request-payer",
	"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
	"x-amz-server-side-encryption-bucket-key-enabled", "x-amz-server-side-encryption-context",
}

var copySource = []string{
	"x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-copy-source-if-modified-since",
	"x-amz-copy-source-if-none-match", "x-amz-copy-source-if-unmodified-since",
}

// honoured are the headers of single actions, beside those of all.
var honoured = map[string][]string{
	"CompleteMultipartUpload": {"x-amz-checksum-type", "x-amz-mp-object-size"},
	"CopyObject":              slices.Concat(stored, copySource, []string{"x-amz-checksum-algorithm", "x-amz-metadata-directive", "x-amz-tagging-directive"}),
	"CreateMultipartUpload":   slices.Concat(stored, []string{"x-amz-checksum-algorithm", "x-amz-checksum-type"}),
	"GetObject":               {"x-amz-checksum-mode"},
	"GetObjectAttributes":     {"x-amz-max-parts", "x-amz-object-attributes", "x-amz-part-number-marker"},
	"HeadObject":              {"x-amz-checksum-mode"},
	"PutObject":               slices.Concat(stored, []string{"x-amz-checksum-algorithm"}),
	"UploadPartCopy":          slices.Concat(copySource, []string{"x-amz-copy-source-range"}),
}

// privileges are the values of x-amz-acl that give nobody more than the owner
// has: there are no access control lists here.
var privileges = []string{"private", "bucket-owner-full-control"}

// check holds a request to what the action honours, and to who owns the buckets.
func (q *request) check(action string) error {
	if err := q.checkHeaders(action); err != nil {
		return err
	}
	return q.checkOwner()
}

// checkHeaders refuses a header of S3's that the action does not honour.
func (q *request) checkHeaders(action string) error {
	for name, values := range q.Request.Header {
		name = strings.ToLower(name)
		switch {
		case !strings.HasPrefix(name, "x-amz-"), slices.Contains(transport, name), slices.Contains(ignored, name), slices.Contains(honoured[action], name):
		case strings.HasPrefix(name, metadataPrefix) || isChecksum(name) && q.Request.Method != http.MethodGet:
		case name == "x-amz-acl" && slices.Contains(privileges, values[0]):
		case name == "x-amz-object-ownership" && values[0] == "BucketOwnerEnforced":
		case name == "x-amz-bucket-object-lock-enabled" && strings.EqualFold(values[0], "false"):
		default:
			return notHonoured(name)
		}
	}
	return nil
}

func isChecksum(header string) bool {
	algorithm, ok := strings.CutPrefix(header, "x-amz-checksum-")
	return ok && slices.Contains(algorithms, algorithm)
}

// checkOwner holds a bucket's owner to who the client expects it to be.
func (q *request) checkOwner() error {
	for _, header := range []string{"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"} {
		owner := q.Request.Header.Get(header)
		switch {
		case owner == "" || owner == q.client.s3.cloud.Account:
		case len(owner) != 12 || strings.Trim(owner, "0123456789") != "":
			return about(cloud.Errorf(400, "InvalidBucketOwnerAWSAccountID", "The value of the expected bucket owner parameter must be an AWS Account ID... [%s]", owner))
		default:
			return cloud.Errorf(403, "AccessDenied", "Access Denied")
		}
	}
	return nil
}

// What requests ask for in parameters and headers: it is honoured, is known to
// make no difference here, or is refused.

package s3

import (
	"encoding/base64"
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

// signing are the query parameters of presigned addresses, of either version.
var signing = []string{
	"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
	"awsaccesskeyid", "expires", "signature",
}

// ignored are the headers that are accepted, and make no difference: nothing is
// billed, and nothing is archived that could be restored.
var ignored = []string{"x-amz-optional-object-attributes", "x-amz-request-payer"}

// check holds a request to what its operation honours, and to who owns the buckets.
func (q *request) check() error {
	if q.route.whole {
		return nil
	}
	if err := q.checkParameters(); err != nil {
		return err
	}
	if err := q.checkHeaders(); err != nil {
		return err
	}
	if err := q.checkChecksums(); err != nil {
		return err
	}
	return q.checkOwner()
}

// inAddress are the headers without a prefix of their own that may be in an
// address, where it was signed.
var inAddress = []string{"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "content-type"}

// checkParameters refuses a query parameter that the operation does not honour.
// Those that begin with x- are for the user's own access logs, and S3 takes
// whatever an address was signed with. Headers may be in the address too, where
// it was signed.
func (q *request) checkParameters() error {
	presigned := q.query.Has("X-Amz-Signature") || q.query.Has("Signature")
	for name, values := range q.query {
		lower := strings.ToLower(name)
		switch {
		case slices.Contains(q.honoured, name), slices.Contains(signing, lower):
		case strings.HasPrefix(lower, "x-amz-"), presigned && slices.Contains(inAddress, lower):
			if q.Request.Header.Get(name) == "" {
				q.Request.Header[http.CanonicalHeaderKey(name)] = values
			}
		case !strings.HasPrefix(lower, "x-") && (!presigned || slices.Contains(knownParameters(), name)):
			return cloud.NotHonoured(q.route.action, name)
		}
	}
	return nil
}

// checkHeaders refuses a header of S3's that the operation does not honour.
func (q *request) checkHeaders() error {
	for name := range q.Request.Header {
		name = strings.ToLower(name)
		switch {
		case !strings.HasPrefix(name, "x-amz-"), slices.Contains(transport, name), slices.Contains(ignored, name), slices.Contains(q.route.headers, name):
		case strings.HasPrefix(name, metadataPrefix) || isChecksum(name) && q.Request.Method != http.MethodGet:
		default:
			return notHonoured(name)
		}
	}
	return nil
}

// checkChecksums refuses checksums that none can be. Of an upload that is
// completed it may be one of checksums.
func (q *request) checkChecksums() error {
	given := slices.DeleteFunc(slices.Clone(algorithms), func(algorithm string) bool { return q.Request.Header.Get("x-amz-checksum-"+algorithm) == "" })
	if len(given) > 1 {
		return cloud.Errorf(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
	}
	for _, algorithm := range given {
		header := "x-amz-checksum-" + algorithm
		sum, _, _ := strings.Cut(q.Request.Header.Get(header), "-")
		if raw, err := base64.StdEncoding.DecodeString(sum); err != nil || len(raw) != newHash(algorithm).Size() {
			return cloud.Errorf(400, "InvalidRequest", "Value for %s header is invalid.", header)
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
			return accessDenied()
		}
	}
	return nil
}

package iam

// This file reads who signed a request, in whatever way AWS's clients sign.

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxPresigned is the longest that a presigned URL may be valid.
const maxPresigned = 7 * 24 * time.Hour

// signature is what a request says of its signer.
type signature struct {
	key     string // id of the access key
	service string // by its signing name
}

// readSignature reads the Authorization header or, of a presigned URL, the
// query: of Signature Version 4 or, as the AWS CLI v1 makes them for S3 where
// the region is us-east-1 or the address is given, of version 2.
func readSignature(r *http.Request) (signature, error) {
	query := r.URL.Query()
	switch {
	case query.Has("X-Amz-Credential"):
		signed, err := readScope(query.Get("X-Amz-Credential"))
		if err != nil {
			return signed, err
		}
		return signed, checkPresigned(query, signed.service)
	case query.Has("AWSAccessKeyId"):
		return readVersion2(query)
	}
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return signature{}, cloud.Errorf(403, "MissingAuthenticationTokenException", "the request is not signed; any access key will do")
	}
	_, rest, ok := strings.Cut(authorization, "Credential=")
	if !ok {
		return signature{}, cloud.Errorf(400, "IncompleteSignatureException", "the Authorization header is not of AWS Signature Version 4: it has no Credential")
	}
	scope, _, _ := strings.Cut(rest, ",")
	return readScope(scope)
}

func readScope(scope string) (signature, error) {
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) != 5 {
		return signature{}, cloud.Errorf(400, "IncompleteSignatureException", "credential scope %q is not <key>/<date>/<region>/<service>/aws4_request", scope)
	}
	return signature{key: parts[0], service: parts[3]}, nil
}

// checkPresigned holds a presigned URL of version 4 to its time. Services
// other than S3 do not require one.
func checkPresigned(query url.Values, service string) error {
	if service != "s3" && !query.Has("X-Amz-Expires") {
		return nil
	}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"} {
		if service == "s3" && !query.Has(name) {
			return cloud.Errorf(400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
		}
	}
	from, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	if err != nil {
		return cloud.Errorf(400, "AuthorizationQueryParametersError", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	switch {
	case err != nil:
		return cloud.Errorf(400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
	case seconds < 0:
		return cloud.Errorf(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative")
	case time.Duration(seconds) > maxPresigned/time.Second:
		return cloud.Errorf(400, "AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than %d seconds", maxPresigned/time.Second)
	}
	expired := checkExpiry(from.Add(time.Duration(seconds) * time.Second))
	if e, ok := errors.AsType[*cloud.Error](expired); ok {
		e.Fields["X-Amz-Expires"] = query.Get("X-Amz-Expires")
	}
	return expired
}

// readVersion2 reads S3's older query string authentication.
func readVersion2(query url.Values) (signature, error) {
	signed := signature{key: query.Get("AWSAccessKeyId"), service: "s3"}
	if query.Get("Signature") == "" || query.Get("Expires") == "" {
		return signed, cloud.Errorf(403, "AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
	}
	seconds, err := strconv.ParseInt(query.Get("Expires"), 10, 64)
	if err != nil {
		return signed, cloud.Errorf(403, "AccessDenied", "Invalid date (should be seconds since epoch): %s", query.Get("Expires"))
	}
	return signed, checkExpiry(time.Unix(seconds, 0))
}

func checkExpiry(end time.Time) error {
	if time.Now().After(end) {
		expired := cloud.Errorf(403, "AccessDenied", "Request has expired")
		expired.Fields = map[string]any{"Expires": end.UTC().Format(time.RFC3339), "ServerTime": time.Now().UTC().Format(time.RFC3339)}
		return expired
	}
	return nil
}

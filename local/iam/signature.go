package iam

// This file reads who signed a request, in whatever way AWS's clients sign.

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxPresigned is the longest that a presigned URL may be valid.
const maxPresigned = 7 * 24 * time.Hour

// signature is what a request says of its signer.
type signature struct {
	key                  string // id of the access key
	day, region, service string // the scope; the service is by its signing name
	algorithm            string
	headers              []string // that are signed, in lower case
	value                string
	token                string // of a session

	version   int
	presigned bool // in the address
	form      bool // in the fields of a browser's form
}

// The versions of signatures.
const (
	version2 = 2
	version4 = 4
)

const algorithm4 = "AWS4-HMAC-SHA256"

// basicTime is the format of the times that version 4 signs.
const basicTime = "20060102T150405Z"

// readSignature reads the Authorization header or, of a presigned URL, the
// query: of Signature Version 4 or, as the AWS CLI v1 makes them for S3 where
// the region is us-east-1 or the address is given, of version 2.
func readSignature(r *http.Request) (signature, error) {
	query := r.URL.Query()
	switch {
	case r.PostForm.Has("policy"):
		return readForm(r.PostForm)
	case query.Has("X-Amz-Credential"):
		signed, err := readScope(query.Get("X-Amz-Credential"))
		if err != nil {
			return signature{service: "s3"}, cloud.Errorf(400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
		}
		signed.presigned, signed.algorithm, signed.value = true, query.Get("X-Amz-Algorithm"), query.Get("X-Amz-Signature")
		signed.headers, signed.token = strings.Split(query.Get("X-Amz-SignedHeaders"), ";"), query.Get("X-Amz-Security-Token")
		if err := checkPresigned(query, signed.service); err != nil {
			return signed, err
		}
		return signed, signed.checkHeaders(r.Header)
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
	signed, err := readScope(scope)
	signed.algorithm, _, _ = strings.Cut(strings.TrimSpace(authorization), " ")
	signed.headers = strings.Split(partOf(authorization, "SignedHeaders="), ";")
	signed.value, signed.token = partOf(authorization, "Signature="), r.Header.Get("X-Amz-Security-Token")
	return signed, err
}

// partOf is what follows a name in an Authorization header, up to the next comma.
func partOf(authorization, name string) string {
	_, rest, _ := strings.Cut(authorization, name)
	part, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(part)
}

// readForm reads the signature of a browser's form, whose policy is signed.
func readForm(fields url.Values) (signature, error) {
	if key := fields.Get("awsaccesskeyid"); key != "" {
		return signature{key: key, service: "s3", version: version2, form: true, value: fields.Get("signature"), token: fields.Get("x-amz-security-token")}, nil
	}
	signed, err := readScope(fields.Get("x-amz-credential"))
	signed.form, signed.algorithm, signed.value = true, fields.Get("x-amz-algorithm"), fields.Get("x-amz-signature")
	signed.token = fields.Get("x-amz-security-token")
	return signed, err
}

func readScope(scope string) (signature, error) {
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) != 5 {
		return signature{}, cloud.Errorf(400, "IncompleteSignatureException", "credential scope %q is not <key>/<date>/<region>/<service>/aws4_request", scope)
	}
	return signature{key: parts[0], day: parts[1], region: parts[2], service: parts[3], version: version4}, nil
}

// inRegion refuses a signature for another region than the engine's. Services that are
// in no region have theirs in us-east-1, too; version 2 names none.
func (s *IAM) inRegion(signed signature) error {
	global := signed.service == "iam" || signed.service == "sts"
	switch {
	case signed.region == s.site.Region, signed.version != version4, global && signed.region == "us-east-1":
		return nil
	case signed.service == "s3":
		err := cloud.Errorf(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region '%s' is wrong; expecting '%s'", signed.region, s.site.Region)
		if signed.presigned {
			err = cloud.Errorf(400, "AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the region '%s' is wrong; expecting '%s'", signed.region, s.site.Region)
		}
		err.Fields = map[string]any{"Region": s.site.Region} // where clients try again
		return err
	}
	return cloud.Errorf(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not '%s': the engine is in %s.", signed.region, s.site.Region)
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
	from, err := time.Parse(basicTime, query.Get("X-Amz-Date"))
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

// checkHeaders refuses headers of S3's own that an address was not signed with. The
// hash of the body needs no signature.
func (s signature) checkHeaders(h http.Header) error {
	var unsigned []string
	for name := range h {
		name = strings.ToLower(name)
		if s.service == "s3" && strings.HasPrefix(name, "x-amz-") && name != "x-amz-content-sha256" && !slices.Contains(s.headers, name) {
			unsigned = append(unsigned, name)
		}
	}
	if len(unsigned) == 0 {
		return nil
	}
	slices.Sort(unsigned)
	e := cloud.Errorf(403, "AccessDenied", "There were headers present in the request which were not signed")
	e.Fields = map[string]any{"HeadersNotSigned": strings.Join(unsigned, ", ")}
	return e
}

// readVersion2 reads S3's older query string authentication.
func readVersion2(query url.Values) (signature, error) {
	signed := signature{key: query.Get("AWSAccessKeyId"), service: "s3", version: version2, presigned: true, value: query.Get("Signature"), token: query.Get("x-amz-security-token")}
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

package iam

// This file verifies signatures, of those whose keys the engine has made: that of
// any other key it could not.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxHashed bounds the bodies that are held in memory to be hashed: all that a
// service takes, but S3, whose clients tell the hash in a header.
const maxHashed = 64 << 20

// verify holds a request to its signature, made with the secret.
func (s signature) verify(r *http.Request, secret string) error {
	text, canonical, err := s.toSign(r)
	if err != nil {
		return err
	}
	made := hex.EncodeToString(mac(sha256.New, s.signingKey(secret), text))
	if s.version == version2 {
		made = base64.StdEncoding.EncodeToString(mac(sha1.New, []byte(secret), text))
	}
	if subtle.ConstantTimeCompare([]byte(made), []byte(s.value)) == 1 {
		return nil
	}
	return s.mismatch(text, canonical)
}

func mac(algorithm func() hash.Hash, key []byte, text string) []byte {
	h := hmac.New(algorithm, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// signingKey is what version 4 makes of a secret for a day, a region and a service.
func (s signature) signingKey(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.day, s.region, s.service, "aws4_request"} {
		key = mac(sha256.New, key, part)
	}
	return key
}

// toSign is the text that is signed, and of version 4 the request that is in it.
func (s signature) toSign(r *http.Request) (text, canonical string, err error) {
	switch {
	case s.form:
		return r.PostForm.Get("policy"), "", nil
	case s.version == version2:
		return textOfVersion2(r), "", nil
	case s.algorithm != algorithm4:
		return "", "", cloud.Errorf(400, "IncompleteSignatureException", "the local engine verifies signatures of %s, not of %s", algorithm4, s.algorithm)
	}
	if canonical, err = s.canonicalRequest(r); err != nil {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(canonical))
	return strings.Join([]string{algorithm4, s.at(r), strings.Join([]string{s.day, s.region, s.service, "aws4_request"}, "/"), hex.EncodeToString(sum[:])}, "\n"), canonical, nil
}

// at is when the request was signed, as it says. HTTP's own header has another format
// than the text that is signed.
func (s signature) at(r *http.Request) string {
	if s.presigned {
		return r.URL.Query().Get("X-Amz-Date")
	}
	if date := r.Header.Get("X-Amz-Date"); date != "" {
		return date
	}
	date := r.Header.Get("Date")
	for _, format := range []string{http.TimeFormat, time.RFC1123Z} {
		if at, err := time.Parse(format, date); err == nil {
			return at.UTC().Format(basicTime)
		}
	}
	return date
}

// canonicalRequest is the request in the one way in which it is signed.
func (s signature) canonicalRequest(r *http.Request) (string, error) {
	payload, err := s.payload(r)
	if err != nil {
		return "", err
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	if s.service != "s3" { // whose keys are encoded once
		path = strings.ReplaceAll(inURL(path), "%2F", "/")
	}
	var headers strings.Builder
	for _, name := range s.headers {
		headers.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	return strings.Join([]string{r.Method, path, s.canonicalQuery(r.URL), headers.String(), strings.Join(s.headers, ";"), payload}, "\n"), nil
}

// payload is the hash of the body as it is signed: told by the client, or found.
func (s signature) payload(r *http.Request) (string, error) {
	told := r.Header.Get("X-Amz-Content-Sha256")
	switch {
	case told != "" && (!s.presigned || slices.Contains(s.headers, "x-amz-content-sha256")):
		return told, nil
	case s.presigned && s.service == "s3":
		if told = r.URL.Query().Get("X-Amz-Content-Sha256"); told == "" {
			told = "UNSIGNED-PAYLOAD"
		}
		return told, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxHashed+1))
	if err != nil || len(body) > maxHashed {
		return "", cloud.Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "the request's body cannot be read, or is longer than %d bytes", maxHashed)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// canonicalQuery is the query by the order of its names, without the signature.
func (s signature) canonicalQuery(u *url.URL) string {
	var pairs []string
	for name, values := range u.Query() {
		for _, value := range values {
			if !s.presigned || name != "X-Amz-Signature" {
				pairs = append(pairs, inURL(name)+"="+inURL(value))
			}
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// canonicalHeader is a header without the blanks that do not count.
func canonicalHeader(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch {
	case name == "host":
		return r.Host
	case name == "content-length" && len(values) == 0:
		return strconv.FormatInt(r.ContentLength, 10)
	case name == "transfer-encoding" && len(values) == 0:
		values = slices.Clone(r.TransferEncoding)
	}
	for i, value := range values {
		values[i] = strings.Join(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == '\t' }), " ")
	}
	return strings.Join(values, ",")
}

// subresources are the parameters that version 2 signs with the path.
var subresources = []string{
	"accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "legal-hold", "lifecycle", "location", "logging", "metrics", "notification",
	"object-lock", "partNumber", "policy", "publicAccessBlock", "replication", "requestPayment", "response-cache-control", "response-content-disposition",
	"response-content-encoding", "response-content-language", "response-content-type", "response-expires", "restore", "retention", "select", "tagging",
	"torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
}

// textOfVersion2 is what version 2 signs of an address: headers of S3's own may be
// in it as parameters.
func textOfVersion2(r *http.Request) string {
	query := r.URL.Query()
	own := map[string]string{}
	for _, given := range []map[string][]string{query, r.Header} { // a header is what counts
		for name, values := range given {
			if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
				own[name] = strings.Join(values, ",")
			}
		}
	}
	var lines []string
	for name, value := range own {
		lines = append(lines, name+":"+value+"\n")
	}
	slices.Sort(lines)
	var resource []string
	for _, name := range subresources {
		if values, ok := query[name]; ok {
			if values[0] != "" {
				name += "=" + values[0]
			}
			resource = append(resource, name)
		}
	}
	path := r.URL.EscapedPath()
	if len(resource) > 0 {
		path += "?" + strings.Join(resource, "&")
	}
	given := func(name string) string { return cmp.Or(r.Header.Get(name), query.Get(name)) }
	return strings.Join([]string{r.Method, given("content-md5"), given("content-type"), query.Get("Expires")}, "\n") + "\n" + strings.Join(lines, "") + path
}

// mismatch is the error of a signature that is another one. S3 tells what it would
// have signed.
func (s signature) mismatch(text, canonical string) error {
	if s.service != "s3" {
		e := cloud.Errorf(403, "InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
		e.QueryCode = "SignatureDoesNotMatch"
		return e
	}
	e := cloud.Errorf(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	e.Fields = map[string]any{"AWSAccessKeyId": s.key, "StringToSign": text, "StringToSignBytes": hexBytes(text), "SignatureProvided": s.value}
	if canonical != "" {
		e.Fields["CanonicalRequest"], e.Fields["CanonicalRequestBytes"] = canonical, hexBytes(canonical)
	}
	return e
}

// hexBytes are the bytes of a text as S3 shows them.
func hexBytes(text string) string { return fmt.Sprintf("% x", text) }

// How one object is encrypted: nothing is, but keys are asked for as S3 asks.

package s3

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// The prefixes of headers that say how an object is encrypted, and the source of
// a copy.
const (
	sse       = "x-amz-server-side-encryption"
	sourceSSE = "x-amz-copy-source-server-side-encryption"
)

// sealHeaders ask for encryption; customerHeaders are those with a key of the
// client's own, for which copies have further ones, of their source.
var (
	customerHeaders = keyHeaders(sse)
	sealHeaders     = append([]string{sse, sse + "-aws-kms-key-id", sse + "-bucket-key-enabled", sse + "-context"}, customerHeaders...)
	sourceHeaders   = keyHeaders(sourceSSE)
)

// keyHeaders are the headers of a client's own key.
func keyHeaders(prefix string) []string {
	return []string{prefix + "-customer-algorithm", prefix + "-customer-key", prefix + "-customer-key-md5"}
}

// seal says what an object is encrypted with.
type seal struct {
	Algorithm   string `json:",omitempty"` // AES256, aws:kms or aws:kms:dsse; empty with a key of the client's own
	Key         string `json:",omitempty"` // of KMS
	BucketKey   bool   `json:",omitempty"`
	CustomerKey string `json:",omitempty"` // the digest of the client's own key
}

// opaque tells whether the object's entity tag is not the digest of its body.
func (s seal) opaque() bool { return s.CustomerKey != "" || s.algorithm() != aes256 }

// algorithm is S3's own for what was stored before there was any other.
func (s seal) algorithm() string { return cmp.Or(s.Algorithm, aes256) }

// hideETag gives a version an entity tag that tells nothing of its body, where it
// is encrypted so that it has none of the body's.
func (v *version) hideETag() {
	if v.Seal.opaque() {
		v.etag = fmt.Sprintf("%x", md5.Sum([]byte(v.etag+rand.Text())))
	}
}

func (q *request) readSeal() (seal, error) {
	h := q.Request.Header
	s := seal{Algorithm: h.Get(sse), Key: h.Get(sse + "-aws-kms-key-id")}
	s.BucketKey, _ = strconv.ParseBool(h.Get(sse + "-bucket-key-enabled"))
	if s.Algorithm != "" && h.Get(sse+"-customer-algorithm") != "" {
		return s, invalidArgument(sse, s.Algorithm, "Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
	}
	var err error
	if s.CustomerKey, err = newCustomerKey(h); err != nil {
		return s, err
	}
	switch {
	case !slices.Contains([]string{"", aes256, kms, kmsDSSE}, s.Algorithm):
		return s, invalidArgument(sse, s.Algorithm, "The encryption method specified is not supported")
	case s.Key != "" && s.Algorithm != kms && s.Algorithm != kmsDSSE:
		return s, unvalued(sse, "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	return s, nil
}

// newCustomerKey reads a client's own key to encrypt with.
func newCustomerKey(h http.Header) (string, error) {
	digest, err := readCustomerKey(h, sse)
	if raw, _ := base64.StdEncoding.DecodeString(h.Get(sse + "-customer-key")); err == nil && digest != "" && len(raw) != 32 {
		return "", unvalued(sse, invalidKey)
	}
	return digest, err
}

const invalidKey = "The secret key was invalid for the specified algorithm."

// readCustomerKey reads the three headers of a client's own key, whose names
// begin with the prefix, and returns its digest; empty where there is none. One that
// is too short or too long is no object's.
func readCustomerKey(h http.Header, prefix string) (string, error) {
	algorithm, key, digest := h.Get(prefix+"-customer-algorithm"), h.Get(prefix+"-customer-key"), h.Get(prefix+"-customer-key-md5")
	const needed = "Requests specifying Server Side Encryption with Customer provided keys must provide "
	raw, err := base64.StdEncoding.DecodeString(key)
	sum := md5.Sum(raw)
	given, digestErr := base64.StdEncoding.DecodeString(digest)
	switch {
	case algorithm == "" && key == "" && digest == "":
		return "", nil
	case algorithm == "":
		return "", unvalued(sse, needed+"a valid encryption algorithm.")
	case algorithm != aes256:
		return "", about(cloud.Errorf(400, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256."), "ArgumentName", sse, "ArgumentValue", algorithm)
	case key == "":
		return "", unvalued(sse, needed+"an appropriate secret key.")
	case digest == "":
		return "", unvalued(sse, needed+"the client calculated MD5 of the secret key.")
	case err != nil:
		return "", unvalued(sse, invalidKey)
	case digestErr != nil || !bytes.Equal(given, sum[:]):
		return "", unvalued(sse, "The calculated MD5 hash of the key did not match the hash that was provided.")
	}
	return digest, nil
}

// opens tells whether who reads an object has the key that it takes.
func (s seal) opens(customerKey string) error {
	switch {
	case s.CustomerKey == customerKey:
		return nil
	case s.CustomerKey == "":
		return cloud.Errorf(400, "InvalidRequest", "The encryption parameters are not applicable to this object.")
	case customerKey == "":
		return cloud.Errorf(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	}
	return cloud.Errorf(403, "AccessDenied", "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.")
}

// takesPart tells whether a part comes with the key of its upload.
func (s seal) takesPart(customerKey string) error {
	switch {
	case s.CustomerKey == customerKey:
		return nil
	case customerKey == "" || s.CustomerKey == "":
		return cloud.Errorf(400, "InvalidRequest", "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	}
	return cloud.Errorf(400, "InvalidRequest", "The provided encryption parameters did not match the ones used originally.")
}

// fillIn encrypts as the bucket does what nobody has asked anything for, and
// names KMS's key by its ARN.
func (s *S3) fillIn(sealed *seal, e *encryption) {
	if sealed.CustomerKey != "" {
		return
	}
	rule := encryptionRule{}
	if len(e.Rules) > 0 {
		rule = e.Rules[0]
	}
	if d := rule.ApplyServerSideEncryptionByDefault; sealed.Algorithm == "" && d != nil {
		sealed.Algorithm, sealed.Key = d.SSEAlgorithm, d.KMSMasterKeyID
	}
	switch sealed.Algorithm {
	case "":
		sealed.Algorithm = aes256
	case kms:
		sealed.BucketKey = sealed.BucketKey || rule.BucketKeyEnabled
	}
	if sealed.Algorithm != aes256 {
		sealed.Key = s.keyARN(sealed.Key)
	}
}

// keyARN names a key of KMS. Without one it is the account's own for S3.
func (s *S3) keyARN(key string) string {
	switch {
	case strings.HasPrefix(key, "arn:"):
		return key
	case strings.HasPrefix(key, "alias/"):
		return s.cloud.ARN("kms", key)
	case key == "":
		sum := sha256.Sum256([]byte("aws/s3 " + s.cloud.Account + " " + s.cloud.Region))
		key = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	}
	return s.cloud.ARN("kms", "key/"+key)
}

// conditions are what a seal gives to policies.
func (s seal) conditions() conditions {
	keys := conditions{"s3:" + sse: s.Algorithm, "s3:" + sse + "-aws-kms-key-id": s.Key}
	if s.CustomerKey != "" {
		keys["s3:"+sse+"-customer-algorithm"] = aes256
	}
	return keys
}

// told is what answers tell of a seal, by their headers.
func (s seal) told() map[string]string {
	if s.CustomerKey != "" {
		return map[string]string{sse + "-customer-algorithm": aes256, sse + "-customer-key-MD5": s.CustomerKey}
	}
	told := map[string]string{sse: s.algorithm()}
	if s.Key != "" {
		told[sse+"-aws-kms-key-id"] = s.Key
	}
	if s.BucketKey {
		told[sse+"-bucket-key-enabled"] = "true"
	}
	return told
}

func (s seal) tell(h http.Header) {
	for name, value := range s.told() {
		h.Set(name, value)
	}
}

package iam

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// SignedBy is a request to SQS that is signed with a key, by its secret if it is known.
func SignedBy(s *IAM, key string) *http.Request {
	s.mu.RLock()
	known := s.sessions[key]
	s.mu.RUnlock()
	r := httptest.NewRequest("POST", "/", nil)
	sum := sha256.Sum256(nil)
	credentials := aws.Credentials{AccessKeyID: key, SecretAccessKey: known.secret, SessionToken: known.token}
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, r, hex.EncodeToString(sum[:]), "sqs", s.site.Region, time.Now()); err != nil {
		panic(err) // the request is always the same
	}
	return r
}

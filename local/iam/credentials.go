package iam

import (
	"crypto/rand"
	"encoding/json"
	"net/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Credentials are temporary credentials of a role's session.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// Issue makes credentials by which requests over the wire are recognised as
// the caller's.
func (s *IAM) Issue(caller cloud.Caller) Credentials {
	credentials := Credentials{
		AccessKeyID:     "ASIA" + rand.Text()[:16],
		SecretAccessKey: rand.Text() + rand.Text(),
		SessionToken:    rand.Text(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[credentials.AccessKeyID] = caller
	return credentials
}

// Identify returns the caller behind a signed request, and the service its
// signature is for. Issued credentials stand for their role; any others ("test"
// and "test", say) for the account's administrator, so that a developer's
// clients need no set-up. The signature itself is not verified: the engine
// listens on loopback only. But a presigned URL expires.
func (s *IAM) Identify(r *http.Request) (caller cloud.Caller, service string, err error) {
	signed, err := readSignature(r)
	if err != nil {
		return cloud.Caller{}, signed.service, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	caller, ok := s.sessions[signed.key]
	if !ok {
		caller = s.site.Administrator()
	}
	return caller, signed.service, nil
}

// SetManagedPolicy registers a managed policy, an AWS-managed one included.
func (s *IAM) SetManagedPolicy(arn string, policy json.RawMessage) error {
	d, err := parse(policy)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.managed[arn] = d
	return nil
}

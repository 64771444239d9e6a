package iam

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"

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
func (s *Store) Issue(caller cloud.Caller) Credentials {
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

// Identify returns the caller behind a request signed with AWS Signature
// Version 4, and the service its credential scope names. Issued credentials
// stand for their role; any others ("test" and "test", say) for the account's
// administrator, so that a developer's clients need no set-up. The signature
// itself is not verified: the engine listens on loopback only.
func (s *Store) Identify(r *http.Request) (caller cloud.Caller, service string, err error) {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if authorization := r.Header.Get("Authorization"); scope == "" && authorization != "" {
		_, rest, ok := strings.Cut(authorization, "Credential=")
		if !ok {
			return cloud.Caller{}, "", cloud.Errorf(400, "IncompleteSignatureException", "the Authorization header is not of AWS Signature Version 4: it has no Credential")
		}
		scope, _, _ = strings.Cut(rest, ",")
	}
	if scope == "" {
		return cloud.Caller{}, "", cloud.Errorf(403, "MissingAuthenticationTokenException", "the request is not signed; any access key will do")
	}
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) != 5 {
		return cloud.Caller{}, "", cloud.Errorf(400, "IncompleteSignatureException", "credential scope %q is not <key>/<date>/<region>/<service>/aws4_request", scope)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	caller, ok := s.sessions[parts[0]]
	if !ok {
		caller = s.site.Administrator()
	}
	return caller, parts[3], nil
}

// ServeAWS serves the one STS action that clients use to see who they are.
func (s *Store) ServeAWS(w http.ResponseWriter, r *http.Request, caller cloud.Caller) {
	action := r.FormValue("Action")
	w.Header().Set("Content-Type", "text/xml")
	if action != "GetCallerIdentity" {
		w.WriteHeader(http.StatusBadRequest)
		writeXML(w, stsError{Type: "Sender", Code: "InvalidAction", Message: "the local engine does not serve sts:" + action})
		return
	}
	writeXML(w, callerIdentity{Result: identity{ARN: caller.ARN, UserID: caller.ARN, Account: s.site.Account}})
}

// SetManagedPolicy registers a managed policy, an AWS-managed one included.
func (s *Store) SetManagedPolicy(arn string, policy json.RawMessage) error {
	d, err := parse(policy)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.managed[arn] = d
	return nil
}

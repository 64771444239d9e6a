package iam

// This file is credentials: those of sessions, which end, and the access keys of
// users.

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxKeys is how many access keys a user may have.
const maxKeys = 2

// Credentials are what a client signs with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for those of a user
}

// session is whom an access key stands for.
type session struct {
	caller cloud.Caller
	secret string
	token  string    // of a role's session; a user's key has none
	end    time.Time // zero for one without end
	off    bool      // the key is inactive
}

type accessKey struct {
	id      string
	created time.Time
	off     bool
}

// Issue makes credentials by which requests over the wire are recognised as
// the caller's, as long as the engine runs.
func (s *IAM) Issue(caller cloud.Caller) Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(caller, temporary, time.Time{})
}

// The beginnings of access keys: of sessions, and of users.
const (
	temporary = "ASIA"
	permanent = "AKIA"
)

// issue makes credentials. The lock is held.
func (s *IAM) issue(caller cloud.Caller, prefix string, end time.Time) Credentials {
	credentials := Credentials{
		AccessKeyID:     prefix + rand.Text()[:16],
		SecretAccessKey: (rand.Text() + rand.Text())[:40],
		SessionToken:    rand.Text(),
	}
	known := session{caller: caller, secret: credentials.SecretAccessKey, end: end}
	if prefix == temporary {
		known.token = credentials.SessionToken
	}
	s.sessions[credentials.AccessKeyID] = known
	return credentials
}

// forgetEnded drops the sessions that have ended. The lock is held.
func (s *IAM) forgetEnded(now time.Time) {
	for key, session := range s.sessions {
		if session.over(now) {
			delete(s.sessions, key)
		}
	}
}

func (s session) over(now time.Time) bool { return !s.end.IsZero() && now.After(s.end) }

// Identify returns the caller behind a signed request, and the service its
// signature is for. Issued credentials stand for their role, access keys for
// their user; any others ("test" and "test", say) for the account's
// administrator, so that a developer's clients need no set-up: their signature
// cannot be verified, that of known ones must be right. So these do not stand for
// anybody in a browser that shows a page from elsewhere. A session ends, and a
// presigned URL expires. What is signed for another region is refused: the engine is
// in one.
func (s *IAM) Identify(r *http.Request) (caller cloud.Caller, service string, err error) {
	signed, err := readSignature(r)
	if err != nil {
		return cloud.Caller{}, signed.service, err
	}
	if err := s.inRegion(signed); err != nil {
		return cloud.Caller{}, signed.service, err
	}
	s.mu.RLock()
	known, ok := s.sessions[signed.key]
	s.mu.RUnlock()
	switch {
	case !ok && fromElsewhere(r):
		return cloud.Caller{}, signed.service, errElsewhere
	case !ok:
		return s.site.Administrator(), signed.service, nil
	case known.off, known.token != signed.token:
		return cloud.Caller{}, signed.service, cloud.Errorf(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	case known.over(time.Now()):
		return cloud.Caller{}, signed.service, cloud.Errorf(403, "ExpiredTokenException", "The security token included in the request is expired")
	}
	if err := signed.verify(r, known.secret); err != nil {
		return cloud.Caller{}, signed.service, err
	}
	if signed.presigned || signed.form {
		known.caller.During = nil // who has the URL uses it when it likes
	}
	return known.caller, signed.service, nil
}

type accessKeyOutput struct {
	UserName        string
	AccessKeyId     string
	Status          string
	SecretAccessKey string `json:",omitempty"`
	CreateDate      cloud.Time
}

func (k accessKey) listed(user *entity) accessKeyOutput {
	return accessKeyOutput{UserName: user.name, AccessKeyId: k.id, Status: statusOf(k.off), CreateDate: cloud.Time(k.created)}
}

// The states of an access key.
const (
	active   = "Active"
	inactive = "Inactive"
)

func statusOf(off bool) string {
	if off {
		return inactive
	}
	return active
}

// checkStatus holds what a request says, which is required.
func checkStatus(status string) error {
	if status == "" {
		return invalid("status", "", "")
	}
	return oneOf("status", status, active, inactive)
}

type keyStatus struct{ UserName, AccessKeyId, Status string }

// updateKeyStatus turns a key off or on: one that is off signs nothing.
func (s *IAM) updateKeyStatus(_ context.Context, caller cloud.Caller, in keyStatus) (none, error) {
	if err := checkStatus(in.Status); err != nil {
		return none{}, err
	}
	return none{}, s.withUser(caller, "UpdateAccessKey", in.UserName, func(e *entity) error {
		i := slices.IndexFunc(e.keys, func(k accessKey) bool { return k.id == in.AccessKeyId })
		if i < 0 {
			return fault(404, "NoSuchEntity", "The Access Key with id %s cannot be found.", in.AccessKeyId)
		}
		e.keys[i].off = in.Status == inactive
		known := s.sessions[in.AccessKeyId]
		known.off = e.keys[i].off
		s.sessions[in.AccessKeyId] = known
		return nil
	})
}

func (s *IAM) createAccessKey(_ context.Context, caller cloud.Caller, in nameOf) (struct{ AccessKey accessKeyOutput }, error) {
	var out struct{ AccessKey accessKeyOutput }
	err := s.withUser(caller, "CreateAccessKey", in.UserName, func(e *entity) error {
		if len(e.keys) >= maxKeys {
			return fault(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
		}
		issued := s.issue(cloud.Caller{ARN: e.arn, ID: e.id}, permanent, time.Time{})
		key := accessKey{id: issued.AccessKeyID, created: time.Now()}
		e.keys = append(e.keys, key)
		out.AccessKey = key.listed(e)
		out.AccessKey.SecretAccessKey = issued.SecretAccessKey
		return nil
	})
	return out, err
}

type accessKeyName struct{ UserName, AccessKeyId string }

func (s *IAM) deleteAccessKey(_ context.Context, caller cloud.Caller, in accessKeyName) (none, error) {
	return none{}, s.withUser(caller, "DeleteAccessKey", in.UserName, func(e *entity) error {
		i := slices.IndexFunc(e.keys, func(k accessKey) bool { return k.id == in.AccessKeyId })
		if i < 0 {
			return fault(404, "NoSuchEntity", "The Access Key with id %s cannot be found.", in.AccessKeyId)
		}
		e.keys = slices.Delete(e.keys, i, i+1)
		delete(s.sessions, in.AccessKeyId)
		return nil
	})
}

type listAccessKeysInput struct {
	UserName string
	paging
}

type listAccessKeysOutput struct {
	AccessKeyMetadata []accessKeyOutput
	page
}

func (s *IAM) listAccessKeys(_ context.Context, caller cloud.Caller, in listAccessKeysInput) (listAccessKeysOutput, error) {
	var out listAccessKeysOutput
	err := s.withUser(caller, "ListAccessKeys", in.UserName, func(e *entity) (err error) {
		for _, k := range e.keys {
			out.AccessKeyMetadata = append(out.AccessKeyMetadata, k.listed(e))
		}
		out.AccessKeyMetadata, out.page, err = cut(in.paging, out.AccessKeyMetadata, func(k accessKeyOutput) string { return k.AccessKeyId })
		return err
	})
	return out, err
}

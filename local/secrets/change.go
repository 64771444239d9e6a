package secrets

// This file makes, changes, deletes and restores secrets by calls.

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	maxValue        = 65536 // bytes
	maxDescription  = 2048
	day             = 24 * time.Hour
	shortestWindow  = 7  // days in which a deleted secret can be restored
	longestWindow   = 30 // and what it has by default
	shortestOfToken = 32
	longestOfToken  = 64
)

// givenValue is what a request gives a secret.
type givenValue struct {
	ClientRequestToken string
	SecretString       *string
	SecretBinary       []byte
}

func (g givenValue) check() error {
	switch size := len(g.ClientRequestToken); {
	case g.SecretString != nil && g.SecretBinary != nil:
		return fault("InvalidParameterException", "You can't specify both a binary secret value and a string secret value in the same secret.")
	case size > 0 && (size < shortestOfToken || size > longestOfToken):
		return fault("InvalidParameterException", "ClientRequestToken must be %d-%d characters long.", shortestOfToken, longestOfToken)
	case g.SecretString != nil && len(*g.SecretString) > maxValue || len(g.SecretBinary) > maxValue:
		return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to %d", maxValue)
	}
	return nil
}

func (g givenValue) isGiven() bool { return g.SecretString != nil || g.SecretBinary != nil }

// put stores a value under the labels, or finds it stored by the same request.
// The lock is held.
func (sec *secret) put(g givenValue, labels []string) (id string, err error) {
	id = g.ClientRequestToken
	if id == "" {
		id = cloud.UUID()
	}
	before, repeated := sec.versions[id]
	repeated = repeated && !before.empty()
	if repeated && !before.holds(g.SecretString, g.SecretBinary) {
		return id, fault("ResourceExistsException",
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", id, sec.arn)
	}
	if !repeated {
		sec.add(&version{id: id, created: time.Now(), text: g.SecretString, binary: g.SecretBinary}, labels)
	}
	return id, nil
}

type createInput struct {
	Name        string
	Description string
	KmsKeyId    string
	Tags        []tag
	givenValue
}

type changed struct {
	named
	VersionId string `json:",omitempty"`
}

func (s *SecretsManager) createByCall(_ context.Context, caller cloud.Caller, in createInput) (changed, error) {
	if err := checkName(in.Name); err != nil {
		return changed{}, err
	}
	if err := checkDescription(in.Description); err != nil {
		return changed{}, err
	}
	if err := in.check(); err != nil {
		return changed{}, err
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return changed{}, err
	}
	if err := s.cloud.Authorize(caller.With("secretsmanager:Name", in.Name), "secretsmanager:CreateSecret", s.cloud.ARN("secretsmanager", "secret:"+in.Name)); err != nil {
		return changed{}, err
	}
	if out, repeated := s.created(in); repeated {
		return out, nil
	}
	sec, err := s.createAs(in.Name, in.Description, "-"+rand.Text()[:suffixLength-1])
	if err != nil {
		return changed{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec.key = in.KmsKeyId
	if len(tags) > 0 {
		sec.tags = tags
	}
	out := changed{named: named{sec.arn, sec.name}}
	if in.isGiven() {
		out.VersionId, err = sec.put(in.givenValue, []string{current})
	}
	return out, err
}

// created finds what the same request has made before.
func (s *SecretsManager) created(in createInput) (changed, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec := s.lookup(in.Name)
	if sec == nil || in.ClientRequestToken == "" || !sec.deletion.IsZero() {
		return changed{}, false
	}
	v := sec.versions[in.ClientRequestToken]
	if v == nil || !v.holds(in.SecretString, in.SecretBinary) {
		return changed{}, false
	}
	return changed{named{sec.arn, sec.name}, v.id}, true
}

func checkDescription(text string) error {
	if len(text) > maxDescription {
		return cloud.Errorf(400, "ValidationException", "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d", maxDescription)
	}
	return nil
}

type updateInput struct {
	SecretId    string
	Description *string
	KmsKeyId    *string
	givenValue
}

func (s *SecretsManager) updateByCall(_ context.Context, caller cloud.Caller, in updateInput) (changed, error) {
	if in.Description != nil {
		if err := checkDescription(*in.Description); err != nil {
			return changed{}, err
		}
	}
	if err := in.check(); err != nil {
		return changed{}, err
	}
	var out changed
	var err error
	out.named, err = s.change(caller, "UpdateSecret", in.SecretId, func(sec *secret) (err error) {
		if in.isGiven() {
			if out.VersionId, err = sec.put(in.givenValue, []string{current}); err != nil {
				return err
			}
		}
		if in.Description != nil {
			sec.description = *in.Description
		}
		if in.KmsKeyId != nil {
			sec.key = *in.KmsKeyId
		}
		sec.touch()
		return nil
	})
	return out, err
}

type deleteInput struct {
	SecretId                   string
	ForceDeleteWithoutRecovery bool
	RecoveryWindowInDays       *int
}

type deleted struct {
	named
	DeletionDate cloud.Time
}

func (s *SecretsManager) deleteSecret(_ context.Context, caller cloud.Caller, in deleteInput) (deleted, error) {
	window := longestWindow
	if in.RecoveryWindowInDays != nil {
		window = *in.RecoveryWindowInDays
	}
	switch {
	case in.ForceDeleteWithoutRecovery && in.RecoveryWindowInDays != nil:
		return deleted{}, fault("InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case window < shortestWindow || window > longestWindow:
		return deleted{}, fault("InvalidParameterException", "The RecoveryWindowInDays value must be between %d and %d days (inclusive).", shortestWindow, longestWindow)
	}
	sec, err := s.find(caller, "DeleteSecret", in.SecretId)
	now := time.Now()
	if err != nil {
		if in.ForceDeleteWithoutRecovery && cloud.AsError(err).Code == "ResourceNotFoundException" { // as if it had been there
			return deleted{named{s.cloud.ARN("secretsmanager", "secret:"+in.SecretId) + "-" + rand.Text()[:suffixLength-1], in.SecretId}, cloud.Time(now)}, nil
		}
		return deleted{}, err
	}
	if in.ForceDeleteWithoutRecovery {
		return deleted{named{sec.arn, sec.name}, cloud.Time(now)}, s.remove(sec)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !sec.deletion.IsZero() {
		return deleted{}, errDeleted
	}
	sec.deletion = now.Add(time.Duration(window) * day)
	sec.touch()
	return deleted{named{sec.arn, sec.name}, cloud.Time(sec.deletion)}, nil
}

func (s *SecretsManager) restoreSecret(_ context.Context, caller cloud.Caller, in describeSecretInput) (named, error) {
	sec, err := s.find(caller, "RestoreSecret", in.SecretId)
	if err != nil {
		return named{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec.deletion = time.Time{}
	sec.Changed()
	return named{sec.arn, sec.name}, nil
}

type randomPasswordInput struct {
	ExcludeCharacters       string
	ExcludeLowercase        bool
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	ExcludeUppercase        bool
	IncludeSpace            bool
	PasswordLength          *int
	RequireEachIncludedType *bool
}

func (s *SecretsManager) getRandomPassword(_ context.Context, caller cloud.Caller, in randomPasswordInput) (struct{ RandomPassword string }, error) {
	var out struct{ RandomPassword string }
	if err := s.cloud.Authorize(caller, "secretsmanager:GetRandomPassword", "*"); err != nil {
		return out, err
	}
	password, err := generator{
		ExcludeCharacters: in.ExcludeCharacters, ExcludeLowercase: in.ExcludeLowercase, ExcludeNumbers: in.ExcludeNumbers, ExcludePunctuation: in.ExcludePunctuation,
		ExcludeUppercase: in.ExcludeUppercase, IncludeSpace: in.IncludeSpace, PasswordLength: in.PasswordLength, RequireEachIncludedType: in.RequireEachIncludedType,
	}.password()
	if err != nil {
		return out, fault("InvalidParameterException", "%s", err)
	}
	out.RandomPassword = password
	return out, nil
}

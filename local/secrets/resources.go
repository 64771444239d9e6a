package secrets

// The CloudFormation resource types.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Types returns the resource types of AWS::SecretsManager.
func (s *SecretsManager) Types() []cfn.Type {
	return []cfn.Type{
		cfn.Define("AWS::SecretsManager::Secret", s.createSecret, cfn.Update(s.updateSecret)),
		cfn.Define("AWS::SecretsManager::RotationSchedule", s.createRotation, cfn.Overwrite(s.createRotation)),
		cfn.Define("AWS::SecretsManager::ResourcePolicy", s.createResourcePolicy, cfn.Overwrite(s.createResourcePolicy)),
	}
}

type secretProperties struct {
	Name                 string
	Description          string
	SecretString         *string
	GenerateSecretString *generator
	KmsKeyId             string
	Tags                 []tag
}

// digest stands for what the template says of the value.
func (p secretProperties) digest() (string, error) {
	raw, err := json.Marshal([]any{p.SecretString, p.GenerateSecretString})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

func (s *SecretsManager) createSecret(_ context.Context, r cfn.Resource, p secretProperties) (cfn.Handle, error) {
	declared, err := p.digest()
	if err != nil {
		return cfn.Handle{}, err
	}
	value, err := p.value()
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.Name == "" {
		p.Name = r.PhysicalName(512)
	}
	sec, err := s.create(p.Name, p.Description)
	if err != nil {
		return cfn.Handle{}, err
	}
	sec.declare(secretProperties{}, p, declared, value)
	if err := s.cloud.Keep(sec.arn, sec); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: sec.arn, Attributes: map[string]any{"Id": sec.arn}, Delete: func(context.Context) error {
		return s.remove(sec)
	}}, nil
}

// updateSecret gives the secret another value only where the template says
// something else of the value: one that was generated, or put since, stays.
func (s *SecretsManager) updateSecret(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after secretProperties) (cfn.Handle, error) {
	sec, err := s.find(s.cloud.Administrator(), "UpdateSecret", h.Ref)
	if err != nil {
		return h, err
	}
	declared, err := after.digest()
	if err != nil {
		return h, err
	}
	var value *string
	if declared != sec.declared {
		if value, err = after.value(); err != nil {
			return h, err
		}
	}
	sec.declare(before, after, declared, value)
	return h, nil
}

// retag gives the secret the tags that its template has now, in place of those
// that it had.
func (sec *secret) retag(before, after []tag) {
	if sec.tags == nil && len(after) > 0 {
		sec.tags = map[string]string{}
	}
	for _, t := range before {
		delete(sec.tags, t.Key)
	}
	for _, t := range after {
		sec.tags[t.Key] = t.Value
	}
}

// value is what the template gives the secret, or nil for nothing.
func (p secretProperties) value() (*string, error) {
	switch {
	case p.SecretString != nil && p.GenerateSecretString != nil:
		return nil, errors.New("SecretString and GenerateSecretString exclude each other")
	case p.GenerateSecretString == nil:
		return p.SecretString, nil
	}
	text, err := p.GenerateSecretString.generate()
	if err != nil {
		return nil, fmt.Errorf("property GenerateSecretString: %w", err)
	}
	return &text, nil
}

// declare makes the secret what its template says now, in place of what it said
// before, and stores the value, if there is one.
func (sec *secret) declare(before, after secretProperties, digest string, value *string) {
	sec.service.mu.Lock()
	defer sec.service.mu.Unlock()
	sec.declared = digest
	if value != nil {
		sec.add(&version{id: cloud.UUID(), created: time.Now(), text: value}, []string{current})
	}
	sec.description, sec.key = after.Description, after.KmsKeyId
	sec.retag(before.Tags, after.Tags)
	sec.touch()
}

// remove deletes a secret as CloudFormation does: at once, without the days in
// which it could be restored.
func (s *SecretsManager) remove(sec *secret) error {
	s.mu.Lock()
	if s.byName[sec.name] == sec { // and not one that was made in its place
		s.drop(sec)
	}
	policy := sec.policy
	s.mu.Unlock()
	if policy != "" {
		if err := s.cloud.SetResourcePolicy(sec.arn, "", nil); err != nil {
			return err
		}
	}
	return s.cloud.Forget(sec.arn)
}

type resourcePolicyProperties struct {
	SecretId          string
	ResourcePolicy    json.RawMessage
	BlockPublicPolicy cfn.Ignored
}

func (s *SecretsManager) createResourcePolicy(_ context.Context, _ cfn.Resource, p resourcePolicyProperties) (cfn.Handle, error) {
	sec, err := s.find(s.cloud.Administrator(), "PutResourcePolicy", p.SecretId)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := sec.setPolicy(string(p.ResourcePolicy)); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: sec.arn, Attributes: map[string]any{"Id": sec.arn}, Delete: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return sec.setPolicy("")
	}}, nil
}

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
		cfn.Define("AWS::SecretsManager::Secret", s.createSecret),
		cfn.Define("AWS::SecretsManager::ResourcePolicy", s.createResourcePolicy),
	}
}

type secretProperties struct {
	Name                 string
	Description          string
	SecretString         *string
	GenerateSecretString *generator
	KmsKeyId             cfn.Ignored
	Tags                 cfn.Ignored
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
	if p.SecretString != nil && p.GenerateSecretString != nil {
		return cfn.Handle{}, errors.New("SecretString and GenerateSecretString exclude each other")
	}
	declared, err := p.digest()
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.GenerateSecretString != nil {
		text, err := p.GenerateSecretString.generate()
		if err != nil {
			return cfn.Handle{}, fmt.Errorf("property GenerateSecretString: %w", err)
		}
		p.SecretString = &text
	}
	if p.Name == "" {
		p.Name = r.PhysicalName(512)
	}
	sec, err := s.create(p.Name, p.Description)
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.SecretString != nil {
		s.mu.Lock()
		sec.add(&version{id: cloud.UUID(), created: time.Now(), text: p.SecretString}, []string{current})
		s.mu.Unlock()
	}
	sec.declared = declared
	if err := s.cloud.Keep(sec.arn, sec); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: sec.arn, Attributes: map[string]any{"Id": sec.arn}, Delete: func(context.Context) error {
		return s.remove(sec)
	}}, nil
}

// remove deletes a secret as CloudFormation does: at once, without the days in
// which it could be restored.
func (s *SecretsManager) remove(sec *secret) error {
	s.mu.Lock()
	delete(s.byName, sec.name)
	delete(s.byARN, sec.arn)
	delete(s.byARN, sec.arn[:len(sec.arn)-suffixLength])
	s.mu.Unlock()
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
	if err := s.cloud.SetResourcePolicy(sec.arn, "", p.ResourcePolicy); err != nil {
		return cfn.Handle{}, fmt.Errorf("set the policy of secret %s: %w", sec.name, err)
	}
	return cfn.Handle{Ref: sec.arn, Attributes: map[string]any{"Id": sec.arn}, Delete: func(context.Context) error {
		return s.cloud.SetResourcePolicy(sec.arn, "", nil)
	}}, nil
}

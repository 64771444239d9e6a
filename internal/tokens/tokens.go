// Package tokens knows how partners' bearer tokens are kept in Secrets Manager,
// a secret each. Two may be valid at a time: that of the version AWSCURRENT and,
// while a partner changes over, that of AWSPREVIOUS, the one before.
package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// Staging labels of the versions whose tokens are valid.
const (
	Current  = "AWSCURRENT"
	Previous = "AWSPREVIOUS"
)

// Decode reads a partner's secret. Its errors quote nothing of it, whatever it
// is.
func Decode(text, partner string) (token contract.PartnerToken, err error) {
	switch err := json.Unmarshal([]byte(text), &token); {
	case err != nil:
		return token, errors.New("it is not a JSON object with the texts partner, token and usageKey")
	case token.Partner != partner:
		return token, errors.New("its member partner is not the partner in the secret's name")
	case token.Token == "":
		return token, errors.New("its member token is missing or empty")
	case token.UsageKey == "":
		return token, errors.New("its member usageKey is missing or empty")
	}
	return token, nil
}

// IsGone tells of a secret, or a version, that does not exist, or is marked for
// deletion because the partner has left.
func IsGone(err error) bool {
	_, missing := errors.AsType[*types.ResourceNotFoundException](err)
	_, deleted := errors.AsType[*types.InvalidRequestException](err)
	return missing || deleted
}

// SecretsManager is what a Keeper needs of the Secrets Manager client.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// Keeper shows and changes the tokens of one pipeline's partners. Two may work
// at once: each change is made of the very state that was looked at, or not.
type Keeper struct {
	SecretsManager SecretsManager
	SecretPrefix   string // a partner's secret is named SecretPrefix + partner
}

// version is a version of a partner's secret.
type version struct {
	id    string
	token contract.PartnerToken
	fault error // the value is not a token
}

// Bearer is what the partner sends: its newest token.
func (k *Keeper) Bearer(ctx context.Context, partner string) (string, error) {
	v, err := k.current(ctx, partner)
	if err != nil {
		return "", err
	}
	return bearer(v.token), nil
}

func bearer(t contract.PartnerToken) string { return t.Partner + "." + t.Token }

// current is the version in use, which must be a token.
func (k *Keeper) current(ctx context.Context, partner string) (*version, error) {
	v, err := k.read(ctx, partner, Current)
	switch {
	case err != nil:
		return nil, err
	case v == nil:
		return nil, fmt.Errorf("there is no partner %q: Secrets Manager has no secret %s, or it is being deleted", partner, k.SecretPrefix+partner)
	case v.fault != nil:
		return nil, fmt.Errorf("the secret %s is not a partner's token, %w: put a value of the right shape, or make the version before it AWSCURRENT again",
			k.SecretPrefix+partner, v.fault)
	}
	return v, nil
}

// read returns the version with a label, or nil if there is none.
func (k *Keeper) read(ctx context.Context, partner, stage string) (*version, error) {
	name := k.SecretPrefix + partner
	got, err := k.SecretsManager.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: aws.String(name), VersionStage: aws.String(stage),
	})
	if IsGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of secret %s: %w", stage, name, err)
	}
	v := &version{id: aws.ToString(got.VersionId)}
	v.token, v.fault = Decode(aws.ToString(got.SecretString), partner)
	return v, nil
}

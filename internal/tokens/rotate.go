package tokens

// This file changes tokens.

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// ErrOverlap is the error of a rotation while two tokens are valid: it would
// end the one that the partner may still be using.
var ErrOverlap = errors.New("two tokens are valid since the last rotation, and another one would end the older")

// errChanged is that of a change that another one has come before.
var errChanged = errors.New("somebody else has changed the tokens at this very moment: nothing was done")

// Rotate gives the partner a new token and returns what it has to send. The one
// before stays valid until Revoke.
func (k *Keeper) Rotate(ctx context.Context, partner string) (newBearer string, err error) {
	now, err := k.current(ctx, partner)
	if err != nil {
		return "", err
	}
	before, err := k.read(ctx, partner, Previous)
	if err != nil {
		return "", err
	}
	if before != nil && before.fault == nil && before.token.Token != now.token.Token {
		return "", ErrOverlap
	}
	next := now.token
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	next.Token = hex.EncodeToString(random)
	value, err := json.Marshal(next)
	if err != nil {
		return "", fmt.Errorf("encode the token: %w", err)
	}
	return bearer(next), k.put(ctx, partner, now.id, string(value))
}

// put makes a value the successor of a version. The successor's id comes from
// that of the version, and Secrets Manager takes one value per id: so of two
// rotations at once one is made, and the other would not end its overlap. A
// version that was made current again has a successor already; then there is
// room for another.
func (k *Keeper) put(ctx context.Context, partner, after, value string) error {
	name := k.SecretPrefix + partner
	for try := range 100 {
		_, err := k.SecretsManager.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
			SecretId: aws.String(name), SecretString: aws.String(value), ClientRequestToken: aws.String(successor(after, try)),
		})
		if _, taken := errors.AsType[*types.ResourceExistsException](err); !taken {
			if err != nil {
				return fmt.Errorf("put a new version of secret %s: %w", name, err)
			}
			return nil
		}
		now, err := k.current(ctx, partner)
		if err != nil {
			return err
		}
		if now.id != after {
			return errChanged
		}
	}
	return fmt.Errorf("version %s of secret %s has had 100 successors", after, name)
}

// successor is an id as Secrets Manager takes it: 32 to 64 characters.
func successor(version string, try int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", version, try))
	return hex.EncodeToString(sum[:])
}

// Revoke ends the token before the last rotation; false if none is valid. It
// leaves the partner one that is.
func (k *Keeper) Revoke(ctx context.Context, partner string) (revoked bool, err error) {
	if _, err := k.current(ctx, partner); err != nil {
		return false, err
	}
	before, err := k.read(ctx, partner, Previous)
	if err != nil || before == nil {
		return false, err
	}
	name := k.SecretPrefix + partner
	_, err = k.SecretsManager.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: aws.String(name), VersionStage: aws.String(Previous), RemoveFromVersionId: aws.String(before.id),
	})
	if _, moved := errors.AsType[*types.InvalidParameterException](err); moved {
		return false, errChanged
	}
	if err != nil {
		return false, fmt.Errorf("take %s off version %s of secret %s: %w", Previous, before.id, name, err)
	}
	return true, nil
}

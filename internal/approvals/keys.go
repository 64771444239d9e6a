package approvals

// This file reads the keys that sign links.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// SecretsManager is what Keys need of the Secrets Manager client.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Keys are a secret's current value, which signs, and the one before, so that
// links outlive a rotation.
type Keys struct {
	SecretsManager SecretsManager
	Secret         string // name or ARN

	mu    sync.Mutex
	known [][]byte
	until time.Time
}

const (
	knownFor = 5 * time.Minute
	minKey   = 32 // bytes, as many as SHA-256 has
)

// Get returns the current key and, if there is one, the one before.
func (k *Keys) Get(ctx context.Context) ([][]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Now().Before(k.until) {
		return k.known, nil
	}
	var known [][]byte
	for _, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		secret, err := k.SecretsManager.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
			SecretId: &k.Secret, VersionStage: aws.String(stage),
		})
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); none && stage == "AWSPREVIOUS" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the key of links: %w", err)
		}
		key := []byte(aws.ToString(secret.SecretString))
		if len(key) < minKey {
			return nil, fmt.Errorf("%s of the secret of links has %d bytes: put at least %d", stage, len(key), minKey)
		}
		known = append(known, key)
	}
	k.known, k.until = known, time.Now().Add(knownFor)
	return known, nil
}

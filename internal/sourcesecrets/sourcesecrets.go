// Package sourcesecrets reads the secrets of webhooks' sources from Secrets
// Manager, and keeps them for a while.
package sourcesecrets

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/internal/signatures"
)

const (
	// Fresh is how long a secret is used without asking again: so soon a new one
	// is known, and one that was taken away is not.
	Fresh = time.Minute

	// Stale is how long it is used if Secrets Manager does not answer.
	Stale = 15 * time.Minute
)

// SecretsManager is what a Keeper needs of the Secrets Manager client.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Keeper knows the secrets of sources, which are few and known: who asks for
// others is not to reach it.
type Keeper struct {
	SecretsManager SecretsManager
	Prefix         string // a source's secret is named by this and the source

	mu    sync.Mutex
	known map[string]entry
}

type entry struct {
	secrets signatures.Secrets
	read    time.Time
}

// Secrets are those of a source. An error is ours, not the sender's: what it has
// sent is neither right nor wrong then. It quotes nothing of the secret.
func (k *Keeper) Secrets(ctx context.Context, source string) (signatures.Secrets, error) {
	k.mu.Lock()
	kept, ok := k.known[source]
	k.mu.Unlock()
	if ok && time.Since(kept.read) < Fresh {
		return kept.secrets, nil
	}
	secrets, err := k.read(ctx, source)
	if err != nil {
		if ok && time.Since(kept.read) < Stale {
			slog.WarnContext(ctx, "secret not read: the one before is used", "source", source, "error", err.Error())
			return kept.secrets, nil
		}
		return signatures.Secrets{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = make(map[string]entry)
	}
	k.known[source] = entry{secrets, time.Now()}
	return secrets, nil
}

func (k *Keeper) read(ctx context.Context, source string) (signatures.Secrets, error) {
	name := k.Prefix + source
	value, err := k.SecretsManager.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(name)})
	if err != nil {
		return signatures.Secrets{}, fmt.Errorf("read secret %s: %w", name, err)
	}
	secrets, err := signatures.DecodeSecrets(aws.ToString(value.SecretString))
	if err != nil {
		return signatures.Secrets{}, fmt.Errorf("read secret %s: %w", name, err)
	}
	return secrets, nil
}

package signatures

// This file reads what is kept of a source in Secrets Manager.

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Key is a secret as its scheme uses it.
type Key struct{ bytes []byte }

// Bounds of keys, in bytes. Standard Webhooks' are those of its specification.
const (
	minKey, maxKey         = 16, 512
	minStandard            = 24
	maxStandard            = 64
	standardPrefix         = "whsec_"
	maxPrevious            = 4
	secretShape            = `{"current": "...", "previous": ["..."]}`
	standardSecretEncoding = "base64, with or without " + standardPrefix + " before it"
)

// Key reads a secret as it is written down. Its errors quote nothing of it.
func (s Scheme) Key(secret string) (Key, error) {
	if s != Standard {
		if len(secret) < minKey || len(secret) > maxKey {
			return Key{}, fmt.Errorf("a secret has %d bytes: %d to %d are taken", len(secret), minKey, maxKey)
		}
		return Key{[]byte(secret)}, nil
	}
	bytes, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, standardPrefix))
	if err != nil {
		return Key{}, errors.New("a secret is not " + standardSecretEncoding)
	}
	if len(bytes) < minStandard || len(bytes) > maxStandard {
		return Key{}, fmt.Errorf("a secret has %d bytes: Standard Webhooks takes %d to %d", len(bytes), minStandard, maxStandard)
	}
	return Key{bytes}, nil
}

// Secrets is the value of a source's secret: what is signed by one of them is
// signed right. While a sender changes over, the one before stands in Previous.
type Secrets struct {
	Current  string   `json:"current"`
	Previous []string `json:"previous,omitempty"`
}

// DecodeSecrets reads the value of a source's secret. Its errors quote nothing
// of it.
func DecodeSecrets(text string) (Secrets, error) {
	var secrets Secrets
	if err := json.Unmarshal([]byte(text), &secrets); err != nil || secrets.Current == "" {
		return Secrets{}, errors.New("it is not " + secretShape)
	}
	if len(secrets.Previous) > maxPrevious {
		return Secrets{}, fmt.Errorf("it has %d previous ones: up to %d are taken", len(secrets.Previous), maxPrevious)
	}
	return secrets, nil
}

// All are the current one and those before it.
func (s Secrets) All() []string { return append([]string{s.Current}, s.Previous...) }

// Keys are those of a scheme.
func (s Secrets) Keys(scheme Scheme) ([]Key, error) {
	var keys []Key
	for _, secret := range s.All() {
		key, err := scheme.Key(secret)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Holds tells whether a token is one of the secrets, for a sender that signs
// nothing and sends its secret along. A token too short to be one is none.
func (s Secrets) Holds(token string) bool {
	found := false
	given := sha256.Sum256([]byte(token)) // makes the lengths equal, too
	for _, secret := range s.All() {
		known := sha256.Sum256([]byte(secret))
		if subtle.ConstantTimeCompare(given[:], known[:]) == 1 && len(secret) >= minKey {
			found = true
		}
	}
	return found
}

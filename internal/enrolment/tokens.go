package enrolment

// This file makes and ends tokens. A token is shown once, to whoever has it
// made; the directory has its hash.

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"github.com/tradepost-dev/tradepost/internal/directory"
)

// Rotate gives a partner a new token and returns the bearer token that it has to
// send. The one before stays valid until Revoke; until then there is no other
// rotation, but ErrOverlap.
func (k *Keeper) Rotate(ctx context.Context, partner string) (bearer string, err error) {
	_, err = k.update(ctx, partner, func(row *directory.Row) error {
		token := random()
		bearer = directory.Bearer(partner, token)
		return rotate(row, token)
	})
	if err != nil {
		return "", err
	}
	return bearer, nil
}

// rotate makes a token a row's newest, beside the one before.
func rotate(row *directory.Row, token string) error {
	if len(row.PreviousTokenHash) > 0 {
		return ErrOverlap
	}
	row.PreviousTokenHash = row.TokenHash
	replace(row, token)
	return nil
}

// Reissue gives a partner a new token in the place of the newest, say because
// that was lost on its way. The one before the last rotation stays valid.
func (k *Keeper) Reissue(ctx context.Context, partner string) (bearer string, err error) {
	_, err = k.update(ctx, partner, func(row *directory.Row) error {
		bearer = issue(row)
		return nil
	})
	if err != nil {
		return "", err
	}
	return bearer, nil
}

// Revoke ends the token before the last rotation; false if there is none. The
// newest one stays valid.
func (k *Keeper) Revoke(ctx context.Context, partner string) (revoked bool, err error) {
	_, err = k.update(ctx, partner, func(row *directory.Row) error {
		if len(row.PreviousTokenHash) == 0 {
			return errNothing
		}
		row.PreviousTokenHash = nil
		return nil
	})
	if errors.Is(err, errNothing) {
		return false, nil
	}
	return err == nil, err
}

// errNothing ends a change that would change nothing.
var errNothing = errors.New("nothing to do")

// issue makes a row's newest token.
func issue(row *directory.Row) (bearer string) {
	token := random()
	replace(row, token)
	return directory.Bearer(row.ID, token)
}

// replace makes a token a row's newest, in the place of the one before.
func replace(row *directory.Row, token string) {
	row.TokenHash, row.RotatedAt = directory.Hash(token), now()
}

// random is a token.
func random() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails
	return hex.EncodeToString(bits)
}

package enrolment

// This file takes tokens that were made elsewhere.

import (
	"context"
	"errors"
	"regexp"

	"github.com/tradepost-dev/tradepost/internal/directory"
)

// long is what a token has to be for its hash to give nothing away.
var long = regexp.MustCompile(`^[A-Za-z0-9]{32,512}$`)

// ErrShort is the error of a token that is none of ours.
var ErrShort = errors.New("a token is 32 to 512 letters and digits, made by chance")

// Take makes a token that the partner has already its newest one: a token from
// before there was a directory, or of another copy of the pipeline. Else it is
// as Rotate; a token that is valid stays so.
func (k *Keeper) Take(ctx context.Context, partner, token string) error {
	if !long.MatchString(token) {
		return ErrShort
	}
	_, err := k.update(ctx, partner, func(row *directory.Row) error {
		if row.Knows(token) {
			return errNothing
		}
		return rotate(row, token)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

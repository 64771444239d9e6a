package enrolment

// This file is what operators do to partners. Whatever of a partner they set is
// theirs from then on, and no list changes it until they Release it.

import (
	"context"
	"errors"
	"fmt"
	"slices"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
	"github.com/tradepost-dev/tradepost/internal/partners"
)

// Add adds a partner that is the operator's in all, and returns what it has to
// send as its bearer token: nothing keeps that. It is empty if there is no API.
func (k *Keeper) Add(ctx context.Context, partner partners.Partner) (bearer string, err error) {
	if err := valid(partner); err != nil {
		return "", err
	}
	row, err := k.directory().Find(ctx, partner.ID)
	if err != nil {
		return "", err
	}
	if row.ID != "" {
		return "", fmt.Errorf("partner %q: %w", partner.ID, ErrExists)
	}
	row = directory.Row{ID: partner.ID, Held: slices.Sorted(slices.Values(listed))}
	set(&row, partner.Complete())
	if err := k.adopt(ctx, &row, nil); err != nil {
		return "", err
	}
	if k.Keys != nil {
		bearer = issue(&row)
	}
	switch _, err := k.put(ctx, row); {
	case errors.Is(err, errChanged):
		return "", fmt.Errorf("partner %q: %w", partner.ID, ErrExists)
	case err != nil:
		return "", err
	}
	return bearer, nil
}

// Change makes a partner what edit makes of it. Attributes that differ then
// are the operator's, and those that are named in any case.
func (k *Keeper) Change(ctx context.Context, partner string, edit func(*partners.Partner) error, attributes ...string) (directory.Row, error) {
	return k.update(ctx, partner, func(row *directory.Row) error {
		before, edited := *row, PartnerOf(*row)
		if err := edit(&edited); err != nil {
			return err
		}
		if err := valid(edited); err != nil {
			return err
		}
		set(row, edited.Complete())
		row.Held = union(row.Held, attributes, differing(before, *row))
		return k.adopt(ctx, row, nil)
	})
}

// SetStatus enables, drains or disables a partner. Open SFTP sessions of the
// partner go on until it ends them: AWS asks at the login only. What it has
// sent before is processed and answered in any case.
func (k *Keeper) SetStatus(ctx context.Context, partner string, status contract.PartnerStatus) (directory.Row, error) {
	return k.Change(ctx, partner, func(p *partners.Partner) error {
		p.Status = status
		return nil
	}, contract.AttrStatus)
}

// Release gives all of a partner to the list: the next list that is applied
// says what becomes of it.
func (k *Keeper) Release(ctx context.Context, partner string) (directory.Row, error) {
	return k.update(ctx, partner, func(row *directory.Row) error {
		row.Held = nil
		return nil
	})
}

func valid(partner partners.Partner) error {
	return errors.Join(partners.Validate([]partners.Partner{partner})...)
}

package main

// This file makes and ends partners' tokens. A token is printed once, to
// standard output, and kept nowhere: the directory has its hash.

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
)

const rotateUsage = `PARTNER [--lost | --given FILE] [--stack NAME]

Makes the partner a new token and prints the bearer token, and nothing else, to standard output. It is shown this once. The
one before stays valid until it is revoked, so the partner changes over when it likes. Until then there is no other rotation.`

func rotateVerb(ctx context.Context, arguments []string) error {
	flags, stack := newFlags("partners rotate", rotateUsage)
	lost := flags.Bool("lost", false, "the newest token has got lost: end it, and make another one in its place")
	given := flags.String("given", "", "make no token: take the one in this `file`, which the partner has already, say from before there was a directory")
	var partner string
	if err := command.Parse(flags, arguments, command.Operand{Name: "PARTNER", Value: &partner}); err != nil {
		return err
	}
	if *lost && *given != "" {
		return command.Misused("give --lost or --given, not both")
	}
	keeper, err := keeperOf(ctx, *stack)
	if err != nil {
		return err
	}
	if *given != "" {
		return take(ctx, keeper, partner, *given)
	}
	rotate := keeper.Rotate
	if *lost {
		rotate = keeper.Reissue
	}
	bearer, err := rotate(ctx, partner)
	if err != nil {
		return advised(err, partner)
	}
	fmt.Println(bearer)
	if *lost {
		tell("%s has a new token, valid at once; the lost one is refused within 2 minutes", partner)
		return nil
	}
	tell("%s has a new token, valid at once; the one before, if there was one, stays valid until it is revoked", partner)
	return nil
}

// take has a token that is in a file, as a bearer token or without the partner,
// let its partner in.
func take(ctx context.Context, keeper *enrolment.Keeper, partner, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read a token: %w", err)
	}
	token := strings.TrimPrefix(strings.TrimSpace(string(text)), partner+".")
	if err := keeper.Take(ctx, partner, token); err != nil {
		return advised(err, partner)
	}
	tell("the token in %s is valid at once; the one before, if there was one, stays valid until it is revoked", file)
	return nil
}

const revokeUsage = `PARTNER [--stack NAME]

Ends the token before the partner's last rotation. The newest one stays valid.`

func revokeVerb(ctx context.Context, arguments []string) error {
	keeper, partner, err := aboutPartner(ctx, "revoke", revokeUsage, arguments)
	if err != nil {
		return err
	}
	switch revoked, err := keeper.Revoke(ctx, partner); {
	case err != nil:
		return advised(err, partner)
	case revoked:
		tell("the token of %s before the last rotation is revoked, and refused within 2 minutes", partner)
	default:
		tell("%s has no token from before its last rotation: there is nothing to revoke", partner)
	}
	return nil
}

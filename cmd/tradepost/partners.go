package main

// This file is the verb partners: the tokens by which partners post.

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	"github.com/tradepost-dev/tradepost/internal/tokens"
)

var partnersVerb = command.Verbs("tradepost partners",
	command.Verb{Name: "token", Summary: "print the bearer token that a partner sends", Run: tokenVerb},
	command.Verb{Name: "rotate", Summary: "make a partner a new token; the one before stays valid", Run: rotateVerb},
	command.Verb{Name: "revoke", Summary: "end the token before the last rotation", Run: revokeVerb},
)

const tokenUsage = `PARTNER [--stack NAME]

Prints the partner's newest bearer token, and nothing else, to standard output.`

const rotateUsage = `PARTNER [--stack NAME]

Makes the partner a new token and prints the bearer token, and nothing else, to standard output. The one before stays valid
until it is revoked, so the partner changes over when it likes. Until then there is no other rotation.`

const revokeUsage = `PARTNER [--stack NAME]

Ends the token before the partner's last rotation. The newest one stays valid.`

func tokenVerb(ctx context.Context, arguments []string) error {
	keeper, partner, err := keeperOf(ctx, "partners token", tokenUsage, arguments)
	if err != nil {
		return err
	}
	bearer, err := keeper.Bearer(ctx, partner)
	if err != nil {
		return err
	}
	fmt.Println(bearer)
	return nil
}

func rotateVerb(ctx context.Context, arguments []string) error {
	keeper, partner, err := keeperOf(ctx, "partners rotate", rotateUsage, arguments)
	if err != nil {
		return err
	}
	bearer, err := keeper.Rotate(ctx, partner)
	if errors.Is(err, tokens.ErrOverlap) {
		return fmt.Errorf("%w: revoke that first (tradepost partners revoke %s); tradepost partners token %s prints the newer", err, partner, partner)
	}
	if err != nil {
		return err
	}
	fmt.Println(bearer)
	tell("%s has a new token, valid within 5 minutes; the one before stays valid until it is revoked", partner)
	return nil
}

func revokeVerb(ctx context.Context, arguments []string) error {
	keeper, partner, err := keeperOf(ctx, "partners revoke", revokeUsage, arguments)
	if err != nil {
		return err
	}
	switch revoked, err := keeper.Revoke(ctx, partner); {
	case err != nil:
		return err
	case revoked:
		tell("the token of %s before the last rotation is revoked, and refused within 10 minutes", partner)
	default:
		tell("%s has one valid token: there is nothing to revoke", partner)
	}
	return nil
}

// keeperOf reads a command line about one partner.
func keeperOf(ctx context.Context, verb, usage string, arguments []string) (keeper *tokens.Keeper, partner string, err error) {
	flags, stack := newFlags(verb, usage)
	if err := command.Parse(flags, arguments, command.Operand{Name: "PARTNER", Value: &partner}); err != nil {
		return nil, "", err
	}
	cfg, err := connect(ctx)
	if err != nil {
		return nil, "", err
	}
	found, err := outputs(ctx, cfg, *stack, "TokenSecretPrefix")
	if err != nil {
		return nil, "", err
	}
	return &tokens.Keeper{SecretsManager: secretsmanager.NewFromConfig(cfg), SecretPrefix: found["TokenSecretPrefix"]}, partner, nil
}

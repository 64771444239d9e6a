// This file reads the tokens of a partner from its secret.

package bysecret

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/tokens"
)

// stages are the versions of a secret whose tokens are valid. Whoever puts a
// new value makes the one before it AWSPREVIOUS, so that a partner can change
// over at a time of its own.
var stages = []string{tokens.Current, tokens.Previous}

// tokens are those of a partner that are valid now, through the cache: none
// for an unknown partner.
func (h *Handler) tokens(ctx context.Context, partner string) ([]contract.PartnerToken, error) {
	if known, ok := h.cache.get(partner); ok {
		return known, nil
	}
	known, err := h.read(ctx, partner)
	if err != nil {
		return nil, err
	}
	h.cache.put(partner, known)
	return known, nil
}

// read leaves out a version of the wrong shape. That is the operator's to mend
// and nothing that a repetition can heal: the log says so, and to the partner
// its token is one that is not valid.
func (h *Handler) read(ctx context.Context, partner string) (known []contract.PartnerToken, err error) {
	name := h.SecretPrefix + partner
	for _, stage := range stages {
		secret, err := h.SecretsManager.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
			SecretId: aws.String(name), VersionStage: aws.String(stage),
		})
		if tokens.IsGone(err) {
			break // without a current version there is no previous one
		}
		if err != nil {
			return nil, fmt.Errorf("read %s of secret %s: %w", stage, name, err)
		}
		token, err := tokens.Decode(aws.ToString(secret.SecretString), partner)
		if err != nil {
			slog.ErrorContext(ctx, "the secret is not a partner's token: put a value of the right shape",
				"secret", name, "stage", stage, "error", err.Error())
			continue
		}
		known = append(known, token)
	}
	return known, nil
}

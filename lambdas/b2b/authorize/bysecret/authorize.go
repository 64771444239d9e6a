// Package bysecret is the API's TOKEN authorizer: it knows a partner by the
// bearer token "<partner>.<token>".
package bysecret

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// errUnauthorized makes API Gateway answer 401; it does so for exactly this
// text and answers 500 for any other.
var errUnauthorized = errors.New("Unauthorized")

// partnerName is what may stand before the token's first dot. It also keeps
// foreign characters out of the secret's name.
var partnerName = regexp.MustCompile(`^[A-Za-z0-9_@-]{1,100}$`)

// SecretsManager is what the handler needs of the Secrets Manager client.
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Handler authorizes requests. The zero cache is ready for use.
type Handler struct {
	SecretsManager SecretsManager
	SecretPrefix   string // a partner's secret is named SecretPrefix + partner
	cache          cache
}

// Handle answers a policy that allows every method of the API's stage, with
// the partner in the context and the key of the partner's usage plan. A token
// that is not a partner's is the error "Unauthorized" (401); trouble in
// reading secrets is any other error (500), so that an outage does not look
// to partners like a revoked token.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayCustomAuthorizerRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
	var response events.APIGatewayCustomAuthorizerResponse
	partner, token, ok := parse(request.AuthorizationToken)
	if !ok {
		return response, errUnauthorized
	}
	known, err := h.tokens(ctx, partner)
	if err != nil {
		slog.ErrorContext(ctx, "cannot authorize", "partner", partner, "error", err.Error())
		return response, err
	}
	given, ok := find(token, known)
	if !ok {
		return response, errUnauthorized
	}
	resource, err := stageMethods(request.MethodArn)
	if err != nil {
		return response, err
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: partner,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{resource},
			}},
		},
		Context:            map[string]any{"partner": partner},
		UsageIdentifierKey: given.UsageKey,
	}, nil
}

// parse takes an Authorization header apart. The scheme's name is not case
// sensitive (RFC 9110, section 11.1).
func parse(header string) (partner, token string, ok bool) {
	scheme, credentials, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", "", false
	}
	partner, token, _ = strings.Cut(strings.Trim(credentials, " "), ".")
	return partner, token, token != "" && partnerName.MatchString(partner)
}

// find returns the known token that is given. It compares with all of them,
// whichever it is.
func find(given string, known []contract.PartnerToken) (found contract.PartnerToken, ok bool) {
	for _, candidate := range known {
		if equal(given, candidate.Token) {
			found, ok = candidate, true
		}
	}
	return found, ok
}

// equal compares in a time that depends on neither text: hashing makes the
// lengths equal too.
func equal(given, known string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(known))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// stageMethods widens the called method's ARN
// (arn:aws:execute-api:region:account:api/stage/METHOD/path) to all methods of
// the stage: API Gateway caches the policy by token, for all of them.
func stageMethods(methodARN string) (string, error) {
	api, rest, ok := strings.Cut(methodARN, "/")
	stage, _, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return "", fmt.Errorf("method ARN %q is not <api>/<stage>/<method>/<path>", methodARN)
	}
	return api + "/" + stage + "/*", nil
}

// Package authorize is the API's REQUEST authorizer: it knows a partner by the
// bearer token "<partner>.<token>" and the address that it calls from.
package authorize

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/directory"
)

// errUnauthorized makes API Gateway answer 401; it does so for exactly this
// text and answers 500 for any other.
var errUnauthorized = errors.New("Unauthorized")

// maxToken bounds what is hashed; a token has 64 characters.
const maxToken = 512

// Handler authorizes requests.
type Handler struct {
	Gate directory.Gate
}

// Handle answers a policy for all methods of the API's stage, or for those that
// read if the partner is draining, with the partner in the context and the key
// of its throttle. API Gateway remembers it for the header and the address, so
// both are the authorizer's identity sources.
//
// Whoever is refused, for whatever reason, is answered the error "Unauthorized"
// (401) after one reading of the directory. Trouble in reading it is any other
// error (500), so that an outage does not look to partners like a revoked token.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayCustomAuthorizerRequestTypeRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
	var response events.APIGatewayCustomAuthorizerResponse
	source := request.RequestContext.Identity.SourceIP
	partner, token, ok := parse(authorization(request))
	if !ok {
		return response, errUnauthorized
	}
	row, refusal, err := h.Gate.Admit(ctx, partner, token, source)
	if err != nil {
		slog.ErrorContext(ctx, "cannot authorize", "partner", partner, "error", err.Error())
		return response, err
	}
	if refusal != directory.Welcome {
		slog.InfoContext(ctx, "request refused", "partner", partner, "source", source, "reason", string(refusal))
		return response, errUnauthorized
	}
	resource, err := methods(request.MethodArn, row.Status)
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
		UsageIdentifierKey: row.UsageKey,
	}, nil
}

// authorization is the request's only Authorization header; its name is not
// case sensitive.
func authorization(request events.APIGatewayCustomAuthorizerRequestTypeRequest) string {
	var all []string
	for name, values := range request.MultiValueHeaders {
		if strings.EqualFold(name, "Authorization") {
			all = append(all, values...)
		}
	}
	if len(all) != 1 {
		return ""
	}
	return all[0]
}

// parse takes an Authorization header apart. The scheme's name is not case
// sensitive (RFC 9110, section 11.1).
func parse(header string) (partner, token string, ok bool) {
	scheme, credentials, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", "", false
	}
	partner, token, _ = strings.Cut(strings.Trim(credentials, " "), ".")
	return partner, token, token != "" && len(token) <= maxToken && contract.IsPartner(partner)
}

// methods widens the called method's ARN
// (arn:aws:execute-api:region:account:api/stage/METHOD/path) to the methods of
// the stage that the partner may call: API Gateway remembers the policy for all
// of them.
func methods(methodARN string, status contract.PartnerStatus) (string, error) {
	api, rest, ok := strings.Cut(methodARN, "/")
	stage, _, ok2 := strings.Cut(rest, "/")
	if !ok || !ok2 {
		return "", fmt.Errorf("method ARN %q is not <api>/<stage>/<method>/<path>", methodARN)
	}
	if status == contract.PartnerDraining {
		return api + "/" + stage + "/GET/*", nil
	}
	return api + "/" + stage + "/*", nil
}

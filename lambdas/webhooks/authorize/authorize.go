// Package authorize is the API's REQUEST authorizer for sources that sign nothing
// and send their secret in a header. What it lets through goes from API Gateway
// into the stream without a function between.
package authorize

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

// errUnauthorized makes API Gateway answer 401; it does so for exactly this
// text and answers 500 for any other.
var errUnauthorized = errors.New("Unauthorized")

// Secrets are those of sources: a *sourcesecrets.Keeper.
type Secrets interface {
	Secrets(ctx context.Context, source string) (signatures.Secrets, error)
}

// Handler authorizes webhooks of one system.
type Handler struct {
	Sources contract.Sources
	Secrets Secrets
}

// Handle allows the called method. A token that is not the source's is the error
// "Unauthorized" (401); trouble in reading secrets is any other error (500), so
// that the sender tries again.
func (h *Handler) Handle(ctx context.Context, request events.APIGatewayCustomAuthorizerRequestTypeRequest) (events.APIGatewayCustomAuthorizerResponse, error) {
	var response events.APIGatewayCustomAuthorizerResponse
	name := path.Base(request.Resource) // each source has a resource of its own
	source, known := h.Sources[name]
	token, once := header(request, source.TokenHeader)
	if !known || source.Scheme != contract.SchemeToken || !once {
		return response, errUnauthorized
	}
	secrets, err := h.Secrets.Secrets(ctx, name)
	if err != nil {
		slog.ErrorContext(ctx, "cannot authorize", "source", name, "error", err.Error())
		return response, err
	}
	if !secrets.Holds(token) {
		return response, errUnauthorized
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: name,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{request.MethodArn},
			}},
		},
		Context: map[string]any{"source": name},
	}, nil
}

// header is the value of a header that is there once.
func header(request events.APIGatewayCustomAuthorizerRequestTypeRequest, name string) (string, bool) {
	var found []string
	for given, values := range request.MultiValueHeaders {
		if http.CanonicalHeaderKey(given) == http.CanonicalHeaderKey(name) {
			found = append(found, values...)
		}
	}
	if len(found) != 1 || name == "" {
		return "", false
	}
	return found[0], true
}

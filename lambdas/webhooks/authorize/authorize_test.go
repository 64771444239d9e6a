package authorize

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	contract "github.com/tradepost-dev/tradepost/internal/contract/webhooks"
	"github.com/tradepost-dev/tradepost/internal/signatures"
)

type secrets func(source string) (signatures.Secrets, error)

func (s secrets) Secrets(_ context.Context, source string) (signatures.Secrets, error) {
	return s(source)
}

const methodARN = "arn:aws:execute-api:eu-west-1:111122223333:api/v1/POST/webhooks/gitlab"

func TestASourceIsKnownByItsTokenOnly(t *testing.T) {
	down := errors.New("down")
	for _, row := range []struct {
		name, resource string
		headers        map[string][]string
		err            error
		want           string // the error
	}{
		{"its token", "/webhooks/gitlab", map[string][]string{"x-gitlab-token": {"the current token"}}, nil, ""},
		{"the one before", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {"the previous token"}}, nil, ""},
		{"another", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {"the next token!!"}}, nil, "Unauthorized"},
		{"none", "/webhooks/gitlab", nil, nil, "Unauthorized"},
		{"empty", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {""}}, nil, "Unauthorized"},
		{"twice", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {"the current token", "the current token"}}, nil, "Unauthorized"},
		{"twice, in two spellings", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {"the current token"}, "x-gitlab-token": {"the current token"}}, nil, "Unauthorized"},
		{"in another header", "/webhooks/gitlab", map[string][]string{"Authorization": {"the current token"}}, nil, "Unauthorized"},
		{"a source that signs", "/webhooks/acme", map[string][]string{"X-Gitlab-Token": {"the current token"}}, nil, "Unauthorized"},
		{"a source that there is not", "/webhooks/nobody", map[string][]string{"X-Gitlab-Token": {"the current token"}}, nil, "Unauthorized"},
		{"no secret", "/webhooks/gitlab", map[string][]string{"X-Gitlab-Token": {"the current token"}}, down, "down"},
	} {
		h := &Handler{
			Sources: contract.Sources{"gitlab": {Scheme: "token", TokenHeader: "X-Gitlab-Token"}, "acme": {Scheme: "standard"}},
			Secrets: secrets(func(source string) (signatures.Secrets, error) {
				if source != "gitlab" {
					t.Errorf("%s: the secret of %s was read", row.name, source)
				}
				return signatures.Secrets{Current: "the current token", Previous: []string{"the previous token"}}, row.err
			}),
		}
		got, err := h.Handle(t.Context(), events.APIGatewayCustomAuthorizerRequestTypeRequest{Resource: row.resource, MethodArn: methodARN, MultiValueHeaders: row.headers})
		if (err == nil) != (row.want == "") || err != nil && err.Error() != row.want {
			t.Errorf("%s: %v", row.name, err)
		}
		policy, _ := json.Marshal(got.PolicyDocument)
		if allowed := strings.Contains(string(policy), `"Effect":"Allow","Resource":["`+methodARN+`"]`); allowed != (err == nil) {
			t.Errorf("%s: %s", row.name, policy)
		}
	}
}

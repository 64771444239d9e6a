package authorize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
)

// secrets answers by name; err goes before.
type secrets struct {
	values map[string]string
	err    error
	calls  int
}

func (s *secrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s.calls++
	if s.err != nil {
		return nil, s.err
	}
	value, ok := s.values[*in.SecretId]
	if !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(value)}, nil
}

func acme() *secrets {
	text, err := json.Marshal(contract.PartnerToken{Partner: "acme", Token: "s3cret.with.dots", UsageKey: "acme-usage-key-0123456789"})
	if err != nil {
		panic(err)
	}
	return &secrets{values: map[string]string{"tp/acme": string(text), "tp/empty": `{"partner":"empty","token":"","usageKey":"k"}`, "tp/other": string(text), "tp/odd": "s3cret"}}
}

const method = "arn:aws:execute-api:us-east-1:111122223333:abc/prod/POST/transactions"

func request(header string) events.APIGatewayCustomAuthorizerRequest {
	return events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", AuthorizationToken: header, MethodArn: method}
}

func TestAPartnersTokenOpensTheStage(t *testing.T) {
	h := &Handler{SecretsManager: acme(), SecretPrefix: "tp/"}
	for _, header := range []string{"Bearer acme.s3cret.with.dots", "bearer acme.s3cret.with.dots", "Bearer   acme.s3cret.with.dots "} {
		got, err := h.Handle(t.Context(), request(header))
		want := events.APIGatewayCustomAuthorizerResponse{
			PrincipalID: "acme",
			PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{{
				Action: []string{"execute-api:Invoke"}, Effect: "Allow",
				Resource: []string{"arn:aws:execute-api:us-east-1:111122223333:abc/prod/*"},
			}}},
			Context:            map[string]any{"partner": "acme"},
			UsageIdentifierKey: "acme-usage-key-0123456789",
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v", header, got, err)
		}
	}
}

func TestAnythingElseIsUnauthorized(t *testing.T) {
	h := &Handler{SecretsManager: acme(), SecretPrefix: "tp/"}
	for _, header := range []string{
		"", "Bearer", "Bearer ", "Bearer acme", "Bearer acme.", "Bearer .s3cret.with.dots", "acme.s3cret.with.dots",
		"Basic acme.s3cret.with.dots", "Bearer acme.s3cret", "Bearer acme.S3cret.with.dots", "Bearer acme.s3cret.with.dotsx",
		"Bearer nobody.s3cret.with.dots", "Bearer empty.", "Bearer empty.x", "Bearer other.s3cret.with.dots", "Bearer ../acme.s3cret.with.dots",
		"Bearer acme/x.s3cret.with.dots", "Bearer acme .s3cret.with.dots", "Bearer " + strings.Repeat("a", 200) + ".x",
	} {
		// API Gateway answers 401 for exactly this text.
		if _, err := h.Handle(t.Context(), request(header)); err == nil || err.Error() != "Unauthorized" {
			t.Errorf("%q: got %v", header, err)
		}
	}
}

func TestAPartnerWhoseSecretIsBeingDeletedIsUnauthorized(t *testing.T) {
	h := &Handler{SecretsManager: &secrets{err: &types.InvalidRequestException{}}, SecretPrefix: "tp/"}
	if _, err := h.Handle(t.Context(), request("Bearer acme.x")); err == nil || err.Error() != "Unauthorized" {
		t.Errorf("got %v", err)
	}
}

func TestTroubleIsNoMatterOfTheToken(t *testing.T) {
	for name, h := range map[string]*Handler{
		"outage":       {SecretsManager: &secrets{err: errors.New("connection refused")}, SecretPrefix: "tp/"},
		"broken value": {SecretsManager: acme(), SecretPrefix: "tp/"},
	} {
		partner := map[string]string{"outage": "acme", "broken value": "odd"}[name]
		_, err := h.Handle(t.Context(), request("Bearer "+partner+".s3cret"))
		if err == nil || err.Error() == "Unauthorized" || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	h := &Handler{SecretsManager: acme(), SecretPrefix: "tp/"}
	if _, err := h.Handle(t.Context(), events.APIGatewayCustomAuthorizerRequest{AuthorizationToken: "Bearer acme.s3cret.with.dots", MethodArn: "arn:odd"}); err == nil {
		t.Error("an odd method ARN is accepted")
	}
}

func TestSecretsAreReadOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := acme()
		h := &Handler{SecretsManager: s, SecretPrefix: "tp/"}
		calls := func(after time.Duration, header string, want int) {
			t.Helper()
			time.Sleep(after)
			_, _ = h.Handle(t.Context(), request(header))
			if s.calls != want {
				t.Errorf("%d calls, want %d", s.calls, want)
			}
		}
		calls(0, "Bearer acme.s3cret.with.dots", 1)
		calls(knownFor-time.Second, "Bearer acme.wrong", 1)
		calls(time.Second, "Bearer acme.s3cret.with.dots", 2)
		calls(0, "Bearer nobody.x", 3)
		calls(unknownFor-time.Second, "Bearer nobody.y", 3)
		calls(time.Second, "Bearer nobody.z", 4)
	})
}

func TestAnOutageIsNotRemembered(t *testing.T) {
	s := acme()
	s.err = errors.New("connection refused")
	h := &Handler{SecretsManager: s, SecretPrefix: "tp/"}
	_, _ = h.Handle(t.Context(), request("Bearer acme.s3cret.with.dots"))
	s.err = nil
	if _, err := h.Handle(t.Context(), request("Bearer acme.s3cret.with.dots")); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestGuessedNamesDoNotFillTheMemoryNorPushPartnersOut(t *testing.T) {
	s := acme()
	h := &Handler{SecretsManager: s, SecretPrefix: "tp/"}
	_, _ = h.Handle(t.Context(), request("Bearer acme.s3cret.with.dots"))
	for i := range 5 * maxEntries {
		_, _ = h.Handle(t.Context(), request(fmt.Sprintf("Bearer guess%d.x", i)))
	}
	calls := s.calls
	_, err := h.Handle(t.Context(), request("Bearer acme.s3cret.with.dots"))
	if len(h.cache.entries) > maxEntries || err != nil || s.calls != calls {
		t.Errorf("%d entries, %v, %d more calls", len(h.cache.entries), err, s.calls-calls)
	}
}

// The comparison must not end at the first difference. Its time cannot be
// tested reliably; that tokens of any two lengths are compared as digests can.
func TestTokensAreComparedWhole(t *testing.T) {
	for _, test := range []struct {
		given, known string
		want         bool
	}{{"abc", "abc", true}, {"abd", "abc", false}, {"ab", "abc", false}, {"abcd", "abc", false}, {"", "", false}, {"", "abc", false}} {
		if got := equal(test.given, test.known); got != test.want {
			t.Errorf("equal(%q, %q) is %v", test.given, test.known, got)
		}
	}
}

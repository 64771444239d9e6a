package bysecret

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

// secrets answers by name and stage; err goes before.
type secrets struct {
	current, previous map[string]string
	err               error
	calls             int
}

func (s *secrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s.calls++
	if s.err != nil {
		return nil, s.err
	}
	value, ok := map[string]map[string]string{"AWSCURRENT": s.current, "AWSPREVIOUS": s.previous}[*in.VersionStage][*in.SecretId]
	if !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(value)}, nil
}

func secretOf(partner, token string) string {
	text, err := json.Marshal(contract.PartnerToken{Partner: partner, Token: token, UsageKey: partner + "-usage-key-0123456789"})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func acme() *secrets {
	return &secrets{current: map[string]string{"tp/acme": secretOf("acme", "s3cret.with.dots")}}
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
		"Bearer nobody.s3cret.with.dots", "Bearer ../acme.s3cret.with.dots",
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

func TestTheTokenBeforeARotationStaysValidUntilTheNext(t *testing.T) {
	s := acme()
	valid := func(token string) bool {
		h := &Handler{SecretsManager: s, SecretPrefix: "tp/"} // whose cache has ended
		got, err := h.Handle(t.Context(), request("Bearer acme."+token))
		if err == nil && got.UsageIdentifierKey != "acme-usage-key-0123456789" {
			t.Errorf("%s is counted under %q", token, got.UsageIdentifierKey)
		}
		return err == nil
	}
	rotate := func(token string) {
		s.previous = s.current
		s.current = map[string]string{"tp/acme": secretOf("acme", token)}
	}
	rotate("second")
	if !valid("s3cret.with.dots") || !valid("second") {
		t.Error("one rotation does not leave two valid tokens")
	}
	rotate("third")
	if valid("s3cret.with.dots") || !valid("second") || !valid("third") {
		t.Error("two rotations do not leave the last two tokens")
	}
	s.previous = nil
	if valid("second") || !valid("third") {
		t.Error("AWSPREVIOUS is removed, and its token is valid all the same")
	}
}

// The partner is answered 401, and the operator finds out why.
func TestASecretOfTheWrongShapeOpensNothingAndIsNamedInTheLog(t *testing.T) {
	for name, value := range map[string]string{
		"no JSON":              `s3cret`,
		"nothing":              ``,
		"a JSON text":          `"s3cret"`,
		"null":                 `null`,
		"a list":               `["s3cret"]`,
		"a token of a number":  `{"partner":"acme","token":731,"usageKey":"k"}`,
		"no token":             `{"partner":"acme","usageKey":"k"}`,
		"an empty token":       `{"partner":"acme","token":"","usageKey":"k"}`,
		"no usage key":         `{"partner":"acme","token":"s3cret"}`,
		"no partner":           `{"token":"s3cret","usageKey":"k"}`,
		"another partner":      `{"partner":"s3cret-inc","token":"s3cret","usageKey":"k"}`,
		"JSON that is cut off": `{"partner":"acme","token":"s3cret"`,
	} {
		t.Run(name, func(t *testing.T) {
			said := logged(t)
			s := &secrets{current: map[string]string{"tp/acme": value}, previous: map[string]string{"tp/acme": secretOf("acme", "before")}}
			h := &Handler{SecretsManager: s, SecretPrefix: "tp/"}
			for _, token := range []string{"s3cret", "731", "x"} {
				if _, err := h.Handle(t.Context(), request("Bearer acme."+token)); err == nil || err.Error() != "Unauthorized" {
					t.Errorf("%s: got %v", token, err)
				}
			}
			if _, err := h.Handle(t.Context(), request("Bearer acme.before")); err != nil {
				t.Errorf("the token before it: got %v", err)
			}
			log := said.String()
			if !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "tp/acme") || !strings.Contains(log, "AWSCURRENT") || strings.Contains(log, "s3cret") || strings.Contains(log, "731") {
				t.Errorf("the log says %s", log)
			}
			if n := strings.Count(log, "level=ERROR"); n != 1 {
				t.Errorf("it is said %d times", n)
			}
		})
	}
}

func logged(t *testing.T) *bytes.Buffer {
	t.Helper()
	var buffer bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&buffer, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &buffer
}

func TestTroubleIsNoMatterOfTheToken(t *testing.T) {
	h := &Handler{SecretsManager: &secrets{err: errors.New("connection refused")}, SecretPrefix: "tp/"}
	if _, err := h.Handle(t.Context(), request("Bearer acme.s3cret")); err == nil || err.Error() == "Unauthorized" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("an outage: got %v", err)
	}
	h = &Handler{SecretsManager: acme(), SecretPrefix: "tp/"}
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
		// Both versions of a secret that exists, and one of one that does not.
		calls(0, "Bearer acme.s3cret.with.dots", 2)
		calls(knownFor-time.Second, "Bearer acme.wrong", 2)
		calls(time.Second, "Bearer acme.s3cret.with.dots", 4)
		calls(0, "Bearer nobody.x", 5)
		calls(unknownFor-time.Second, "Bearer nobody.y", 5)
		calls(time.Second, "Bearer nobody.z", 6)
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
	}{{"abc", "abc", true}, {"abd", "abc", false}, {"ab", "abc", false}, {"abcd", "abc", false}, {"", "abc", false}} {
		if got := equal(test.given, test.known); got != test.want {
			t.Errorf("equal(%q, %q) is %v", test.given, test.known, got)
		}
	}
}

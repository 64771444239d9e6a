package endtoend

// This file rotates a partner's token as docs/operations.md says.

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/internal/manual"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authorize/bysecret"
	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// forgetful is authorize in a new environment each time, as it is once its 5
// minutes are over.
type forgetful struct{ desk *b2b.Desk }

func (f *forgetful) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	handler := &bysecret.Handler{
		SecretsManager: secretsmanager.NewFromConfig(f.desk.AWS()),
		SecretPrefix:   f.desk.Endpoints.Outputs[f.desk.Stack]["TokenSecretPrefix"].(string),
	}
	return lambda.NewHandler(handler.Handle).Invoke(ctx, payload)
}

// answer is what a bearer token gets. API Gateway remembers its decision by the
// whole header, so that a scheme in other letters is decided anew: a caller's
// way not to wait for the 5 minutes.
func answer(t *testing.T, d *b2b.Desk, scheme, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(deadline(t), http.MethodGet, d.Partners["acme"].API+"/transactions/none", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", scheme+" "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestATokenIsRotatedAsTheRunbookSaysAndTheOneBeforeStaysValidUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	authorizer := &forgetful{}
	d := anotherDesk(t, local.Options{
		Handlers: map[string]locallambda.Handler{desk.Stack + "/" + logicalID(t, desk.Stack, "RESTAuthorize"): authorizer},
	})
	authorizer.desk = d
	commands := manual.Commands(t, "docs/operations.md", "Tokens")
	if len(commands) != 3 {
		t.Fatalf("the runbook has other commands than token, rotate and revoke: %q", commands)
	}
	operate := func(command string) (result, said string) {
		t.Helper()
		result, said, err := tryOn(t, d.Laptop, command, "PARTNER=acme")
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", command, err, result, said)
		}
		return strings.TrimSuffix(result, "\n"), said
	}
	token := func() string { bearer, _ := operate(commands[0]); return bearer }
	rotate := func() string {
		bearer, said := operate(commands[1])
		if strings.Contains(said, strings.TrimPrefix(bearer, "acme.")) {
			t.Errorf("the token is told twice: %s", said)
		}
		return bearer
	}
	revoke := func() { operate(commands[2]) }
	want := func(status int, scheme, token string) {
		t.Helper()
		if got := answer(t, d, scheme, token); got != status {
			t.Errorf("%s %s is answered with %d, want %d", scheme, token, got, status)
		}
	}
	const valid, refused = http.StatusNotFound, http.StatusUnauthorized // there is no such transaction
	first := d.Partners["acme"].Token
	if got := token(); got != first {
		t.Errorf("the token is %s, not %s", got, first)
	}
	second := rotate()
	if second == first || !strings.HasPrefix(second, "acme.") || second != token() {
		t.Fatalf("the rotation prints %q", second)
	}
	want(valid, "Bearer", first)
	want(valid, "Bearer", second)
	if result, said, err := tryOn(t, d.Laptop, commands[1], "PARTNER=acme"); err == nil || result != "" || !strings.Contains(said, "revoke that first") {
		t.Errorf("a rotation that would end a valid token: %v, %s%s", err, result, said)
	}
	revoke()
	want(refused, "bearer", first)
	want(valid, "bearer", second)
	revoke() // a second time there is nothing to do
	third := rotate()
	want(valid, "BEARER", second)
	want(valid, "Bearer", third)
	if result, said, err := tryOn(t, d.Laptop, commands[1], "PARTNER=nobody"); err == nil || result != "" || !strings.Contains(said, `no partner "nobody"`) {
		t.Errorf("an unknown partner: %v, %s%s", err, result, said)
	}

	// A value of the wrong shape is put by mistake: no server error.
	_, err := secretsmanager.NewFromConfig(d.AWS()).PutSecretValue(deadline(t), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(output(t, "TokenSecretPrefix") + "acme"), SecretString: aws.String("fourth-fourth-fourth"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want(refused, "Bearer", "acme.fourth-fourth-fourth")
	want(valid, "bearer", third)
	if result, said, err := tryOn(t, d.Laptop, commands[2], "PARTNER=acme"); err == nil || strings.Contains(result+said, "fourth") || !strings.Contains(said, "not a partner's token") {
		t.Errorf("the only valid token is revoked: %v, %s%s", err, result, said)
	}
}

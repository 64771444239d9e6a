package endtoend

// This file rotates a partner's token as docs/operations.md says.

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authorize"
	"github.com/tradepost-dev/tradepost/local"
	locallambda "github.com/tradepost-dev/tradepost/local/lambda"
)

// forgetful is authorize in a new environment each time, as it is once its 5
// minutes are over.
type forgetful struct{ desk *b2b.Desk }

func (f *forgetful) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	handler := &authorize.Handler{
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

func TestATokenIsRotatedAsTheRunbookSaysAndTheOneBeforeStaysValid(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"aws", "jq", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the runbook's commands need it: %v", err)
		}
	}
	authorizer := &forgetful{}
	d := anotherDesk(t, local.Options{
		Handlers: map[string]locallambda.Handler{desk.Stack + "/" + logicalID(t, "RESTAuthorize"): authorizer},
	})
	authorizer.desk = d
	rotation := rotation(t)
	rotate := func() (token string) {
		shell := exec.CommandContext(deadline(t), "sh", "-e", "-c", rotation)
		shell.Env = append(os.Environ(), "PARTNER=acme", "AWS_ENDPOINT_URL="+d.Endpoints.AWS,
			"AWS_REGION="+d.Engine.Cloud.Region, "AWS_DEFAULT_REGION="+d.Engine.Cloud.Region, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
		var complaints bytes.Buffer
		shell.Stderr = &complaints
		out, err := shell.Output()
		if err != nil {
			t.Fatalf("%v\n%s%s", err, out, &complaints)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1]
	}
	want := func(status int, scheme, token string) {
		t.Helper()
		if got := answer(t, d, scheme, token); got != status {
			t.Errorf("%s %s is answered with %d, want %d", scheme, token, got, status)
		}
	}
	const valid, refused = http.StatusNotFound, http.StatusUnauthorized // there is no such transaction
	first := d.Partners["acme"].Token
	second := rotate()
	if second == first || !strings.HasPrefix(second, "acme.") {
		t.Fatalf("the rotation prints %q", second)
	}
	want(valid, "Bearer", first)
	want(valid, "Bearer", second)
	third := rotate()
	want(refused, "bearer", first)
	want(valid, "bearer", second)
	want(valid, "Bearer", third)

	// A value of the wrong shape is put by mistake: no server error.
	_, err := secretsmanager.NewFromConfig(d.AWS()).PutSecretValue(deadline(t), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(output(t, "TokenSecretPrefix") + "acme"), SecretString: aws.String("fourth-fourth-fourth"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want(refused, "Bearer", "acme.fourth-fourth-fourth")
	want(valid, "bearer", third)
}

// rotation is the block of commands under Tokens in docs/operations.md.
func rotation(t *testing.T) string {
	t.Helper()
	_, page, _ := strings.Cut(read(t, filepath.Join(root, "docs", "operations.md")), "\n## Tokens\n")
	block := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(page)
	if block == nil {
		t.Fatal("docs/operations.md has no commands under Tokens")
	}
	return block[1]
}

package sourcesecrets

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

type manager struct {
	value string
	err   error
	calls []string
}

func (m *manager) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	m.calls = append(m.calls, *in.SecretId)
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(m.value)}, m.err
}

func TestASecretIsKnownForAMinuteAndLongerOnlyInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &manager{value: `{"current":"sesame"}`}
		k := &Keeper{SecretsManager: m, Prefix: "p/"}
		current := func() string {
			t.Helper()
			secrets, err := k.Secrets(t.Context(), "acme")
			if err != nil {
				return "error"
			}
			return secrets.Current
		}
		for _, step := range []struct {
			wait  time.Duration
			value string
			err   error
			want  string
			calls int
		}{
			{0, `{"current":"sesame"}`, nil, "sesame", 1},
			{Fresh - time.Second, `{"current":"open"}`, nil, "sesame", 1},
			{time.Second, `{"current":"open"}`, nil, "open", 2},
			{Fresh, "", errors.New("down"), "open", 3},
			{Stale - Fresh - time.Second, "open", errors.New("down"), "open", 4},
			{time.Second, "", errors.New("down"), "error", 5},
			{0, `open`, nil, "error", 6},
			{0, `{"current":"again"}`, nil, "again", 7},
		} {
			time.Sleep(step.wait)
			m.value, m.err = step.value, step.err
			if got := current(); got != step.want || len(m.calls) != step.calls {
				t.Errorf("got %s after %d calls, want %s after %d", got, len(m.calls), step.want, step.calls)
			}
		}
		if m.calls[0] != "p/acme" {
			t.Errorf("read %s", m.calls[0])
		}
	})
}

func TestASourcesSecretsAreItsOwn(t *testing.T) {
	m := &manager{value: `{"current":"sesame"}`}
	k := &Keeper{SecretsManager: m}
	for _, source := range []string{"a", "b", "a"} {
		if _, err := k.Secrets(t.Context(), source); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(m.calls, " "); got != "a b" {
		t.Errorf("read %s", got)
	}
}

func TestAnErrorTellsTheSecretsNameAndNotItsValue(t *testing.T) {
	_, err := (&Keeper{SecretsManager: &manager{value: "sesame"}, Prefix: "p/"}).Secrets(t.Context(), "acme")
	if err == nil || !strings.Contains(err.Error(), "p/acme") || strings.Contains(err.Error(), "sesame") {
		t.Error(err)
	}
}

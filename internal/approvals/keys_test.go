package approvals

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// secrets answers by stage.
type secrets struct {
	values map[string]string
	err    error
	calls  int
}

func (s *secrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s.calls++
	value, ok := s.values[*in.VersionStage]
	switch {
	case s.err != nil:
		return nil, s.err
	case !ok || *in.SecretId != "links":
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(value)}, nil
}

func TestTheKeyBeforeARotationStillOpensAndTheNewOneSigns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &secrets{values: map[string]string{"AWSCURRENT": string(key)}}
		k := &Keys{SecretsManager: s, Secret: "links"}
		want := func(calls int, keys ...[]byte) {
			t.Helper()
			got, err := k.Get(t.Context())
			if err != nil || !reflect.DeepEqual(got, keys) || s.calls != calls {
				t.Errorf("%q, %v, %d calls", got, err, s.calls)
			}
		}
		want(2, key)
		s.values = map[string]string{"AWSCURRENT": string(other), "AWSPREVIOUS": string(key)}
		want(2, key)
		time.Sleep(knownFor)
		want(4, other, key)
	})
}

func TestAKeyThatIsNoneIsAnErrorAndNotRemembered(t *testing.T) {
	for name, s := range map[string]*secrets{
		"none": {}, "a short one": {values: map[string]string{"AWSCURRENT": strings.Repeat("k", 31)}},
		"an empty one before": {values: map[string]string{"AWSCURRENT": string(key), "AWSPREVIOUS": ""}}, "an outage": {err: errors.New("connection refused")},
	} {
		k := &Keys{SecretsManager: s, Secret: "links"}
		if got, err := k.Get(t.Context()); err == nil || strings.Contains(err.Error(), "kkkk") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		s.values, s.err = map[string]string{"AWSCURRENT": string(key)}, nil
		if _, err := k.Get(t.Context()); err != nil {
			t.Errorf("%s: remembered: %v", name, err)
		}
	}
}

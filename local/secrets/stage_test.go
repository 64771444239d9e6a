package secrets

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// versions makes a secret of three values and returns their ids, oldest first.
func versions(t *testing.T) (*SecretsManager, []string) {
	t.Helper()
	s, _ := mustCreate(t, secretOf(`"Name": "a"`))
	ids := []string{"version-one", "version-two", "version-three"}
	for _, id := range ids {
		if _, err := call[any](t, s, "PutSecretValue", `{"SecretId": "a", "ClientRequestToken": "`+id+`", "SecretString": "`+id+`"}`); err != nil {
			t.Fatal(err)
		}
	}
	return s, ids
}

func TestAStagingLabelMovesAndIsTakenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, ids := versions(t)
		labels := func(step string, want map[string][]string) {
			t.Helper()
			for _, id := range ids {
				s.mu.RLock()
				got := s.byName["a"].labels(id)
				s.mu.RUnlock()
				if !slices.Equal(got, want[id]) {
					t.Errorf("%s: %s is %q, want %q", step, id, got, want[id])
				}
			}
		}
		update := func(members string) {
			t.Helper()
			if _, err := call[any](t, s, "UpdateSecretVersionStage", `{"SecretId": "a", `+members+`}`); err != nil {
				t.Fatal(err)
			}
		}
		labels("at first", map[string][]string{"version-three": {"AWSCURRENT"}, "version-two": {"AWSPREVIOUS"}})
		time.Sleep(time.Minute)
		update(`"VersionStage": "AWSPREVIOUS", "RemoveFromVersionId": "version-two"`)
		labels("AWSPREVIOUS is taken off", map[string][]string{"version-three": {"AWSCURRENT"}})
		update(`"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "version-three", "MoveToVersionId": "version-one"`)
		labels("AWSCURRENT moves, and AWSPREVIOUS after it", map[string][]string{"version-one": {"AWSCURRENT"}, "version-three": {"AWSPREVIOUS"}})
		update(`"VersionStage": "mine", "MoveToVersionId": "version-one"`)
		labels("a label of one's own", map[string][]string{"version-one": {"AWSCURRENT", "mine"}, "version-three": {"AWSPREVIOUS"}})
		if described, err := call[description](t, s, "DescribeSecret", `{"SecretId": "a"}`); err != nil || described.LastChangedDate.Seconds()-described.CreatedDate.Seconds() != 60 {
			t.Errorf("described as %+v, %v: want a change a minute later", described, err)
		}
	})
}

func TestALabelIsMovedOnlyFromWhereItIs(t *testing.T) {
	s, _ := versions(t)
	for name, row := range map[string]struct{ members, code string }{
		"from another version":         {`"VersionStage": "AWSPREVIOUS", "RemoveFromVersionId": "version-one"`, "InvalidParameterException"},
		"from nowhere said":            {`"VersionStage": "AWSCURRENT", "MoveToVersionId": "version-one"`, "InvalidParameterException"},
		"to nowhere":                   {`"VersionStage": "AWSPREVIOUS"`, "InvalidParameterException"},
		"AWSCURRENT off":               {`"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "version-three"`, "InvalidParameterException"},
		"no label":                     {`"RemoveFromVersionId": "version-three"`, "InvalidParameterException"},
		"to a version that is not":     {`"VersionStage": "mine", "MoveToVersionId": "none"`, "ResourceNotFoundException"},
		"off a version that is not":    {`"VersionStage": "mine", "RemoveFromVersionId": "none"`, "ResourceNotFoundException"},
		"off one that never had it":    {`"VersionStage": "mine", "RemoveFromVersionId": "version-one"`, "InvalidParameterException"},
		"to and from another than has": {`"VersionStage": "AWSCURRENT", "MoveToVersionId": "version-one", "RemoveFromVersionId": "version-two"`, "InvalidParameterException"},
	} {
		if _, err := call[any](t, s, "UpdateSecretVersionStage", `{"SecretId": "a", `+row.members+`}`); cloud.AsError(err).Code != row.code {
			t.Errorf("%s: got %v, want %s", name, err, row.code)
		}
	}
	s.cloud.Authorizer = denied{"secretsmanager:UpdateSecretVersionStage", s.byName["a"].arn}
	if _, err := call[any](t, s, "UpdateSecretVersionStage", `{"SecretId": "a", "VersionStage": "x", "MoveToVersionId": "version-one"}`); cloud.AsError(err).Code != "AccessDeniedException" {
		t.Errorf("without permission: %v", err)
	}
}

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
	ids := []string{"version-one-of-the-secret-named-a", "version-two-of-the-secret-named-a", "version-three-of-the-secret-named-a"}
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
		labels("at first", map[string][]string{"version-three-of-the-secret-named-a": {"AWSCURRENT"}, "version-two-of-the-secret-named-a": {"AWSPREVIOUS"}})
		time.Sleep(time.Minute)
		update(`"VersionStage": "AWSPREVIOUS", "RemoveFromVersionId": "version-two-of-the-secret-named-a"`)
		labels("AWSPREVIOUS is taken off", map[string][]string{"version-three-of-the-secret-named-a": {"AWSCURRENT"}})
		update(`"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "version-three-of-the-secret-named-a", "MoveToVersionId": "version-one-of-the-secret-named-a"`)
		labels("AWSCURRENT moves, and AWSPREVIOUS after it", map[string][]string{"version-one-of-the-secret-named-a": {"AWSCURRENT"}, "version-three-of-the-secret-named-a": {"AWSPREVIOUS"}})
		update(`"VersionStage": "mine", "MoveToVersionId": "version-one-of-the-secret-named-a"`)
		labels("a label of one's own", map[string][]string{"version-one-of-the-secret-named-a": {"AWSCURRENT", "mine"}, "version-three-of-the-secret-named-a": {"AWSPREVIOUS"}})
		if described, err := call[description](t, s, "DescribeSecret", `{"SecretId": "a"}`); err != nil || described.LastChangedDate.Seconds()-described.CreatedDate.Seconds() != 60 {
			t.Errorf("described as %+v, %v: want a change a minute later", described, err)
		}
	})
}

// A version that was pending, came to be current and gives way to the next is pending no more.
func TestTheNextValueTakesPendingFromThePreviousOne(t *testing.T) {
	s, ids := versions(t)
	steps(t, s, [][3]string{
		{"UpdateSecretVersionStage", `{"SecretId": "a", "VersionStage": "AWSPENDING", "MoveToVersionId": "` + ids[2] + `"}`, ""},
		{"PutSecretValue", `{"SecretId": "a", "SecretString": "x", "VersionStages": ["mine"]}`, ""},
		{"DescribeSecret", `{"SecretId": "a"}`, `"` + ids[2] + `":["AWSCURRENT","AWSPENDING"]`},
		{"PutSecretValue", `{"SecretId": "a", "SecretString": "y"}`, ""},
		{"DescribeSecret", `{"SecretId": "a"}`, `"` + ids[2] + `":["AWSPREVIOUS"]`},
	})
}

func TestALabelIsMovedOnlyFromWhereItIs(t *testing.T) {
	s, _ := versions(t)
	for name, row := range map[string]struct{ members, code string }{
		"from another version":         {`"VersionStage": "AWSPREVIOUS", "RemoveFromVersionId": "version-one-of-the-secret-named-a"`, "InvalidParameterException"},
		"from nowhere said":            {`"VersionStage": "AWSCURRENT", "MoveToVersionId": "version-one-of-the-secret-named-a"`, "InvalidParameterException"},
		"to nowhere":                   {`"VersionStage": "AWSPREVIOUS"`, "InvalidParameterException"},
		"AWSCURRENT off":               {`"VersionStage": "AWSCURRENT", "RemoveFromVersionId": "version-three-of-the-secret-named-a"`, "InvalidParameterException"},
		"no label":                     {`"RemoveFromVersionId": "version-three-of-the-secret-named-a"`, "InvalidParameterException"},
		"to a version that is not":     {`"VersionStage": "mine", "MoveToVersionId": "none"`, "ResourceNotFoundException"},
		"off a version that is not":    {`"VersionStage": "mine", "RemoveFromVersionId": "none"`, "ResourceNotFoundException"},
		"off one that never had it":    {`"VersionStage": "mine", "RemoveFromVersionId": "version-one-of-the-secret-named-a"`, "InvalidParameterException"},
		"to and from another than has": {`"VersionStage": "AWSCURRENT", "MoveToVersionId": "version-one-of-the-secret-named-a", "RemoveFromVersionId": "version-two-of-the-secret-named-a"`, "InvalidParameterException"},
	} {
		if _, err := call[any](t, s, "UpdateSecretVersionStage", `{"SecretId": "a", `+row.members+`}`); cloud.AsError(err).Code != row.code {
			t.Errorf("%s: got %v, want %s", name, err, row.code)
		}
	}
	s.cloud.Authorizer = denied{"secretsmanager:UpdateSecretVersionStage", s.byName["a"].arn}
	if _, err := call[any](t, s, "UpdateSecretVersionStage", `{"SecretId": "a", "VersionStage": "x", "MoveToVersionId": "version-one-of-the-secret-named-a"}`); cloud.AsError(err).Code != "AccessDeniedException" {
		t.Errorf("without permission: %v", err)
	}
}

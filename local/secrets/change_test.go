package secrets

// This file makes, changes and deletes secrets by calls.

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const token = "00000000-0000-4000-8000-000000000000"

// steps makes calls one after the other, each with what its answer, or its
// refusal, has to contain.
func steps(t *testing.T, s *SecretsManager, rows [][3]string) {
	t.Helper()
	for _, row := range rows {
		answer, err := call[json.RawMessage](t, s, row[0], row[1])
		got := string(answer)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, row[2]) {
			t.Errorf("%s %s: got %s, want %s", row[0], row[1], got, row[2])
		}
	}
}

func TestSecretsAreMadeAndChangedByCalls(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "declared"`))
	create := `{"Name": "shop/key", "Description": "of the shop", "KmsKeyId": "alias/shop", "SecretString": "one", "ClientRequestToken": "` + token + `", "Tags": [{"Key": "team", "Value": "blue"}]}`
	steps(t, s, [][3]string{
		{"CreateSecret", create, `"VersionId":"` + token + `"`},
		{"CreateSecret", create, `"VersionId":"` + token + `"`}, // once more
		{"CreateSecret", strings.Replace(create, "one", "two", 1), "ResourceExistsException: The operation failed because the secret shop/key already exists."},
		{"CreateSecret", `{"Name": "shop/key"}`, "ResourceExistsException"},
		{"CreateSecret", `{"Name": "a b"}`, "Invalid name."},
		{"CreateSecret", `{"Name": "x", "SecretString": "a", "SecretBinary": "YQ=="}`, "You can't specify both a binary secret value and a string secret value"},
		{"CreateSecret", `{"Name": "x", "ClientRequestToken": "short"}`, "ClientRequestToken must be 32-64 characters long."},
		{"CreateSecret", `{"Name": "x", "SecretString": "` + strings.Repeat("x", 65537) + `"}`, "less than or equal to 65536"},
		{"CreateSecret", `{"Name": "x", "SecretBinary": "` + strings.Repeat("AAAA", 21846) + `"}`, "less than or equal to 65536"},
		{"CreateSecret", `{"Name": "x", "Description": "` + strings.Repeat("x", 2049) + `"}`, "less than or equal to 2048"},
		{"CreateSecret", `{"Name": "x", "Tags": [{"Key": "aws:x", "Value": ""}]}`, "reserved for system use"},
		{"CreateSecret", `{"Name": "x", "AddReplicaRegions": [{"Region": "eu-central-1"}]}`, "NotImplemented: the local engine does not serve the parameter AddReplicaRegions of CreateSecret"},
		{"GetSecretValue", `{"SecretId": "shop/key"}`, `"SecretString":"one"`},
		{"DescribeSecret", `{"SecretId": "shop/key"}`, `"Description":"of the shop","KmsKeyId":"alias/shop"`},
		{"DescribeSecret", `{"SecretId": "shop/key"}`, `"Tags":[{"Key":"team","Value":"blue"}],"VersionIdsToStages":{"` + token + `":["AWSCURRENT"]}`},
		{"ListSecrets", `{"Filters": [{"Key": "name", "Values": ["shop"]}]}`, `"SecretVersionsToStages":{"` + token + `":["AWSCURRENT"]}`},
		{"UpdateSecret", `{"SecretId": "shop/key", "ClientRequestToken": "` + token + `", "SecretString": "else"}`, "You can't use ClientRequestToken " + token},
		{"UpdateSecret", `{"SecretId": "shop/key", "Description": "new"}`, `"Name":"shop/key"}`},
		{"DescribeSecret", `{"SecretId": "shop/key"}`, `"Description":"new","KmsKeyId":"alias/shop"`},
		{"UpdateSecret", `{"SecretId": "shop/key", "SecretString": "two", "KmsKeyId": "alias/other"}`, `"VersionId"`},
		{"GetSecretValue", `{"SecretId": "shop/key", "VersionStage": "AWSPREVIOUS"}`, `"SecretString":"one"`},
		{"ListSecretVersionIds", `{"SecretId": "shop/key"}`, `"KmsKeyIds":["alias/other"],"LastAccessedDate"`},
		{"TagResource", `{"SecretId": "shop/key", "Tags": [{"Key": "stage", "Value": "dev"}]}`, ``},
		{"UntagResource", `{"SecretId": "shop/key", "TagKeys": ["team"]}`, ``},
		{"DescribeSecret", `{"SecretId": "shop/key"}`, `"Tags":[{"Key":"stage","Value":"dev"}]`},
		{"GetRandomPassword", `{"PasswordLength": 5000}`, "InvalidParameterException: PasswordLength must be 1 to 4096"},
		{"ReplicateSecretToRegions", `{"SecretId": "shop/key"}`, "does not serve the action"},
		{"UntagResource", `{"SecretId": "shop/key", "TagKeys": ["stage"]}`, ``},
		{"DescribeSecret", `{"SecretId": "shop/key"}`, `"Tags":[]`},
		{"GetSecretValue", `{"SecretId": "a b"}`, "ValidationException: Invalid name."},
		{"CreateSecret", `{"Name": "empty"}`, `"Name":"empty"}`},
		{"PutSecretValue", `{"SecretId": "empty", "SecretString": "x", "VersionStages": ["mine"]}`, `"VersionStages":["AWSCURRENT","mine"]`},
	})
	password, err := call[struct{ RandomPassword string }](t, s, "GetRandomPassword", `{"PasswordLength": 40, "ExcludePunctuation": true, "ExcludeNumbers": true}`)
	if err != nil || len(password.RandomPassword) != 40 || strings.ContainsAny(password.RandomPassword, "0123456789!?") {
		t.Errorf("password %q, %v", password.RandomPassword, err)
	}
}

func TestADeletedSecretCanBeRestoredForItsDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := mustCreate(t, secretOf(`"Name": "declared"`))
		const marked = "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
		steps(t, s, [][3]string{{"CreateSecret", `{"Name": "a", "SecretString": "x"}`, ""}})
		time.Sleep(90 * time.Minute)
		steps(t, s, [][3]string{
			{"GetSecretValue", `{"SecretId": "a"}`, ""},
			{"DescribeSecret", `{"SecretId": "a"}`, `"LastAccessedDate":` + told(time.Now().UTC().Truncate(day))},
			{"DeleteSecret", `{"SecretId": "a", "RecoveryWindowInDays": 6}`, "must be between 7 and 30 days (inclusive)"},
			{"DeleteSecret", `{"SecretId": "a", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true}`, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."},
			{"DeleteSecret", `{"SecretId": "b"}`, "ResourceNotFoundException"},
			{"DeleteSecret", `{"SecretId": "b", "ForceDeleteWithoutRecovery": true}`, `"Name":"b"`},
			{"DeleteSecret", `{"SecretId": "a", "RecoveryWindowInDays": 7}`, `"DeletionDate":` + told(time.Now().Add(7*24*time.Hour))},
			{"DeleteSecret", `{"SecretId": "a"}`, marked},
			{"GetSecretValue", `{"SecretId": "a"}`, marked},
			{"PutSecretValue", `{"SecretId": "a", "SecretString": "y"}`, marked},
			{"UpdateSecret", `{"SecretId": "a", "Description": "y"}`, marked},
			{"TagResource", `{"SecretId": "a", "Tags": [{"Key": "a", "Value": "b"}]}`, marked},
			{"GetResourcePolicy", `{"SecretId": "a"}`, marked},
			{"CreateSecret", `{"Name": "a"}`, "You can't create this secret because a secret with this name is already scheduled for deletion."},
			{"DescribeSecret", `{"SecretId": "a"}`, `"LastChangedDate":` + told(time.Now())},
			{"DescribeSecret", `{"SecretId": "a"}`, `"DeletedDate"`},
			{"ListSecrets", `{"Filters": [{"Key": "name", "Values": ["a"]}]}`, `{"SecretList":[]}`},
			{"ListSecrets", `{"Filters": [{"Key": "name", "Values": ["a"]}], "IncludePlannedDeletion": true}`, `"Name":"a"`},
			{"RestoreSecret", `{"SecretId": "a"}`, `"Name":"a"`},
			{"GetSecretValue", `{"SecretId": "a"}`, `"SecretString":"x"`},
			{"DeleteSecret", `{"SecretId": "a"}`, `"DeletionDate":` + told(time.Now().Add(30*24*time.Hour))},
		})
		time.Sleep(30*24*time.Hour - time.Second)
		steps(t, s, [][3]string{{"DescribeSecret", `{"SecretId": "a"}`, `"DeletedDate"`}})
		time.Sleep(time.Second)
		steps(t, s, [][3]string{
			{"ListSecrets", `{"Filters": [{"Key": "name", "Values": ["a"]}], "IncludePlannedDeletion": true}`, `{"SecretList":[]}`},
			{"DescribeSecret", `{"SecretId": "a"}`, "ResourceNotFoundException"},
			{"CreateSecret", `{"Name": "a"}`, `"Name":"a"`},
			{"DeleteSecret", `{"SecretId": "a", "ForceDeleteWithoutRecovery": true}`, `"Name":"a"`},
			{"CreateSecret", `{"Name": "a"}`, `"Name":"a"`},
		})
	})
}

func TestAListOfSecretsIsFilteredAndSorted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := mustCreate(t, secretOf(`"Name": "zero", "Description": "a secret"`))
		for _, row := range [][3]string{{"testing1/one", "a secret", "team"}, {"/testing2/two", "an secret", "stage"}, {"testing3/three", "asecret", "Team"}, {"/testing4/four", "thesecret", "x"}} {
			time.Sleep(time.Minute)
			steps(t, s, [][3]string{{"CreateSecret", fmt.Sprintf(`{"Name": %q, "Description": %q, "SecretString": "x", "Tags": [{"Key": %q, "Value": "v-%[3]s"}]}`, row[0], row[1], row[2]), ""}})
		}
		for _, tt := range []struct{ in, want string }{
			{`{}`, "zero testing1/one /testing2/two testing3/three /testing4/four"},
			{`{"SortOrder": "desc"}`, "/testing4/four testing3/three /testing2/two testing1/one zero"},
			{`{"SortBy": "name"}`, "/testing2/two /testing4/four testing1/one testing3/three zero"},
			{`{"Filters": [{"Key": "name", "Values": ["/"]}]}`, "/testing2/two /testing4/four"},
			{`{"Filters": [{"Key": "name", "Values": ["!/"]}]}`, "zero testing1/one testing3/three"},
			{`{"Filters": [{"Key": "name", "Values": ["Testing"]}]}`, ""},
			{`{"Filters": [{"Key": "name", "Values": ["zero", "/testing4"]}]}`, "zero /testing4/four"},
			{`{"Filters": [{"Key": "description", "Values": ["A"]}]}`, "zero testing1/one /testing2/two testing3/three"},
			{`{"Filters": [{"Key": "description", "Values": ["a secret"]}]}`, "zero testing1/one /testing2/two"},
			{`{"Filters": [{"Key": "description", "Values": ["a"]}, {"Key": "name", "Values": ["t"]}]}`, "testing1/one testing3/three"},
			{`{"Filters": [{"Key": "tag-key", "Values": ["t"]}]}`, "testing1/one"},
			{`{"Filters": [{"Key": "tag-value", "Values": ["v-T"]}]}`, "testing3/three"},
			{`{"Filters": [{"Key": "all", "Values": ["TEAM"]}]}`, "testing1/one testing3/three"},
		} {
			out, err := call[listSecretsOutput](t, s, "ListSecrets", tt.in)
			var names []string
			for _, d := range out.SecretList {
				names = append(names, d.Name)
			}
			if got := strings.Join(names, " "); err != nil || got != tt.want {
				t.Errorf("%s: got %s, %v, want %s", tt.in, got, err, tt.want)
			}
		}
		steps(t, s, [][3]string{
			{"ListSecrets", `{"Filters": [{"Key": "owning-service", "Values": ["x"]}]}`, "NotImplemented"},
			{"ListSecrets", `{"Filters": [{"Key": "color", "Values": ["x"]}]}`, "Member must satisfy enum value set"},
			{"ListSecrets", `{"Filters": [{"Key": "name", "Values": []}]}`, "InvalidParameterException"},
			{"ListSecrets", `{"MaxResults": 101}`, "less than or equal to 100"},
			{"ListSecrets", `{"NextToken": "?"}`, "InvalidNextTokenException"},
			{"ListSecrets", `{"SortBy": "size"}`, "ValidationException"},
			{"BatchGetSecretValue", `{"Filters": [{"Key": "name", "Values": ["/"]}], "MaxResults": 1}`, `"Name":"/testing2/two"`},
			{"BatchGetSecretValue", `{"Filters": [{"Key": "name", "Values": ["/"]}], "MaxResults": 1}`, `"NextToken"`},
			{"BatchGetSecretValue", `{"Filters": [{"Key": "name", "Values": ["/"]}], "SecretIdList": ["zero"]}`, "but not both"},
			{"BatchGetSecretValue", `{"SecretIdList": ["zero"], "MaxResults": 1}`, "'Filters' not specified."},
			{"BatchGetSecretValue", `{}`, "must be provided."},
		})
	})
}

func TestASecretKeepsAHundredVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "first"`))
		steps(t, s, [][3]string{{"UpdateSecretVersionStage", `{"SecretId": "a", "VersionStage": "mine", "MoveToVersionId": "` + s.byName["a"].stages[current] + `"}`, ""}})
		for range 150 {
			time.Sleep(time.Second)
			steps(t, s, [][3]string{{"PutSecretValue", `{"SecretId": "a", "SecretString": "x"}`, ""}, {"GetSecretValue", `{"SecretId": "a"}`, ""}})
		}
		if read := len(s.byName["a"].accessed); read > 100 {
			t.Errorf("of %d versions it is known when they were read", read)
		}
		all, err := call[listSecretVersionIdsOutput](t, s, "ListSecretVersionIds", `{"SecretId": "a", "IncludeDeprecated": true}`)
		if err != nil || len(all.Versions) != 100 || !slices.Equal(all.Versions[0].VersionStages, []string{"mine"}) {
			t.Errorf("%d versions, %v", len(all.Versions), err)
		}
		labelled, err := call[listSecretVersionIdsOutput](t, s, "ListSecretVersionIds", `{"SecretId": "a"}`)
		if err != nil || len(labelled.Versions) != 3 {
			t.Errorf("%d versions have a label, %v", len(labelled.Versions), err)
		}
	})
}

func TestThePolicyOfASecretIsPutReadAndDeleted(t *testing.T) {
	policies := kept{}
	s, _, err := create(t, policies, secretOf(`"Name": "a"`))
	if err != nil {
		t.Fatal(err)
	}
	const policy = `{\"Version\":\"2012-10-17\",\"Statement\":[]}`
	steps(t, s, [][3]string{
		{"PutResourcePolicy", `{"SecretId": "a", "ResourcePolicy": "{"}`, "MalformedPolicyDocumentException"},
		{"PutResourcePolicy", `{"SecretId": "a", "ResourcePolicy": ""}`, "ValidationException"},
		{"PutResourcePolicy", `{"SecretId": "a", "ResourcePolicy": "` + policy + `"}`, `"Name":"a"`},
		{"GetResourcePolicy", `{"SecretId": "a"}`, `"ResourcePolicy":"` + policy + `"`},
	})
	arn := s.byName["a"].arn
	if policies[arn] == "" {
		t.Error("the policy is not enforced")
	}
	steps(t, s, [][3]string{{"DeleteResourcePolicy", `{"SecretId": "a"}`, `"Name":"a"`}})
	if policies[arn] != "" || s.byName["a"].policy != "" {
		t.Error("the policy is still there")
	}
	steps(t, s, [][3]string{
		{"PutResourcePolicy", `{"SecretId": "a", "ResourcePolicy": "` + policy + `"}`, ``},
		{"DeleteSecret", `{"SecretId": "a", "ForceDeleteWithoutRecovery": true}`, ``},
	})
	if policies[arn] != "" {
		t.Error("the policy outlives its secret")
	}
}

func TestEachActionAsksForItsPermission(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "x"`))
	arn := s.byName["a"].arn
	for action := range s.Operations {
		in, resource := `{"SecretId": "a"}`, arn
		switch action {
		case "CreateSecret":
			in, resource = `{"Name": "b"}`, s.cloud.ARN("secretsmanager", "secret:b")
		case "ListSecrets", "GetRandomPassword":
			in, resource = `{}`, "*"
		case "BatchGetSecretValue":
			in, resource = `{"SecretIdList": ["a"]}`, "*"
		case "PutSecretValue":
			in = `{"SecretId": "a", "SecretString": "y"}`
		case "PutResourcePolicy":
			in = `{"SecretId": "a", "ResourcePolicy": "{}"}`
		case "UpdateSecretVersionStage":
			in = `{"SecretId": "a", "VersionStage": "x"}`
		}
		s.cloud.Authorizer = denied{"secretsmanager:" + action, resource}
		if _, err := call[any](t, s, action, in); err == nil || cloud.AsError(err).Code != "AccessDeniedException" {
			t.Errorf("%s on %s: %v", action, resource, err)
		}
	}
}

// told is a time as the API has it.
func told(t time.Time) string {
	text, err := json.Marshal(cloud.Time(t))
	if err != nil {
		panic(err)
	}
	return string(text)
}

package secrets

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// denied is an authorizer that refuses one action on one resource.
type denied struct{ action, resource string }

func (d denied) Authorize(_ cloud.Caller, action, resource string) error {
	if action == d.action && resource == d.resource {
		return cloud.Errorf(400, "AccessDeniedException", "not authorized to perform: %s on resource: %s", action, resource)
	}
	return nil
}

func (denied) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }

// kept keeps resource policies.
type kept map[string]string

func (k kept) SetResourcePolicy(arn, _ string, policy json.RawMessage) error {
	k[arn] = string(policy)
	return nil
}

func (kept) ReadPolicy(json.RawMessage) (cloud.ResourcePolicy, error) { return nil, nil }

// create makes the template's resources and returns their service.
func create(t *testing.T, policies cloud.ResourcePolicies, resources string) (*SecretsManager, *cfn.Created, error) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	c.Policies = policies
	s := New(c)
	c.Register("secretsmanager", s)
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, declared := range s.Types() {
		types[declared.Name] = declared
	}
	if faults := template.Check(types); len(faults) > 0 {
		return nil, nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	created, err := stack.Create(t.Context(), types)
	return s, created, err
}

// secretOf declares one secret, Token.
func secretOf(properties string) string {
	return `"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": {` + properties + `}}`
}

func mustCreate(t *testing.T, resources string) (*SecretsManager, *cfn.Created) {
	t.Helper()
	s, created, err := create(t, nil, resources)
	if err != nil {
		t.Fatal(err)
	}
	return s, created
}

// call performs an action as the administrator.
func call[Out any](t *testing.T, s *SecretsManager, action, input string) (Out, error) {
	t.Helper()
	var out Out
	raw, err := s.Call(context.Background(), s.cloud.Administrator(), action, json.RawMessage(input))
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

func TestASecretIsFoundByEveryNameThatAWSKnowsForIt(t *testing.T) {
	s, created := mustCreate(t, secretOf(`"Name": "partners/acme", "SecretString": "hunter2"`))
	arn := created.Handles["Token"].Ref
	short := "arn:aws:secretsmanager:eu-west-1:111122223333:secret:partners/acme"
	if !strings.HasPrefix(arn, short+"-") || len(arn) != len(short)+7 {
		t.Fatalf("ARN %s, want %s and six characters", arn, short)
	}
	for _, id := range []string{"partners/acme", arn, short} {
		got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "`+id+`"}`)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if *got.SecretString != "hunter2" || got.ARN != arn || got.Name != "partners/acme" || !reflect.DeepEqual(got.VersionStages, []string{"AWSCURRENT"}) || time.Time(got.CreatedDate).IsZero() || len(got.VersionId) != 36 {
			t.Errorf("%s: got %+v", id, got)
		}
	}
}

func TestFailuresAreThoseOfAWS(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "x"`)+`, "Empty": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "empty"}}`)
	for name, row := range map[string]struct{ action, input, code, message string }{
		"an unknown secret":       {"GetSecretValue", `{"SecretId": "b"}`, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."},
		"an unknown ARN":          {"DescribeSecret", `{"SecretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-000000"}`, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."},
		"a secret no value":       {"GetSecretValue", `{"SecretId": "empty"}`, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"},
		"an unknown label":        {"GetSecretValue", `{"SecretId": "a", "VersionStage": "AWSPENDING"}`, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSPENDING"},
		"an unknown version":      {"GetSecretValue", `{"SecretId": "a", "VersionId": "v"}`, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: v"},
		"no secret named":         {"GetSecretValue", `{}`, "InvalidParameterException", "You must provide a SecretId."},
		"neither text nor binary": {"PutSecretValue", `{"SecretId": "a"}`, "InvalidParameterException", "You must provide either SecretString or SecretBinary."},
		"a malformed input":       {"GetSecretValue", `[]`, "SerializationException", ""},
		"an unknown action":       {"ReplicateSecretToRegions", `{}`, "UnknownOperationException", ""},
	} {
		_, err := call[any](t, s, row.action, row.input)
		failure := cloud.AsError(err)
		if failure.Code != row.code || row.message != "" && failure.Message != row.message {
			t.Errorf("%s: got %v, want %s: %s", name, err, row.code, row.message)
		}
	}
}

func TestTheCallersPermissionIsAskedForTheSecretItself(t *testing.T) {
	s, created := mustCreate(t, secretOf(`"Name": "a", "SecretString": "x"`))
	for name, row := range map[string]struct{ id, resource string }{
		"by name":             {"a", created.Handles["Token"].Ref},
		"by partial ARN":      {"arn:aws:secretsmanager:eu-west-1:111122223333:secret:a", created.Handles["Token"].Ref},
		"one that is missing": {"b", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:b"},
	} {
		s.cloud.Authorizer = denied{"secretsmanager:GetSecretValue", row.resource}
		if _, err := call[any](t, s, "GetSecretValue", `{"SecretId": "`+row.id+`"}`); cloud.AsError(err).Code != "AccessDeniedException" {
			t.Errorf("%s: got %v, want a denial for %s", name, err, row.resource)
		}
	}
}

func TestANewValueMovesTheOldOneToPrevious(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "one"`))
		for _, value := range []string{"two", "three"} {
			time.Sleep(time.Minute)
			if _, err := call[any](t, s, "PutSecretValue", `{"SecretId": "a", "SecretString": "`+value+`"}`); err != nil {
				t.Fatal(err)
			}
		}
		for stage, want := range map[string]string{"": "three", "AWSCURRENT": "three", "AWSPREVIOUS": "two"} {
			got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a", "VersionStage": "`+stage+`"}`)
			if err != nil || *got.SecretString != want {
				t.Errorf("stage %q: got %+v, %v, want %s", stage, got, err, want)
			}
		}
		current, _ := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a"}`)
		if got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a", "VersionStage": "AWSPREVIOUS", "VersionId": "`+current.VersionId+`"}`); cloud.AsError(err).Code != "InvalidRequestException" {
			t.Errorf("a version under another's label: got %+v, %v", got, err)
		}
		described, err := call[description](t, s, "DescribeSecret", `{"SecretId": "a"}`)
		if err != nil || len(described.VersionIdsToStages) != 2 || described.LastChangedDate.Seconds()-described.CreatedDate.Seconds() != 120 {
			t.Errorf("described as %+v, %v", described, err)
		}
	})
}

func TestARepeatedTokenChangesNothing(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "one"`))
	put := func(token, text string) error {
		_, err := call[any](t, s, "PutSecretValue", `{"SecretId": "a", "ClientRequestToken": "`+token+`", "SecretString": "`+text+`"}`)
		return err
	}
	const first, second = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	for i, err := range []error{put(first, "two"), put(second, "three"), put(first, "two")} {
		if err != nil {
			t.Fatalf("put %d: %v", i, err)
		}
	}
	if err := put(first, "else"); cloud.AsError(err).Code != "ResourceExistsException" {
		t.Errorf("another value under a used token: %v", err)
	}
	if got, _ := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a"}`); *got.SecretString != "three" {
		t.Errorf("current is %s, want three", *got.SecretString)
	}
}

func TestBinaryValuesKeepTheirBytes(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a"`))
	if _, err := call[any](t, s, "PutSecretValue", `{"SecretId": "a", "SecretBinary": "/+8="}`); err != nil {
		t.Fatal(err)
	}
	got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a"}`)
	if err != nil || string(got.SecretBinary) != "\xff\xef" || got.SecretString != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestABatchReportsFailuresOneByOne(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a", "SecretString": "x"`))
	got, err := call[batchGetSecretValueOutput](t, s, "BatchGetSecretValue", `{"SecretIdList": ["a", "b"]}`)
	if err != nil || len(got.SecretValues) != 1 || len(got.Errors) != 1 || got.Errors[0].SecretId != "b" || got.Errors[0].ErrorCode != "ResourceNotFoundException" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestSecretsAreListedInPages(t *testing.T) {
	var resources []string
	for i := range 5 {
		resources = append(resources, fmt.Sprintf(`"S%d": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "p%d", "SecretString": "x"}}`, i, i))
	}
	s, _ := mustCreate(t, strings.Join(append(resources, secretOf(`"Name": "other"`)), ","))
	var names []string
	token := ""
	for {
		page, err := call[listSecretsOutput](t, s, "ListSecrets", `{"MaxResults": 2, "NextToken": "`+token+`", "Filters": [{"Key": "name", "Values": ["p"]}]}`)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page.SecretList {
			names = append(names, entry.Name)
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	if want := []string{"p0", "p1", "p2", "p3", "p4"}; !reflect.DeepEqual(names, want) {
		t.Errorf("listed %v, want %v", names, want)
	}
}

func TestPasswordsAreGeneratedAsDeclared(t *testing.T) {
	const (
		lower, upper, digits, marks = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	)
	for name, row := range map[string]struct {
		options  string
		length   int
		from     string
		required []string
	}{
		"by default":       {`{}`, 32, lower + upper + digits + marks, []string{lower, upper, digits, marks}},
		"letters only":     {`{"ExcludePunctuation": true, "ExcludeNumbers": "true", "PasswordLength": 20}`, 20, lower + upper, []string{lower, upper}},
		"shortest of all":  {`{"PasswordLength": 4}`, 4, lower + upper + digits + marks, []string{lower, upper, digits, marks}},
		"with spaces":      {`{"IncludeSpace": true, "ExcludePunctuation": true, "ExcludeUppercase": true}`, 32, lower + digits + " ", []string{lower, digits, " "}},
		"without some":     {`{"ExcludeCharacters": "abc\"/@", "ExcludeLowercase": true}`, 32, upper + digits + strings.NewReplacer(`"`, "", "/", "", "@", "").Replace(marks), []string{upper, digits}},
		"no type required": {`{"RequireEachIncludedType": false, "PasswordLength": 1}`, 1, lower + upper + digits + marks, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				s, created := mustCreate(t, secretOf(`"GenerateSecretString": `+row.options))
				got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "`+created.Handles["Token"].Ref+`"}`)
				if err != nil {
					t.Fatal(err)
				}
				password := *got.SecretString
				if len(password) != row.length || strings.Trim(password, row.from) != "" {
					t.Fatalf("%q: want %d characters of %q", password, row.length, row.from)
				}
				for _, class := range row.required {
					if !strings.ContainsAny(password, class) {
						t.Fatalf("%q has none of %q", password, class)
					}
				}
			}
		})
	}
}

func TestATemplateTakesThePassword(t *testing.T) {
	s, _ := mustCreate(t, secretOf(`"Name": "a", "GenerateSecretString": {"SecretStringTemplate": "{\"z\": 1.0, \"user\": \"admin\"}", "GenerateStringKey": "password", "PasswordLength": 40}`))
	got, err := call[secretValue](t, s, "GetSecretValue", `{"SecretId": "a"}`)
	if err != nil {
		t.Fatal(err)
	}
	var object struct{ User, Password string }
	err = json.Unmarshal([]byte(*got.SecretString), &object)
	if err != nil || object.User != "admin" || len(object.Password) != 40 || !strings.HasPrefix(*got.SecretString, `{"z":1.0,"user":"admin","password":"`) {
		t.Errorf("secret is %s, %v", *got.SecretString, err)
	}
}

func TestWhatCannotBeCreatedIsRefused(t *testing.T) {
	for name, row := range map[string]struct{ properties, want string }{
		"text and generator":        {`"SecretString": "x", "GenerateSecretString": {}`, "exclude each other"},
		"a name with a space":       {`"Name": "a b"`, "Invalid name"},
		"too short for all types":   {`"GenerateSecretString": {"PasswordLength": 3}`, "too short"},
		"nothing left":              {`"GenerateSecretString": {"ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludeNumbers": true, "ExcludePunctuation": true}`, "all characters are excluded"},
		"a key without template":    {`"GenerateSecretString": {"GenerateStringKey": "k"}`, "go together"},
		"a template that is a list": {`"GenerateSecretString": {"GenerateStringKey": "k", "SecretStringTemplate": "[]"}`, "must be a JSON object"},
		"replicas":                  {`"ReplicaRegions": [{"Region": "us-east-1"}]`, "ReplicaRegions"},
	} {
		if _, _, err := create(t, nil, secretOf(row.properties)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want a fault with %q", name, err, row.want)
		}
	}
}

func TestAResourcePolicyIsKeptForItsSecret(t *testing.T) {
	policies := kept{}
	_, created, err := create(t, policies, secretOf(`"SecretString": "x"`)+`, "Policy": {"Type": "AWS::SecretsManager::ResourcePolicy",
		"Properties": {"SecretId": {"Ref": "Token"}, "ResourcePolicy": {"Statement": []}}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := policies[created.Handles["Token"].Ref]; got != `{"Statement":[]}` {
		t.Errorf("kept %q", got)
	}
}

package secrets

import (
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// password declares a secret.
func password(properties string) string {
	return `{"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "s"` + properties + `}}`
}

// value returns a secret's value, of a stage.
func (s *SecretsManager) value(t *testing.T, id, stage string) string {
	t.Helper()
	out, err := call[struct{ SecretString string }](t, s, "GetSecretValue", `{"SecretId": "`+id+`", "VersionStage": "`+stage+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	return out.SecretString
}

func TestAnUpdateMakesAnotherValueOnlyWhereTheTemplateSaysSomethingElseOfIt(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	policies := kept{}
	c.Policies = policies
	s := New(c)
	stack, err := cfntest.Create(t, c.Site, s.Types(), `"S": `+password(`, "GenerateSecretString": {"PasswordLength": 20}`))
	if err != nil {
		t.Fatal(err)
	}
	ref, generated := stack.Ref("S"), s.value(t, "s", "AWSCURRENT")

	stack.Put(t, "S", password(`, "Description": "ours", "GenerateSecretString": {"PasswordLength": 20}`))
	described, err := call[struct{ Description string }](t, s, "DescribeSecret", `{"SecretId": "s"}`)
	if err != nil || described.Description != "ours" {
		t.Errorf("the description is %q, %v", described.Description, err)
	}
	if s.value(t, "s", "AWSCURRENT") != generated {
		t.Error("another description has made another value")
	}

	if _, err := call[any](t, s, "PutSecretValue", `{"SecretId": "s", "SecretString": "by hand"}`); err != nil {
		t.Fatal(err)
	}
	stack.Put(t, "S", password(`, "Description": "theirs", "GenerateSecretString": {"PasswordLength": 20}`))
	if got := s.value(t, "s", "AWSCURRENT"); got != "by hand" {
		t.Errorf("the value that was put since is %q", got)
	}

	stack.Put(t, "S", password(`, "GenerateSecretString": {"PasswordLength": 25}`))
	if got := s.value(t, "s", "AWSCURRENT"); len(got) != 25 {
		t.Errorf("generated anew, the value is %q", got)
	}
	if got := s.value(t, "s", "AWSPREVIOUS"); got != "by hand" {
		t.Errorf("the value before it is %q", got)
	}

	stack.Put(t, "S", password(`, "SecretString": "given"`))
	stack.Put(t, "S", password(""))
	if got := s.value(t, "s", "AWSCURRENT"); got != "given" {
		t.Errorf("without a word of it, the value is %q", got)
	}
	if err := stack.Try(t, map[string]string{"S": password(`, "GenerateSecretString": {"PasswordLength": 5000}`)}); err == nil || !strings.Contains(err.Error(), "GenerateSecretString") {
		t.Errorf("a value that cannot be generated: %v", err)
	}
	if got := s.value(t, "s", "AWSCURRENT"); got != "given" || stack.Ref("S") != ref {
		t.Errorf("after an update that failed, the value of %s is %q", stack.Ref("S"), got)
	}
}

func TestAResourcePolicyIsUpdated(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	policies := kept{}
	c.Policies = policies
	s := New(c)
	policy := func(action string) string {
		return `{"Type": "AWS::SecretsManager::ResourcePolicy", "Properties": {"SecretId": {"Ref": "S"}, "ResourcePolicy": {"Statement": [{"Action": "` + action + `"}]}}}`
	}
	stack, err := cfntest.Create(t, c.Site, s.Types(), `"S": `+password("")+`, "P": `+policy("one"))
	if err != nil {
		t.Fatal(err)
	}
	stack.Put(t, "P", policy("other"))
	if got := string(policies[stack.Ref("S")]); !strings.Contains(got, "other") {
		t.Errorf("the policy is %s", got)
	}
}

func TestATemplatesTagsAndKeyAreToldAndChanged(t *testing.T) {
	s := New(cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}))
	stack, err := cfntest.Create(t, s.cloud.Site, s.Types(), `"S": `+password(`, "KmsKeyId": "alias/one", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]`))
	if err != nil {
		t.Fatal(err)
	}
	steps(t, s, [][3]string{
		{"DescribeSecret", `{"SecretId": "s"}`, `"KmsKeyId":"alias/one"`},
		{"DescribeSecret", `{"SecretId": "s"}`, `"Tags":[{"Key":"a","Value":"1"}`},
		{"TagResource", `{"SecretId": "s", "Tags": [{"Key": "c", "Value": "3"}]}`, ""},
	})
	stack.Put(t, "S", password(`, "KmsKeyId": "alias/two", "Tags": [{"Key": "b", "Value": "4"}]`))
	steps(t, s, [][3]string{
		{"DescribeSecret", `{"SecretId": "s"}`, `"KmsKeyId":"alias/two"`},
		{"DescribeSecret", `{"SecretId": "s"}`, `{"Key":"b","Value":"4"},{"Key":"c","Value":"3"}]`},
	})
}

// What is wrong with locks the race detector sees.
func TestSecretsAreListedWhileATemplateMakesAndDeletesThem(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	s := New(c)
	made := make(chan struct{})
	var listing sync.WaitGroup
	defer listing.Wait()
	listing.Go(func() {
		for {
			if _, err := call[any](t, s, "ListSecrets", `{}`); err != nil {
				t.Error(err)
			}
			select {
			case <-made:
				return
			default:
			}
		}
	})
	defer close(made)
	for range 20 {
		stack, err := cfntest.Create(t, c.Site, s.Types(), `"S": `+password(`, "KmsKeyId": "k", "Tags": [{"Key": "a", "Value": "b"}], "SecretString": "given"`))
		if err != nil {
			t.Fatal(err)
		}
		stack.Put(t, "S", password(`, "KmsKeyId": "l", "SecretString": "given"`))
		if err := s.remove(s.byName["s"]); err != nil {
			t.Fatal(err)
		}
	}
}

package ssm

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// store creates the parameters of a template's resources.
func store(t *testing.T, resources string) (*SSM, *cfn.Created, error) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	s := New(c)
	types := map[string]cfn.Type{}
	for _, typ := range s.Types() {
		types[typ.Name] = typ
	}
	template, err := cfn.Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	if faults := stack.Check(types); len(faults) > 0 {
		return nil, nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	created, err := stack.Create(t.Context(), types)
	return s, created, err
}

func resource(id, properties string) string {
	return fmt.Sprintf(`%q: {"Type": "AWS::SSM::Parameter", "Properties": {%s}}`, id, properties)
}

// get calls an action and returns its answer without times.
func get(t *testing.T, s *SSM, action, input string) string {
	t.Helper()
	output, err := s.Call(t.Context(), s.cloud.Administrator(), action, json.RawMessage(input))
	if err != nil {
		return cloud.AsError(err).Code
	}
	var names struct {
		Parameter         struct{ Name, Value, ARN string }
		Parameters        []struct{ Name string }
		InvalidParameters []string
		NextToken         string
	}
	if err := json.Unmarshal(output, &names); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(names)
}

func TestParametersAreReadByNameListAndPath(t *testing.T) {
	s, _, err := store(t, resource("A", `"Name": "/app/a", "Type": "String", "Value": "1"`)+","+
		resource("B", `"Name": "/app/b", "Type": "StringList", "Value": "x,y"`)+","+
		resource("C", `"Name": "/app/deep/c", "Type": "String", "Value": "3"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, action, input, want string }{
		{"one", "GetParameter", `{"Name": "/app/a"}`, "{{/app/a 1 arn:aws:ssm:eu-west-1:111122223333:parameter/app/a} [] [] }"},
		{"one by ARN", "GetParameter", `{"Name": "arn:aws:ssm:eu-west-1:111122223333:parameter/app/a"}`, "{{/app/a 1 arn:aws:ssm:eu-west-1:111122223333:parameter/app/a} [] [] }"},
		{"its first version", "GetParameter", `{"Name": "/app/a:1"}`, "{{/app/a 1 arn:aws:ssm:eu-west-1:111122223333:parameter/app/a} [] [] }"},
		{"a version that there never was", "GetParameter", `{"Name": "/app/a:2"}`, "ParameterVersionNotFound"},
		{"none", "GetParameter", `{"Name": "/app"}`, "ParameterNotFound"},
		{"several, one of them unknown", "GetParameters", `{"Names": ["/app/b", "/nope"]}`, "{{  } [{/app/b}] [/nope] }"},
		{"several, one of a version that there never was", "GetParameters", `{"Names": ["/app/b", "/app/a:9"]}`, "{{  } [{/app/b}] [/app/a:9] }"},
		{"too many", "GetParameters", `{"Names": ["1","2","3","4","5","6","7","8","9","10","11"]}`, "ValidationException"},
		{"a path", "GetParametersByPath", `{"Path": "/app"}`, "{{  } [{/app/a} {/app/b}] [] }"},
		{"a path and below", "GetParametersByPath", `{"Path": "/app/", "Recursive": true}`, "{{  } [{/app/a} {/app/b} {/app/deep/c}] [] }"},
		{"a first page", "GetParametersByPath", `{"Path": "/app", "MaxResults": 1}`, "{{  } [{/app/a}] [] 1}"},
		{"a second page", "GetParametersByPath", `{"Path": "/app", "MaxResults": 1, "NextToken": "1"}`, "{{  } [{/app/b}] [] }"},
		{"an invented token", "GetParametersByPath", `{"Path": "/app", "NextToken": "x"}`, "InvalidNextToken"},
		{"an image of AWS's", "GetParameters", `{"Names": ["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"]}`, "{{  } [{/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64}] [] }"},
		{"an image that AWS does not have", "GetParameter", `{"Name": "/aws/service/ami-amazon-linux-latest/al2023"}`, "ParameterNotFound"},
		{"a relative path", "GetParametersByPath", `{"Path": "app"}`, "ValidationException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := get(t, s, tt.action, tt.input); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	const image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64" // of no account
	steps(t, s, [][3]string{{"GetParameter", `{"Name": "` + image + `"}`, `"ARN":"arn:aws:ssm:eu-west-1::parameter` + image + `"`}})
}

func TestAParameterThatAWSWouldNotCreateIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, resources, want string }{
		{"a secure string", resource("A", `"Type": "SecureString", "Value": "1"`), "property Type: must be String or StringList"},
		{"an image", resource("A", `"Type": "String", "Value": "ami-1", "DataType": "aws:ec2:image"`), "property DataType: must be text"},
		{"no value", resource("A", `"Type": "String", "Value": ""`), "property Value must not be empty"},
		{"a value outside of its pattern", resource("A", `"Type": "String", "Value": "x", "AllowedPattern": "^[0-9]+$"`), "ParameterPatternMismatchException"},
		{"one name twice", resource("A", `"Name": "n", "Type": "String", "Value": "1"`) + "," + resource("B", `"Name": "n", "Type": "String", "Value": "2"`), "ParameterAlreadyExists"},
		{"a property that does not exist", resource("A", `"Type": "String", "Value": "1", "Colour": "red"`), "property Colour is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := store(t, tt.resources); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

type nobody struct{ cloud.Authorizer }

func (nobody) Authorize(_ cloud.Caller, action, resource string) error {
	return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
}

func TestTheCallerNeedsPermissionForTheParameterEvenIfThereIsNone(t *testing.T) {
	s, _, err := store(t, "")
	if err != nil {
		t.Fatal(err)
	}
	s.cloud.Authorizer = nobody{}
	for action, input := range map[string]string{"GetParameter": `{"Name": "/n"}`, "GetParameters": `{"Names": ["/n"]}`, "GetParametersByPath": `{"Path": "/n"}`} {
		_, err := s.Call(t.Context(), cloud.Caller{}, action, json.RawMessage(input))
		if want := "ssm:" + action + " on arn:aws:ssm:eu-west-1:111122223333:parameter/n"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

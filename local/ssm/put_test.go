package ssm

// This file makes, changes, finds and deletes parameters by calls.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/secrets"
)

// steps makes calls one after the other, each with what its answer, or its
// refusal, has to contain.
func steps(t *testing.T, s *SSM, rows [][3]string) {
	t.Helper()
	for _, row := range rows {
		answer, err := s.Call(t.Context(), s.cloud.Administrator(), row[0], json.RawMessage(row[1]))
		got := string(answer)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, row[2]) {
			t.Errorf("%s %.200s: got %s, want %s", row[0], row[1], got, row[2])
		}
	}
}

func empty(t *testing.T) *SSM {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	return New(c)
}

func TestParametersArePutByCalls(t *testing.T) {
	s := empty(t)
	long := strings.Repeat("x", 4097)
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/app/a", "Value": "1", "Type": "String", "Description": "first", "AllowedPattern": "^[0-9]$", "Tags": [{"Key": "team", "Value": "blue"}]}`, `{"Version":1,"Tier":"Standard"}`},
		{"PutParameter", `{"Name": "/app/a", "Value": "1", "Type": "String"}`, "ParameterAlreadyExists: The parameter already exists. To overwrite this value, set the overwrite option in the request to true."},
		{"PutParameter", `{"Name": "/app/a", "Value": "2", "Overwrite": true}`, `{"Version":2,"Tier":"Standard"}`},
		{"PutParameter", `{"Name": "/app/a", "Value": "2", "Overwrite": true, "Tags": [{"Key": "a", "Value": "b"}]}`, "tags and overwrite can't be used together"},
		{"PutParameter", `{"Name": "/app/a", "Value": "2", "Type": "SecureString", "Overwrite": true}`, "HierarchyTypeMismatchException"},
		{"PutParameter", `{"Name": "/app/a", "Value": "x", "AllowedPattern": "^[0-9]$", "Overwrite": true}`, "ParameterPatternMismatchException"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "AllowedPattern": "(", "Type": "String"}`, "InvalidAllowedPatternException"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x"}`, "A parameter type is required when you create a parameter."},
		{"PutParameter", `{"Name": "/app/b", "Value": "", "Type": "String"}`, "Member must have length greater than or equal to 1"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "Text"}`, "Member must satisfy enum value set: [SecureString, StringList, String]"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "String", "KeyId": "alias/a"}`, "KeyId is required for SecureString type parameter only."},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "String", "DataType": "aws:ec2:image"}`, "NotImplemented"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "String", "DataType": "number"}`, "The following data type is not supported: number"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "String", "Tier": "Large"}`, "[Standard, Advanced, Intelligent-Tiering]"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Type": "String", "Policies": "[]"}`, "NotImplemented: the local engine does not serve the parameter Policies of PutParameter"},
		{"PutParameter", `{"Name": "/app/b", "Value": "` + long + `", "Type": "String"}`, "Standard tier parameters support a maximum parameter value of 4096 characters."},
		{"PutParameter", `{"Name": "/app/b", "Value": "` + long + `", "Type": "String", "Tier": "Intelligent-Tiering"}`, `{"Version":1,"Tier":"Advanced"}`},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Tier": "Standard", "Overwrite": true}`, "You can't downgrade a parameter"},
		{"PutParameter", `{"Name": "/app/b", "Value": "x", "Tier": "Intelligent-Tiering", "Overwrite": true}`, `{"Version":2,"Tier":"Advanced"}`},
		{"PutParameter", `{"Name": "/app/b", "Value": "` + long + long + `", "Overwrite": true}`, "maximum parameter value of 8192"},
		{"PutParameter", `{"Name": "/app/c", "Value": "x", "Type": "String", "Tags": [{"Key": "aws:a", "Value": ""}]}`, "reserved for system use"},
		{"GetParameter", `{"Name": "/app/a"}`, `"Name":"/app/a","Type":"String","Value":"2","Version":2}`},
		{"GetParameter", `{"Name": "app/a"}`, "sub-paths divided by slash symbol"},
		{"GetParameter", `{"Name": "/app//a"}`, "sub-paths divided by slash symbol"},
		{"GetParameterHistory", `{"Name": "/app/a"}`, `"Description":"first","AllowedPattern":"^[0-9]$","Version":1,"Tier":"Standard","Policies":[],"DataType":"text","Value":"1","Labels":[]}`},
		{"GetParameterHistory", `{"Name": "/app/a", "MaxResults": 1, "NextToken": "1"}`, `"LastModifiedUser":"arn:aws:iam::111122223333:root","Description":"first","Version":2`},
		{"GetParameterHistory", `{"Name": "/app/a", "MaxResults": 51}`, "less than or equal to 50"},
		{"GetParameterHistory", `{"Name": "/none"}`, "ParameterNotFound"},
		{"DeleteParameter", `{"Name": "/app/a"}`, `{}`},
		{"DeleteParameter", `{"Name": "/app/a"}`, "ParameterNotFound"},
		{"DeleteParameters", `{"Names": ["/app/a", "/app/b", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"]}`, `{"DeletedParameters":["/app/b"],"InvalidParameters":["/app/a","/aws/service/`},
		{"DeleteParameters", `{"Names": []}`, "ValidationException"},
		{"DescribeParameters", `{}`, `{"Parameters":[]}`},
	})
}

func TestNamesOfParametersAreHeldToTheirRules(t *testing.T) {
	s := empty(t)
	for name, want := range map[string]string{
		"a": `"Version":1`, "/b": `"Version":1`, "/c/d.e_f-g/h": `"Version":1`, "arn:aws:ssm:eu-west-1:111122223333:parameter/i": `"Version":1`,
		"": "divided by slash symbol", "a b": "divided by slash symbol", "a/b": "divided by slash symbol", "/a//b": "divided by slash symbol", "/a/": "divided by slash symbol", "ssm-x": "divided by slash symbol", "/SSM/x": "divided by slash symbol",
		"aws-x": "No access to reserved parameter name: aws-x.", "/AWS/x": "No access to reserved parameter name", "/aws/service/x": "No access to reserved parameter name",
		strings.Repeat("/y", 15): `"Version":1`, strings.Repeat("y", 1011): `"Version":1`,
		strings.Repeat("/x", 16): "HierarchyLevelLimitExceededException", strings.Repeat("x", 1012): "must not exceed 1011",
	} {
		steps(t, s, [][3]string{{"PutParameter", fmt.Sprintf(`{"Name": %q, "Value": "x", "Type": "String"}`, name), want}})
	}
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "x", "Type": "String"}`, "ParameterAlreadyExists"}, // as a: they have one ARN
		{"GetParameter", `{"Name": "/a"}`, `"Name":"/a"`},
		{"GetParameter", `{"Name": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}`, `"Name":"a"`},
		{"GetParameter", `{"Name": "arn:aws:ssm:eu-west-1:111122223333:parameter/c/d.e_f-g/h:1"}`, `"Name":"/c/d.e_f-g/h","Selector":":1"`},
	})
}

func TestASecureStringIsToldDecryptedOnly(t *testing.T) {
	s := empty(t)
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/key", "Value": "hunter2", "Type": "SecureString"}`, `"Version":1`},
		{"GetParameter", `{"Name": "/key", "WithDecryption": true}`, `"Value":"hunter2"`},
		{"GetParameter", `{"Name": "/key"}`, `"Value":"AQICAH`},
		{"GetParameters", `{"Names": ["/key"]}`, `"Value":"AQICAH`},
		{"GetParameters", `{"Names": ["/key"], "WithDecryption": true}`, `"Value":"hunter2"`},
		{"GetParametersByPath", `{"Path": "/"}`, `"Value":"AQICAH`},
		{"GetParametersByPath", `{"Path": "/", "WithDecryption": true}`, `"Value":"hunter2"`},
		{"GetParameterHistory", `{"Name": "/key"}`, `"Value":"AQICAH`},
		{"GetParameterHistory", `{"Name": "/key", "WithDecryption": true}`, `"Value":"hunter2"`},
		{"DescribeParameters", `{"ParameterFilters": [{"Key": "KeyId", "Values": ["alias/aws/ssm"]}]}`, `"KeyId":"alias/aws/ssm"`},
		{"PutParameter", `{"Name": "/mine", "Value": "hunter2", "Type": "SecureString", "KeyId": "alias/mine"}`, `"Version":1`},
		{"DescribeParameters", `{"ParameterFilters": [{"Key": "KeyId", "Values": ["alias/mine"]}]}`, `"KeyId":"alias/mine"`},
	})
	one, other := s.called("/key").latest().sealed, s.called("/mine").latest().sealed
	if one == other || len(one) < 100 {
		t.Errorf("the same value is sealed as %s and as %s", one, other)
	}
}

func TestLabelsBelongToOneVersion(t *testing.T) {
	s := empty(t)
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "1", "Type": "String"}`, ""},
		{"PutParameter", `{"Name": "/a", "Value": "2", "Overwrite": true}`, ""},
		{"LabelParameterVersion", `{"Name": "/a", "ParameterVersion": 1, "Labels": ["stable", "prod"]}`, `{"InvalidLabels":[],"ParameterVersion":1}`},
		{"GetParameter", `{"Name": "/a:stable"}`, `"Selector":":stable","Type":"String","Value":"1"`},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["stable"]}`, `"ParameterVersion":2`},
		{"GetParameter", `{"Name": "/a:stable"}`, `"Value":"2"`},
		{"GetParameterHistory", `{"Name": "/a"}`, `"Labels":["prod"]`},
		{"GetParametersByPath", `{"Path": "/", "ParameterFilters": [{"Key": "Label", "Values": ["prod"]}]}`, `"Value":"1"`},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["1st", "aws", "good"]}`, `"InvalidLabels":["1st","aws"]`},
		{"GetParameter", `{"Name": "/a:good"}`, "ParameterVersionNotFound: Systems Manager could not find version good of /a."},
		{"LabelParameterVersion", `{"Name": "/a", "ParameterVersion": 9, "Labels": ["x"]}`, "ParameterVersionNotFound"},
		{"LabelParameterVersion", `{"Name": "/none", "Labels": ["x"]}`, "ParameterNotFound"},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": []}`, "ValidationException"},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["a","b","c","d","e","f","g","h","i","j"]}`, "ParameterVersionLabelLimitExceeded"},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["a","b","c","d","e","f","g","h","i","j","k"]}`, "Member must have length between 1 and 10"},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["stable","b","c","d","e","f","g","h","i","j"]}`, `{"InvalidLabels":[],"ParameterVersion":2}`},
		{"UnlabelParameterVersion", `{"Name": "/a", "ParameterVersion": 2, "Labels": ["b","c","d","e","f","g","h","i","j"]}`, `"InvalidLabels":[]`},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["ssmx", "` + strings.Repeat("x", 101) + `"]}`, `"InvalidLabels":["ssmx","xxx`},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["twice", "twice", "` + strings.Repeat("x", 100) + `"]}`, `"InvalidLabels":[]`},
		{"UnlabelParameterVersion", `{"Name": "/a", "ParameterVersion": 2, "Labels": ["` + strings.Repeat("x", 100) + `"]}`, `"InvalidLabels":[]`},
		{"GetParameterHistory", `{"Name": "/a"}`, `"Labels":["stable","twice"]`},
		{"UnlabelParameterVersion", `{"Name": "/a", "ParameterVersion": 2, "Labels": ["twice"]}`, `"RemovedLabels":["twice"]`},
		{"UnlabelParameterVersion", `{"Name": "/a", "ParameterVersion": 2, "Labels": ["stable", "prod"]}`, `{"InvalidLabels":["prod"],"RemovedLabels":["stable"]}`},
		{"UnlabelParameterVersion", `{"Name": "/a", "Labels": ["prod"]}`, "'parameterVersion' failed to satisfy constraint"},
		{"GetParameter", `{"Name": "/a:stable"}`, "ParameterVersionNotFound"},
	})
	for range 98 {
		steps(t, s, [][3]string{{"PutParameter", `{"Name": "/a", "Value": "x", "Overwrite": true}`, `"Version"`}})
	}
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "x", "Overwrite": true}`, "ParameterMaxVersionLimitExceeded: You attempted to create a new version of /a"},
		{"UnlabelParameterVersion", `{"Name": "/a", "ParameterVersion": 1, "Labels": ["prod"]}`, `"RemovedLabels":["prod"]`},
		{"PutParameter", `{"Name": "/a", "Value": "x", "Overwrite": true}`, `"Version":101`},
		{"GetParameter", `{"Name": "/a:1"}`, "ParameterVersionNotFound"},
	})
}

func TestParametersAreFoundByFilters(t *testing.T) {
	s := empty(t)
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/app/a", "Value": "1", "Type": "String", "Tags": [{"Key": "team", "Value": "blue"}]}`, ""},
		{"PutParameter", `{"Name": "/app/deep/b", "Value": "1", "Type": "StringList", "Tier": "Advanced", "Tags": [{"Key": "team", "Value": "red"}]}`, ""},
		{"PutParameter", `{"Name": "c", "Value": "1", "Type": "SecureString", "KeyId": "alias/mine"}`, ""},
	})
	for in, want := range map[string]string{
		`{}`: "/app/a /app/deep/b c",
		`{"ParameterFilters": [{"Key": "Name", "Values": ["/app/a", "c"]}]}`:                                      "/app/a c",
		`{"ParameterFilters": [{"Key": "Name", "Values": ["/c"]}]}`:                                               "c",
		`{"ParameterFilters": [{"Key": "Name", "Option": "BeginsWith", "Values": ["/app/d"]}]}`:                   "/app/deep/b",
		`{"ParameterFilters": [{"Key": "Name", "Option": "Contains", "Values": ["eep"]}]}`:                        "/app/deep/b",
		`{"ParameterFilters": [{"Key": "Type", "Values": ["StringList"]}]}`:                                       "/app/deep/b",
		`{"ParameterFilters": [{"Key": "Type", "Option": "BeginsWith", "Values": ["String"]}]}`:                   "/app/a /app/deep/b",
		`{"ParameterFilters": [{"Key": "KeyId", "Option": "BeginsWith", "Values": ["alias/"]}]}`:                  "c",
		`{"ParameterFilters": [{"Key": "Path", "Values": ["/app"]}]}`:                                             "/app/a",
		`{"ParameterFilters": [{"Key": "Path", "Option": "Recursive", "Values": ["/app/"]}]}`:                     "/app/a /app/deep/b",
		`{"ParameterFilters": [{"Key": "Tier", "Values": ["Advanced"]}]}`:                                         "/app/deep/b",
		`{"ParameterFilters": [{"Key": "DataType", "Values": ["text"]}]}`:                                         "/app/a /app/deep/b c",
		`{"ParameterFilters": [{"Key": "tag:team", "Values": ["blue"]}]}`:                                         "/app/a",
		`{"ParameterFilters": [{"Key": "tag:team"}]}`:                                                             "/app/a /app/deep/b",
		`{"ParameterFilters": [{"Key": "tag:team"}, {"Key": "Tier", "Values": ["Standard"]}]}`:                    "/app/a",
		`{"Filters": [{"Key": "Name", "Values": ["/app"]}]}`:                                                      "/app/a /app/deep/b",
		`{"ParameterFilters": [{"Key": "Label", "Values": ["x"]}]}`:                                               "InvalidFilterKey",
		`{"ParameterFilters": [{"Key": "Tier", "Values": ["x"]}, {"Key": "Tier", "Values": ["y"]}]}`:              "InvalidFilterKey",
		`{"ParameterFilters": [{"Key": "Name", "Option": "EndsWith", "Values": ["x"]}]}`:                          "InvalidFilterOption",
		`{"ParameterFilters": [{"Key": "Name"}]}`:                                                                 "InvalidFilterValue",
		`{"ParameterFilters": [{"Key": "Type", "Values": ["Text"]}]}`:                                             "InvalidFilterValue",
		`{"ParameterFilters": [{"Key": "Path", "Values": ["app"]}]}`:                                              "ValidationException",
		`{"Filters": [{"Key": "Tier", "Values": ["x"]}]}`:                                                         "ValidationException",
		`{"Filters": [{"Key": "Name", "Values": ["x"]}], "ParameterFilters": [{"Key": "Name", "Values": ["x"]}]}`: "ValidationException",
		`{"Shared": true}`: "NotImplemented",
	} {
		answer, err := s.Call(t.Context(), s.cloud.Administrator(), "DescribeParameters", json.RawMessage(in))
		var out struct{ Parameters []struct{ Name string } }
		if err == nil {
			err = json.Unmarshal(answer, &out)
		}
		var names []string
		for _, p := range out.Parameters {
			names = append(names, p.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = cloud.AsError(err).Code
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	steps(t, s, [][3]string{
		{"DescribeParameters", `{"MaxResults": 2}`, `"NextToken":"2"`},
		{"DescribeParameters", `{"MaxResults": 51}`, "ValidationException"},
		{"GetParametersByPath", `{"Path": "/", "ParameterFilters": [{"Key": "Name", "Values": ["x"]}]}`, "InvalidFilterKey"},
		{"GetParametersByPath", `{"Path": "/", "MaxResults": 11}`, "less than or equal to 10"},
		{"DescribeParameters", `{"MaxResults": 3}`, `"DataType":"text"}]}`}, // and no page more
		{"DescribeParameters", `{"NextToken": "3"}`, `{"Parameters":[]}`},
		{"DescribeParameters", `{"NextToken": "20"}`, "InvalidNextToken"},
		{"DescribeParameters", `{"NextToken": "-1"}`, "InvalidNextToken"},
		{"DescribeParameters", `{"MaxResults": 1}`, `"ARN":"arn:aws:ssm:eu-west-1:111122223333:parameter/app/a"`},
		{"DescribeParameters", `{"Filters": [{"Key": "Name", "Values": ["/app"]}], "ParameterFilters": [{"Key": "Tier", "Values": ["Standard"]}]}`, "You can use either Filters or ParameterFilters"},
		{"GetParametersByPath", `{"Path": "/", "ParameterFilters": [{"Key": "Label", "Values": ["x", "y"]}]}`, "InvalidFilterValue"},
		{"DescribeParameters", `{"ParameterFilters": [{"Key": "Name", "Values": ["x"` + strings.Repeat(`, "x"`, 50) + `]}]}`, "InvalidFilterValue"},
		{"GetParametersByPath", `{"Path": "/app/", "ParameterFilters": [{"Key": "KeyId", "Values": [""]}]}`, `{"Parameters":[]}`},
	})
}

// tagged is so many tags.
func tagged(count int) string {
	var tags []string
	for i := range count {
		tags = append(tags, fmt.Sprintf(`{"Key": "n%d", "Value": ""}`, i))
	}
	return strings.Join(tags, ", ")
}

func TestParametersHaveTags(t *testing.T) {
	s := empty(t)
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "1", "Type": "String"}`, ""},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]}`, "{}"},
		{"RemoveTagsFromResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "TagKeys": ["b"]}`, "{}"},
		{"ListTagsForResource", `{"ResourceType": "Parameter", "ResourceId": "/a"}`, `{"TagList":[{"Key":"a","Value":"1"}]}`},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "` + strings.Repeat("k", 129) + `", "Value": ""}]}`, "a key of 1 to 128"},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "k", "Value": "` + strings.Repeat("v", 257) + `"}]}`, "at most 256 characters"},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "AWS:x", "Value": ""}]}`, "reserved for system use"},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [` + tagged(50) + `]}`, "TooManyTagsError: The number of tags exceeds the limit of 50."},
		{"ListTagsForResource", `{"ResourceType": "Parameter", "ResourceId": "/a"}`, `{"TagList":[{"Key":"a","Value":"1"}]}`},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [` + tagged(49) + `]}`, "{}"},
		{"ListTagsForResource", `{"ResourceType": "Parameter", "ResourceId": "/b"}`, "InvalidResourceId"},
		{"ListTagsForResource", `{"ResourceType": "Document", "ResourceId": "/a"}`, "NotImplemented"},
		{"ListTagsForResource", `{"ResourceType": "Thing", "ResourceId": "/a"}`, "InvalidResourceType"},
	})
}

func TestSecretsAreReadAsParameters(t *testing.T) {
	s := empty(t)
	s.cloud.Register("secretsmanager", secrets.New(s.cloud))
	if err := s.cloud.Do(t.Context(), s.cloud.Administrator(), "secretsmanager", "CreateSecret", map[string]string{"Name": "db", "SecretString": "hunter2"}, nil); err != nil {
		t.Fatal(err)
	}
	steps(t, s, [][3]string{
		{"GetParameter", `{"Name": "/aws/reference/secretsmanager/db", "WithDecryption": true}`, `"Name":"/aws/reference/secretsmanager/db","SourceResult":"{\"ARN\":\"arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-`},
		{"GetParameter", `{"Name": "/aws/reference/secretsmanager/db", "WithDecryption": true}`, `"Type":"SecureString","Value":"hunter2","Version":0`},
		{"GetParameter", `{"Name": "/aws/reference/secretsmanager/db"}`, "WithDecryption flag must be True"},
		{"GetParameter", `{"Name": "/aws/reference/secretsmanager/none", "WithDecryption": true}`, "ParameterNotFound: An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret /aws/reference/secretsmanager/none not found."},
		{"GetParameters", `{"Names": ["/aws/reference/secretsmanager/none", "/aws/reference/secretsmanager/db"], "WithDecryption": true}`, `{"InvalidParameters":["/aws/reference/secretsmanager/none"],"Parameters":[{"ARN"`},
	})
}

// denies refuses one action.
type denies struct {
	cloud.Authorizer
	action string
}

func (d denies) Authorize(_ cloud.Caller, action, resource string) error {
	if action == d.action {
		return cloud.Errorf(403, "AccessDeniedException", "%s on %s", action, resource)
	}
	return nil
}

func TestASecretThatTheCallerMayNotReadIsRefused(t *testing.T) {
	s := empty(t)
	s.cloud.Register("secretsmanager", secrets.New(s.cloud))
	if err := s.cloud.Do(t.Context(), s.cloud.Administrator(), "secretsmanager", "CreateSecret", map[string]string{"Name": "db", "SecretString": "hunter2"}, nil); err != nil {
		t.Fatal(err)
	}
	const ask = `{"Name": "/aws/reference/secretsmanager/db", "WithDecryption": true}`
	output, err := s.Call(t.Context(), s.cloud.Administrator(), "GetParameter", json.RawMessage(ask))
	var told getParameterOutput
	if err := cmp.Or(err, json.Unmarshal(output, &told)); err != nil || time.Since(time.Time(told.Parameter.LastModifiedDate)) > time.Hour {
		t.Errorf("modified at %v, %v", time.Time(told.Parameter.LastModifiedDate), err)
	}
	s.cloud.Authorizer = denies{action: "secretsmanager:GetSecretValue"}
	steps(t, s, [][3]string{{"GetParameter", ask, "AccessDeniedException: secretsmanager:GetSecretValue on "}})
	s.cloud.Authorizer = denies{action: "ssm:DeleteParameters"}
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "1", "Type": "String"}`, ""},
		{"DeleteParameters", `{"Names": ["/a"]}`, "AccessDeniedException: ssm:DeleteParameters on "},
	})
}

// told keeps the events that the service emits.
type told []string

func (e *told) Emit(event cloud.Event) {
	*e = append(*e, event.Source+" "+event.DetailType+" "+event.Resources[0]+" "+string(event.Detail))
}

func TestEachChangeOfAParameterIsTold(t *testing.T) {
	s := empty(t)
	var events told
	s.cloud.Bus = &events
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/a", "Value": "1", "Type": "String", "Description": "d"}`, ""},
		{"PutParameter", `{"Name": "/a", "Value": "2", "Overwrite": true}`, ""},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["x"]}`, ""},
		{"LabelParameterVersion", `{"Name": "/a", "Labels": ["x"]}`, ""},
		{"DeleteParameter", `{"Name": "/a"}`, ""},
		{"PutParameter", `{"Name": "/b", "Value": "1", "Type": "String"}`, ""},
	})
	var want []string
	for _, operation := range []string{"Create", "Update", "LabelParameterVersion", "Delete"} {
		want = append(want, `aws.ssm Parameter Store Change arn:aws:ssm:eu-west-1:111122223333:parameter/a {"operation":"`+operation+`","name":"/a","type":"String","description":"d"}`)
	}
	want = append(want, `aws.ssm Parameter Store Change arn:aws:ssm:eu-west-1:111122223333:parameter/b {"operation":"Create","name":"/b","type":"String"}`)
	if got := strings.Join(events, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestATemplatesTagsAreChangedWithoutAnotherVersion(t *testing.T) {
	s := empty(t)
	parameter := func(properties string) string {
		return `{"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/a", "Type": "String", "Value": "1", ` + properties + `}}`
	}
	stack, err := cfntest.Create(t, s.cloud.Site, s.Types(), `"P": `+parameter(`"Description": "d", "Tier": "Advanced", "Tags": {"a": "1", "b": "2"}`))
	if err != nil {
		t.Fatal(err)
	}
	steps(t, s, [][3]string{
		{"DescribeParameters", `{}`, `"Description":"d","Version":1,"Tier":"Advanced"`},
		{"AddTagsToResource", `{"ResourceType": "Parameter", "ResourceId": "/a", "Tags": [{"Key": "c", "Value": "3"}]}`, ""},
	})
	stack.Put(t, "P", parameter(`"Description": "d", "Tier": "Advanced", "Tags": {"b": "4"}`))
	steps(t, s, [][3]string{
		{"ListTagsForResource", `{"ResourceType": "Parameter", "ResourceId": "/a"}`, `{"Key":"b","Value":"4"},{"Key":"c","Value":"3"}]`},
		{"ListTagsForResource", `{"ResourceType": "Parameter", "ResourceId": "/a"}`, `"TagList":[{"Key":"aws:`}, // before which there was another one
		{"DescribeParameters", `{}`, `"Version":1`},
	})
	stack.Put(t, "P", parameter(`"Description": "e", "Tier": "Advanced"`))
	steps(t, s, [][3]string{{"DescribeParameters", `{}`, `"Description":"e","Version":2`}})
}

func TestEachActionAsksForItsPermission(t *testing.T) {
	s := empty(t)
	s.cloud.Authorizer = nobody{}
	for action := range s.Operations {
		resource := "arn:aws:ssm:eu-west-1:111122223333:parameter/n"
		in := `{"Name": "/n"}`
		switch {
		case strings.Contains(action, "Tags"):
			in = `{"ResourceType": "Parameter", "ResourceId": "/n"}`
		case action == "DescribeParameters":
			in, resource = `{}`, "*"
		case action == "GetParametersByPath":
			in = `{"Path": "/n/"}`
		case strings.HasSuffix(action, "Parameters"):
			in = `{"Names": ["/n"]}`
		case action == "UnlabelParameterVersion":
			in = `{"Name": "/n", "ParameterVersion": 1}`
		}
		_, err := s.Call(t.Context(), cloud.Caller{}, action, json.RawMessage(in))
		if want := "ssm:" + action + " on " + resource; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", action, err, want)
		}
	}
}

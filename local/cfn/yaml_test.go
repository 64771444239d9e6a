package cfn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestShortFormsOfYAMLAreTheLongOnesOfJSON(t *testing.T) {
	for _, tt := range []struct{ name, yaml, json string }{
		{"Ref", `!Ref Stage`, `{"Ref": "Stage"}`},
		{"Ref of what looks like a number", `!Ref 1`, `{"Ref": "1"}`},
		{"GetAtt of a text", `!GetAtt Other.Deep.Attr`, `{"Fn::GetAtt": "Other.Deep.Attr"}`},
		{"GetAtt of a list", `!GetAtt [Other, Arn]`, `{"Fn::GetAtt": ["Other", "Arn"]}`},
		{"Sub", `!Sub "${Stage}-${Other.Arn}"`, `{"Fn::Sub": "${Stage}-${Other.Arn}"}`},
		{"Sub with variables", "!Sub\n  - ${a}\n  - a: !Ref Stage", `{"Fn::Sub": ["${a}", {"a": {"Ref": "Stage"}}]}`},
		{"one in another", `!Select [1, !Split ["/", !Join ["", ["a/", !ImportValue b]]]]`,
			`{"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Join": ["", ["a/", {"Fn::ImportValue": "b"}]]}]}]}`},
		{"conditions", `!If [!Condition A, !And [!Not [!Equals [a, b]], !Or [x, y]], !FindInMap [M, a, b]]`,
			`{"Fn::If": [{"Condition": "A"}, {"Fn::And": [{"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, {"Fn::Or": ["x", "y"]}]}, {"Fn::FindInMap": ["M", "a", "b"]}]}`},
		{"zones and bytes", `[!GetAZs "", !Base64 hi, !Cidr [a, 1, 2]]`, `[{"Fn::GetAZs": ""}, {"Fn::Base64": "hi"}, {"Fn::Cidr": ["a", 1, 2]}]`},
		{"rules", `[!Contains [a], !EachMemberEquals [a], !EachMemberIn [a], !RefAll a, !ValueOf [a], !ValueOfAll [a]]`,
			`[{"Fn::Contains": ["a"]}, {"Fn::EachMemberEquals": ["a"]}, {"Fn::EachMemberIn": ["a"]}, {"Fn::RefAll": "a"}, {"Fn::ValueOf": ["a"]}, {"Fn::ValueOfAll": ["a"]}]`},
		{"extensions", `[!Length [a], !ToJsonString {a: 1}, !Transform {Name: a}]`, `[{"Fn::Length": ["a"]}, {"Fn::ToJsonString": {"a": 1}}, {"Fn::Transform": {"Name": "a"}}]`},
		{"a long form", `{Fn::Sub: "${Stage}"}`, `{"Fn::Sub": "${Stage}"}`},
		{"texts, however they look", `["true", '3', 2012-10-17, yes, !!str 7]`, `["true", "3", "2012-10-17", "yes", "7"]`},
		{"numbers and booleans", `[3, 0x10, 1.5, .5, 12345678901234567890, true, False]`, `[3, 16, 1.5, 0.5, 12345678901234567890, true, false]`},
		{"a key that looks like a number", `{12: a}`, `{"12": "a"}`},
		{"a block of text", "|\n  a\n  b\n", `"a\nb\n"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse([]byte("Resources:\n  It:\n    Type: Test::Thing\n    Properties:\n      Any: " + strings.ReplaceAll(tt.yaml, "\n", "\n        ") + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal([]byte(tt.json), &want); err != nil {
				t.Fatal(err)
			}
			if any := got.Resources["It"].Properties["Any"]; !reflect.DeepEqual(any, want) {
				t.Errorf("got %v, want %v", any, want)
			}
		})
	}
}

func TestATemplateInYAMLKeepsItsTextAndItsComments(t *testing.T) {
	const text = "# ours\nAWSTemplateFormatVersion: 2010-09-09\nDescription: a shop\nMetadata: {}\nParameters: {}\nRules: {}\nMappings: {}\nConditions: {}\nResources: {}\nOutputs: {}\n"
	parsed, err := Parse([]byte(text))
	if err != nil || parsed.Body != text || parsed.Description != "a shop" || parsed.Version != "2010-09-09" {
		t.Errorf("got %+v, %v", parsed, err)
	}
}

func TestWhatCloudFormationDoesNotTakeOfYAMLIsRefusedByItsLine(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no mapping", "- a", "unsupported structure."},
		{"an address", "https://example.com/template.yaml", "unsupported structure."},
		{"a list of JSON", "[]", "unsupported structure."},
		{"broken", "a: [", "YAML not well-formed. (line 1)"},
		{"broken further on", "a:\n  b: c\n d: e", "YAML not well-formed. (line 2)"},
		{"nothing", "", "unsupported structure."},
		{"what is no number of JSON", "a: .nan", "line 1: .nan is no number of JSON"},
		{"a value that is missing", "Resources:\n  A:\n", "line 2: 'null' values are not allowed"},
		{"an alias", "a: &x 1\nb: *x", "line 2: CloudFormation takes neither aliases nor merges"},
		{"a merge", "a: &x {c: 1}\nb:\n  <<: *x", "line 3: keys must be texts"},
		{"a key twice", "a: 1\na: 2", "line 2: a is there already"},
		{"an unknown function", "a: !Reff b", "line 1: there is no function !Reff"},
		{"bytes", "a: !!binary aGk=", "line 1: CloudFormation does not take the tag !!binary"},
		{"two documents", "a: 1\n---\nb: 1", "more than one document"},
		{"JSON with a comma too many", `{"Resources": {},}x`, "JSON not well-formed. (line 1, column 19)"},
		{"JSON with another sign than a colon", `{"this is invalid JSON"="bobbins"}`, "JSON not well-formed. (line 1, column 25)"},
		{"JSON that is broken further on", "{\n  \"Resources\": {,\n}", "JSON not well-formed. (line 2, column 18)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The template of `cdk bootstrap`, as the pinned CLI has it.
func TestTheTemplateOfCDKBootstrapIsRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "aws-cdk", "lib", "api", "bootstrap", "bootstrap-template.yaml"))
	if err != nil {
		t.Skip("there is no CDK here: ", err)
	}
	parsed, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed.Declared("AWS::IAM::Role"); len(got) != 5 {
		t.Errorf("got the roles %q, want five", got)
	}
}

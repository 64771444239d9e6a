package cfn

import (
	"errors"
	"fmt"
	"testing"
)

func TestRulesJudgeTheValuesOfParameters(t *testing.T) {
	const declared = `{
		"Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/version"},
		"Stage": {"Type": "String", "Default": "prod"},
		"Zones": {"Type": "CommaDelimitedList", "Default": "a,b"},
		"More": {"Type": "CommaDelimitedList", "Default": "a,a"}}`
	for _, tt := range []struct{ name, rule, want string }{
		{"as the CDK writes it", `{"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}]}}]}`, ""},
		{"broken, with a description", `{"Assertions": [{"Assert": {"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}, "AssertDescription": "run cdk bootstrap"}]}`, "rule R does not hold: run cdk bootstrap"},
		{"broken, without one", `{"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}`, "rule R does not hold"},
		{"the second assertion", `{"Assertions": [{"Assert": {"Fn::Equals": ["a", "a"]}}, {"Assert": {"Fn::Equals": ["a", "b"]}}]}`, "rule R does not hold"},
		{"on a condition that does not hold", `{"RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "test"]}, "Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}`, ""},
		{"on one that does", `{"RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, "Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}`, "rule R does not hold"},
		{"each member in", `{"Assertions": [{"Assert": {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["b", "a", "c"]]}}]}`, ""},
		{"one member not in", `{"Assertions": [{"Assert": {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["b", "c"]]}}]}`, "rule R does not hold"},
		{"each member equals", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Ref": "More"}, "a"]}}]}`, ""},
		{"one member does not", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}}]}`, "rule R does not hold"},
		{"all of a type", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Fn::RefAll": "String"}, "prod"]}}]}`, ""},
		{"not all of a type", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Fn::RefAll": "String"}, "dev"]}}]}`, "rule R does not hold"},
		{"each member equals one of two", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [["a"], ["a", "b"]]}}]}`, "rule R does not hold"},
		{"two of which it has one", `{"Assertions": [{"Assert": {"Fn::Contains": [["a"], ["a", "b"]]}}]}`, "rule R does not hold"},
		{"what is no text", `{"Assertions": [{"Assert": {"Fn::Contains": [[{"a": 1}], "a"]}}]}`, "rule R: Fn::Contains: wants texts, got map[a:1]"},
		{"one argument", `{"Assertions": [{"Assert": {"Fn::EachMemberIn": ["a"]}}]}`, "rule R: Fn::EachMemberIn: wants a list of 2 elements, got [a]"},
		{"a condition that is no truth", `{"RuleCondition": "yes", "Assertions": []}`, "rule R: yes is neither true nor false"},
		{"no truth", `{"Assertions": [{"Assert": "yes"}]}`, "rule R: yes is neither true nor false"},
		{"an unknown function", `{"Assertions": [{"Assert": {"Fn::ValueOf": ["Stage", "x"]}}]}`, "rule R: intrinsic function Fn::ValueOf is not supported by the local engine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := Parse(fmt.Appendf(nil, `{"Parameters": %s, "Rules": {"R": %s}, "Resources": {}}`, declared, tt.rule))
			if err != nil {
				t.Fatal(err)
			}
			s := Stack{Name: "app", Template: parsed, Dynamic: func(_, name string) (string, error) { return "6", nil }}
			err = s.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestParametersThatSSMDoesNotHaveAreNamedTogether(t *testing.T) {
	parsed, err := Parse([]byte(`{"Parameters": {"A": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}, "B": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/b"}}, "Resources": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	for there, want := range map[string]string{"": "[/a,/b]", "/a": "[/b]"} {
		s := Stack{Name: "app", Template: parsed, Dynamic: func(_, name string) (string, error) {
			if name == there {
				return "value", nil
			}
			return "", errors.New("none")
		}}
		if err := s.Validate(); err == nil || err.Error() != "Unable to fetch parameters "+want+" from parameter store for this account." {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestParameterStoreIsAskedOnceForAllOfADeployment(t *testing.T) {
	parsed, err := Parse([]byte(`{"Parameters": {"A": {"Type": "AWS::SSM::Parameter::Value<String>"}, "L": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/l"}}, "Resources": {},
		"Outputs": {"A": {"Value": {"Ref": "A"}}, "L": {"Value": {"Fn::Select": [1, {"Ref": "L"}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	holds := map[string]string{"/a": "one", "/l": "b, two"}
	s := Stack{Name: "app", Template: parsed, Parameters: map[string]string{"A": "/a"}, Dynamic: func(_, name string) (string, error) {
		if text, ok := holds[name]; ok {
			return text, nil
		}
		return "", errors.New("none")
	}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	holds["/a"] = "other" // between a change set and its execution, say
	created, err := s.Create(t.Context(), nil)
	if err != nil || fmt.Sprint(created.Outputs) != "map[A:one L:two]" {
		t.Errorf("got %v, %v", created, err)
	}
	s.Parameters["A"] = "/lost"
	if err := s.Validate(); err == nil || err.Error() != "Parameter A should either have input value or default value" {
		t.Errorf("of one that has no default: %v", err)
	}
}

package cfn

import (
	"errors"
	"fmt"
	"strings"
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
		{"one member not in", `{"Assertions": [{"Assert": {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["b", "c"]]}}]}`, "does not hold"},
		{"each member equals", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Ref": "More"}, "a"]}}]}`, ""},
		{"one member does not", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}}]}`, "does not hold"},
		{"all of a type", `{"Assertions": [{"Assert": {"Fn::EachMemberEquals": [{"Fn::RefAll": "String"}, "prod"]}}]}`, ""},
		{"no truth", `{"Assertions": [{"Assert": "yes"}]}`, "rule R: yes is neither true nor false"},
		{"an unknown function", `{"Assertions": [{"Assert": {"Fn::ValueOf": ["Stage", "x"]}}]}`, "Fn::ValueOf is not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := Parse(fmt.Appendf(nil, `{"Parameters": %s, "Rules": {"R": %s}, "Resources": {}}`, declared, tt.rule))
			if err != nil {
				t.Fatal(err)
			}
			s := Stack{Name: "app", Template: parsed, Dynamic: func(_, name string) (string, error) { return "6", nil }}
			err = s.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
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
	s := Stack{Name: "app", Template: parsed, Dynamic: func(_, name string) (string, error) { return "", errors.New("none") }}
	if err := s.Validate(); err == nil || err.Error() != "Unable to fetch parameters [/a,/b] from parameter store for this account." {
		t.Errorf("got %v", err)
	}
}

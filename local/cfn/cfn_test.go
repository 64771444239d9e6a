package cfn

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type thing struct {
	Name   string
	Size   int
	Rate   float64
	On     *bool
	Tags   Ignored
	Nested []struct{ Key string }
	ByName map[string]string
	Any    any
}

// create creates a template of Test::Thing resources and returns what each of
// them was given, in the order of creation.
func create(t *testing.T, template string, parameters map[string]string) (*Created, []string, map[string]thing, error) {
	t.Helper()
	parsed, err := Parse([]byte(template))
	if err != nil {
		return nil, nil, nil, err
	}
	var order []string
	things := map[string]thing{}
	types := map[string]Type{"Test::Thing": Define("Test::Thing", func(_ context.Context, r Resource, p thing) (Handle, error) {
		order = append(order, r.LogicalID)
		things[r.LogicalID] = p
		return Handle{Ref: "ref-" + r.LogicalID, Attributes: map[string]any{"Arn": "arn:" + r.LogicalID, "Deep.Attr": "deep"}}, nil
	})}
	if faults := parsed.Check(types); len(faults) > 0 {
		return nil, nil, nil, fmt.Errorf("%s", strings.Join(faults, "\n"))
	}
	s := Stack{Name: "app", Site: cloud.Site{Account: "111122223333", Region: "eu-west-1"}, Template: parsed, Parameters: parameters,
		Imports: func(name string) (any, bool) { return "imported", name == "known" }}
	created, err := s.Create(context.Background(), types)
	return created, order, things, err
}

func TestIntrinsicFunctionsResolveAsCloudFormationDocumentsThem(t *testing.T) {
	for _, tt := range []struct {
		name, expression string
		want             any
	}{
		{"Ref of a resource", `{"Ref": "Other"}`, "ref-Other"},
		{"Ref of a parameter", `{"Ref": "Stage"}`, "dev"},
		{"Ref of a pseudo parameter", `{"Ref": "AWS::Region"}`, "eu-west-1"},
		{"GetAtt as a list", `{"Fn::GetAtt": ["Other", "Arn"]}`, "arn:Other"},
		{"GetAtt as a string with a dotted attribute", `{"Fn::GetAtt": "Other.Deep.Attr"}`, "deep"},
		{"Sub", `{"Fn::Sub": "${Stage}-${Other}-${Other.Arn}-${AWS::AccountId}-${!Literal}"}`, "dev-ref-Other-arn:Other-111122223333-${Literal}"},
		{"Sub with variables", `{"Fn::Sub": ["${a}/${Stage}", {"a": {"Ref": "Other"}}]}`, "ref-Other/dev"},
		{"Join of mixed values", `{"Fn::Join": [":", ["a", {"Ref": "Stage"}, 3]]}`, "a:dev:3"},
		{"Select of Split", `{"Fn::Select": [1, {"Fn::Split": ["/", "x/y/z"]}]}`, "y"},
		{"If taken", `{"Fn::If": ["IsDev", "yes", {"Ref": "NoSuchThing"}]}`, "yes"},
		{"If not taken", `{"Fn::If": ["IsProd", {"Ref": "NoSuchThing"}, "no"]}`, "no"},
		{"FindInMap", `{"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}`, "128"},
		{"Base64", `{"Fn::Base64": "hi"}`, "aGk="},
		{"ImportValue", `{"Fn::ImportValue": "known"}`, "imported"},
		{"NoValue in a list", `["a", {"Ref": "AWS::NoValue"}, "b"]`, []any{"a", "b"}},
		{"nested in an object", `{"k": {"Ref": "Stage"}, "gone": {"Ref": "AWS::NoValue"}}`, map[string]any{"k": "dev"}},
		{"a policy's Condition is no intrinsic", `{"Condition": {"Bool": {"aws:SecureTransport": "false"}}}`, map[string]any{"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, things, err := create(t, `{
				"Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
				"Mappings": {"Sizes": {"dev": {"memory": "128"}}},
				"Conditions": {"IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}, "IsProd": {"Fn::Not": [{"Condition": "IsDev"}]}},
				"Resources": {"Other": {"Type": "Test::Thing"}, "It": {"Type": "Test::Thing", "Properties": {"Any": `+tt.expression+`}, "DependsOn": "Other"}}}`, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := things["It"].Any; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestResourcesAreCreatedAfterWhatTheyReferToAndDependOn(t *testing.T) {
	_, order, _, err := create(t, `{"Resources": {
		"A": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::Sub": "x-${C.Arn}"}}},
		"B": {"Type": "Test::Thing", "DependsOn": ["A"]},
		"C": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "D"}}},
		"D": {"Type": "Test::Thing"}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "D C A B" {
		t.Errorf("order %s, want D C A B", got)
	}
}

func TestScalarsGivenAsStringsFillTypedProperties(t *testing.T) {
	_, _, things, err := create(t, `{"Resources": {"It": {"Type": "Test::Thing", "Properties": {
		"Name": 7, "Size": "30", "Rate": "0.5", "On": "true", "Nested": [{"Key": true}], "ByName": {"a": 1}, "Tags": [{"Key": "x"}]}}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	it := things["It"]
	if it.Name != "7" || it.Size != 30 || it.Rate != 0.5 || it.On == nil || !*it.On || it.Nested[0].Key != "true" || it.ByName["a"] != "1" {
		t.Errorf("got %+v", it)
	}
}

func TestAConditionLeavesResourcesAndOutputsOut(t *testing.T) {
	created, order, _, err := create(t, `{
		"Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
		"Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
		"Resources": {"A": {"Type": "Test::Thing", "Condition": "IsProd"}, "B": {"Type": "Test::Thing"}},
		"Outputs": {"OnlyProd": {"Value": {"Ref": "A"}, "Condition": "IsProd"}, "Always": {"Value": {"Ref": "B"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-b"}}}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(order, created.Outputs, created.Exports) != "[B] map[Always:ref-B] map[app-b:ref-B]" {
		t.Errorf("got %v %v %v", order, created.Outputs, created.Exports)
	}
}

func TestFaultsNameWhatIsWrongAndWhere(t *testing.T) {
	for _, tt := range []struct{ name, template, want string }{
		{"neither JSON nor YAML", `Resources: [`, "neither a JSON object nor such a one in YAML"},
		{"an unknown section", `{"Transform": "x", "Resources": {}}`, "section Transform"},
		{"an unknown type", `{"Resources": {"X": {"Type": "AWS::Nope::Nope"}}}`, "X: resource type AWS::Nope::Nope"},
		{"unknown properties, all of them", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Colour": 1, "Nested": [{"Key": "a"}, {"Kye": "b"}]}}}}`,
			"X (Test::Thing): property Colour is not supported by the local engine\nX (Test::Thing): property Nested[1].Kye is not supported"},
		{"a reference to nothing", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "Y"}}}}}`, "X (Test::Thing): property Name: Ref: Y is neither"},
		{"an attribute that is not known", `{"Resources": {"X": {"Type": "Test::Thing"}, "Y": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::GetAtt": ["X", "Url"]}}}}}`, "attribute Url of X (Test::Thing)"},
		{"a cycle", `{"Resources": {"X": {"Type": "Test::Thing", "DependsOn": "Y"}, "Y": {"Type": "Test::Thing", "DependsOn": "X"}}}`, "depend on each other: [X Y X]"},
		{"an unknown function", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::Cidr": ["a"]}}}}}`, "Fn::Cidr is not supported"},
		{"a dynamic reference", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Name": "{{resolve:ssm:/a}}"}}}}`, "dynamic reference"},
		{"a number that is none", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Size": "many"}}}}`, "property Size must be an integer"},
		{"a parameter without value", `{"Parameters": {"P": {"Type": "String"}}, "Resources": {}}`, "parameter P has no default"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, _, err := create(t, tt.template, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAFaultHidesNoOtherButThoseThatFollowFromIt(t *testing.T) {
	_, order, _, err := create(t, `{"Resources": {
		"Bad": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "Nothing"}}},
		"NeedsBad": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "Bad"}}},
		"NeedsThat": {"Type": "Test::Thing", "DependsOn": "NeedsBad"},
		"Good": {"Type": "Test::Thing"},
		"Worse": {"Type": "Test::Thing", "Properties": {"Size": {"Fn::Select": [3, ["a"]]}}}}}`, nil)
	want := "Bad (Test::Thing): property Name: Ref: Nothing is neither a parameter nor a resource of this template\n" +
		"Worse (Test::Thing): property Size: Fn::Select: index 3 is outside of a list of 1 elements"
	if err == nil || err.Error() != want || fmt.Sprint(order) != "[Good]" {
		t.Errorf("created %v, got\n%v\nwant\n%s", order, err, want)
	}
}

func TestParametersTakeTheValuesOfTheirTypes(t *testing.T) {
	const template = `{"Parameters": {"P": %s}, "Resources": {"It": {"Type": "Test::Thing", "Properties": {"Any": {"Ref": "P"}}}}}`
	for _, tt := range []struct {
		name, declared string
		given          map[string]string
		want           any
		refused        string
	}{
		{"a default", `{"Type": "Number", "Default": 3}`, nil, 3.0, ""},
		{"a value instead", `{"Type": "Number", "Default": 3}`, map[string]string{"P": "4"}, "4", ""},
		{"a list", `{"Type": "CommaDelimitedList"}`, map[string]string{"P": "a, b"}, []any{"a", "b"}, ""},
		{"a list of allowed values", `{"Type": "List<Number>", "AllowedValues": [1, 2, 3]}`, map[string]string{"P": "1,3"}, []any{"1", "3"}, ""},
		{"a list with one that is not allowed", `{"Type": "List<Number>", "AllowedValues": [1, 2]}`, map[string]string{"P": "1,3"}, nil, "parameter P must be one of [1 2]"},
		{"a pattern, of all of it", `{"Type": "String", "AllowedPattern": "[a-z]{1,3}"}`, map[string]string{"P": "abc"}, "abc", ""},
		{"what does not match", `{"Type": "String", "AllowedPattern": "[a-z]{1,3}"}`, map[string]string{"P": "abcd"}, nil, "parameter P must match pattern [a-z]{1,3}"},
		{"a pattern as Java has it", `{"Type": "String", "AllowedPattern": "(?!x).+"}`, map[string]string{"P": "xa"}, nil, "parameter P must match pattern"},
		{"a pattern that is none", `{"Type": "String", "AllowedPattern": "["}`, map[string]string{"P": "a"}, nil, "parameter P has an AllowedPattern that is no regular expression"},
		{"a constraint in words", `{"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "only a"}`, map[string]string{"P": "b"}, nil, "parameter P failed to satisfy constraint: only a"},
		{"a length", `{"Type": "String", "MinLength": "2", "MaxLength": 3}`, map[string]string{"P": "äöü"}, "äöü", ""},
		{"too short a text", `{"Type": "String", "MinLength": "2"}`, map[string]string{"P": "ü"}, nil, "parameter P must contain at least 2 characters"},
		{"too long a text", `{"Type": "String", "MaxLength": 2}`, map[string]string{"P": "abc"}, nil, "parameter P must contain at most 2 characters"},
		{"no number", `{"Type": "Number"}`, map[string]string{"P": "x"}, nil, "parameter P must be a number"},
		{"a number in its limits", `{"Type": "Number", "MinValue": 2, "MaxValue": "2.5"}`, map[string]string{"P": "2.5"}, "2.5", ""},
		{"too small a number", `{"Type": "Number", "MinValue": 2}`, map[string]string{"P": "1.9"}, nil, "parameter P must be a number not less than 2"},
		{"too great a number", `{"Type": "Number", "MaxValue": "2.5"}`, map[string]string{"P": "3"}, nil, "parameter P must be a number not greater than 2.5"},
		{"a default that is no scalar", `{"Type": "String", "Default": ["a"]}`, nil, nil, "parameter P must be a scalar"},
		{"an SSM parameter without a store", `{"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}`, nil, nil, "SSM parameter /a: not supported"},
		{"a parameter that is not declared", `{"Type": "String", "Default": ""}`, map[string]string{"Q": "1"}, nil, "parameter Q is not declared"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, things, err := create(t, fmt.Sprintf(template, tt.declared), tt.given)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %v, want %q", err, tt.refused)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(things["It"].Any, tt.want) {
				t.Errorf("got %v, %v; want %v", things["It"].Any, err, tt.want)
			}
		})
	}
}

func TestADynamicReferenceMayBePutTogether(t *testing.T) {
	parsed, err := Parse([]byte(`{"Parameters": {"Name": {"Type": "String", "Default": "login"}}, "Resources": {}, "Outputs": {
		"Whole": {"Value": "user={{resolve:ssm:/a:1}};"},
		"Joined": {"Value": {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Name"}, ":SecretString:user::}}"]]}},
		"Sub": {"Value": {"Fn::Sub": "{{resolve:ssm:/${Name}}}"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := Stack{Name: "app", Template: parsed, Dynamic: func(service, reference string) (string, error) { return service + "(" + reference + ")", nil }}
	created, err := s.Create(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(created.Outputs); got != "map[Joined:secretsmanager(login:SecretString:user::) Sub:ssm(/login) Whole:user=ssm(/a:1);]" {
		t.Errorf("got %s", got)
	}
}

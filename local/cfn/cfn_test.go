package cfn

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
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
	Racks  map[string]struct{ Key string }
	Raw    json.RawMessage
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
		{"Ref of what every template knows", `{"Fn::Join": ["|", [{"Ref": "AWS::Partition"}, {"Ref": "AWS::URLSuffix"}, {"Ref": "AWS::StackName"}]]}`, "aws|amazonaws.com|app"},
		{"Ref of the topics that hear of the stack", `{"Ref": "AWS::NotificationARNs"}`, []any{}},
		{"GetAZs", `{"Fn::GetAZs": ""}`, []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		{"GetAZs of another region", `{"Fn::GetAZs": "us-east-1"}`, []any{"us-east-1a", "us-east-1b", "us-east-1c"}},
		{"GetAtt as a list", `{"Fn::GetAtt": ["Other", "Arn"]}`, "arn:Other"},
		{"GetAtt as a string with a dotted attribute", `{"Fn::GetAtt": "Other.Deep.Attr"}`, "deep"},
		{"GetAtt of an attribute that Ref names", `{"Fn::GetAtt": ["Other", {"Ref": "Which"}]}`, "arn:Other"},
		{"GetAtt of a property", `{"Fn::GetAtt": ["Other", "Name"]}`, "own-dev"},
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
				"Parameters": {"Stage": {"Type": "String", "Default": "dev"}, "Which": {"Type": "String", "Default": "Arn"}},
				"Mappings": {"Sizes": {"dev": {"memory": "128"}}},
				"Conditions": {"IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}, "IsProd": {"Fn::Not": [{"Condition": "IsDev"}]}},
				"Resources": {"Other": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::Sub": "own-${Stage}"}}}, "It": {"Type": "Test::Thing", "Properties": {"Any": `+tt.expression+`}, "DependsOn": "Other"}}}`, nil)
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
		"B": {"Type": "Test::Thing", "DependsOn": ["A"], "Metadata": {"of": {"Ref": "E"}}},
		"C": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::GetAtt": ["D", {"Fn::Sub": "Arn"}]}}},
		"D": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::Sub": ["${own}-${D}-${F.Arn}", {"own": "x", "D": "y"}]}}},
		"E": {"Type": "Test::Thing", "DeletionPolicy": "Delete"},
		"F": {"Type": "Test::Thing"}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "F D C A E B" {
		t.Errorf("order %s, want F D C A E B", got)
	}
}

func TestScalarsGivenAsStringsFillTypedProperties(t *testing.T) {
	_, _, things, err := create(t, `{"Resources": {"It": {"Type": "Test::Thing", "Properties": {
		"Name": 7, "Size": "30", "Rate": "0.5", "On": "true", "Nested": [{"Key": true}], "ByName": {"a": 1}, "Tags": [{"Key": "x"}], "Raw": {"a": [1]}}},
		"Great": {"Type": "Test::Thing", "Properties": {"Name": 5000000, "Nested": [{"Fn::If": ["C", {"Key": 0.25}, {}]}], "Tags": {"Key": "x"}}}},
		"Conditions": {"C": {"Fn::Equals": ["a", "a"]}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	it := things["It"]
	if it.Name != "7" || it.Size != 30 || it.Rate != 0.5 || it.On == nil || !*it.On || it.Nested[0].Key != "true" || it.ByName["a"] != "1" || string(it.Raw) != `{"a":[1]}` {
		t.Errorf("got %+v", it)
	}
	if great := things["Great"]; great.Name != "5000000" || great.Nested[0].Key != "0.25" {
		t.Errorf("got %+v", great)
	}
}

func TestADocumentMayBeGivenAsItsText(t *testing.T) {
	_, _, things, err := create(t, `{"Parameters": {"Size": {"Type": "String", "Default": "7"}}, "Resources": {
		"Made": {"Type": "Test::Thing", "Properties": {"Raw": {"Fn::Sub": " {\"b\": ${Size}, \"a\": [\"${AWS::Region}\"]}"}}},
		"Text": {"Type": "Test::Thing", "Properties": {"Raw": "a text", "Any": "{}"}},
		"Broken": {"Type": "Test::Thing", "Properties": {"Raw": "{\"b\":"}},
		"List": {"Type": "Test::Thing", "Properties": {"Raw": "[1]"}}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"Made": ` {"b": 7, "a": ["eu-west-1"]}`, "Text": `"a text"`, "Broken": `"{\"b\":"`, "List": `"[1]"`} {
		if got := string(things[id].Raw); got != want {
			t.Errorf("%s has %s, want %s", id, got, want)
		}
	}
	if things["Text"].Any != "{}" {
		t.Errorf("a value of any type is %v", things["Text"].Any)
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
		{"neither JSON nor YAML", `Resources: [`, "YAML not well-formed. (line 1)"},
		{"an unknown section", `{"Transform": "x", "Resources": {}}`, "section Transform"},
		{"an unknown type", `{"Resources": {"X": {"Type": "AWS::Nope::Nope"}}}`, "X: resource type AWS::Nope::Nope"},
		{"unknown properties, all of them", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Colour": 1, "Nested": [{"Key": "a"}, {"Kye": "b"}]}}}}`,
			"X (Test::Thing): property Colour is not supported by the local engine\nX (Test::Thing): property Nested[1].Kye is not supported"},
		{"unknown properties of what has names", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Racks": {"a": {"Kye": "b"}}}}}}`, "X (Test::Thing): property Racks.a.Kye is not supported"},
		{"two functions in one object", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Nested": [{"Ref": "a", "Fn::Sub": "b"}]}}}}`, "property Nested[0].Fn::Sub is not supported"},
		{"a snapshot with a parameter missing", `{"Parameters": {"P": {"Type": "String"}}, "Resources": {"X": {"Type": "Test::Thing", "DeletionPolicy": "Snapshot"}}}`, `X (Test::Thing): DeletionPolicy "Snapshot" is not supported`},
		{"a snapshot", `{"Resources": {"X": {"Type": "Test::Thing", "DeletionPolicy": "Snapshot"}}}`, `X (Test::Thing): DeletionPolicy "Snapshot" is not supported`},
		{"a snapshot of what is replaced", `{"Resources": {"X": {"Type": "Test::Thing", "UpdateReplacePolicy": "Snapshot"}}}`, `X (Test::Thing): UpdateReplacePolicy "Snapshot" is not supported`},
		{"a policy that is none of what is replaced", `{"Resources": {"X": {"Type": "Test::Thing", "UpdateReplacePolicy": "RetainExceptOnCreate"}}}`, `UpdateReplacePolicy "RetainExceptOnCreate" is not supported`},
		{"a condition that is not declared", `{"Resources": {"X": {"Type": "Test::Thing", "Condition": "C"}}}`, "X: condition C is not declared"},
		{"the condition of an output", `{"Resources": {}, "Outputs": {"O": {"Value": 1, "Condition": "C"}}}`, "output O: condition C is not declared"},
		{"a reference to nothing", `{"Resources": {"X": {"Type": "Test::Thing", "Properties": {"Name": {"Ref": "Y"}}}}}`, "X (Test::Thing): property Name: Ref: Y is neither"},
		{"an attribute that is not known", `{"Resources": {"X": {"Type": "Test::Thing"}, "Y": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::GetAtt": ["X", "Url"]}}}}}`, "attribute Url of X (Test::Thing)"},
		{"a cycle beside what is none", `{"Resources": {"A": {"Type": "Test::Thing"}, "X": {"Type": "Test::Thing", "DependsOn": ["A", "Y"]}, "Y": {"Type": "Test::Thing", "DependsOn": "X"}}}`, "Circular dependency between resources: [X, Y]"},
		{"a cycle", `{"Resources": {"X": {"Type": "Test::Thing", "DependsOn": "Y"}, "Y": {"Type": "Test::Thing", "DependsOn": "X"}}}`, "Circular dependency between resources: [X, Y]"},
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
		"Better": {"Type": "Test::Thing", "DependsOn": "Good"},
		"Good": {"Type": "Test::Thing"},
		"Worse": {"Type": "Test::Thing", "Properties": {"Size": {"Fn::Select": [3, ["a"]]}}}}}`, nil)
	want := "Bad (Test::Thing): property Name: Ref: Nothing is neither a parameter nor a resource of this template\n" +
		"Worse (Test::Thing): property Size: Fn::Select: index 3 is outside of a list of 1 elements"
	if err == nil || err.Error() != want || fmt.Sprint(order) != "[Good Better]" {
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
		{"a list with one that is not allowed", `{"Type": "List<Number>", "AllowedValues": [1, 2]}`, map[string]string{"P": "1,3"}, nil, "Parameter 'P' must be one of AllowedValues"},
		{"a list with one that is no number", `{"Type": "List<Number>"}`, map[string]string{"P": "1,x"}, nil, "Parameter 'P' must be a number."},
		{"a text with a comma", `{"Type": "String", "AllowedValues": ["a,b"]}`, map[string]string{"P": "a,b"}, "a,b", ""},
		{"the only value that is allowed", `{"Type": "String", "AllowedValues": ["a"]}`, map[string]string{"P": "b"}, nil, "Parameter 'P' must be one of AllowedValues"},
		{"a pattern, of all of it", `{"Type": "String", "AllowedPattern": "[a-z]{1,3}"}`, map[string]string{"P": "abc"}, "abc", ""},
		{"what does not match", `{"Type": "String", "AllowedPattern": "[a-z]{1,3}"}`, map[string]string{"P": "abcd"}, nil, "Parameter 'P' must match pattern [a-z]{1,3}"},
		{"a pattern as Java has it", `{"Type": "String", "AllowedPattern": "(?!x).+"}`, map[string]string{"P": "xa"}, nil, "Parameter 'P' must match pattern"},
		{"a pattern that is none", `{"Type": "String", "AllowedPattern": "["}`, map[string]string{"P": "a"}, nil, "Parameter 'P' has an AllowedPattern that is no regular expression"},
		{"a constraint in words", `{"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "only a"}`, map[string]string{"P": "b"}, nil, "Parameter 'P' failed to satisfy constraint: only a"},
		{"a length", `{"Type": "String", "MinLength": "2", "MaxLength": 3}`, map[string]string{"P": "äöü"}, "äöü", ""},
		{"the shortest text", `{"Type": "String", "MinLength": 3}`, map[string]string{"P": "äöü"}, "äöü", ""},
		{"too short a text", `{"Type": "String", "MinLength": "2"}`, map[string]string{"P": "ü"}, nil, "Parameter 'P' must contain at least 2 characters"},
		{"too long a text", `{"Type": "String", "MaxLength": 2}`, map[string]string{"P": "abc"}, nil, "Parameter 'P' must contain at most 2 characters"},
		{"no number", `{"Type": "Number"}`, map[string]string{"P": "x"}, nil, "Parameter 'P' must be a number."},
		{"a number in its limits", `{"Type": "Number", "MinValue": 2, "MaxValue": "2.5"}`, map[string]string{"P": "2.5"}, "2.5", ""},
		{"the smallest number", `{"Type": "Number", "MinValue": 2}`, map[string]string{"P": "2"}, "2", ""},
		{"too small a number", `{"Type": "Number", "MinValue": 2}`, map[string]string{"P": "1.9"}, nil, "Parameter 'P' must be a number not less than 2"},
		{"too great a number", `{"Type": "Number", "MaxValue": "2.5"}`, map[string]string{"P": "3"}, nil, "Parameter 'P' must be a number not greater than 2.5"},
		{"a default that is no scalar", `{"Type": "String", "Default": ["a"]}`, nil, nil, "Parameter 'P' must be a scalar"},
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
	parsed, err := Parse([]byte(`{"Parameters": {"Name": {"Type": "String", "Default": "login"}, "One": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a, b"},
		"All": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/a, b"}}, "Resources": {}, "Outputs": {
		"One": {"Value": {"Ref": "One"}},
		"Second": {"Value": {"Fn::Select": [1, {"Ref": "All"}]}},
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
	if got := fmt.Sprint(created.Outputs); got != "map[Joined:secretsmanager(login:SecretString:user::) One:ssm(/a, b) Second:b) Sub:ssm(/login) Whole:user=ssm(/a:1);]" {
		t.Errorf("got %s", got)
	}
}

func TestConditionsAreMadeOfOthers(t *testing.T) {
	for _, row := range []struct{ expression, want string }{
		{`{"Condition": "Yes"}`, "yes"}, {`{"Fn::Not": [{"Condition": "Yes"}]}`, "no"},
		{`{"Fn::And": [{"Condition": "Yes"}, {"Condition": "Yes"}]}`, "yes"}, {`{"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}`, "no"},
		{`{"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]}`, "yes"}, {`{"Fn::Or": [{"Condition": "No"}, {"Condition": "No"}]}`, "no"},
		{`{"Fn::Equals": [3, "3"]}`, "yes"}, {`{"Fn::Equals": [["a"], ["a"]]}`, "yes"}, {`{"Fn::Equals": [["a"], ["b"]]}`, "no"}, {`{"Fn::Equals": ["", []]}`, "no"},
		{`{"Fn::Equals": [[], ""]}`, "no"},
		{`{"Fn::Equals": ["a"]}`, "condition It: Fn::Equals: wants a list of 2 elements, got [a]"},
		{`"yes"`, "condition It is not a boolean but yes"},
		{`{"Condition": "Maybe"}`, "condition It: Condition: condition Maybe is not declared"},
	} {
		created, _, _, err := create(t, `{"Resources": {}, "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}, "It": `+row.expression+`},
			"Outputs": {"O": {"Value": {"Fn::If": ["It", "yes", "no"]}}}}`, nil)
		got := fmt.Sprint(created.Outputs["O"])
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "output O: Fn::If: ")
		}
		if got != row.want {
			t.Errorf("%s: got %s, want %s", row.expression, got, row.want)
		}
	}
}

func TestAFunctionSaysWhichArgumentsItWants(t *testing.T) {
	for _, row := range []struct{ expression, want string }{
		{`{"Fn::If": ["C", 1]}`, "Fn::If: wants [condition, then, else], got [C 1]"},
		{`{"Fn::If": "C"}`, "Fn::If: wants [condition, then, else], got C"},
		{`{"Fn::If": ["C", 1, 2]}`, "Fn::If: condition C is not declared"},
		{`{"Fn::Sub": ["a", {}, 1]}`, "Fn::Sub: wants a string, or [string, variables], got 3 elements"},
		{`{"Fn::Sub": "${Y}${Z}"}`, "Fn::Sub: Y is neither a parameter nor a resource of this template"},
		{`{"Fn::Split": [",", 1]}`, "Fn::Split: wants [delimiter, string], got [, 1]"},
		{`{"Fn::Split": [1, "a"]}`, "Fn::Split: wants [delimiter, string], got [1 a]"},
		{`{"Fn::Join": [",", "a"]}`, "Fn::Join: wants [delimiter, list], got [, a]"},
		{`{"Fn::Join": [",", ["a", ["b"]]]}`, "Fn::Join: element 1 is not a scalar but [b]"},
		{`{"Fn::Join": "a"}`, "Fn::Join: wants a list, got a"},
		{`{"Fn::Select": [1]}`, "Fn::Select: wants a list of 2 elements, got [1]"},
		{`{"Fn::FindInMap": ["M", "a", "b"]}`, "Fn::FindInMap: mapping M has no a, b"},
		{`{"Fn::Base64": ["a"]}`, "Fn::Base64: wants a string, got [a]"},
		{`{"Fn::ImportValue": "unknown"}`, "Fn::ImportValue: no stack exports unknown"},
		{`{"Fn::GetAtt": ["A"]}`, "Fn::GetAtt: wants [logical id, attribute], got [A]"},
		{`{"Fn::GetAtt": "A"}`, "Fn::GetAtt: wants [logical id, attribute], got A"},
		{`"{{resolve:ssm:a}}{{resolve:ssm:b}}"`, "dynamic reference {{resolve:ssm:a}}: not supported by the local engine"},
	} {
		_, _, _, err := create(t, `{"Resources": {}, "Outputs": {"O": {"Value": `+row.expression+`}}}`, nil)
		if err == nil || err.Error() != "output O: "+row.want {
			t.Errorf("%s: got %v\nwant output O: %s", row.expression, err, row.want)
		}
	}
}

func TestAFunctionThatTheEngineHasNotIsNamedBeforeAnythingIsMade(t *testing.T) {
	_, order, _, err := create(t, `{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Fn::Transform": {"Name": "AWS::Include"}}},
		"B": {"Type": "Test::Thing", "Properties": {"Name": {"Fn::Join": ["", [{"Fn::ToJsonString": {}}]]}, "Any": {"Fn::a": 1, "b": 2}}}}}`, nil)
	const want = "A (Test::Thing): intrinsic function Fn::Transform is not supported by the local engine\nB (Test::Thing): intrinsic function Fn::ToJsonString is not supported by the local engine"
	if err == nil || err.Error() != want || len(order) > 0 {
		t.Errorf("got %v, want %s; made %q", err, want, order)
	}
}

// Who refers to what is not made is told before anything is, as long as it is made itself.
func TestAReferenceToWhatAConditionLeavesOutIsRefused(t *testing.T) {
	const resources = "Template format error: Unresolved resource dependencies [Maybe] in the Resources block of the template"
	for name, row := range map[string]struct{ resource, outputs, stage, want string }{
		"in a property":              {`"Properties": {"Name": {"Ref": "Maybe"}}`, ``, "dev", resources},
		"of an attribute":            {`"Properties": {"Name": {"Fn::Sub": "${Maybe.Arn}"}}`, ``, "dev", resources},
		"that is made":               {`"Properties": {"Name": {"Ref": "Maybe"}}`, ``, "prod", ""},
		"in a side that is taken":    {`"Properties": {"Name": {"Fn::If": ["Prod", "x", {"Ref": "Maybe"}]}}`, ``, "dev", resources},
		"in a side that is not":      {`"Properties": {"Name": {"Fn::Join": ["", [{"Fn::If": ["Prod", {"Ref": "Maybe"}, "x"]}]]}}`, ``, "dev", ""},
		"in what is left out itself": {`"Condition": "Prod", "Properties": {"Name": {"Ref": "Maybe"}}`, ``, "dev", ""},
		"that only waits for it":     {`"DependsOn": "Maybe"`, ``, "dev", ""},
		"in an output":               {`"Properties": {}`, `"O": {"Value": {"Ref": "Maybe"}}`, "dev", "Unresolved resource dependencies [Maybe] in the Outputs block of the template"},
		"in an output that is none":  {`"Properties": {}`, `"O": {"Condition": "Prod", "Value": {"Ref": "Maybe"}}`, "dev", ""},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := Parse([]byte(`{"Parameters": {"Stage": {"Type": "String"}}, "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
				"Resources": {"Maybe": {"Type": "T", "Condition": "Prod"}, "It": {"Type": "T", ` + row.resource + `}}, "Outputs": {` + row.outputs + `}}`))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := (&Stack{Name: "app", Template: parsed, Parameters: map[string]string{"Stage": row.stage}}).Resolves(); err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestWhatAConditionLeavesOutIsNotChecked(t *testing.T) {
	parsed, err := Parse([]byte(`{"Parameters": {"Stage": {"Type": "String"}}, "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}, "Later": {"Fn::Equals": [{"Fn::ImportValue": "x"}, "a"]}},
		"Resources": {"A": {"Type": "No::Thing", "Condition": "Prod"}, "B": {"Type": "No::Thing", "Condition": "Later"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "A: resource type No::Thing is not supported by the local engine", "B: resource type No::Thing is not supported by the local engine"
	for _, row := range []struct {
		given map[string]string
		want  []string
	}{
		{map[string]string{"Stage": "prod"}, []string{a, b}}, {map[string]string{"Stage": "dev"}, []string{b}}, {nil, []string{"parameter Stage has no default: give it a value"}},
	} {
		s := Stack{Name: "app", Template: parsed, Parameters: row.given, Imports: func(string) (any, bool) { return nil, false }}
		if got := s.Check(nil); !slices.Equal(got, row.want) {
			t.Errorf("with %v: got %q, want %q", row.given, got, row.want)
		}
	}
}

// What a user's data lies under, and what clients have noted, is made of these.
func TestNamesAndIDsAreTheSameInEveryRun(t *testing.T) {
	r := Resource{Stack: "app", LogicalID: "Queue"}
	again := r
	again.Generation = 1
	for _, row := range []struct{ got, want string }{
		{r.PhysicalName(80), "app-Queue-7b17f14d9bc9"}, {r.PhysicalName(20), "app-Que-7b17f14d9bc9"}, {r.PhysicalName(22), "app-Queue-7b17f14d9bc9"}, {again.PhysicalName(80), "app-Queue-1918180fdf65"},
	} {
		if row.got != row.want {
			t.Errorf("got %s, want %s", row.got, row.want)
		}
	}
	site := cloud.Site{Account: "111122223333", Region: "eu-west-1"}
	first, second := Stack{Name: "app", Site: site}, Stack{Name: "app", Site: site, Before: 1}
	if first.ID() != "arn:aws:cloudformation:eu-west-1:111122223333:stack/app/6c84376b-e1a7-320b-d01e-779aad0acce7" || second.ID() != "arn:aws:cloudformation:eu-west-1:111122223333:stack/app/62a6a4ab-31b5-b9cd-3f45-4fd3eb1a1d27" {
		t.Errorf("got %s, %s", first.ID(), second.ID())
	}
}

package cfn

import (
	"fmt"
	"testing"
)

func TestWhatCloudFormationRefusesByItsFormIsRefusedInItsWords(t *testing.T) {
	const getAtt = "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
	const choice = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
	of := func(value string) string {
		return `"Resources": {"A": {"Type": "T", "Properties": {"List": ["x", {"Of": ` + value + `}]}}}`
	}
	for name, row := range map[string]struct{ sections, want string }{
		"the name of a resource":          {`"Resources": {"A-b": {"Type": "T"}}`, "Template format error: Resource name A-b is non alphanumeric."},
		"the name of a parameter":         {`"Parameters": {"P:x": {"Type": "String"}}, ` + of(`1`), "Template format error: Parameter name P:x is non alphanumeric."},
		"a resource without a type":       {`"Resources": {"A": {"Properties": {}}}`, "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
		"a resource's condition":          {`"Resources": {"A": {"Type": "T", "Condition": "C"}}`, "Template format error: Unresolved condition dependency C in the Resources block of the template"},
		"an output's condition":           {of(`1`) + `, "Outputs": {"O": {"Value": 1, "Condition": "C"}}`, "Template format error: Unresolved condition dependency C in the Outputs block of the template"},
		"a condition of Fn::If":           {of(`{"Fn::If": ["C", 1, 2]}`), "Template error: unresolved condition dependency C in Fn::If"},
		"one that there is":               {`"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}, ` + of(`{"Fn::If": ["C", 1, {"Fn::If": ["D", 1, 2]}]}`), "Template error: unresolved condition dependency D in Fn::If"},
		"an attribute of nothing":         {of(`{"Fn::GetAtt": ["A"]}`), getAtt},
		"an attribute without a name":     {of(`{"Fn::GetAtt": "A."}`), getAtt},
		"an attribute of a function":      {of(`{"Fn::GetAtt": {"Ref": "A"}}`), getAtt},
		"an attribute that is computed":   {of(`{"Fn::GetAtt": ["A", {"Ref": "A"}]}`), ""},
		"a function in an output":         {of(`1`) + `, "Outputs": {"O": {"Value": {"Fn::GetAtt": ["A"]}}}`, getAtt},
		"a condition that there is":       {`"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}, "Resources": {"A": {"Type": "T", "Condition": "C"}}, "Outputs": {"O": {"Value": 1, "Condition": "C"}}`, ""},
		"a resource that is transformed":  {`"Resources": {"A": {"Fn::Transform": {"Name": "AWS::Include"}}}`, "Template format error: [/Resources/A] Fn::Transform is not supported by the local engine"},
		"a resource that is none":         {`"Resources": {"A": null}`, "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
		"Fn::If of nothing":               {of(`{"Fn::If": []}`), ""},
		"Fn::If of what is no name":       {of(`{"Fn::If": [1, 2, 3]}`), ""},
		"an attribute of no resource":     {of(`{"Fn::GetAtt": ".Arn"}`), getAtt},
		"one function as an attribute":    {of(`{"Fn::GetAtt": [{"Ref": "A"}]}`), getAtt},
		"a text that stands for itself":   {of(`{"Fn::Sub": "${!Nothing}"}`), ""},
		"what Ref may mean":               {`"Parameters": {"P": {"Type": "String"}}, ` + of(`[{"Ref": "P"}, {"Ref": "A"}, {"Ref": "AWS::Region"}]`), ""},
		"what stands for nothing":         {of(`[{"Ref": "Q"}, {"Fn::GetAtt": ["P", "Arn"]}]`), "Template format error: Unresolved resource dependencies [P, Q] in the Resources block of the template"},
		"in an output":                    {of(`1`) + `, "Outputs": {"O": {"Value": {"Ref": "Q"}}}`, "Template format error: Unresolved resource dependencies [Q] in the Outputs block of the template"},
		"a choice of a text":              {of(`{"Fn::Select": "a"}`), choice},
		"the first of one":                {of(`{"Fn::Select": ["0", ["a"]]}`), ""},
		"a mapping of two keys":           {of(`{"Fn::FindInMap": ["M", "a"]}`), ""},
		"an index that is no number":      {of(`{"Fn::Select": ["x", ["a"]]}`), choice},
		"an index outside of the list":    {of(`{"Fn::Select": [1, ["a"]]}`), choice},
		"a negative index":                {of(`{"Fn::Select": [-1, ["a"]]}`), choice},
		"a choice of no list":             {of(`{"Fn::Select": [0, "a"]}`), choice},
		"a choice of three":               {of(`{"Fn::Select": [0, ["a"], 1]}`), choice},
		"a choice of what a function has": {of(`{"Fn::Select": ["5", {"Fn::GetAZs": ""}]}`), ""},
		"an index that a function has":    {of(`{"Fn::Select": [{"Ref": "A"}, ["a"]]}`), ""},
		"a mapping that there is not":     {of(`{"Fn::FindInMap": ["M", "a", "b"]}`), "Template error: Unable to get mapping for M::a::b"},
		"a value that the mapping has":    {`"Mappings": {"M": {"a": {"b": 1}}}, ` + of(`{"Fn::FindInMap": ["M", "a", "b"]}`), ""},
		"a value that it has not":         {`"Mappings": {"M": {"a": {"b": 1}}}, ` + of(`{"Fn::FindInMap": ["M", "a", "c"]}`), "Template error: Unable to get mapping for M::a::c"},
		"a mapping by a function":         {of(`{"Fn::FindInMap": ["M", {"Ref": "A"}, "b"]}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := Parse([]byte("{" + row.sections + "}"))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := parsed.Validate(); err != nil {
				got = fmt.Sprint(err)
			}
			if got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestAMappingIsAskedByTheParametersThatAreGiven(t *testing.T) {
	const sections = `{"Parameters": {"Stage": {"Type": "String", "Default": "dev"}, "Of": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"}},
		"Conditions": {"C": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}}, "Mappings": {"Sizes": {"dev": {"memory": 1}, "prod": {"memory": 2}}},
		"Resources": {"A": {"Type": "T", %s "Properties": {"P": [%s]}}}%s}`
	const found = `{"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}`
	for name, row := range map[string]struct {
		resource, property, outputs string
		stage, want                 string
	}{
		"by default":            {"", found, "", "", ""},
		"as given":              {"", found, "", "prod", ""},
		"nothing":               {"", found, "", "test", "Template error: Unable to get mapping for Sizes::test::memory"},
		"nothing in a function": {"", `{"Fn::Join": ["", ["a", ` + found + `]]}`, "", "test", "Template error: Unable to get mapping for Sizes::test::memory"},
		"nothing in an output":  {"", `1`, `, "Outputs": {"O": {"Value": ` + found + `}}`, "test", "Template error: Unable to get mapping for Sizes::test::memory"},
		"under a condition":     {`"Condition": "C",`, found, "", "test", ""},
		"perhaps":               {"", `{"Fn::If": ["C", ` + found + `, 1]}`, "", "test", ""},
		"an output perhaps":     {"", `1`, `, "Outputs": {"O": {"Condition": "C", "Value": ` + found + `}}`, "test", ""},
		"what SSM holds":        {"", `{"Fn::FindInMap": ["Sizes", {"Ref": "Of"}, "memory"]}`, "", "", ""},
		"a region":              {"", `{"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "memory"]}`, "", "", ""},
	} {
		parsed, err := Parse(fmt.Appendf(nil, sections, row.resource, row.property, row.outputs))
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]string{}
		if row.stage != "" {
			given["Stage"] = row.stage
		}
		got := ""
		if err := parsed.Finds(given); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: got %q, not %q", name, got, row.want)
		}
	}
}

package cfn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// planned are the changes of an update, each in one line.
func planned(t *testing.T, before, after string, parameters map[string]string) (lines []string, plan Plan) {
	t.Helper()
	w := newWorld()
	w.create(t, before)
	to := w.stack(t, after)
	to.Parameters = parameters
	plan, err := w.Plan(to)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Changes {
		line := strings.TrimSpace(fmt.Sprint(c.Action, " ", c.LogicalID, " ", c.Replacement, " ", c.PolicyAction, " ", strings.Join(c.Scope, ",")))
		for _, d := range c.Details {
			line += fmt.Sprintf("; %s %s %s %s %s", d.Name, d.Recreation, d.Evaluation, d.Source, d.Cause)
		}
		if c.Type != "AWS::SQS::Queue" || (c.Action == "Add") != (c.PhysicalID == "") {
			t.Errorf("it is about %s of the type %s", c.PhysicalID, c.Type)
		}
		lines = append(lines, strings.ReplaceAll(strings.Join(strings.Fields(line), " "), " ;", ";"))
	}
	if w.calls > 3 || len(w.steps) > 0 {
		t.Errorf("the plan has done something: %d calls, %q", w.calls, w.steps)
	}
	return lines, plan
}

func TestAPlanTellsWhatAnUpdateWouldDo(t *testing.T) {
	const parameter = `"Parameters": {"Delay": {"Type": "Number", "Default": 1}, "Fifo": {"Type": "String", "Default": "false"}, "Secret": {"Type": "String", "NoEcho": true, "Default": "hush"}}, "Conditions": {"Fast": {"Fn::Equals": [{"Ref": "Delay"}, 1]}}, `
	with := func(resources ...string) string {
		return strings.Replace(template(resources...), "{", "{"+parameter, 1)
	}
	for _, row := range []struct {
		name, before, after string
		parameters          map[string]string
		want                []string
	}{
		{"nothing", template(queueOf("A", `"DelaySeconds": 1`)), template(queueOf("A", `"DelaySeconds": "1"`)), nil, nil},
		{"what comes and goes", template(queueOf("A", ``), queueOf("Kept", ``, `, "DeletionPolicy": "Retain"`)), template(queueOf("B", ``)), nil,
			[]string{"Remove A Delete", "Add B", "Remove Kept Retain"}},
		{"a change in place", template(queueOf("A", `"DelaySeconds": 1`)), template(queueOf("A", `"DelaySeconds": 2`)), nil,
			[]string{"Modify A False Properties; DelaySeconds Never Static DirectModification"}},
		{"a replacement, and what refers to it", template(queueOf("A", ``), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`)),
			template(queueOf("A", `"FifoQueue": true`, `, "UpdateReplacePolicy": "Retain"`), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`)), nil,
			[]string{"Modify A True ReplaceAndRetain Properties,UpdateReplacePolicy; FifoQueue Always Static DirectModification; Never Static DirectModification",
				"Modify B False Properties; RedrivePolicy Never Dynamic DirectModification; RedrivePolicy Never Static ResourceReference A"}},
		{"what may be replaced", template(queueOf("A", ``), queueOf("B", `"QueueName": {"Fn::GetAtt": ["A", "Arn"]}`), queueOf("C", `"RedrivePolicy": {"Ref": "B"}`)),
			template(queueOf("A", `"DelaySeconds": 2`), queueOf("B", `"QueueName": {"Fn::GetAtt": ["A", "Arn"]}`), queueOf("C", `"RedrivePolicy": {"Ref": "B"}`)), nil,
			[]string{"Modify A False Properties; DelaySeconds Never Static DirectModification", "Modify B Conditional Properties; QueueName Always Dynamic ResourceAttribute A.Arn",
				"Modify C False Properties; RedrivePolicy Never Dynamic ResourceReference B"}},
		{"what is made of what is not there yet", template(queueOf("A", ``), queueOf("B", `"RedrivePolicy": 1`)),
			template(queueOf("A", `"FifoQueue": true`), queueOf("B", `"RedrivePolicy": {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::Sub": "${A.Arn}"}]}]}`)), nil,
			[]string{"Modify A True ReplaceAndDelete Properties; FifoQueue Always Static DirectModification",
				"Modify B False Properties; RedrivePolicy Never Dynamic DirectModification; RedrivePolicy Never Static ResourceAttribute A.Arn"}},
		{"what refers to something new", template(queueOf("A", ``)), template(queueOf("A", `"RedrivePolicy": {"Ref": "New"}`), queueOf("New", ``)), nil,
			[]string{"Modify A False Properties; RedrivePolicy Never Dynamic DirectModification; RedrivePolicy Never Static ResourceReference New", "Add New"}},
		{"metadata of what is not there yet", template(queueOf("B", ``)), template(queueOf("A", ``), queueOf("B", ``, `, "Metadata": {"of": {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["A", "Arn"]}]}]}}`)), nil,
			[]string{"Add A", "Modify B False Metadata; Never Static DirectModification"}},
		{"what nobody exports yet", template(queueOf("A", `"RedrivePolicy": 1`)), template(queueOf("A", `"RedrivePolicy": {"Fn::ImportValue": "later"}`)), nil,
			[]string{"Modify A False Properties; RedrivePolicy Never Static DirectModification"}},
		{"what two properties mean", template(queueOf("A", `"DelaySeconds": 1, "FifoQueue": false`)), template(queueOf("A", `"DelaySeconds": 2, "FifoQueue": true`)), nil,
			[]string{"Modify A True ReplaceAndDelete Properties; DelaySeconds Never Static DirectModification; FifoQueue Always Static DirectModification"}},
		{"another value of a mapping", strings.Replace(template(queueOf("A", `"DelaySeconds": {"Fn::FindInMap": ["M", "a", "b"]}`)), "{", `{"Mappings": {"M": {"a": {"b": 1}}}, `, 1),
			strings.Replace(template(queueOf("A", `"DelaySeconds": {"Fn::FindInMap": ["M", "a", "b"]}`)), "{", `{"Mappings": {"M": {"a": {"b": 2}}}, `, 1), nil,
			[]string{"Modify A False Properties; DelaySeconds Never Static DirectModification"}},
		{"a parameter that nothing comes of", with(queueOf("A", `"DelaySeconds": {"Fn::Select": [0, [1, {"Ref": "Delay"}]]}`)), with(queueOf("A", `"DelaySeconds": {"Fn::Select": [0, [1, {"Ref": "Delay"}]]}`)), map[string]string{"Delay": "2"}, nil},
		{"a secret that stays", with(queueOf("A", `"QueueName": {"Ref": "Secret"}`)), with(queueOf("A", `"QueueName": {"Ref": "Secret"}`)), nil, nil},
		{"a property that is not there by a condition", template(queueOf("A", `"DelaySeconds": {"Ref": "AWS::NoValue"}`)), template(queueOf("A", `"DelaySeconds": {"Ref": "AWS::NoValue"}`)), nil, nil},
		{"another value of a parameter", with(queueOf("A", `"DelaySeconds": {"Ref": "Delay"}, "FifoQueue": {"Ref": "Fifo"}`)), with(queueOf("A", `"DelaySeconds": {"Ref": "Delay"}, "FifoQueue": {"Ref": "Fifo"}`)), map[string]string{"Delay": "2"},
			[]string{"Modify A False Properties; DelaySeconds Never Dynamic DirectModification; DelaySeconds Never Static ParameterReference Delay"}},
		{"a parameter that replaces", with(queueOf("A", `"FifoQueue": {"Ref": "Fifo"}`)), with(queueOf("A", `"FifoQueue": {"Fn::Sub": "${Fifo}"}`)), map[string]string{"Fifo": "true"},
			[]string{"Modify A True ReplaceAndDelete Properties; FifoQueue Always Dynamic DirectModification; FifoQueue Always Static ParameterReference Fifo"}},
		{"metadata and policies", template(queueOf("A", ``)), template(queueOf("A", ``, `, "Metadata": {"a": 1}, "DeletionPolicy": "Retain"`)), nil,
			[]string{"Modify A False Metadata,DeletionPolicy; Never Static DirectModification; Never Static DirectModification"}},
		{"a policy that a parameter decides", with(queueOf("A", ``, `, "DeletionPolicy": {"Fn::If": ["Fast", "Retain", "Delete"]}`)), with(queueOf("A", ``, `, "DeletionPolicy": {"Fn::If": ["Fast", "Retain", "Delete"]}`)), map[string]string{"Delay": "2"},
			[]string{"Modify A False DeletionPolicy; Never Static DirectModification"}},
		{"a policy that is another text for the same", with(queueOf("A", ``, `, "DeletionPolicy": {"Fn::If": ["Fast", "Delete", "Retain"]}`)), with(queueOf("A", ``, `, "DeletionPolicy": "Delete"`)), nil, nil},
		{"the default of a parameter, given", with(queueOf("A", `"DelaySeconds": {"Ref": "Delay"}`)), with(queueOf("A", `"DelaySeconds": {"Ref": "Delay"}`)), map[string]string{"Delay": "1"}, nil},
		{"a property that goes by a condition", template(queueOf("A", `"DelaySeconds": 1`)), template(queueOf("A", `"DelaySeconds": {"Ref": "AWS::NoValue"}`)), nil,
			[]string{"Modify A False Properties; DelaySeconds Never Static DirectModification"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			lines, plan := planned(t, row.before, row.after, row.parameters)
			if !slices.Equal(lines, row.want) || plan.Empty() != (row.want == nil) {
				t.Errorf("got  %q\nwant %q", lines, row.want)
			}
		})
	}
}

func TestAPlanMayOnlyChangeOutputs(t *testing.T) {
	out := func(value string) string {
		return strings.Replace(template(queueOf("A", ``)), "{", `{"Outputs": {"O": {"Value": `+value+`}}, `, 1)
	}
	if lines, plan := planned(t, out(`"a"`), out(`"b"`), nil); len(lines) > 0 || plan.Empty() {
		t.Errorf("got %q, %+v", lines, plan)
	}
	if _, plan := planned(t, out(`{"Ref": "A"}`), out(`{"Ref": "A"}`), nil); !plan.Empty() {
		t.Errorf("got %+v", plan)
	}
	changed := strings.Replace(out(`{"Ref": "A"}`), `"Properties": {`, `"Properties": {"DelaySeconds": 2`, 1)
	if lines, plan := planned(t, out(`{"Ref": "A"}`), changed, nil); len(lines) != 1 || plan.Outputs {
		t.Errorf("of a change in place that an output refers to: %q, %+v", lines, plan)
	}
}

func TestAPlanSaysWhatCannotBeResolved(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``), queueOf("B", ``)))
	_, err := w.Plan(w.stack(t, template(queueOf("A", ``), queueOf("B", `"RedrivePolicy": {"Fn::GetAtt": ["A", "Odd"]}`))))
	if err == nil || !strings.Contains(err.Error(), "B (AWS::SQS::Queue): property RedrivePolicy") {
		t.Errorf("got %v", err)
	}
}

package cfn

import (
	"encoding/json"
	"errors"
	"testing"
)

// shownOf are the properties that the changes of an update show, as JSON.
func shownOf(t *testing.T, before, after *Stack, w *world) map[string][2]string {
	t.Helper()
	c := Nothing(w.types())
	if before != nil {
		var err error
		if c, err = before.Create(t.Context(), w.types()); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := c.Plan(after)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][2]string{}
	for _, change := range plan.Changes {
		one, _ := json.Marshal(change.Before)
		other, _ := json.Marshal(change.After)
		all[change.LogicalID] = [2]string{string(one), string(other)}
	}
	return all
}

func TestAChangeShowsPropertiesButNoSecretsAndNothingUnknown(t *testing.T) {
	w := newWorld()
	stack := func(resources string) *Stack {
		s := w.stack(t, `{"Parameters": {"Password": {"Type": "String", "NoEcho": true}, "Delay": {"Type": "Number", "Default": 7}},
			"Conditions": {"Good": {"Fn::Equals": [{"Ref": "Password"}, "swordfish"]}}, "Resources": {`+resources+`}}`)
		s.Parameters = map[string]string{"Password": "swordfish"}
		s.Dynamic = func(service, reference string) (string, error) {
			if reference == "none" {
				return "", errors.New("there is none")
			}
			return "value of " + service + " " + reference, nil
		}
		s.Imports = func(name string) (any, bool) { return "imported", name == "there" }
		return s
	}
	const open = `"Custom": {"Type": "Custom::Thing", "Properties": {"Id": "one", "Password": {"Ref": "Password"}, "Within": {"List": [{"Fn::Sub": "p=${Password}"}, {"Ref": "A"}]},
		"Secret": "{{resolve:secretsmanager:s:SecretString:key}}", "Plain": "{{resolve:ssm:p}}", "Securely": "{{resolve:ssm-secure:p}}", "Lost": "{{resolve:ssm:none}}",
		"If": {"Fn::If": ["Good", "yes", "no"]}, "Gone": {"Ref": "AWS::NoValue"}, "Import": {"Fn::ImportValue": "there"}, "Later": {"Fn::ImportValue": "nowhere"},
		"Part": {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["A", "Arn"]}]}]}}}`
	got := shownOf(t, nil, stack(queueOf("A", `"DelaySeconds": {"Ref": "Delay"}`)+", "+open), w)
	want := map[string][2]string{
		"A": {"null", `{"DelaySeconds":7}`},
		"Custom": {"null", `{"Id":"one","If":"yes","Import":"imported","Later":"{{changeSet:KNOWN_AFTER_APPLY}}","Lost":"{{changeSet:KNOWN_AFTER_APPLY}}",` +
			`"Part":"{{changeSet:KNOWN_AFTER_APPLY}}","Password":"****","Plain":"value of ssm p","Secret":"{{resolve:secretsmanager:s:SecretString:key}}","Securely":"{{resolve:ssm-secure:p}}",` +
			`"Within":{"List":["p=****","{{changeSet:KNOWN_AFTER_APPLY}}"]}}`},
	}
	for id, shown := range want {
		if got[id] != shown {
			t.Errorf("%s is shown as %s\nwant %s", id, got[id], shown)
		}
	}

	before := queueOf("A", `"DelaySeconds": 1`) + `, "Goes": {"Type": "Custom::Thing", "Properties": {"Id": 2, "Secret": "{{resolve:secretsmanager:s}}"}}, "Uses": {"Type": "Custom::Thing", "Properties": {"Id": "u", "Password": {"Ref": "Password"}, "Of": {"Ref": "A"}}}`
	got = shownOf(t, stack(before), stack(queueOf("A", `"DelaySeconds": 2, "FifoQueue": true`)+`, "Uses": {"Type": "Custom::Thing", "Properties": {"Id": "u", "Of": {"Ref": "A"}}}`), w)
	want = map[string][2]string{
		"A":    {`{"DelaySeconds":1}`, `{"DelaySeconds":2,"FifoQueue":true}`},
		"Goes": {`{"Id":2,"Secret":"{{resolve:secretsmanager:s}}"}`, "null"},
		"Uses": {`{"Id":"u","Of":"` + physical("A", 0) + `","Password":"****"}`, `{"Id":"u","Of":"{{changeSet:KNOWN_AFTER_APPLY}}"}`},
	}
	for id, shown := range want {
		if got[id] != shown {
			t.Errorf("%s is shown as %s\nwant %s", id, got[id], shown)
		}
	}
}

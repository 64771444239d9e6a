package cfn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// estate is a created stack, what is told of it, and which of its resources
// cannot be deleted.
type estate struct {
	*Created
	steps []string
	stuck map[string]bool
}

// build creates resources: "id": {...}, ...
func build(t *testing.T, resources string) (*estate, error) {
	t.Helper()
	template, err := Parse([]byte(`{"Resources": {` + resources + `}}`))
	if err != nil {
		t.Fatal(err)
	}
	e := &estate{stuck: map[string]bool{}}
	types := map[string]Type{"Test::Thing": Define("Test::Thing", func(_ context.Context, r Resource, p struct{ Broken, Half bool }) (Handle, error) {
		handle := Handle{Ref: "ref-" + r.LogicalID, Delete: func(context.Context) error {
			if e.stuck[r.LogicalID] {
				return errors.New("it is in use")
			}
			return nil
		}}
		switch {
		case p.Half:
			return handle, errors.New("half done")
		case p.Broken:
			return Handle{}, errors.New("broken")
		}
		return handle, nil
	})}
	s := Stack{Name: "app", Site: cloud.Site{Account: "111122223333", Region: "eu-west-1"}, Template: template, Tell: func(step Step) {
		text := fmt.Sprintf("%s %s %s", step.LogicalID, step.Status, step.PhysicalID)
		if step.Reason != "" {
			text += ": " + step.Reason
		}
		e.steps = append(e.steps, text)
	}}
	e.Created, err = s.Create(t.Context(), types)
	return e, err
}

// declared is a resource, with more than its type.
func declared(more string) string { return `{"Type": "Test::Thing"` + more + `}` }

// since returns what has been told since the last time.
func (e *estate) since() []string {
	steps := e.steps
	e.steps = nil
	return steps
}

func TestResourcesAreDeletedBeforeWhatTheyReferTo(t *testing.T) {
	e, err := build(t, `"A": `+declared(`, "DependsOn": "C"`)+`, "B": `+declared(`, "Metadata": {"of": {"Ref": "A"}}`)+`, "C": `+declared(``))
	if err != nil {
		t.Fatal(err)
	}
	e.since()
	if err := e.Delete(t.Context(), Deletion{}); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range []string{"B", "A", "C"} {
		want = append(want, id+" DELETE_IN_PROGRESS ref-"+id, id+" DELETE_COMPLETE ref-"+id)
	}
	if got := e.since(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if err := e.Delete(t.Context(), Deletion{}); err != nil || len(e.since()) > 0 {
		t.Errorf("what is deleted is deleted again: %v", err)
	}
}

func TestDeletionPoliciesSayWhatOutlivesTheStack(t *testing.T) {
	resources := `"Kept": ` + declared(`, "DeletionPolicy": "Retain"`) + `, "Named": ` + declared(`, "DeletionPolicy": "RetainExceptOnCreate"`) +
		`, "Gone": ` + declared(`, "DeletionPolicy": "Delete"`) + `, "Plain": ` + declared(``)
	for _, row := range []struct {
		name     string
		deletion Deletion
		skipped  []string
	}{
		{"of a stack that was created", Deletion{}, []string{"Kept", "Named"}},
		{"of one that could not be", Deletion{Rollback: true}, []string{"Kept"}},
		{"with a resource that the user retains", Deletion{Retain: []string{"Plain"}}, []string{"Kept", "Named", "Plain"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			e, err := build(t, resources)
			if err != nil {
				t.Fatal(err)
			}
			e.since()
			if err := e.Delete(t.Context(), row.deletion); err != nil {
				t.Fatal(err)
			}
			var skipped []string
			deleted := 0
			for _, step := range e.since() {
				if id, ok := strings.CutSuffix(step, " DELETE_SKIPPED ref-"+step[:strings.Index(step, " ")]); ok {
					skipped = append(skipped, id)
				}
				if strings.Contains(step, "DELETE_COMPLETE") {
					deleted++
				}
			}
			slices.Sort(skipped)
			if !slices.Equal(skipped, row.skipped) || deleted != 4-len(skipped) {
				t.Errorf("%q are skipped and %d deleted, want %q", skipped, deleted, row.skipped)
			}
		})
	}
}

func TestPoliciesMayBeFunctionsOfParametersAndConditions(t *testing.T) {
	const head = `{"Parameters": {"Stage": {"Type": "String", "Default": "prod"}, "Replaced": {"Type": "String", "Default": "Delete"}},
		"Conditions": {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}, "Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {%s},
		"DeletionPolicy": {"Fn::If": ["IsProd", "Retain", {"Ref": "AWS::NoValue"}]}, "UpdateReplacePolicy": {"Ref": "Replaced"}}}}`
	open := func(t *testing.T, parameters map[string]string) *world {
		w := newWorld()
		s := w.stack(t, fmt.Sprintf(head, ""))
		s.Parameters = parameters
		var err error
		if w.Created, err = s.Create(t.Context(), w.types()); err != nil {
			t.Fatal(err)
		}
		w.steps = nil
		return w
	}
	ended := func(w *world) string {
		for _, step := range w.steps {
			if strings.Contains(step, "DELETE_SKIPPED") || strings.Contains(step, "DELETE_COMPLETE") {
				return strings.Fields(step)[1]
			}
		}
		return ""
	}
	for stage, want := range map[string]string{"prod": "DELETE_SKIPPED", "test": "DELETE_COMPLETE"} {
		w := open(t, map[string]string{"Stage": stage})
		if err := w.Delete(t.Context(), Deletion{}); err != nil || ended(w) != want {
			t.Errorf("in %s: %q, %v, want %s", stage, w.steps, err, want)
		}
	}
	for policy, want := range map[string]string{"Retain": "DELETE_SKIPPED", "Delete": "DELETE_COMPLETE"} {
		w := open(t, map[string]string{"Replaced": policy})
		to := w.stack(t, fmt.Sprintf(head, `"FifoQueue": true`))
		to.Parameters = map[string]string{"Replaced": policy}
		if err := errors.Join(w.Update(t.Context(), to), w.CleanUp(t.Context())); err != nil || ended(w) != want {
			t.Errorf("with %s: %q, %v, want %s", policy, w.steps, err, want)
		}
	}
	for name, row := range map[string]struct{ replaced, want string }{
		"a snapshot":   {"Snapshot", `A (AWS::SQS::Queue): UpdateReplacePolicy "Snapshot" is not supported by the local engine: it makes no snapshots`},
		"on create":    {"RetainExceptOnCreate", `A (AWS::SQS::Queue): UpdateReplacePolicy "RetainExceptOnCreate" is not supported by the local engine: it makes no snapshots`},
		"what is fine": {"Retain", ""},
	} {
		w := newWorld()
		s := w.stack(t, fmt.Sprintf(head, ""))
		s.Parameters = map[string]string{"Replaced": row.replaced}
		if got := strings.Join(s.Check(w.types()), "; "); got != row.want {
			t.Errorf("%s: got %s, want %s", name, got, row.want)
		}
	}
	w := newWorld()
	s := w.stack(t, `{"Resources": {"B": {"Type": "AWS::SQS::Queue"}, "A": {"Type": "AWS::SQS::Queue", "DeletionPolicy": {"Ref": "B"}}}}`)
	if got := strings.Join(s.Check(w.types()), "; "); !strings.Contains(got, "A (AWS::SQS::Queue): DeletionPolicy: Ref: B is neither a parameter nor") {
		t.Errorf("of a resource: %s", got)
	}
}

func TestWhatCannotBeDeletedStaysWithWhatItNeedsUntilItCan(t *testing.T) {
	e, err := build(t, `"Needed": `+declared(``)+`, "Base": `+declared(``)+`, "Stuck": `+declared(`, "DependsOn": "Middle"`)+
		`, "Middle": `+declared(`, "DependsOn": "Needed"`)+`, "User": `+declared(`, "DependsOn": ["Stuck", "Base"]`))
	if err != nil {
		t.Fatal(err)
	}
	e.since()
	e.stuck["Stuck"] = true
	err = e.Delete(t.Context(), Deletion{})
	if err == nil || err.Error() != "The following resource(s) failed to delete: [Stuck]. " {
		t.Errorf("got %v", err)
	}
	told := strings.Join(e.since(), "\n")
	for _, want := range []string{"User DELETE_COMPLETE", "Base DELETE_COMPLETE", "Stuck DELETE_FAILED ref-Stuck: it is in use"} {
		if !strings.Contains(told, want) {
			t.Errorf("it is not told that %s:\n%s", want, told)
		}
	}
	if strings.Contains(told, "Middle") || strings.Contains(told, "Needed") {
		t.Errorf("what a resource that is left needs was touched:\n%s", told)
	}
	e.stuck["Stuck"] = false
	if err := e.Delete(t.Context(), Deletion{}); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, step := range e.since() {
		if id, ok := strings.CutSuffix(step, " DELETE_COMPLETE ref-"+step[:strings.Index(step, " ")]); ok {
			order = append(order, id)
		}
	}
	if want := []string{"Stuck", "Middle", "Needed"}; !slices.Equal(order, want) {
		t.Errorf("then %q are deleted, want %q", order, want)
	}
}

func TestAStackThatCouldNotBeCreatedReturnsWhatThereIsOfIt(t *testing.T) {
	e, err := build(t, `"Done": `+declared(``)+`, "Half": `+declared(`, "Properties": {"Half": true}`)+`, "None": `+declared(`, "Properties": {"Broken": true}`)+
		`, "User": `+declared(`, "DependsOn": "Half"`))
	if err == nil {
		t.Fatal("it was created")
	}
	e.since()
	if err := e.Delete(t.Context(), Deletion{Rollback: true}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Half DELETE_IN_PROGRESS ref-Half", "Half DELETE_COMPLETE ref-Half", "Done DELETE_IN_PROGRESS ref-Done", "Done DELETE_COMPLETE ref-Done"}
	if got := e.since(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestAValueIsCheckedBeforeThereAreResourcesAsFarAsItIsKnown(t *testing.T) {
	type properties struct {
		Name string
		Size int
	}
	for _, row := range []struct{ name, properties, want string }{
		{"a wrong value", `{"Name": "bad"}`, "X (Test::Checked): bad is no name"},
		{"a wrong value of a parameter", `{"Name": {"Ref": "Given"}}`, "X (Test::Checked): bad is no name"},
		{"a wrong value put together", `{"Name": {"Fn::Join": ["", ["b", {"Fn::Select": [0, ["ad"]]}]]}}`, "X (Test::Checked): bad is no name"},
		{"a value with what a resource will answer", `{"Name": {"Fn::Sub": "${Other}/${Other.Arn}"}}`, "X (Test::Checked): ${Other}/${Other.Arn} is no name"},
		{"with what another stack exports", `{"Name": {"Fn::ImportValue": "theirs"}}`, "X (Test::Checked): ${theirs} is no name"},
		{"with what the parameter store has", `{"Name": "{{resolve:ssm:/name}}"}`, "X (Test::Checked): ${/name} is no name"},
		{"a good value", `{"Name": "good"}`, ""},
		{"a number that is not known yet", `{"Name": "bad", "Size": {"Ref": "Other"}}`, ""},
		{"a list that is not known yet", `{"Name": {"Fn::Select": [1, {"Fn::GetAtt": ["Other", "List"]}]}}`, ""},
		{"what is wrong in another way as well", `{"Name": "bad", "Colour": "red"}`, "X (Test::Checked): property Colour is not supported by the local engine"},
	} {
		t.Run(row.name, func(t *testing.T) {
			template, err := Parse([]byte(`{"Parameters": {"Given": {"Type": "String", "Default": "bad"}}, "Resources": {
				"Other": {"Type": "Test::Other"}, "X": {"Type": "Test::Checked", "Properties": ` + row.properties + `}}}`))
			if err != nil {
				t.Fatal(err)
			}
			types := map[string]Type{"Test::Other": Inert("Test::Other", nil), "Test::Checked": Define("Test::Checked", func(context.Context, Resource, properties) (Handle, error) { return Handle{}, nil }, Check(func(p properties) error {
				if p.Name != "good" {
					return fmt.Errorf("%s is no name", p.Name)
				}
				return nil
			}))}
			s := Stack{Name: "app", Template: template}
			if got := strings.Join(s.Check(types), "\n"); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestACustomResourceHasTheTypeOfAllUnlessItHasOneOfItsOwn(t *testing.T) {
	var made []string
	define := func(name string) Type {
		return Define(name, func(_ context.Context, r Resource, _ map[string]any) (Handle, error) {
			made = append(made, r.Type+" by "+name)
			return Handle{}, nil
		})
	}
	types := map[string]Type{customResource: define(customResource), "Custom::Own": define("Custom::Own")}
	template, err := Parse([]byte(`{"Resources": {"A": {"Type": "Custom::Own"}, "B": {"Type": "Custom::Other"}, "C": {"Type": "AWS::CloudFormation::CustomResource"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := Stack{Name: "app", Template: template}
	if faults := s.Check(types); len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, err := s.Create(t.Context(), types); err != nil {
		t.Fatal(err)
	}
	want := []string{"Custom::Own by Custom::Own", "Custom::Other by " + customResource, customResource + " by " + customResource}
	if !slices.Equal(made, want) {
		t.Errorf("got %q, want %q", made, want)
	}
}

package cfn

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// These templates have all there can be to an update: what stays, changes,
// is replaced and refers to what is, comes and goes.
const (
	first = `{"Resources": {
		"Stays": {"Type": "AWS::SQS::Queue"},
		"Changes": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}},
		"Replaced": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": false}},
		"Refers": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Replaced"}, "DelaySeconds": 1}},
		"Custom": {"Type": "Custom::Thing", "Properties": {"Id": "one", "Of": {"Ref": "Replaced"}}},
		"Uses": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Custom"}}},
		"Goes": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Replaced"}}}},
		"Outputs": {"Out": {"Value": {"Ref": "Replaced"}, "Export": {"Name": "out"}}, "Custom": {"Value": {"Ref": "Custom"}}}}`
	second = `{"Resources": {
		"Stays": {"Type": "AWS::SQS::Queue"},
		"Changes": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 2, "RedrivePolicy": {"Ref": "Comes"}}},
		"Replaced": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}},
		"Refers": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Replaced"}, "DelaySeconds": 2}},
		"Custom": {"Type": "Custom::Thing", "Properties": {"Id": "two", "Of": {"Ref": "Replaced"}}},
		"Uses": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Custom"}}},
		"Comes": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "Uses"}}}},
		"Outputs": {"Out": {"Value": {"Ref": "Replaced"}}}}`
)

const callsOfUpdate = 6 // Replaced, Custom, Uses, Comes, Changes, Refers

func TestAnUpdateThatFailsAnywhereLeavesWhatThereWas(t *testing.T) {
	for _, half := range []bool{false, true} {
		for failing := 1; failing <= callsOfUpdate; failing++ {
			t.Run(fmt.Sprintf("at call %d, half done %t", failing, half), func(t *testing.T) {
				w := newWorld()
				w.create(t, first)
				before, handles, outputs, exports := maps.Clone(w.there), refs(w.Created), w.Outputs, w.Exports
				w.failing, w.half = failing, half
				err := w.Update(t.Context(), w.stack(t, second))
				failure, ok := errors.AsType[*Failure](err)
				if !ok || !strings.Contains(fmt.Sprint(failure.Cause), "it is broken") {
					t.Fatalf("the update ended with %v", err)
				}
				if failure.Creating != (failure.LogicalID == "Comes") {
					t.Errorf("it says %v", failure)
				}
				if err := w.Rollback(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				for name, was := range before {
					if w.there[name] != was {
						t.Errorf("before the clean-up, %s is %s, was %s", name, w.there[name], was)
					}
				}
				if err := w.CleanUp(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !maps.Equal(before, w.there) || !reflect.DeepEqual(refs(w.Created), handles) {
					t.Errorf("there are %v\nwere      %v", w.there, before)
				}
				if !reflect.DeepEqual(w.Outputs, outputs) || !reflect.DeepEqual(w.Exports, exports) {
					t.Errorf("the outputs are %v, %v", w.Outputs, w.Exports)
				}

				w.failing = 0
				w.update(t, second) // what has been undone can be done after all
				if len(w.there) != 7 {
					t.Errorf("then there are %v", w.there)
				}
				if err := w.Delete(t.Context(), Deletion{}); err != nil || len(w.there) > 0 {
					t.Errorf("in the end there are %v, %v", w.there, err)
				}
			})
		}
	}
}

// refs are the physical names by logical ids.
func refs(c *Created) map[string]string {
	all := map[string]string{}
	for id, h := range c.Handles {
		all[id] = h.Ref
	}
	return all
}

func TestAnUpdateCanBeUndoneUntilItIsCleanedUp(t *testing.T) {
	w := newWorld()
	w.create(t, first)
	before := maps.Clone(w.there)
	if err := w.Update(t.Context(), w.stack(t, second)); err != nil {
		t.Fatal(err)
	}
	if w.calls != callsOfUpdate {
		t.Fatalf("the update takes %d calls", w.calls)
	}
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || !maps.Equal(before, w.there) {
		t.Errorf("there are %v, %v", w.there, err)
	}
	calls := w.calls
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || w.calls != calls {
		t.Errorf("there was something left to undo: %v", err)
	}
}

// What has failed without a rollback can be mended by another update.
func TestAnUpdateGoesOnFromOneThatFailed(t *testing.T) {
	w := newWorld()
	w.create(t, first)
	before := maps.Clone(w.there)
	for failing := 1; failing <= callsOfUpdate; failing++ {
		w.calls, w.failing, w.half = 0, failing, true
		err := w.Update(t.Context(), w.stack(t, second))
		if err == nil {
			break // what had been done before need not be done again
		}
	}
	w.failing = 0
	if err := w.Update(t.Context(), w.stack(t, second)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || !maps.Equal(before, w.there) {
		t.Errorf("there are %v\nwere %v, %v", w.there, before, err)
	}
}

func TestARollbackThatFailsCanGoOn(t *testing.T) {
	for _, skip := range [][]string{nil, {"Changes"}} {
		t.Run(fmt.Sprint("without ", skip), func(t *testing.T) {
			w := newWorld()
			w.create(t, first)
			before := maps.Clone(w.there)
			if err := w.Update(t.Context(), w.stack(t, second)); err != nil {
				t.Fatal(err)
			}
			w.calls, w.failing = 0, 1
			err := w.Rollback(t.Context(), nil)
			if err == nil || err.Error() != "The following resource(s) failed to update: [Changes]. " {
				t.Fatalf("the rollback ended with %v", err)
			}
			w.steps = nil
			if err := errors.Join(w.Rollback(t.Context(), skip), w.CleanUp(t.Context())); err != nil {
				t.Fatal(err)
			}
			if skip != nil {
				if w.there[physical("Changes", 0)] == before[physical("Changes", 0)] || !slices.Contains(w.steps, "Changes UPDATE_COMPLETE "+short("Changes", 0)) {
					t.Errorf("Changes was not skipped: %v, %q", w.there, w.steps)
				}
				before[physical("Changes", 0)] = w.there[physical("Changes", 0)]
			}
			if !maps.Equal(before, w.there) {
				t.Errorf("there are %v\nwere      %v", w.there, before)
			}
		})
	}
}

func TestWhatACleanUpCannotDeleteGoesOnWithoutTheStack(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", `"FifoQueue": false`), queueOf("B", ``)))
	w.stuck[physical("A", 0)], w.stuck[physical("B", 0)] = true, true
	if err := w.Update(t.Context(), w.stack(t, template(queueOf("A", `"FifoQueue": true`)))); err != nil {
		t.Fatal(err)
	}
	if err := w.CleanUp(t.Context()); err == nil || !strings.Contains(err.Error(), "failed to delete: [B, A]") {
		t.Errorf("got %v", err)
	}
	if got := w.Resources(); len(got) != 1 || got[0].Generation != 1 {
		t.Errorf("the stack has %v", got)
	}
	if err := w.Delete(t.Context(), Deletion{}); err != nil || len(w.there) != 2 {
		t.Errorf("there are %v, %v", w.there, err)
	}
}

func TestAStackIsDeletedWithWhatAnUpdateHasLeft(t *testing.T) {
	w := newWorld()
	w.create(t, first)
	w.failing, w.half = callsOfUpdate, true
	if err := w.Update(t.Context(), w.stack(t, second)); err == nil {
		t.Fatal("it did not fail")
	}
	w.stuck[physical("Replaced", 0)] = true
	if err := w.Delete(t.Context(), Deletion{}); err == nil || len(w.there) != 1 {
		t.Errorf("there are %v, %v", w.there, err)
	}
	w.stuck = nil
	if err := w.Delete(t.Context(), Deletion{}); err != nil || len(w.there) != 0 {
		t.Errorf("there are %v, %v", w.there, err)
	}
}

func TestARollbackRetainsWhatThePoliciesSay(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``)))
	w.failing = 3
	err := w.Update(t.Context(), w.stack(t, template(queueOf("A", ``), queueOf("B", ``, `, "DeletionPolicy": "Retain"`), queueOf("C", ``, `, "DeletionPolicy": "RetainExceptOnCreate"`), queueOf("D", ``))))
	if err == nil {
		t.Fatal("it did not fail")
	}
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, kept := w.there[physical("B", 0)]; !kept || len(w.there) != 2 {
		t.Errorf("there are %v", w.there)
	}
}

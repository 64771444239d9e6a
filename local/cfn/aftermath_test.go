package cfn

// This file holds updates to what is seen only by what comes after them.

import (
	"context"
	"errors"
	"maps"
	"testing"
)

// broken is a resource that cannot be created, after all others.
const broken = `"Z": {"Type": "AWS::SQS::Queue", "DependsOn": ["A"], "Properties": {"DelaySeconds": "many"}}`

func TestAPolicyThatAnUpdateBringsCountsFromThenOn(t *testing.T) {
	for _, row := range []struct{ name, before, after string }{
		{"alone", ``, ``},
		{"with a property that the engine ignores", ``, `"Tags": [{"Key": "a", "Value": "b"}]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld()
			w.create(t, template(queueOf("A", row.before), queueOf("B", ``)))
			w.update(t, template(queueOf("A", row.after, `, "DeletionPolicy": "Retain"`), queueOf("B", ``)))
			w.update(t, template(queueOf("B", ``)))
			if w.there[physical("A", 0)] == "" || len(w.there) != 2 {
				t.Errorf("there are %v", w.there)
			}
		})
	}
}

func TestWhatARollbackSkipsIsTakenForWhatItWas(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``), queueOf("B", `"DelaySeconds": 1`)))
	before := maps.Clone(w.there)
	if err := w.Update(t.Context(), w.stack(t, template(queueOf("A", `"FifoQueue": true`), queueOf("B", `"DelaySeconds": 2`), broken))); err == nil {
		t.Fatal("what is broken was created")
	}
	calls := w.calls
	if err := errors.Join(w.Rollback(t.Context(), []string{"A", "B"}), w.CleanUp(t.Context())); err != nil || w.calls != calls {
		t.Fatalf("what was skipped was touched: %v", err)
	}
	before[physical("B", 0)] = w.there[physical("B", 0)] // nobody has changed it back
	if !maps.Equal(w.there, before) {
		t.Errorf("there are %v\nwant      %v", w.there, before)
	}
	w.update(t, template(queueOf("A", ``), queueOf("B", `"DelaySeconds": 1`)))
	if w.calls != calls {
		t.Error("what was skipped is not taken for what it was")
	}
}

func TestAResourceIsSettledWhenItsUpdateCannotBeUndone(t *testing.T) {
	var settled, given []string
	type p struct{ TopicName, DisplayName string }
	fails := false
	types := map[string]Type{"AWS::SNS::Topic": Define("AWS::SNS::Topic", func(_ context.Context, r Resource, _ p) (Handle, error) {
		return Handle{Ref: r.LogicalID, Settle: func(context.Context) error {
			settled = append(settled, r.LogicalID)
			return errors.New("it stays unsettled")
		}}, nil
	}, Update(func(_ context.Context, _ Resource, h Handle, before, after p) (Handle, error) {
		given = append(given, before.DisplayName+" to "+after.DisplayName)
		if fails {
			return h, errors.New("it is broken")
		}
		return h, nil
	}))}
	w := newWorld()
	topic := func(name string) *Stack {
		return w.stack(t, template(of("T", "AWS::SNS::Topic", `"DisplayName": "`+name+`"`)))
	}
	c, err := topic("a").Create(t.Context(), types)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), topic("b")); err != nil || len(settled) > 0 {
		t.Fatalf("settled %v, %v", settled, err)
	}
	if err := c.CleanUp(t.Context()); err == nil || len(settled) != 1 {
		t.Errorf("settled %v, %v", settled, err)
	}
	// A rollback changes what the update was to give, as nobody knows what it gave.
	fails = true
	if err := c.Update(t.Context(), topic("c")); err == nil {
		t.Fatal("what is broken was updated")
	}
	fails = false
	if err := c.Rollback(t.Context(), nil); err != nil || len(given) != 3 || given[2] != "c to b" {
		t.Errorf("updated %v, %v", given, err)
	}
}

func TestARollbackReplacesAlsoWhereAnUpdateMayNot(t *testing.T) {
	w := newWorld()
	const long, short = `"VisibilityTimeout": 200`, `"VisibilityTimeout": 50`
	w.create(t, template(queueOf("A", long)))
	kept := w.stack(t, template(queueOf("A", long), queueOf("B", ``)))
	kept.InPlace = true
	if err := errors.Join(w.Update(t.Context(), kept), w.CleanUp(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := w.Update(t.Context(), w.stack(t, template(queueOf("A", short), queueOf("B", ``), broken))); err == nil {
		t.Fatal("what is broken was created")
	}
	if err := errors.Join(w.Rollback(t.Context(), nil), w.CleanUp(t.Context())); err != nil || len(w.there) != 2 {
		t.Errorf("there are %v, %v", w.there, err)
	}
}

func TestAnEarlierRunsGenerationIsThatOfOneResource(t *testing.T) {
	w := newWorld()
	s := w.stack(t, template(queueOf("A", ``)))
	s.Lineage = Lineage{Next: map[string]int{"A": 4}, Live: map[string]int{"A": 2}}
	var err error
	if w.Created, err = s.Create(t.Context(), w.types()); err != nil {
		t.Fatal(err)
	}
	if w.there[physical("A", 2)] == "" {
		t.Errorf("it is not the one of the run before: %v", w.there)
	}
	w.update(t, template(queueOf("A", `"FifoQueue": true`)))
	if w.there[physical("A", 4)] == "" || len(w.there) != 1 {
		t.Errorf("it was replaced by %v", w.there)
	}
}

// What is retained stays so, also when a deletion fails before it comes to that.
func TestWhatIsRetainedIsSoInTheNextDeletion(t *testing.T) {
	w := newWorld()
	w.create(t, template(queueOf("A", ``), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`)))
	if err := w.Update(t.Context(), w.stack(t, template(queueOf("A", `"FifoQueue": true`, `, "UpdateReplacePolicy": "Retain"`), queueOf("B", `"RedrivePolicy": {"Ref": "A"}`)))); err != nil {
		t.Fatal(err)
	}
	w.stuck[physical("B", 0)] = true
	if err := w.Delete(t.Context(), Deletion{}); err == nil {
		t.Fatal("what is stuck was deleted")
	}
	w.stuck = map[string]bool{}
	if err := w.Delete(t.Context(), Deletion{}); err != nil || w.there[physical("A", 0)] == "" || len(w.there) != 1 {
		t.Errorf("there are %v, %v", w.there, err)
	}
}

func TestWhatMayNotBeDoneIsNotDone(t *testing.T) {
	w := newWorld()
	refused := map[Verb]bool{}
	stack := func(delay string) *Stack {
		s := w.stack(t, template(queueOf("A", `"DelaySeconds": `+delay)))
		s.Allow = func(d Deed) error {
			if refused[d.Verb] {
				return errors.New("not allowed")
			}
			return nil
		}
		return s
	}
	refused[Create] = true
	if _, err := stack("1").Create(t.Context(), w.types()); err == nil || len(w.there) > 0 {
		t.Fatalf("there are %v, %v", w.there, err)
	}
	refused[Create] = false
	c, err := stack("1").Create(t.Context(), w.types())
	if err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(w.there)
	refused[Alter], refused[Delete] = true, true
	if err := c.Update(t.Context(), stack("2")); err == nil || !maps.Equal(w.there, before) {
		t.Errorf("after an update there are %v, %v", w.there, err)
	}
	calls := w.calls
	if err := c.Rollback(t.Context(), nil); err != nil || w.calls != calls { // nothing had been changed
		t.Errorf("the rollback made %d calls, %v", w.calls-calls, err)
	}
	if err := c.Delete(t.Context(), Deletion{}); err == nil || !maps.Equal(w.there, before) {
		t.Errorf("after a deletion there are %v, %v", w.there, err)
	}
}

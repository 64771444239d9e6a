package states

import (
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/durable"
)

// kept runs a test in a world whose state is in a folder, with the machine m, which
// counts as made by a template. The state is saved at the end.
func kept(t *testing.T, folder, definition string, test func(w *world, m *machine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store, err := durable.OpenStore(folder, durable.StoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, nil)
		w.cloud.Keeper = store
		m := w.create(definition)
		m.declared = true
		if err := m.keep(); err != nil {
			t.Fatal(err)
		}
		if err := store.Prune(); err != nil {
			t.Fatal(err)
		}
		w.states.AnnounceAborted()
		test(w, m)
		if err := store.Save(); err != nil {
			t.Fatal(err)
		}
		w.cloud.Close()
		synctest.Wait()
	})
}

func TestMapRunsAreThereInTheNextRunOfTheEngine(t *testing.T) {
	for _, kind := range []string{"STANDARD", "EXPRESS"} {
		t.Run(kind, func(t *testing.T) {
			folder := t.TempDir()
			definition := strings.Replace(distributing(`"Label":"L","ToleratedFailureCount":1,"MaxConcurrency":2,`, waitOrFail), "STANDARD", kind, 1)
			var dropped, ended, running *execution
			var before map[string]any
			kept(t, folder, definition, func(w *world, m *machine) {
				dropped, _ = w.finish(m, `[{"wait":0}]`)
				letGoOfChildren(m)
				ended, _ = w.finish(m, `[{"wait":0},{"wait":1,"bad":1}]`)
				before = w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": w.onlyRun(ended)["mapRunArn"]})
				running = w.start(m, `[{"wait":0},{"wait":100},{"wait":100},{"wait":100}]`)
				time.Sleep(10 * time.Second)
			})
			for again := range 2 { // what was restored is saved again
				kept(t, folder, definition, func(w *world, m *machine) {
					run := w.onlyRun(ended)
					executions, items := w.counts(run)
					if want := `{"succeeded":1,"failed":1,"resultsWritten":2,"total":2}`; executions != want || items != want {
						t.Errorf("%s, items %s", executions, items)
					}
					children := w.children(run, nil)
					if len(children) != 2 || children[0]["status"] != "SUCCEEDED" || children[1]["status"] != "FAILED" || children[1]["itemCount"] != 1.0 {
						t.Errorf("%v", children)
					}
					d := w.mustCall("DescribeExecution", map[string]any{"executionArn": children[0]["executionArn"]})
					if d["output"] != `{"wait":0}` || d["mapRunArn"] != run["mapRunArn"] || d["stateMachineArn"] != run["stateMachineArn"] {
						t.Errorf("%v", d)
					}
					d = w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": run["mapRunArn"]})
					if d["maxConcurrency"] != 2.0 || d["toleratedFailureCount"] != 1.0 || !reflect.DeepEqual(d, before) {
						t.Errorf("it is %v, was %v", d, before)
					}
					w.expectAborted(kind, again == 0, running)
					if left := w.children(w.onlyRun(dropped), nil); len(left) > 0 {
						t.Errorf("let go of, and back: %v", left)
					}
					executions, _ = w.counts(w.onlyRun(running))
					if executions != `{"pending":1,"succeeded":1,"aborted":2,"total":4}` {
						t.Errorf("the one that ran: %s", executions)
					}
					if aborted := w.children(w.onlyRun(running), map[string]any{"statusFilter": "ABORTED"}); len(aborted) != 2 || aborted[0]["status"] != "ABORTED" {
						t.Errorf("%v", aborted)
					}
				})
			}
		})
	}
}

// letGoOfChildren lets the children of the label L go that have ended.
func letGoOfChildren(m *machine) {
	r := m.maps.find("L").executions
	keep := r.keep
	r.keep = 0
	r.ends()
	r.keep = keep
}

// expectAborted expects that the Map Run of an execution, which ran when the engine
// stopped, is aborted, and that its Standard children are told of in the run after that.
func (w *world) expectAborted(kind string, first bool, parent *execution) {
	w.t.Helper()
	d := w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": w.onlyRun(parent)["mapRunArn"]})
	if d["status"] != "ABORTED" || d["stopDate"] == nil {
		w.t.Errorf("%v", d)
	}
	events := 0
	for _, e := range w.events {
		if strings.Contains(e.Resources[0], ":execution:m/L:") && strings.Contains(string(e.Detail), `"status":"ABORTED"`) {
			events++
		}
	}
	if want := map[string]int{"STANDARD": 2}[kind]; first && events != want {
		w.t.Errorf("%d events of aborted children, want %d", events, want)
	}
}

func TestADeletedMachineTakesItsMapRunsAlong(t *testing.T) {
	definition := distributing(`"Label":"L",`, passOn)
	kept(t, t.TempDir(), definition, func(w *world, m *machine) {
		e, _ := w.finish(m, `[1]`)
		if err := w.cloud.Keeper.(*durable.Store).Save(); err != nil {
			t.Fatal(err)
		}
		if err := w.states.remove(m); err != nil {
			t.Fatal(err)
		}
		again := w.create(definition)
		if inner, err := again.ofMap("L", false); err != nil || len(inner.executions.slots) > 0 {
			t.Errorf("children are left, %v", err)
		}
		if runs := again.maps.of(e.arn); len(runs) > 0 {
			t.Errorf("%d Map Runs are left", len(runs))
		}
	})
}

func TestTheOldestMapRunsAreLetGo(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.states.options.Limits.Ended = 2
		m := w.create(distributing(`"Label":"L",`, passOn))
		var runs []map[string]any
		for range 3 {
			e, _ := w.finish(m, `[1,2]`)
			if listed := m.maps.of(e.arn); len(listed) != 1 {
				t.Fatalf("%d Map Runs", len(listed))
			}
			runs = append(runs, map[string]any{"mapRunArn": m.maps.of(e.arn)[0].arn})
		}
		_, err := w.call("DescribeMapRun", runs[0])
		expectCode(t, err, "ResourceNotFound")
		if n := len(m.maps.started); n != 2 {
			t.Errorf("the Map Runs of %d executions are known", n)
		}
		w.mustCall("DescribeMapRun", runs[1])
		if children := w.children(runs[1], nil); len(children) != 0 {
			t.Errorf("children that are kept: %v", children)
		}
		if children := w.children(runs[2], nil); len(children) != 2 {
			t.Errorf("the newest run's children: %v", children)
		}
	})
}

func TestEveryStepOfAMapRunsLifeIsAChangeToSave(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(distributing(`"Label":"L","MaxConcurrency":1,`, waitOrFail))
		before := m.Revision()
		inner, err := m.ofMap("L", false)
		if err != nil || m.Revision() == before {
			t.Errorf("a new label is no change of the machine, or %v", err)
		}
		e := w.start(m, `[{"wait":60}]`)
		synctest.Wait()
		before = inner.Revision()
		changed := func(step string) {
			t.Helper()
			if now := inner.Revision(); now == before {
				t.Errorf("%s is no change", step)
			}
			before = inner.Revision()
		}
		w.mustCall("UpdateMapRun", map[string]any{"mapRunArn": w.onlyRun(e)["mapRunArn"], "maxConcurrency": 2})
		changed("an update")
		<-e.done()
		changed("the end")
		w.start(m, `[]`)
		synctest.Wait()
		changed("a run without children")
	})
}

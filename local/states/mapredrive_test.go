package states

// Tests of redrives of Map Runs.

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestARedriveRedrivesTheChildrenThatDidNotSucceed(t *testing.T) {
	for _, kind := range []string{"STANDARD", "EXPRESS"} {
		t.Run(kind, func(t *testing.T) {
			var work mended
			calls := map[string]int{}
			const items = `[{"is":"good"},{"is":"bad"},{"is":"later"}]`
			inWorld(t, lambdaOnly(functions{"work": func(ctx context.Context, payload any) (any, error) {
				is := payload.(map[string]any)["is"].(string)
				calls[is]++
				if is == "good" {
					return payload, nil
				}
				return work.call(ctx, payload)
			}}), func(t *testing.T, w *world) {
				definition := strings.Replace(distributing(`"MaxConcurrency":1,`, `"I":{"Type":"Pass","Next":"T"},"T"`+strings.TrimPrefix(invoke, `"I"`)), "STANDARD", kind, 1)
				e, o := w.run(definition, items)
				run := w.onlyRun(e)
				if executions, _ := w.counts(run); o.status != statusFailed || executions != `{"pending":1,"succeeded":1,"failed":1,"total":3}` {
					t.Fatalf("%+v, %s", o, executions)
				}
				failed := w.children(run, map[string]any{"statusFilter": "FAILED"})[0]
				d := w.mustCall("DescribeExecution", map[string]any{"executionArn": failed["executionArn"]})
				if d["redriveStatus"] != "REDRIVABLE_BY_MAP_RUN" {
					t.Errorf("%v", d)
				}
				time.Sleep(time.Second)
				work.works.Store(true)
				o = w.redrive(e)
				if o.output != items || calls["good"] != 1 || calls["bad"] != 2 || calls["later"] != 1 {
					t.Errorf("%+v, called %v", o, calls)
				}
				if executions, _ := w.counts(run); executions != `{"succeeded":3,"resultsWritten":3,"total":3}` {
					t.Error(executions)
				}
				redriven := w.children(run, map[string]any{"redriveFilter": "REDRIVEN"})
				if len(redriven) != 1 || redriven[0]["executionArn"] != failed["executionArn"] || redriven[0]["name"] != failed["name"] || redriven[0]["redriveCount"] != 1.0 {
					t.Errorf("redriven: %v", redriven)
				}
				if others := w.children(run, map[string]any{"redriveFilter": "NOT_REDRIVEN"}); len(others) != 2 {
					t.Errorf("others: %v", others)
				}
				lines := w.lines(e)
				want := fmt.Sprintf("MapRunRedriven {\"mapRunArn\":%q,\"redriveCount\":1}", run["mapRunArn"])
				if got := strings.Join(lines, "\n"); !strings.Contains(got, "9<3 "+want+"\n10<9 MapRunSucceeded\n11<10 MapStateSucceeded\n12<9 MapStateExited") {
					t.Error(got)
				}
				if kind == "STANDARD" {
					if child, _ := w.states.existing(failed["executionArn"].(string)); child.live == nil || !strings.Contains(strings.Join(w.lines(child.live), "\n"), "ExecutionRedriven") {
						t.Errorf("the child's history does not tell of its redrive")
					}
				}
			})
		})
	}
}

// withoutRedrive allows all but to redrive executions.
type withoutRedrive struct{ roles }

func (withoutRedrive) Authorize(caller cloud.Caller, action, resource string) error {
	if action == "states:RedriveExecution" && caller.Role != "" {
		return denying{}.Authorize(caller, action, resource)
	}
	return nil
}

func TestARedriveNeedsTheRightToRedriveTheChildren(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(distributing(``, waitOrFail))
		w.cloud.Authorizer = withoutRedrive{}
		e, _ := w.finish(m, `[{"wait":1,"bad":1},{"wait":60}]`)
		child := w.children(w.onlyRun(e), nil)[0]
		o := w.redrive(e)
		if o.error != errRuntime || !strings.Contains(o.cause, "states:RedriveExecution on resource: "+child["executionArn"].(string)+" (Service: Sfn, ") {
			t.Errorf("%+v", o)
		}
		if executions, _ := w.counts(w.onlyRun(e)); executions != `{"failed":1,"aborted":1,"total":2}` {
			t.Error(executions)
		}
		w.expectTypes(e, "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed",
			"ExecutionRedriven", "MapRunRedriven", "MapRunFailed", "MapStateFailed", "ExecutionFailed")
	})
}

func TestTheResultsOfARunThatIsRedrivenAreNotWrittenYet(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(``, waitOrFail), `[{"wait":1,"bad":1},{"wait":60}]`)
		run := e.machine.maps.of(e.arn)[0]
		run.finish(&failure{}, true)
		if executions, _ := w.counts(w.onlyRun(e)); executions != `{"failed":1,"aborted":1,"resultsWritten":2,"total":2}` {
			t.Error(executions)
		}
		run.redrive()
		if executions, items := w.counts(w.onlyRun(e)); executions != `{"pendingRedrive":2,"total":2}` || items != executions {
			t.Errorf("%s, items %s", executions, items)
		}
	})
}

func TestARunThatIsRedrivenIsRunning(t *testing.T) {
	var work mended
	slow := func(ctx context.Context, payload any) (any, error) {
		cloud.Sleep(ctx, time.Minute)
		return work.call(ctx, payload)
	}
	inWorld(t, lambdaOnly(functions{"work": slow}), func(t *testing.T, w *world) {
		e, _ := w.run(distributing(``, invoke), `[1]`)
		run := w.onlyRun(e)["mapRunArn"]
		time.Sleep(time.Hour)
		at := apiTime(time.Now())
		w.mustCall("RedriveExecution", map[string]any{"executionArn": e.arn})
		synctest.Wait()
		d := w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": run})
		if _, stopped := d["stopDate"]; d["status"] != statusRunning || stopped || d["redriveCount"] != 1.0 || d["redriveDate"] != at {
			t.Errorf("while it goes on: %v", d)
		}
		<-e.done()
		if executions, _ := w.counts(map[string]any{"mapRunArn": run}); executions != `{"failed":1,"total":1}` {
			t.Errorf("in the end: %s", executions)
		}
	})
}

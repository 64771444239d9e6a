package states

// Tests of the children of Map Runs.

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/states/results"
)

func TestAChildIsAnExecutionOfItsOwn(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(`"Label":"Items",`, passOn), `["x"]`)
		run := w.onlyRun(e)
		children := w.children(run, nil)
		if len(children) != 1 || children[0]["itemCount"] != 1.0 || children[0]["mapRunArn"] != run["mapRunArn"] || children[0]["status"] != "SUCCEEDED" {
			t.Fatalf("children: %v", children)
		}
		arn := children[0]["executionArn"].(string)
		d := w.mustCall("DescribeExecution", map[string]any{"executionArn": arn})
		want := "arn:aws:states:eu-central-1:123456789012:execution:m/Items:" + d["name"].(string)
		if arn != want || d["mapRunArn"] != run["mapRunArn"] || d["stateMachineArn"] != run["stateMachineArn"] || d["input"] != `"x"` || d["output"] != `"x"` {
			t.Errorf("described as %v", d)
		}
		m := w.mustCall("DescribeStateMachineForExecution", map[string]any{"executionArn": arn})
		if m["mapRunArn"] != run["mapRunArn"] || m["label"] != "Items" || m["stateMachineArn"] != run["stateMachineArn"] || m["name"] != "m" ||
			m["definition"] != `{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}` {
			t.Errorf("its machine: %v", m)
		}
		var types []string
		for _, event := range w.mustCall("GetExecutionHistory", map[string]any{"executionArn": arn})["events"].([]any) {
			types = append(types, event.(map[string]any)["type"].(string))
		}
		if got := strings.Join(types, " "); got != "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded" {
			t.Errorf("its history: %s", got)
		}
		listed := w.mustCall("ListExecutions", map[string]any{"stateMachineArn": e.machine.arn})["executions"].([]any)
		if len(listed) != 1 || listed[0].(map[string]any)["executionArn"] != e.arn {
			t.Errorf("the machine's own executions: %v", listed)
		}
	})
}

func TestAChildSeesItselfInTheContextAndNoOuterVariables(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},
			"M":{"Type":"Map","End":true,"Label":"L","Items":["v"],"ItemSelector":{"i":"{% $states.context.Map.Item.Index %}","v":"{% $states.context.Map.Item.Value %}","x":"{% $x %}"},
			"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","Assign":{"x":2},"Next":"J"},
			"J":{"Type":"Pass","End":true,"Output":{"in":"{% $states.input %}","map":"{% $exists($states.context.Map) %}","outer":"{% $states.context.Execution.Input %}",
			"machine":"{% $states.context.StateMachine.Name %}","x":"{% $x %}"}}}}}}}`, `{}`)
		if want := `[{"in":{"i":0,"v":"v","x":1},"map":false,"outer":{"i":0,"v":"v","x":1},"machine":"m","x":2}]`; o.output != want {
			t.Errorf("%+v", o)
		}
	})
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"x":1},"Next":"M"},
			"M":{"Type":"Map","End":true,"Items":[1],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"I","States":{"I":{"Type":"Succeed","Output":"{% $x %}"}}}}}}`, `{}`)
		d := w.mustCall("DescribeExecution", map[string]any{"executionArn": w.children(w.onlyRun(e), nil)[0]["executionArn"]})
		if d["error"] != errQueryEvaluation {
			t.Errorf("a child that asks for an outer variable: %v", d)
		}
	})
}

func TestStoppingAChildFailsItsItem(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e := w.start(w.create(distributing(`"ToleratedFailureCount":1,`, `"I":{"Type":"Wait","Seconds":60,"End":true}`)), `[1,2]`)
		synctest.Wait()
		run := w.onlyRun(e)
		w.mustCall("StopExecution", map[string]any{"executionArn": w.children(run, nil)[0]["executionArn"]})
		<-e.done()
		if o, _ := e.now(); o.output != `[2]` {
			t.Errorf("%+v", o)
		}
		if aborted := w.children(run, map[string]any{"statusFilter": "ABORTED"}); len(aborted) != 1 {
			t.Errorf("%v", aborted)
		}
	})
}

func TestAMapRunNeedsTheRightToStartItsChildren(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(distributing(``, passOn))
		w.cloud.Authorizer = denying{}
		e, o := w.finish(m, `[1]`)
		const message = "Error contacting AWS Service. | Message from Service: not authorized to perform: states:StartExecution on resource: "
		if o.error != errRuntime || !strings.HasPrefix(o.cause, message+m.arn+" (Service: Sfn, Status Code: 400, Request ID: ") {
			t.Errorf("%+v", o)
		}
		w.expectTypes(e, "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed")
	})
}

func TestWhatAMapRunsChildCannotDo(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(``, failBad), `[{"bad":1}]`)
		child := w.children(w.onlyRun(e), nil)[0]["executionArn"]
		_, err := w.call("RedriveExecution", map[string]any{"executionArn": child})
		expectCode(t, err, "ValidationException")
		if !strings.HasSuffix(err.Error(), "Labeled Execution ARNs are not supported for this API") {
			t.Error(err)
		}
		_, err = w.call("ListExecutions", map[string]any{"mapRunArn": w.onlyRun(e)["mapRunArn"], "stateMachineArn": e.machine.arn})
		expectCode(t, err, "ValidationException")
		_, err = w.call("DescribeMapRun", map[string]any{"mapRunArn": strings.Replace(w.onlyRun(e)["mapRunArn"].(string), "mapRun:m", "mapRun:n", 1)})
		expectCode(t, err, "ResourceNotFound")
		_, err = w.call("DescribeStateMachine", map[string]any{"stateMachineArn": e.machine.arn + "/M"})
		expectCode(t, err, "StateMachineDoesNotExist")
	})
}

func TestAFailedMapRunStopsItsStandardChildrenAndWaitsForItsExpressOnes(t *testing.T) {
	for _, row := range []struct {
		kind, executions string
		takes            time.Duration
	}{
		{"STANDARD", `{"failed":1,"aborted":1,"total":2}`, time.Second},
		{"EXPRESS", `{"succeeded":1,"failed":1,"total":2}`, time.Minute},
	} {
		t.Run(row.kind, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e, o := w.run(strings.Replace(distributing(``, waitOrFail), "STANDARD", row.kind, 1), `[{"wait":60},{"wait":1,"bad":1}]`)
				run := w.onlyRun(e)
				executions, _ := w.counts(run)
				if took := o.stopped.Sub(e.started); o.error != errTooManyFailures || took != row.takes || executions != row.executions {
					t.Errorf("%+v after %v: %s", o, took, executions)
				}
				first := w.mustCall("DescribeExecution", map[string]any{"executionArn": w.children(run, nil)[0]["executionArn"]})
				want := "The map run execution [" + run["mapRunArn"].(string) + "] which was managing this resource was aborted"
				if row.kind == "STANDARD" && (first["cause"] != want || first["error"] != nil) {
					t.Errorf("%v", first)
				}
			})
		})
	}
}

func TestAnExpressChildIsDescribedAndNothingElse(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(strings.Replace(distributing(`"Label":"L",`, passOn), "STANDARD", "EXPRESS", 1), `[1]`)
		child := w.children(w.onlyRun(e), nil)[0]
		arn, name := child["executionArn"].(string), child["name"].(string)
		if arn != "arn:aws:states:eu-central-1:123456789012:express:m/L:"+name || strings.Count(name, ":") != 1 {
			t.Errorf("%s is named %s", arn, name)
		}
		d := w.mustCall("DescribeExecution", map[string]any{"executionArn": arn})
		if d["output"] != "1" || d["status"] != "SUCCEEDED" || d["mapRunArn"] != child["mapRunArn"] {
			t.Errorf("%v", d)
		}
		for _, action := range []string{"GetExecutionHistory", "StopExecution", "RedriveExecution", "ListMapRuns"} {
			_, err := w.call(action, map[string]any{"executionArn": arn})
			expectCode(t, err, "InvalidArn")
		}
	})
}

func TestOnlyTheChildrenOfAKindAreReadForItsFiles(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(`"ToleratedFailureCount":1,`, failBad), `[{},{"bad":1}]`)
		run := e.machine.maps.of(e.arn)[0]
		run.children[0].place = -1 // it has been let go of
		o := &outcomes{run: run, pending: []string{`{"later":1}`}}
		for _, kind := range []string{results.Failed, results.Pending} {
			var statuses []string
			for one, err := range o.of(kind) {
				if statuses = append(statuses, one.Status); err != nil {
					t.Error(err)
				}
				if kind == results.Failed && (one.Error != "E" || one.Cause != "c" || one.Input != `{"bad":1}`) || kind == results.Pending && one.Input != `{"later":1}` {
					t.Errorf("%+v", one)
				}
			}
			if got := strings.Join(statuses, " "); got != kind {
				t.Errorf("of the kind %s: %s", kind, got)
			}
		}
		var told []error
		for one, err := range o.of("") {
			if told = append(told, err); one.Status != "" {
				t.Errorf("read %v", one)
			}
		}
		if len(told) != 1 || !errors.Is(told[0], errDropped) {
			t.Errorf("a child that was let go of: %v", told)
		}
	})
}

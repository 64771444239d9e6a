package states

// Tests of distributed Maps. Histories follow what AWS recorded.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/states/results"
)

// distributing is a machine of one distributed Map with these fields, whose children
// walk these states.
func distributing(fields, states string) string {
	return `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,` + fields + `"ItemProcessor":{
		"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{` + states + `}}}}}`
}

const (
	passOn  = `"I":{"Type":"Pass","End":true}`
	failBad = `"I":{"Type":"Choice","Default":"Done","Choices":[{"Variable":"$.bad","IsPresent":true,"Next":"Bad"}]},
		"Bad":{"Type":"Fail","Error":"E","Cause":"c"},"Done":{"Type":"Pass","End":true}`
	invoke = `"I":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"work","Payload.$":"$"},"OutputPath":"$.Payload","End":true}`
)

// onlyRun returns the Map Run that an execution has started.
func (w *world) onlyRun(e *execution) map[string]any {
	w.t.Helper()
	runs := w.mustCall("ListMapRuns", map[string]any{"executionArn": e.arn})["mapRuns"].([]any)
	if len(runs) != 1 {
		w.t.Fatalf("Map Runs: %v", runs)
	}
	return runs[0].(map[string]any)
}

// counts is a Map Run's counts, those that are not 0.
func (w *world) counts(run map[string]any) (executions, items string) {
	w.t.Helper()
	d := w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": run["mapRunArn"]})
	shown := func(name string) string {
		counts := jsonvalue.NewObject(0)
		for _, status := range []string{"pending", "running", "succeeded", "failed", "timedOut", "aborted", "pendingRedrive", "failuresNotRedrivable", "resultsWritten", "total"} {
			if n := d[name].(map[string]any)[status]; n != 0.0 {
				counts.Set(status, n)
			}
		}
		return counts.String()
	}
	return shown("executionCounts"), shown("itemCounts")
}

// children are the executions of a Map Run, in the order in which they were started.
func (w *world) children(run map[string]any, filter map[string]any) []map[string]any {
	w.t.Helper()
	request := map[string]any{"mapRunArn": run["mapRunArn"]}
	for name, value := range filter {
		request[name] = value
	}
	var list []map[string]any
	for _, one := range w.mustCall("ListExecutions", request)["executions"].([]any) {
		list = append([]map[string]any{one.(map[string]any)}, list...)
	}
	return list
}

func TestHistoryOfADistributedMap(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(`"Label":"Items","ItemsPath":"$.values",`, passOn), `{"values":[1,{"a":2}]}`)
		run := w.onlyRun(e)
		w.expectHistory(e, fmt.Sprintf(`
			1<0 ExecutionStarted {"input":"{\"values\":[1,{\"a\":2}]}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 MapStateEntered {"input":"{\"values\":[1,{\"a\":2}]}","name":"M"}
			3<2 MapStateStarted {"length":2}
			4<3 MapRunStarted {"mapRunArn":%q}
			5<4 MapRunSucceeded
			6<5 MapStateSucceeded
			7<4 MapStateExited {"name":"M","output":"[1,{\"a\":2}]"}
			8<7 ExecutionSucceeded {"output":"[1,{\"a\":2}]"}`, run["mapRunArn"]))
		const prefix = "arn:aws:states:eu-central-1:123456789012:"
		if arn := run["mapRunArn"].(string); !strings.HasPrefix(arn, prefix+"mapRun:m/Items:") {
			t.Errorf("the Map Run is %s", arn)
		}
		if run["executionArn"] != e.arn || run["stateMachineArn"] != prefix+"stateMachine:m/Items" || run["stopDate"] == nil {
			t.Errorf("the Map Run is listed as %v", run)
		}
	})
}

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

func TestAMapRunFailsWhenTooManyItemsFail(t *testing.T) {
	const items = `[{},{"bad":1},{},{"bad":1}]`
	for _, row := range []struct{ name, fields, status, executions string }{
		{"none is tolerated", ``, statusFailed, `{"pending":2,"succeeded":1,"failed":1,"total":4}`},
		{"by number, in vain", `"ToleratedFailureCount":1,`, statusFailed, `{"succeeded":2,"failed":2,"total":4}`},
		{"by number", `"ToleratedFailureCount":2,`, statusSucceeded, `{"succeeded":2,"failed":2,"resultsWritten":4,"total":4}`},
		{"by percentage, in vain", `"ToleratedFailurePercentage":49.9,`, statusFailed, `{"succeeded":2,"failed":2,"total":4}`},
		{"by percentage", `"ToleratedFailurePercentage":50,`, statusSucceeded, `{"succeeded":2,"failed":2,"resultsWritten":4,"total":4}`},
		{"by both, of which one is in vain", `"ToleratedFailurePercentage":100,"ToleratedFailureCount":0,`, statusFailed, `{"pending":2,"succeeded":1,"failed":1,"total":4}`},
		{"all items of a batch fail", `"ToleratedFailureCount":1,"ItemBatcher":{"MaxItemsPerBatch":2},`, statusSucceeded, `{"succeeded":2,"resultsWritten":2,"total":2}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e, o := w.run(distributing(`"MaxConcurrency":1,`+row.fields, failBad), items)
				executions, _ := w.counts(w.onlyRun(e))
				if o.status != row.status || executions != row.executions {
					t.Errorf("%+v, %s", o, executions)
				}
				if o.status == statusFailed && (o.error != errTooManyFailures || o.cause != "The specified tolerated failure threshold was exceeded") {
					t.Errorf("%+v", o)
				}
				if o.status == statusSucceeded && !strings.Contains(row.fields, "Batcher") && o.output != `[{},{}]` {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

func TestHistoryOfAFailedMapRun(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"S":{"Type":"Succeed"},`+strings.TrimPrefix(distributing(`"Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"S"}],`, failBad), `{"StartAt":"M","States":{`), `[{"bad":1}]`)
		w.expectTypes(e, "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed", "MapStateExited",
			"SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded")
		lines := w.lines(e)
		if want := `5<4 MapRunFailed {"cause":"The specified tolerated failure threshold was exceeded","error":"States.ExceedToleratedFailureThreshold"}`; lines[4] != want {
			t.Error(lines[4])
		}
	})
}

func TestChildrenRunSideBySideUpToTheConcurrency(t *testing.T) {
	for _, row := range []struct {
		fields string
		takes  time.Duration
	}{
		{``, time.Minute},
		{`"MaxConcurrency":0,`, time.Minute},
		{`"MaxConcurrency":2,`, 3 * time.Minute},
		{`"MaxConcurrencyPath":"$[4]",`, 5 * time.Minute},
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			e, o := w.run(distributing(row.fields, `"I":{"Type":"Wait","Seconds":60,"End":true}`), `[0,2,3,4,1]`)
			if took := o.stopped.Sub(e.started); took != row.takes || o.output != `[0,2,3,4,1]` {
				t.Errorf("%s took %v: %+v", row.fields, took, o)
			}
		})
	}
}

func TestAMapRunGoesByWhatItIsUpdatedTo(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e := w.start(w.create(distributing(`"MaxConcurrency":1,`, `"I":{"Type":"Wait","Seconds":60,"Next":"F"},"F":{"Type":"Fail"}`)), `[1,2,3]`)
		synctest.Wait()
		run := w.onlyRun(e)
		if executions, _ := w.counts(run); executions != `{"pending":2,"running":1,"total":3}` {
			t.Error(executions)
		}
		w.mustCall("UpdateMapRun", map[string]any{"mapRunArn": run["mapRunArn"], "maxConcurrency": 3, "toleratedFailurePercentage": 100})
		synctest.Wait()
		if executions, _ := w.counts(run); executions != `{"running":3,"total":3}` {
			t.Error(executions)
		}
		<-e.done()
		if o, _ := e.now(); o.status != statusSucceeded || o.stopped.Sub(e.started) != time.Minute {
			t.Errorf("%+v", o)
		}
		d := w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": run["mapRunArn"]})
		if d["maxConcurrency"] != 3.0 || d["toleratedFailurePercentage"] != 100.0 || d["toleratedFailureCount"] != 0.0 || d["status"] != "SUCCEEDED" || d["executionArn"] != e.arn {
			t.Errorf("%v", d)
		}
		_, err := w.call("UpdateMapRun", map[string]any{"mapRunArn": run["mapRunArn"], "maxConcurrency": 3})
		expectCode(t, err, "ValidationException")
	})
}

func TestStoppingTheOuterExecutionAbortsTheChildren(t *testing.T) {
	for name, definition := range map[string]string{
		"on its own":    distributing(``, `"I":{"Type":"Wait","Seconds":60,"End":true}`),
		"in a Parallel": `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[` + distributing(``, `"I":{"Type":"Wait","Seconds":60,"End":true}`) + `]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e := w.start(w.create(definition), `[1,2]`)
				time.Sleep(time.Second)
				synctest.Wait()
				run := w.onlyRun(e)
				w.mustCall("StopExecution", map[string]any{"executionArn": e.arn})
				synctest.Wait()
				if executions, _ := w.counts(run); executions != `{"aborted":2,"total":2}` {
					t.Error(executions)
				}
				d := w.mustCall("DescribeMapRun", map[string]any{"mapRunArn": run["mapRunArn"]})
				if d["status"] != "ABORTED" {
					t.Errorf("%v", d)
				}
			})
		})
	}
}

func TestAFailedBranchAbortsTheMapRunOfAnother(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[`+distributing(``, `"I":{"Type":"Wait","Seconds":60,"End":true}`)+`,
			{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail"}}}]}}}`, `[1]`)
		lines := w.lines(e)
		at := len(lines) - 4
		if got := strings.Join(lines[at:at+2], "\n"); !strings.Contains(got, "MapRunAborted") || !strings.Contains(got, "MapStateAborted") {
			t.Errorf("history: %s", strings.Join(lines, "\n"))
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

func TestMapRunsNest(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		inner := distributing(`"Label":"Inner",`, `"J":{"Type":"Pass","End":true}`)
		inner = strings.Replace(strings.TrimPrefix(inner, `{"StartAt":"M","States":{"M":`), `"StartAt":"I"`, `"StartAt":"J"`, 1)
		e, o := w.run(distributing(`"Label":"Outer",`, `"I":`+inner[:len(inner)-2]), `[[1,2],[3]]`)
		if o.output != `[[1,2],[3]]` {
			t.Fatalf("%+v", o)
		}
		child := w.children(w.onlyRun(e), nil)[0]
		runs := w.mustCall("ListMapRuns", map[string]any{"executionArn": child["executionArn"]})["mapRuns"].([]any)
		run := runs[0].(map[string]any)
		if executions, _ := w.counts(run); executions != `{"succeeded":2,"resultsWritten":2,"total":2}` || !strings.Contains(run["mapRunArn"].(string), ":mapRun:m/Inner:") {
			t.Errorf("%s of %v", executions, run)
		}
	})
}

func TestItemsAreBatched(t *testing.T) {
	for _, row := range []struct{ name, batcher, input, want string }{
		{"by number", `{"MaxItemsPerBatch":2}`, `[1,2,3]`, `[{"Items":[1,2]},{"Items":[3]}]`},
		{"by a path", `{"MaxItemsPerBatchPath":"$[0]"}`, `[1,2,3]`, `[{"Items":[1]},{"Items":[2]},{"Items":[3]}]`},
		{"by size", `{"MaxInputBytesPerBatch":17}`, `["aa","bb","cc","d"]`, `[{"Items":["aa"]},{"Items":["bb"]},{"Items":["cc"]},{"Items":["d"]}]`},
		{"by size, two fit", `{"MaxInputBytesPerBatch":21}`, `["aa","bb","cc","d"]`, `[{"Items":["aa","bb"]},{"Items":["cc","d"]}]`},
		{"by both", `{"MaxItemsPerBatch":3,"MaxInputBytesPerBatch":21}`, `["aa","bb",1,2,3,4]`, `[{"Items":["aa","bb"]},{"Items":[1,2,3]},{"Items":[4]}]`},
		{"with an input for all", `{"MaxItemsPerBatch":5,"BatchInput":{"n.$":"$[1]"}}`, `[1,2]`, `[{"BatchInput":{"n":2},"Items":[1,2]}]`},
		{"no items", `{"MaxItemsPerBatch":5}`, `[]`, `[]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e, o := w.run(distributing(`"ItemBatcher":`+row.batcher+`,`, passOn), row.input)
				if o.output != row.want {
					t.Errorf("%+v", o)
				}
				items := len(mustParse(t, row.input).value.([]any))
				if _, got := w.counts(w.onlyRun(e)); items > 0 && got != fmt.Sprintf(`{"succeeded":%d,"resultsWritten":%d,"total":%d}`, items, items, items) {
					t.Error(got)
				}
			})
		})
	}
}

func mustParse(t *testing.T, text string) data {
	t.Helper()
	d, err := parseData(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnItemThatDoesNotFitIntoABatchFailsTheMapRun(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, o := w.run(distributing(`"ItemBatcher":{"MaxInputBytesPerBatch":20},`, passOn), `["a","much too long"]`)
		if o.error != errDataLimitExceeded {
			t.Errorf("%+v", o)
		}
		if executions, _ := w.counts(w.onlyRun(e)); executions != `{"pending":1,"aborted":1,"total":2}` {
			t.Error(executions)
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

// waitOrFail waits for as long as the item says, and fails if it says so.
const waitOrFail = `"I":{"Type":"Wait","SecondsPath":"$.wait","Next":"C"},"C":{"Type":"Choice","Default":"Done",
	"Choices":[{"Variable":"$.bad","IsPresent":true,"Next":"Bad"}]},"Bad":{"Type":"Fail","Error":"E"},"Done":{"Type":"Pass","End":true}`

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
		e, _ := w.finish(m, `[{"wait":0,"bad":1},{"wait":60}]`)
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
		e, _ := w.run(distributing(``, waitOrFail), `[{"wait":0,"bad":1},{"wait":60}]`)
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

func TestAPercentageHasAPoint(t *testing.T) {
	for n, want := range map[float64]string{0: "0.0", 100: "100.0", 1.5: "1.5"} {
		if got := string(decimal(n)); got != want {
			t.Errorf("%v is written %s", n, got)
		}
	}
}

func TestOnlyTheChildrenOfAKindAreReadForItsFiles(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(distributing(`"ToleratedFailureCount":1,`, failBad), `[{},{"bad":1}]`)
		run := e.machine.maps.of(e.arn)[0]
		run.children[0].place = -1 // it has been let go of
		o := &outcomes{run: run, pending: []string{`{}`}}
		for _, kind := range []string{results.Failed, results.Pending} {
			var statuses []string
			for one := range o.of(kind) {
				statuses = append(statuses, one.Status)
			}
			if got := strings.Join(statuses, " "); got != kind || o.broken != nil {
				t.Errorf("of the kind %s: %s, %v", kind, got, o.broken)
			}
		}
		for one := range o.of(results.Succeeded) {
			t.Errorf("read %v", one)
		}
		if !errors.Is(o.broken, errDropped) {
			t.Errorf("a child that was let go of: %v", o.broken)
		}
	})
}

package states

// Tests of distributed Maps. Histories follow what AWS recorded.

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
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

// waitOrFail waits for as long as the item says, and fails if it says so.
const waitOrFail = `"I":{"Type":"Wait","SecondsPath":"$.wait","Next":"C"},"C":{"Type":"Choice","Default":"Done",
	"Choices":[{"Variable":"$.bad","IsPresent":true,"Next":"Bad"}]},"Bad":{"Type":"Fail","Error":"E"},"Done":{"Type":"Pass","End":true}`

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

func TestAPercentageHasAPoint(t *testing.T) {
	for n, want := range map[float64]string{0: "0.0", 100: "100.0", 1.5: "1.5"} {
		if got := string(decimal(n)); got != want {
			t.Errorf("%v is written %s", n, got)
		}
	}
}

func TestARunIsNotHeldToWhatCannotBe(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e := w.start(w.create(distributing(`"ToleratedFailureCount":0,`, waitOrFail)), `[{"wait":10,"bad":true},{"wait":20}]`)
		time.Sleep(time.Second)
		synctest.Wait()
		run := w.onlyRun(e)["mapRunArn"]
		for _, row := range []struct {
			member string
			value  float64
			want   string
		}{
			{"maxConcurrency", -1, "greater than or equal to 0"}, {"toleratedFailureCount", -1, "greater than or equal to 0"},
			{"toleratedFailurePercentage", -0.5, "greater than or equal to 0"}, {"toleratedFailurePercentage", 100.5, "less than or equal to 100"},
		} {
			_, err := w.call("UpdateMapRun", map[string]any{"mapRunArn": run, row.member: row.value})
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("Value '%v' at '%s' failed to satisfy constraint: Member must have value %s", row.value, row.member, row.want)) {
				t.Errorf("%s: %v", row.member, err)
			}
		}
		w.mustCall("UpdateMapRun", map[string]any{"mapRunArn": run, "toleratedFailureCount": 1, "maxConcurrency": 0})
		<-e.done()
		if o, _ := e.now(); o.status != statusSucceeded {
			t.Errorf("with one failure tolerated: %+v", o)
		}
	})
}

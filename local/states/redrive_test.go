package states

// Tests of redrives. The links between their events follow what is known of
// recorded ones: a repeated state goes on from the event that entered it.

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// mended is a function that throws until it is mended, and counts its calls.
type mended struct {
	works atomic.Bool
	calls atomic.Int32
}

func (m *mended) call(_ context.Context, payload any) (any, error) {
	m.calls.Add(1)
	if !m.works.Load() {
		return nil, &thrown{"Broken", "not yet"}
	}
	return payload, nil
}

// redrive redrives an execution and waits for its end.
func (w *world) redrive(e *execution) outcome {
	w.t.Helper()
	w.mustCall("RedriveExecution", map[string]any{"executionArn": e.arn})
	<-e.done()
	o, _ := e.now()
	return o
}

func TestARedriveGoesOnFromTheFailedState(t *testing.T) {
	var first, second mended
	first.works.Store(true)
	inWorld(t, lambdaOnly(functions{"first": first.call, "second": second.call}), func(t *testing.T, w *world) {
		e, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{
			"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"first"},"Assign":{"x":7},"Output":"{% $states.input %}","Next":"B"},
			"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["Broken"],"MaxAttempts":1}],"Next":"C","Output":"{% $states.result.Payload %}",
				"Arguments":{"FunctionName":"second","Payload":{"x":"{% $x %}","in":"{% $states.input %}","redrives":"{% $states.context.Execution.RedriveCount %}",
					"retries":"{% $states.context.State.RetryCount %}","all":"{% $states.context.Execution.Input %}"}}},
			"C":{"Type":"Succeed"}}}`, `{"a":1}`)
		before := w.lines(e)
		if o.status != statusFailed || second.calls.Load() != 2 {
			t.Fatalf("%+v after %d calls", o, second.calls.Load())
		}
		time.Sleep(time.Hour)
		second.works.Store(true)
		o = w.redrive(e)
		if want := `{"all":{"a":1},"in":{"a":1},"redrives":1,"retries":0,"x":7}`; o.output != want || first.calls.Load() != 1 {
			t.Errorf("%+v, want output %s; the first function was called %d times", o, want, first.calls.Load())
		}
		after := w.lines(e)
		if got := strings.Join(after[:len(before)], "\n"); got != strings.Join(before, "\n") {
			t.Errorf("the history before has changed:\n%s", got)
		}
		var links []string
		for _, line := range after[len(before)-1:] {
			links = append(links, strings.Join(strings.Fields(line)[:2], " "))
		}
		want := `14<13 ExecutionFailed
			15<14 ExecutionRedriven
			16<7 TaskScheduled
			17<16 TaskStarted
			18<17 TaskSucceeded
			19<18 TaskStateExited
			20<19 SucceedStateEntered
			21<20 SucceedStateExited
			22<21 ExecutionSucceeded`
		if got := strings.Join(links, "\n"); got != trimLines(want) {
			t.Errorf("got\n%s\nwant\n%s", got, trimLines(want))
		}
		if !strings.HasSuffix(after[14], `{"redriveCount":1}`) {
			t.Error(after[14])
		}
	})
}

func TestARedriveIsDescribedAnnouncedAndMeasured(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}}`, `{"a":1}`)
		w.events, w.metrics = nil, nil
		time.Sleep(time.Hour)
		if o := w.redrive(e); o.status != statusFailed || o.error != "E" {
			t.Errorf("a Fail state redriven gives %+v", o)
		}
		d := w.mustCall("DescribeExecution", map[string]any{"executionArn": e.arn})
		date := apiTime(e.started.Add(time.Hour))
		if d["status"] != "FAILED" || d["redriveCount"] != 1.0 || d["redriveDate"] != date || d["startDate"] != apiTime(e.started) || d["redriveStatus"] != "REDRIVABLE" {
			t.Errorf("%v", d)
		}
		var statuses, metrics []string
		for _, event := range w.events {
			var c statusChange
			if err := json.Unmarshal(event.Detail, &c); err != nil {
				t.Fatal(err)
			}
			statuses = append(statuses, fmt.Sprint(c.Status, c.RedriveCount, *c.RedriveDate == int64(date*1000), c.StopDate != nil, c.Input))
		}
		if got := strings.Join(statuses, ", "); got != `RUNNING1 true false{"a":1}, FAILED1 true true{"a":1}` {
			t.Error(got)
		}
		if w.states.shelf.size != e.history.size() {
			t.Errorf("the shelf counts %d bytes, want %d", w.states.shelf.size, e.history.size())
		}
		for _, m := range w.metrics {
			metrics = append(metrics, m.Name)
		}
		if got := strings.Join(metrics, " "); got != "ExecutionsRedriven ExecutionsFailed RedrivenExecutionsFailed ExecutionTime" {
			t.Error(got)
		}
	})
}

func TestARedriveRepeatsOnlyWhatDidNotSucceed(t *testing.T) {
	for _, row := range []struct{ name, state, input, want string }{
		{"branches", `"Type":"Parallel","Branches":[
			{"StartAt":"G","States":{"G":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:good","End":true}}},
			{"StartAt":"G2","States":{"G2":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:good","Next":"W"},
				"W":{"Type":"Wait","Seconds":9,"Next":"B"},
				"B":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad","End":true}}}]`, `1`, `[1,1]`},
		{"iterations", `"Type":"Map","ItemProcessor":{"StartAt":"G","States":{
			"G":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:good","Next":"C"},
			"C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"W"}],"Default":"S"},
			"W":{"Type":"Wait","Seconds":9,"Next":"B"},"S":{"Type":"Succeed"},
			"B":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad","End":true}}}`, `[1,2]`, `[1,2]`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var good, bad mended
			good.works.Store(true)
			inWorld(t, lambdaOnly(functions{"good": good.call, "bad": bad.call}), func(t *testing.T, w *world) {
				e, o := w.run(`{"StartAt":"P","States":{"P":{`+row.state+`,"End":true}}}`, row.input)
				if o.error != "Broken" {
					t.Fatalf("%+v", o)
				}
				w.redrive(e) // in vain
				bad.works.Store(true)
				o = w.redrive(e)
				if o.output != row.want || good.calls.Load() != 2 || bad.calls.Load() != 3 {
					t.Errorf("%+v, want output %s, after %d good and %d bad calls\n%s", o, row.want, good.calls.Load(), bad.calls.Load(), strings.Join(w.lines(e), "\n"))
				}
			})
		})
	}
}

func TestHistoryOfARedrivenMap(t *testing.T) {
	var bad mended
	inWorld(t, lambdaOnly(functions{"bad": bad.call}), func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemProcessor":{"StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad","End":true}}}}}}`, `[5]`)
		bad.works.Store(true)
		w.redrive(e)
		want := `
			13<12 ExecutionRedriven {"redriveCount":1}
			14<2 MapStateStarted {"length":1}
			15<14 MapIterationStarted {"index":0,"name":"M"}
			16<5 LambdaFunctionScheduled {"input":"5","resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad"}
			17<16 LambdaFunctionStarted
			18<17 LambdaFunctionSucceeded {"output":"5"}
			19<18 TaskStateExited {"name":"T","output":"5"}
			20<19 MapIterationSucceeded {"index":0,"name":"M"}
			21<20 MapStateSucceeded
			22<20 MapStateExited {"name":"M","output":"[5]"}
			23<22 ExecutionSucceeded {"output":"[5]"}`
		if got := strings.Join(w.lines(e)[12:], "\n"); got != trimLines(want) {
			t.Errorf("got\n%s\nwant\n%s", got, trimLines(want))
		}
	})
}

func TestABranchThatHadNotBegunBeginsWithTheRedrive(t *testing.T) {
	var bad mended
	inWorld(t, lambdaOnly(functions{"bad": bad.call}), func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad","End":true}}}]}}}`, `{}`)
		e.thread.inner[0] = &thread{next: "T"} // as if it had been cut off too early
		bad.works.Store(true)
		w.redrive(e)
		lines := w.lines(e)
		if got, want := strings.Join(lines[11:13], "\n"), "12<2 ParallelStateStarted\n13<12 TaskStateEntered"; !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s", strings.Join(lines, "\n"))
		}
	})
}

func TestBranchesWithTooLargeResultsAreAllRedriven(t *testing.T) {
	var calls atomic.Int32
	large := func(context.Context, any) (any, error) {
		calls.Add(1)
		return strings.Repeat("x", maxPayload/2), nil
	}
	inWorld(t, lambdaOnly(functions{"large": large}), func(t *testing.T, w *world) {
		const branch = `{"StartAt":"%[1]s","States":{"%[1]s":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:large","End":true}}}`
		e, o := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[`+fmt.Sprintf(branch, "A")+`,`+fmt.Sprintf(branch, "B")+`]}}}`, `{}`)
		if o = w.redrive(e); o.error != errDataLimitExceeded || calls.Load() != 4 {
			t.Errorf("%s after %d calls, want 4", o.error, calls.Load())
		}
	})
}

func TestStoppedAndTimedOutExecutionsAreRedriven(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		m := w.create(`{"TimeoutSeconds":100,"StartAt":"P","States":{"P":{"Type":"Pass","Next":"W"},"W":{"Type":"Wait","Seconds":90,"Next":"V"},
			"V":{"Type":"Wait","Seconds":90,"End":true}}}`)
		e := w.start(m, `{}`)
		time.Sleep(50 * time.Second)
		w.mustCall("StopExecution", map[string]any{"executionArn": e.arn})
		start := time.Now()
		if o := w.redrive(e); o.status != statusTimedOut || time.Since(start) != 100*time.Second {
			t.Errorf("stopped in W, redriven: %s after %v", o.status, time.Since(start))
		}
		start = time.Now()
		if o := w.redrive(e); o.status != statusSucceeded || time.Since(start) != 90*time.Second {
			t.Errorf("timed out in V, redriven: %s after %v", o.status, time.Since(start))
		}
		w.expectTypes(e, "ExecutionStarted", "PassStateEntered", "PassStateExited", "WaitStateEntered", "ExecutionAborted",
			"ExecutionRedriven", "WaitStateExited", "WaitStateEntered", "ExecutionTimedOut",
			"ExecutionRedriven", "WaitStateExited", "ExecutionSucceeded")
	})
}

func TestARedriveWaitsForWhatStillRuns(t *testing.T) {
	slow := func(context.Context, any) (any, error) { // it does not notice that nobody waits for it
		time.Sleep(time.Minute)
		return "late", nil
	}
	inWorld(t, lambdaOnly(functions{"slow": slow}), func(t *testing.T, w *world) {
		e := w.start(w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:slow","End":true}}}`), `{}`)
		time.Sleep(time.Second)
		w.mustCall("StopExecution", map[string]any{"executionArn": e.arn})
		o := w.redrive(e)
		if took := time.Since(e.started); o.output != `"late"` || took != 2*time.Minute {
			t.Errorf("%+v after %v", o, took)
		}
		w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted", "ExecutionAborted",
			"ExecutionRedriven", "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded")
	})
}

func TestAStateWhoseExitIsNotRecordedIsNotLeft(t *testing.T) {
	var e *execution
	inWorld(t, lambdaOnly(functions{"last": func(context.Context, any) (any, error) {
		e.history.close("ExecutionAborted", 0, nil) // as when the execution is stopped at the last moment
		return nil, nil
	}}), func(t *testing.T, w *world) {
		m := w.create(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:last","Next":"S"},"S":{"Type":"Succeed"}}}`)
		e = m.now().newExecution(t.Context(), "n", data{text: `{}`}, nil)
		w.states.crowd.join()
		e.launch()
		<-e.attempt.idle
		if e.thread.next != "T" || e.thread.visit == nil {
			t.Errorf("the execution stands at %q", e.thread.next)
		}
	})
}

func TestRedriveExecutionRefuses(t *testing.T) {
	failing := `{"StartAt":"F","States":{"F":{"Type":"Fail"}}}`
	for _, row := range []struct {
		name, definition string
		before           func(w *world, e *execution) // what happens first
		reason           string
	}{
		{"a running execution", waiting, func(*world, *execution) {}, "Execution is RUNNING and cannot be redriven"},
		{"a succeeded one", passing, func(_ *world, e *execution) { <-e.done() }, "Execution is SUCCEEDED and cannot be redriven"},
		{"one of more than 14 days ago", failing, func(*world, *execution) { time.Sleep(redrivePeriod) }, "Execution redrivable period exceeded"},
		{"one of more than a year ago", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":31449600,"Next":"F"},"F":{"Type":"Fail"}}}`,
			func(*world, *execution) { time.Sleep(maxOpenTime) }, "Execution has exceeded the max execution time"},
		{"a full history", failing, func(_ *world, e *execution) { <-e.done(); e.history.count = maxEvents - 1 }, "Execution history event limit exceeded"},
		{"a forgotten one", failing, func(w *world, e *execution) {
			<-e.done()
			w.states.shelf.size = shelfSize
			w.finish(e.machine, `{}`)
		}, "Execution redrivable period exceeded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				e := w.start(w.create(row.definition), `{}`)
				row.before(w, e)
				_, err := w.call("RedriveExecution", map[string]any{"executionArn": e.arn})
				if expectCode(t, err, "ExecutionNotRedrivable"); err != nil && !strings.Contains(err.Error(), row.reason) {
					t.Errorf("error %v", err)
				}
				d := w.mustCall("DescribeExecution", map[string]any{"executionArn": e.arn})
				if d["redriveStatus"] != "NOT_REDRIVABLE" || d["redriveStatusReason"] != row.reason {
					t.Errorf("%v", d)
				}
			})
		})
	}
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(failing, `{}`)
		for _, token := range []string{"a b", "ä", strings.Repeat("x", 65)} {
			_, err := w.call("RedriveExecution", map[string]any{"executionArn": e.arn, "clientToken": token})
			expectCode(t, err, "ValidationException")
		}
		_, err := w.call("RedriveExecution", map[string]any{"executionArn": e.arn + "x"})
		expectCode(t, err, "ExecutionDoesNotExist")
		_, err = w.call("RedriveExecution", map[string]any{"executionArn": "arn:aws:states:eu-central-1:123456789012:express:m:n:u"})
		expectCode(t, err, "InvalidArn")
		for _, filter := range []map[string]any{{"redriveFilter": "REDRIVEN"}, {"statusFilter": "PENDING_REDRIVE"}} {
			filter["stateMachineArn"] = e.machine.arn
			_, err = w.call("ListExecutions", filter)
			expectCode(t, err, "ValidationException")
		}
	})
}

func TestAClientTokenRedrivesOnce(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"F","States":{"F":{"Type":"Fail"}}}`, `{}`)
		request := map[string]any{"executionArn": e.arn, "clientToken": "t"}
		first := w.mustCall("RedriveExecution", request)
		time.Sleep(clientTokenLife - time.Second)
		if second := w.mustCall("RedriveExecution", request); fmt.Sprint(first) != fmt.Sprint(second) || e.redriven().count != 1 {
			t.Errorf("%v, then %v; %d redrives", first, second, e.redriven().count)
		}
		time.Sleep(time.Second)
		if third := w.mustCall("RedriveExecution", request); fmt.Sprint(first) == fmt.Sprint(third) || e.redriven().count != 2 {
			t.Errorf("%v; %d redrives", third, e.redriven().count)
		}
	})
}

func TestAnExecutionKnowsWhenItWasRedriven(t *testing.T) {
	var f mended
	inWorld(t, lambdaOnly(functions{"f": f.call}), func(t *testing.T, w *world) {
		e, _ := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,"Output":"{% $states.result.Payload %}",
			"Arguments":{"FunctionName":"f","Payload":{"in":"{% $states.context.State.EnteredTime %}","then":"{% $states.context.Execution.StartTime %}","again":"{% $exists($states.context.Execution.RedriveTime) ? $states.context.Execution.RedriveTime : 'not yet' %}"}}}}}`, `{}`)
		first := strings.Join(w.lines(e), "\n")
		if !strings.Contains(first, `\"again\":\"not yet\"`) {
			t.Errorf("before: %s", first)
		}
		time.Sleep(time.Hour)
		f.works.Store(true)
		if o := w.redrive(e); o.output != `{"again":"2000-01-01T01:00:00.000Z","in":"2000-01-01T00:00:00.000Z","then":"2000-01-01T00:00:00.000Z"}` {
			t.Errorf("%+v", o)
		}
	})
}

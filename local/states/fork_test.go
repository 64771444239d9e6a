package states

// Tests of what runs side by side: Parallel and Map.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestHistoryOfAMapWithOneIterationAtATime(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemsPath":"$.arr",
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `{"arr":[1,2]}`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"{\"arr\":[1,2]}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 MapStateEntered {"input":"{\"arr\":[1,2]}","name":"M"}
			3<2 MapStateStarted {"length":2}
			4<3 MapIterationStarted {"index":0,"name":"M"}
			5<4 PassStateEntered {"input":"1","name":"P"}
			6<5 PassStateExited {"name":"P","output":"1"}
			7<6 MapIterationSucceeded {"index":0,"name":"M"}
			8<6 MapIterationStarted {"index":1,"name":"M"}
			9<8 PassStateEntered {"input":"2","name":"P"}
			10<9 PassStateExited {"name":"P","output":"2"}
			11<10 MapIterationSucceeded {"index":1,"name":"M"}
			12<11 MapStateSucceeded
			13<11 MapStateExited {"name":"M","output":"[1,2]"}
			14<13 ExecutionSucceeded {"output":"[1,2]"}`)
	})
}

func TestHistoryOfAMapWithoutItems(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`, `[]`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"[]","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 MapStateEntered {"input":"[]","name":"M"}
			3<2 MapStateStarted {"length":0}
			4<3 MapStateSucceeded
			5<3 MapStateExited {"name":"M","output":"[]"}
			6<5 ExecutionSucceeded {"output":"[]"}`)
	})
}

func TestHistoryOfARetriedMapThatFails(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
			"Retry":[{"ErrorEquals":["Bad"],"MaxAttempts":1}],
			"ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Bad","Cause":"item"}}}}}}`, `[1]`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"[1]","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 MapStateEntered {"input":"[1]","name":"M"}
			3<2 MapStateStarted {"length":1}
			4<3 MapIterationStarted {"index":0,"name":"M"}
			5<4 FailStateEntered {"input":"1","name":"F"}
			6<5 MapIterationFailed {"index":0,"name":"M"}
			7<5 MapStateStarted {"length":1}
			8<7 MapIterationStarted {"index":0,"name":"M"}
			9<8 FailStateEntered {"input":"1","name":"F"}
			10<9 MapIterationFailed {"index":0,"name":"M"}
			11<9 MapStateFailed
			12<11 ExecutionFailed {"cause":"item","error":"Bad"}`)
	})
}

func TestOneFailedIterationAbortsTheOthers(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		start := time.Now()
		e, o := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,
			"ItemProcessor":{"StartAt":"W","States":{
				"W":{"Type":"Wait","SecondsPath":"$","Next":"F"},"F":{"Type":"Fail","Error":"First"}}}}}}`, `[60,1,60]`)
		if o.status != statusFailed || o.error != "First" {
			t.Errorf("ended %+v", o)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		lines := w.lines(e)
		at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "MapIterationFailed") })
		want := `
			12<11 MapIterationFailed {"index":1,"name":"M"}
			13<11 MapIterationAborted {"index":0,"name":"M"}
			14<11 WaitStateAborted
			15<11 MapIterationAborted {"index":2,"name":"M"}
			16<11 WaitStateAborted
			17<11 MapStateFailed
			18<17 ExecutionFailed {"error":"First"}`
		if got := strings.Join(lines[at:], "\n"); got != trimLines(want) {
			t.Errorf("got\n%s\nwant\n%s", got, trimLines(want))
		}
	})
}

func TestHistoryOfACaughtParallel(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"P","States":{
			"P":{"Type":"Parallel","Next":"Never","Catch":[{"ErrorEquals":["States.BranchFailed"],"Next":"Caught"}],
				"Branches":[{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Bad","Cause":"branch"}}}]},
			"Never":{"Type":"Succeed"},"Caught":{"Type":"Pass","End":true}}}`, `{}`)
		w.expectHistory(e, `
			1<0 ExecutionStarted {"input":"{}","roleArn":"arn:aws:iam::123456789012:role/r"}
			2<0 ParallelStateEntered {"input":"{}","name":"P"}
			3<2 ParallelStateStarted
			4<3 FailStateEntered {"input":"{}","name":"F"}
			5<4 ParallelStateFailed
			6<5 ParallelStateExited {"name":"P","output":"{\"Error\":\"Bad\",\"Cause\":\"branch\"}"}
			7<6 PassStateEntered {"input":"{\"Error\":\"Bad\",\"Cause\":\"branch\"}","name":"Caught"}
			8<7 PassStateExited {"name":"Caught","output":"{\"Error\":\"Bad\",\"Cause\":\"branch\"}"}
			9<8 ExecutionSucceeded {"output":"{\"Error\":\"Bad\",\"Cause\":\"branch\"}"}`)
	})
}

func TestParallelGivesTheBranchesOutputsInOrder(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, o := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"Next":"A2"},"A2":{"Type":"Pass","Result":"a","End":true}}},
			{"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}]}}}`, `{}`)
		if o.output != `["a","b"]` {
			t.Errorf("output %s", o.output)
		}
		lines := w.lines(e)
		want := `
			10<9 ParallelStateSucceeded
			11<9 ParallelStateExited {"name":"P","output":"[\"a\",\"b\"]"}
			12<11 ExecutionSucceeded {"output":"[\"a\",\"b\"]"}`
		if got := strings.Join(lines[len(lines)-3:], "\n"); got != trimLines(want) {
			t.Errorf("got\n%s", got)
		}
	})
}

func TestAFailedTaskInABranchIsRecordedAsAborted(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"bad": func(context.Context, any) (any, error) { return nil, &thrown{"E", ""} }}),
		func(t *testing.T, w *world) {
			e, _ := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
				{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"bad"},"End":true}}}]}}}`, `{}`)
			w.expectTypes(e, "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "TaskStateEntered", "TaskScheduled",
				"TaskStarted", "TaskFailed", "TaskStateAborted", "ParallelStateFailed", "ExecutionFailed")
			events := e.history.snapshot()
			if events[8].previous != 7 {
				t.Errorf("ParallelStateFailed follows %d, want the TaskFailed 7", events[8].previous)
			}
		})
}

func TestMapRunsAtMostMaxConcurrencyIterationsAtOnce(t *testing.T) {
	for _, row := range []struct {
		given string
		want  int32
	}{
		{`"MaxConcurrency":3`, 3},
		{`"MaxConcurrencyPath":"$.max"`, 2},
		{`"MaxConcurrencyPath":"$.text"`, 4}, // recorded: digits are taken for a number
		{`"MaxConcurrency":0`, maxInlineConcurrency},
		{`"MaxConcurrency":45`, maxInlineConcurrency},
	} {
		t.Run(row.given, func(t *testing.T) {
			var now, most atomic.Int32
			busy := func(ctx context.Context, _ any) (any, error) {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				cloud.Sleep(ctx, time.Second)
				now.Add(-1)
				return nil, nil
			}
			inWorld(t, lambdaOnly(functions{"busy": busy}), func(t *testing.T, w *world) {
				items := strings.TrimSuffix(strings.Repeat("1,", 50), ",")
				_, o := w.run(fmt.Sprintf(`{"StartAt":"M","States":{"M":{"Type":"Map",%s,"ItemsPath":"$.items","End":true,"ResultPath":null,
					"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"T","States":{
						"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:busy","End":true}}}}}}`, row.given),
					fmt.Sprintf(`{"max":2,"text":"4","items":[%s]}`, items))
				if o.status != statusSucceeded || most.Load() != row.want {
					t.Errorf("%s with %d at once, want %d", o.status, most.Load(), row.want)
				}
			})
		})
	}
}

func TestItemSelectorSeesTheItem(t *testing.T) {
	for name, definition := range map[string]string{
		"JSONPath": `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","End":true,
			"ItemSelector":{"i.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value","all.$":"$.k"},
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`,
		"JSONata": `{"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% $states.input.items %}","End":true,
			"ItemSelector":{"i":"{% $states.context.Map.Item.Index %}","v":"{% $states.context.Map.Item.Value %}","all":"{% $states.input.k %}"},
			"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				_, o := w.run(definition, `{"k":true,"items":["a","b"]}`)
				if want := `[{"i":0,"v":"a","all":true},{"i":1,"v":"b","all":true}]`; o.output != want {
					t.Errorf("%+v, want output %s", o, want)
				}
			})
		})
	}
}

func TestABranchWithinAnIterationSeesTheItem(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{
			"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{
				"A":{"Type":"Pass","InputPath":"$$.Map.Item.Value","End":true}}}]}}}}}}`, `["x","y"]`)
		if o.output != `[["x"],["y"]]` {
			t.Errorf("%+v", o)
		}
	})
}

func TestToleratedFailures(t *testing.T) {
	for _, row := range []struct {
		name, given, want, failure string
	}{
		{"within the count", `"ToleratedFailureCount":2`, `["ok"]`, ""},
		{"beyond the count", `"ToleratedFailureCount":1`, "", errTooManyFailures},
		{"within the percentage", `"ToleratedFailurePercentage":67`, `["ok"]`, ""},
		{"beyond the percentage", `"ToleratedFailurePercentage":50`, "", errTooManyFailures},
		{"none given", `"Comment":"strict"`, "", "Bad"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				_, o := w.run(fmt.Sprintf(`{"StartAt":"M","States":{"M":{"Type":"Map",%s,"MaxConcurrency":1,"End":true,
					"ItemProcessor":{"StartAt":"C","States":{
						"C":{"Type":"Choice","Choices":[{"Variable":"$","StringEquals":"ok","Next":"S"}],"Default":"F"},
						"S":{"Type":"Succeed"},"F":{"Type":"Fail","Error":"Bad"}}}}}}`, row.given), `["bad","ok","bad"]`)
				if o.output != row.want || o.error != row.failure {
					t.Errorf("ended %+v", o)
				}
			})
		})
	}
}

func TestVariablesOfABranchEndWithIt(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"A","States":{
			"A":{"Type":"Pass","Assign":{"x":1},"Next":"P"},
			"P":{"Type":"Parallel","Next":"B","Branches":[{"StartAt":"In","States":{
				"In":{"Type":"Pass","Assign":{"y":"{% $x + 1 %}"},"Next":"Out"},
				"Out":{"Type":"Pass","Output":"{% $y + $x %}","End":true}}}]},
			"B":{"Type":"Pass","Output":"{% [$states.input[0], $x, $exists($y)] %}","End":true}}}`, `{}`)
		if o.output != `[3,1,false]` {
			t.Errorf("%+v", o)
		}
	})
}

func TestNestedThreadsAreAbortedFromOutside(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		e, o := w.run(`{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
			{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}}}}},
			{"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail","Error":"E"}}}]}}}`, `[1]`)
		if o.error != "E" {
			t.Errorf("%+v", o)
		}
		var tail []string
		for _, event := range e.history.snapshot() {
			if strings.Contains(event.kind, "Aborted") || strings.Contains(event.kind, "Failed") {
				tail = append(tail, event.kind)
			}
		}
		want := []string{"MapIterationAborted", "WaitStateAborted", "MapStateAborted", "ParallelStateFailed", "ExecutionFailed"}
		if !slices.Equal(tail, want) {
			t.Errorf("got %v, want %v", tail, want)
		}
	})
}

// A failed iteration is told of where it is tolerated and where it is not.
func TestHistoryOfToleratedFailures(t *testing.T) {
	const processor = `"ItemProcessor":{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$","StringEquals":"ok","Next":"S"}],"Default":"F"},
		"S":{"Type":"Succeed"},"F":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:bad","End":true}}}`
	for limit, want := range map[int]string{
		1: `10<9 LambdaFunctionFailed {"cause":"{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}","error":"Oops"}
			11<10 MapIterationFailed {"index":0,"name":"M"}
			12<11 TaskStateAborted
			13<10 MapIterationStarted {"index":1,"name":"M"}
			14<13 ChoiceStateEntered {"input":"\"ok\"","name":"C"}
			15<14 ChoiceStateExited {"name":"C","output":"\"ok\""}
			16<15 SucceedStateEntered {"input":"\"ok\"","name":"S"}
			17<16 SucceedStateExited {"name":"S","output":"\"ok\""}
			18<17 MapIterationSucceeded {"index":1,"name":"M"}
			19<18 MapStateSucceeded
			20<18 MapStateExited {"name":"M","output":"[\"ok\"]"}
			21<20 ExecutionSucceeded {"output":"[\"ok\"]"}`,
		0: `10<9 LambdaFunctionFailed {"cause":"{\"errorMessage\":\"no\",\"errorType\":\"Oops\"}","error":"Oops"}
			11<10 MapIterationFailed {"index":0,"name":"M"}
			12<10 TaskStateAborted
			13<10 MapStateFailed
			14<13 ExecutionFailed {"cause":"The specified tolerated failure threshold was exceeded","error":"States.ExceedToleratedFailureThreshold"}`,
	} {
		inWorld(t, lambdaOnly(functions{"bad": func(context.Context, any) (any, error) { return nil, &thrown{"Oops", "no"} }}), func(t *testing.T, w *world) {
			e, _ := w.run(fmt.Sprintf(`{"StartAt":"M","States":{"M":{"Type":"Map","ToleratedFailureCount":%d,"MaxConcurrency":1,"End":true,%s}}}`, limit, processor), `["bad","ok"]`)
			if got := strings.Join(w.lines(e)[9:], "\n"); got != trimLines(want) {
				t.Errorf("up to %d failures:\n%s", limit, got)
			}
		})
	}
}

func TestExpressionsSeeTheResultOfBranchesAndIterations(t *testing.T) {
	for name, state := range map[string]string{
		"branches":         `"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Pass","Output":1,"End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass","Output":2,"End":true}}}]`,
		"iterations":       `"Type":"Map","Items":[1,2],"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`,
		"distributed ones": `"Type":"Map","Items":[1,2],"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`,
	} {
		inWorld(t, nil, func(t *testing.T, w *world) {
			_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{`+state+`,"Assign":{"all":"{% $states.result %}"},"Output":"{% $sum($states.result) %}","Next":"P"},
				"P":{"Type":"Pass","Output":"{% [$states.input, $all] %}","End":true}}}`, `{}`)
			if o.output != `[3,1,2]` {
				t.Errorf("%s: %+v", name, o)
			}
		})
	}
}

func TestAMapInJSONataOfAMachineInJSONPathHasStatesOfBoth(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","QueryLanguage":"JSONata","Items":"{% $states.input.a %}","End":true,"ItemProcessor":{"StartAt":"P","States":{
			"P":{"Type":"Pass","QueryLanguage":"JSONPath","Parameters":{"n.$":"$.x"},"Next":"Q"},
			"Q":{"Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.n + 1 %}","End":true}}}}}}`, `{"a":[{"x":1},{"x":2}]}`)
		if o.output != `[2,3]` {
			t.Errorf("%+v", o)
		}
	})
}

func TestIterationsThatRunAtTheSameTimeAreEnteredInTheirOrder(t *testing.T) {
	slow := func(ctx context.Context, _ any) (any, error) { cloud.Sleep(ctx, time.Second); return nil, nil }
	inWorld(t, lambdaOnly(functions{"slow": slow}), func(t *testing.T, w *world) {
		e, _ := w.run(`{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:lambda:eu-central-1:123456789012:function:slow","End":true}}}}}}`, `[0,1,2,3,4,5,6,7,8,9]`)
		var started, entered []string
		for _, line := range w.lines(e) {
			if index, ok := strings.CutSuffix(line, `,"name":"M"}`); ok && strings.Contains(line, " MapIterationStarted ") {
				started = append(started, index[strings.LastIndex(index, ":")+1:])
			}
			if _, input, ok := strings.Cut(line, ` TaskStateEntered {"input":"`); ok {
				entered = append(entered, input[:1])
			}
		}
		const order = "0 1 2 3 4 5 6 7 8 9"
		if strings.Join(started, " ") != order || strings.Join(entered, " ") != order {
			t.Errorf("started %v, entered %v", started, entered)
		}
	})
}

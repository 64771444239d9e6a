package states

// Tests of Retry, Catch and what they are for.

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestErrorEqualsMatches(t *testing.T) {
	for _, row := range []struct {
		failure string
		also    string
		name    string
		want    bool
	}{
		{"Custom", "", "Custom", true},
		{"Custom", "", "custom", false},
		{"Custom", "", errAll, true},
		{"Custom", "", errTaskFailed, true},
		{"", "", errAll, true},
		{errTimeout, "", errAll, true},
		{errTimeout, "", errTaskFailed, false},
		{errTimeout, "", errTimeout, true},
		{errTimeout, errHeartbeatTimeout, errHeartbeatTimeout, true},
		{errDataLimitExceeded, "", errAll, true},
		{errDataLimitExceeded, "", errTaskFailed, false},
		{errDataLimitExceeded, "", errDataLimitExceeded, true},
		{errRuntime, "", errAll, false},
		{errRuntime, "", errRuntime, false},
		{errRuntime, errParameterPath, errParameterPath, true},
		{errQueryEvaluation, "", errAll, true},
	} {
		f := &failure{name: row.failure, also: []string{row.also}}
		if got := f.matches([]string{row.name}); got != row.want {
			t.Errorf("%q also %q matches %s: %t, want %t", row.failure, row.also, row.name, got, row.want)
		}
	}
}

func TestRetryWaits(t *testing.T) {
	for _, row := range []struct {
		retry string
		want  []time.Duration // from the start, of each attempt
	}{
		{`{"ErrorEquals":["E"]}`, []time.Duration{0, 1, 3, 7}},
		{`{"ErrorEquals":["E"],"MaxAttempts":0}`, []time.Duration{0}},
		{`{"ErrorEquals":["E"],"IntervalSeconds":3,"BackoffRate":1,"MaxAttempts":2}`, []time.Duration{0, 3, 6}},
		{`{"ErrorEquals":["E"],"IntervalSeconds":2,"BackoffRate":2,"MaxDelaySeconds":5,"MaxAttempts":4}`, []time.Duration{0, 2, 6, 11, 16}},
		{`{"ErrorEquals":["Other"]},{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":1}`, []time.Duration{0, 1}},
	} {
		t.Run(row.retry, func(t *testing.T) {
			var attempts []time.Duration
			var start time.Time
			inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) {
				attempts = append(attempts, time.Since(start)/time.Second)
				return nil, &thrown{"E", ""}
			}}), func(t *testing.T, w *world) {
				start = time.Now()
				w.run(taskWith(`"Retry":[`+row.retry+`]`), `{}`)
			})
			if fmt.Sprint(attempts) != fmt.Sprint(row.want) {
				t.Errorf("attempts after %d seconds, want %d", attempts, row.want)
			}
		})
	}
}

// taskWith is a machine of one task, which calls the function f, with more fields.
func taskWith(fields string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},` + fields + `,"End":true}}}`
}

func TestFullJitterWaitsAtMostTheInterval(t *testing.T) {
	r := retrier{interval: time.Second, backoff: 2, limit: 3 * time.Second, jitter: true}
	different := map[time.Duration]bool{}
	for range 100 {
		for attempt, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 3 * time.Second} {
			d := r.delay(attempt)
			if d < 0 || d > most {
				t.Fatalf("attempt %d waits %v, want at most %v", attempt, d, most)
			}
			different[d] = true
		}
	}
	if len(different) < 100 {
		t.Errorf("only %d different delays of 300", len(different))
	}
}

func TestEachRetrierCountsItsOwnAttempts(t *testing.T) {
	var calls int
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) {
		calls++
		if calls%2 == 0 {
			return nil, &thrown{"B", ""}
		}
		return nil, &thrown{"A", ""}
	}}), func(t *testing.T, w *world) {
		_, o := w.run(taskWith(`"Retry":[{"ErrorEquals":["A"],"MaxAttempts":2},{"ErrorEquals":["B"],"MaxAttempts":5}]`), `{}`)
		if calls != 5 || o.error != "A" {
			t.Errorf("%d calls, then %s; want 5, then A", calls, o.error)
		}
	})
}

func TestRetryCountIsInTheContext(t *testing.T) {
	var seen []any
	inWorld(t, lambdaOnly(functions{"f": func(_ context.Context, payload any) (any, error) {
		seen = append(seen, payload)
		return nil, &thrown{"E", ""}
	}}), func(t *testing.T, w *world) {
		w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,
			"Parameters":{"FunctionName":"f","Payload.$":"$$.State.RetryCount"},"Retry":[{"ErrorEquals":["E"],"MaxAttempts":2}]}}}`, `{}`)
	})
	if fmt.Sprint(seen) != "[0 1 2]" {
		t.Errorf("seen %v", seen)
	}
}

func TestCatch(t *testing.T) {
	for _, row := range []struct {
		name, definition, want string
	}{
		{"hands on the error output", `"Catch":[{"ErrorEquals":["E"],"Next":"C"}]`, `{"Error":"E","Cause":"{\"errorMessage\":\"why\",\"errorType\":\"E\"}"}`},
		{"by the first that fits", `"Catch":[{"ErrorEquals":["X"],"Next":"T"},{"ErrorEquals":["States.ALL"],"Next":"C","ResultPath":null}]`, `{"in":1}`},
		{"assigns", `"Catch":[{"ErrorEquals":["E"],"Next":"V","Assign":{"e.$":"$.Error"}}]`, `"E"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return nil, &thrown{"E", "why"} }}), func(t *testing.T, w *world) {
				definition := strings.TrimSuffix(taskWith(row.definition), "}}") + `,"C":{"Type":"Pass","End":true}`
				if strings.Contains(row.definition, `"V"`) {
					definition = strings.TrimSuffix(taskWith(row.definition), "}}") + `,"V":{"Type":"Pass","Parameters":{"v.$":"$e"},"OutputPath":"$.v","End":true}`
				}
				if _, o := w.run(definition+"}}", `{"in":1}`); o.output != row.want {
					t.Errorf("%+v, want %s", o, row.want)
				}
			})
		})
	}
}

func TestCatchInJSONata(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return nil, &thrown{"E", "why"} }}), func(t *testing.T, w *world) {
		_, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f"},"End":true,
				"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C","Output":"{% $states.input.n & $states.errorOutput.Error %}","Assign":{"e":"{% $states.errorOutput %}"}}]},
			"C":{"Type":"Pass","Output":"{% $states.input & ' ' & $parse($e.Cause).errorMessage %}","End":true}}}`,
			`{"n":"in"}`)
		if o.output != `"inE why"` {
			t.Errorf("%+v", o)
		}
	})
}

func TestAFailedOutputOfATaskCanBeCaught(t *testing.T) {
	inWorld(t, lambdaOnly(functions{"f": func(context.Context, any) (any, error) { return 1, nil }}), func(t *testing.T, w *world) {
		e, o := w.run(`{"QueryLanguage":"JSONata","StartAt":"T","States":{
			"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f"},"Output":"{% $nothing %}","End":true,
				"Catch":[{"ErrorEquals":["States.QueryEvaluationError"],"Next":"C"}]},
			"C":{"Type":"Pass","Output":"caught","End":true}}}`, `{}`)
		if o.output != `"caught"` {
			t.Errorf("%+v", o)
		}
		w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "EvaluationFailed",
			"TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded")
	})
}

func TestTimeouts(t *testing.T) {
	never := lambdaOnly(functions{"f": func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	for _, row := range []struct {
		name, fields string
		after        time.Duration
	}{
		{"TimeoutSeconds", `"TimeoutSeconds":5`, 5 * time.Second},
		{"TimeoutSecondsPath", `"TimeoutSecondsPath":"$.t"`, 9 * time.Second},
		{"with a retry", `"TimeoutSeconds":5,"Retry":[{"ErrorEquals":["States.Timeout"],"MaxAttempts":1}]`, 11 * time.Second},
		{"no retry of it by States.TaskFailed", `"TimeoutSeconds":5,"Retry":[{"ErrorEquals":["States.TaskFailed"]}]`, 5 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			inWorld(t, never, func(t *testing.T, w *world) {
				start := time.Now()
				e, o := w.run(taskWith(row.fields), `{"t":9}`)
				if o.status != statusFailed || o.error != errTimeout || o.cause != "" || time.Since(start) != row.after {
					t.Errorf("after %v: %+v", time.Since(start), o)
				}
				lines := w.lines(e)
				if got := lines[len(lines)-2]; !strings.HasSuffix(got, `TaskTimedOut {"error":"States.Timeout","resource":"invoke","resourceType":"lambda"}`) {
					t.Error(got)
				}
			})
		})
	}
	t.Run("of the machine", func(t *testing.T) {
		inWorld(t, never, func(t *testing.T, w *world) {
			start := time.Now()
			e, o := w.run(`{"TimeoutSeconds":7,`+taskWith(`"Retry":[{"ErrorEquals":["States.ALL"]}]`)[1:], `{}`)
			if o.status != statusTimedOut || time.Since(start) != 7*time.Second {
				t.Errorf("after %v: %+v", time.Since(start), o)
			}
			w.expectTypes(e, "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "ExecutionTimedOut")
		})
	})
}

func TestWaitsUntil(t *testing.T) {
	for _, row := range []struct {
		fields string
		want   time.Duration
	}{
		{`"Seconds":90`, 90 * time.Second},
		{`"SecondsPath":"$.n"`, 3 * time.Second},
		{`"Timestamp":"2000-01-01T01:00:00Z"`, time.Hour},
		{`"TimestampPath":"$.t"`, 24 * time.Hour},
		{`"Timestamp":"1999-01-01T00:00:00Z"`, 0},
		{`"QueryLanguage":"JSONata","Seconds":"{% $states.input.n * 2 %}"`, 6 * time.Second},
		{`"QueryLanguage":"JSONata","Timestamp":"{% $states.input.t %}"`, 24 * time.Hour},
	} {
		t.Run(row.fields, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) { // begins at 2000-01-01T00:00:00Z
				start := time.Now()
				_, o := w.run(`{"StartAt":"W","States":{"W":{"Type":"Wait",`+row.fields+`,"End":true}}}`, `{"n":3,"t":"2000-01-02T00:00:00Z"}`)
				if got := time.Since(start); got != row.want || o.status != statusSucceeded {
					t.Errorf("waited %v: %+v", got, o)
				}
			})
		})
	}
}

func TestAMissingPermissionCanBeCaught(t *testing.T) {
	denied := fakeService{"PutItem": func(context.Context, map[string]any) (any, error) {
		return nil, cloud.Errorf(400, "AccessDeniedException", "User: r is not authorized to perform: dynamodb:PutItem on resource: t")
	}}
	inWorld(t, map[string]fakeService{"dynamodb": denied}, func(t *testing.T, w *world) {
		_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Parameters":{},"End":true,
			"Catch":[{"ErrorEquals":["States.Permissions"],"Next":"C"}]},"C":{"Type":"Pass","InputPath":"$.Error","End":true}}}`, `{}`)
		if o.output != `"DynamoDB.AmazonDynamoDBException"` {
			t.Errorf("%+v", o)
		}
	})
}

func TestAJitterIsWhatTheRetrySays(t *testing.T) {
	for strategy, jitters := range map[string]bool{"FULL": true, "NONE": false} {
		inWorld(t, lambdaOnly(functions{"bad": func(context.Context, any) (any, error) { return nil, &thrown{"Oops", "no"} }}), func(t *testing.T, w *world) {
			began := time.Now()
			_, o := w.run(`{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"bad"},"End":true,
				"Retry":[{"ErrorEquals":["Oops"],"IntervalSeconds":10000,"MaxAttempts":4,"JitterStrategy":"`+strategy+`"}]}}}`, `{}`)
			const all = (1 + 2 + 4 + 8) * 10000 * time.Second
			if waited := time.Since(began); o.error != "Oops" || (waited < all) != jitters || waited > all {
				t.Errorf("%s: waited %s, %+v", strategy, waited, o)
			}
		})
	}
}

// This file is what Task, Parallel and Map have against failures: Retry and Catch.

package states

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/internal/chance"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Bounds of a retrier's fields.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	maxAttempts     = 99_999_999
	maxRetrySeconds = 31_622_400
)

// A guard is a state's Retry and Catch.
type guard struct {
	retriers []retrier
	catchers []catcher
}

type retrier struct {
	errors   []string
	interval time.Duration
	limit    time.Duration // of an interval; 0: none
	backoff  float64
	attempts int
	jitter   bool
}

type catcher struct {
	errors     []string
	next       string
	resultPath filter      // JSONPath
	output     *expression // JSONata
	assign     *expression
}

func (f fields) guard(in language) guard {
	var g guard
	retriers := f.list("Retry", false)
	for i, value := range retriers {
		item := f.item("Retry", i, value)
		g.retriers = append(g.retriers, item.retrier(i == len(retriers)-1))
		item.done("a Retry")
	}
	catchers := f.list("Catch", false)
	for i, value := range catchers {
		item := f.item("Catch", i, value)
		g.catchers = append(g.catchers, item.catcher(in, i == len(catchers)-1))
		item.done("a Catch in a " + in.String() + " state")
	}
	return g
}

func (f fields) retrier(last bool) retrier {
	r := retrier{
		errors:   f.errorEquals(last),
		interval: seconds(f.whole("IntervalSeconds", 1, 1, maxSeconds)),
		limit:    seconds(f.whole("MaxDelaySeconds", 0, 1, maxRetrySeconds)),
		backoff:  f.number("BackoffRate", 2, 1, math.MaxFloat64),
		attempts: f.whole("MaxAttempts", 3, 0, maxAttempts),
	}
	switch strategy := f.text("JitterStrategy"); strategy {
	case "FULL":
		r.jitter = true
	case "NONE", "":
	default:
		f.complain("JitterStrategy", "must be FULL or NONE, not %q", strategy)
	}
	if r.limit != 0 && r.limit <= r.interval {
		f.complain("MaxDelaySeconds", "must be more than IntervalSeconds")
	}
	f.take("Comment")
	return r
}

func (f fields) catcher(in language, last bool) catcher {
	c := catcher{errors: f.errorEquals(last), next: f.required("Next"), assign: f.assignment(in)}
	if in == jsonataLanguage {
		c.output = f.template("Output", in)
	} else {
		c.resultPath = f.resultPath()
	}
	f.take("Comment")
	return c
}

// errorEquals reads the error names that a retrier or a catcher is for.
func (f fields) errorEquals(last bool) []string {
	var names []string
	for _, value := range f.list("ErrorEquals", true) {
		name, ok := value.(string)
		if !ok {
			f.complain("ErrorEquals", "must be strings, not %s", jsonvalue.KindOf(value))
		}
		names = append(names, name)
	}
	if slices.Contains(names, errAll) && (len(names) > 1 || !last) {
		f.complain("ErrorEquals", "%s must stand alone, and in the last one", errAll)
	}
	return names
}

// links are where the catchers lead.
func (g *guard) links() []link {
	var links []link
	for i := range g.catchers {
		links = append(links, link{fmt.Sprintf("Catch[%d]/Next", i), g.catchers[i].next})
	}
	return links
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// protect runs attempts until one succeeds or nothing is left to be tried, and
// then the catcher for the failure. gaveUp is told of a failure that no retrier
// is left for.
func (g *guard) protect(ctx context.Context, v *visit, attempt func() (exit, *failure), gaveUp func(*failure)) (exit, *failure) {
	used := v.execution.trial.used(len(g.retriers))
	for {
		e, f := attempt()
		if f == nil {
			return e, nil
		}
		if ctx.Err() != nil {
			return exit{}, aborted()
		}
		r := g.retry(f, used)
		v.execution.trial.failed(f, r)
		if !r.due {
			gaveUp(f)
			return g.rescue(ctx, v, f)
		}
		if v.execution.trial != nil {
			return exit{}, f // that it would be tried again is all that is asked
		}
		v.execution.revision.ways.take(v.state, arm{byRetry, r.by})
		if !v.sleep(ctx, r.after) {
			return exit{}, aborted()
		}
		v.retries++
		v.context, v.result, v.hasResult, v.inner, v.run = nil, data{}, false, nil, nil
	}
}

// A retry is what a state's Retry says of a failure.
type retry struct {
	by    int           // the retrier that the failure falls to; -1: none
	due   bool          // unless it has made all of its attempts
	after time.Duration // how long to wait until the next attempt
}

// retry returns whether there is to be another attempt. Each retrier counts the
// attempts that it made.
func (g *guard) retry(f *failure, used []int) retry {
	i := slices.IndexFunc(g.retriers, func(r retrier) bool { return f.matches(r.errors) })
	if i < 0 || used[i] >= g.retriers[i].attempts {
		return retry{by: i}
	}
	used[i]++
	return retry{by: i, due: true, after: g.retriers[i].delay(used[i])}
}

// delay returns the pause before the attempt-th retry, counted from 1.
func (r *retrier) delay(attempt int) time.Duration {
	limit := float64(seconds(maxRetrySeconds))
	if r.limit != 0 {
		limit = float64(r.limit)
	}
	d := time.Duration(min(limit, float64(r.interval)*math.Pow(r.backoff, float64(attempt-1))))
	if r.jitter {
		return chance.N(d + 1)
	}
	return d
}

// rescue leaves the state by the first catcher for the failure.
func (g *guard) rescue(ctx context.Context, v *visit, f *failure) (exit, *failure) {
	i := slices.IndexFunc(g.catchers, func(c catcher) bool { return f.matches(c.errors) })
	if i < 0 {
		return exit{}, f
	}
	c := &g.catchers[i]
	v.execution.trial.caughtBy(i)
	v.errorOutput = f.output()
	v.result, v.hasResult = data{}, false

	assigned, unassigned := v.assign(ctx, c.assign, v.errorOutput)
	if unassigned != nil {
		return exit{}, unassigned
	}
	var output any = v.errorOutput
	var unfit *failure
	if c.output != nil {
		output, unfit = c.output.eval(ctx, v, nil)
	} else {
		output, unfit = c.resultPath.combine(v, v.errorOutput)
	}
	if unfit != nil {
		return exit{}, unfit
	}
	e, unfit := v.exit(output, assigned)
	e.next, e.by = c.next, arm{byCatch, i}
	return e, unfit
}

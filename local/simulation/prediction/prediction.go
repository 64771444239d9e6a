// Package prediction tells how long an assembly's work takes on AWS, and what it
// costs there. A scenario runs in local/simulation, under its clock, with the
// latencies, quotas and prices of us-east-1: what AWS documents where it does, and
// an assumption that stands in the tables of this package where it does not.
//
// It predicts what an account with the default quotas does on a usual day, when
// nothing goes wrong. What is there by the hour, such as SFTP servers, alarms and
// idle polls, is not work, and is not counted.
package prediction

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
	"github.com/tradepost-dev/tradepost/local/states"
)

// Options say what is predicted.
type Options struct {
	// Simulation is the assembly, its functions, and the scenario whose work is
	// predicted: what happens from its begin until it returns. What it does itself, as
	// the administrator, takes no time and no requests, though reading a table costs.
	// Faults are left empty, unless a bad day is to be predicted. Required.
	Simulation simulation.Options

	// Compute is how long functions work on an invocation, beside the calls they
	// make, by the names in Simulation.Functions or Simulation.Packages. Default:
	// 20 ms each.
	Compute map[string]time.Duration
}

const defaultCompute = 20 * time.Millisecond

// Prediction is what comes of a scenario.
type Prediction struct {
	Took      time.Duration  // until the scenario returned
	Usage     []Usage        // what AWS takes money for, the most expensive first
	Unpriced  []string       // calls, as "kinesis:PutRecord", that the prices do not know
	Throttled map[string]int // how often a quota refused, by the quota's name
	Trace     []byte         // a line per API call: the same in every run
}

// Usage is an amount of one thing that AWS takes money for.
type Usage struct {
	Of     string  // "states: Standard transitions"
	Amount float64 // in units of what it is of
	USD    float64
}

// USD is what everything costs together.
func (p Prediction) USD() float64 {
	sum := 0.0
	for _, u := range p.Usage {
		sum += u.USD
	}
	return sum
}

func (p Prediction) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "took=%v usd=%.6f", p.Took.Round(time.Millisecond), p.USD())
	for _, quota := range slices.Sorted(maps.Keys(p.Throttled)) {
		fmt.Fprintf(&text, "\n%s refused %d", quota, p.Throttled[quota])
	}
	for _, u := range p.Usage {
		fmt.Fprintf(&text, "\n%s: %.3f, %.6f USD", u.Of, u.Amount, u.USD)
	}
	if len(p.Unpriced) > 0 {
		fmt.Fprintf(&text, "\nwithout a price here: %s", strings.Join(p.Unpriced, ", "))
	}
	return text.String()
}

// Of predicts a scenario; an error is the scenario's.
func Of(t *testing.T, o Options) (Prediction, error) {
	t.Helper()
	m := &meter{requests: map[string]float64{}, unpriced: map[string]bool{}, throttled: map[string]int{}, buckets: map[string]bucket{}}
	s := o.Simulation
	s.Functions, s.Packages = o.working(s.Functions), o.working(s.Packages)
	s.Engine.Fault, s.Engine.Around = m.transition(s.Engine.Fault), m.around(s.Engine.Around)
	s.Engine.Functions = lambda.Limits{Environments: 2 * mostPollers} // as many as are wanted
	s.Engine.Executions = states.Limits{Busy: 1 << 20}
	var p Prediction
	s.Scenario = func(ctx context.Context, w *simulation.World) error {
		if err := m.begin(ctx, w.AWS()); err != nil {
			return err
		}
		began := time.Now()
		if err := o.Simulation.Scenario(ctx, w); err != nil {
			return err
		}
		p.Took = time.Since(began)
		time.Sleep(rest)
		return m.end(ctx, w.AWS(), &p)
	}
	r := simulation.Run(t, 1, s)
	p.Trace = r.Trace
	return p, r.Err
}

// rest is for what a scenario has begun and does not wait for: it is charged, too.
const rest = 10 * time.Second

// mostPollers is how many batches of a queue are worked on at a time, at most.
const mostPollers = 1250

// working are functions that take their time.
func (o Options) working(functions map[string]simulation.Function) map[string]simulation.Function {
	slow := map[string]simulation.Function{}
	for name, function := range functions {
		slow[name] = working(function, cmp.Or(o.Compute[name], defaultCompute))
	}
	return slow
}

// working is a function that takes time to start, and for each invocation.
func working(function simulation.Function, compute time.Duration) simulation.Function {
	return func(cfg aws.Config, env lambda.Environment) (any, error) {
		time.Sleep(coldStart)
		handler, err := function(cfg, env)
		if err != nil {
			return nil, err
		}
		return worker{lambda.HandlerOf(handler), compute}, nil
	}
}

// worker is a handler that computes.
type worker struct {
	lambda.Handler
	compute time.Duration
}

func (w worker) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if !cloud.Sleep(ctx, w.compute) {
		return nil, ctx.Err()
	}
	return w.Handler.Invoke(ctx, payload)
}

// This file is the Parallel state, and what it has in common with Map: threads
// side by side, of which one failure ends all.

package states

import (
	"context"
	"slices"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type parallel struct {
	base
	flow
	guard
	branches []*graph
}

func (p *parser) parallel(f fields, b base, variables []string) state {
	b.retryable = true
	s := &parallel{base: b, guard: f.guard(b.language)}
	s.flow = f.flow(b.language, passage{arguments: true, result: true, selector: true})
	for i, value := range f.list("Branches", true) {
		branch := f.item("Branches", i, value)
		s.branches = append(s.branches, p.graph(branch, b.language, variables))
		branch.done("a branch")
	}
	return s
}

func (s *parallel) run(ctx context.Context, v *visit) (exit, *failure) {
	return s.protect(ctx, v,
		func() (exit, *failure) { return s.attempt(ctx, v) },
		func(f *failure) { v.gaveUp(f) })
}

// gaveUp records that a Parallel or Map state failed for good. What goes wrong
// in the state itself, and cannot be handled, fails the execution at once.
func (v *visit) gaveUp(f *failure) {
	v.open = ""
	if f.name != errRuntime || f.within != v.entered {
		v.record(v.state.kind+"StateFailed", nil)
	}
}

func (s *parallel) attempt(ctx context.Context, v *visit) (exit, *failure) {
	value, f := s.effectiveInput(ctx, v)
	if f != nil {
		return exit{}, f
	}
	input, f := v.document(value)
	if f != nil {
		return exit{}, f
	}
	v.record("ParallelStateStarted", nil)
	result, f := s.result(ctx, v, input)
	if f != nil {
		return exit{}, f
	}
	v.note("ParallelStateSucceeded", nil)
	v.succeed(result)
	return s.flow.leave(ctx, v, result.value)
}

// result is what the branches give, or a mock in their place.
func (s *parallel) result(ctx context.Context, v *visit, input data) (data, *failure) {
	if mock := v.mock(); mock != nil {
		result, f := v.mocked(mock)
		if f != nil && !f.isTerminal() {
			f.also = append(f.also, errBranchFailed)
		}
		return result, f
	}
	outputs, f := s.fork(ctx, v, input)
	return joined(outputs), f
}

// fork runs the branches and returns their outputs.
func (s *parallel) fork(ctx context.Context, v *visit, input data) ([]data, *failure) {
	g := newGroup(ctx, v)
	defer g.cancel()
	result := make([]data, len(s.branches))
	for i, branch := range s.branches {
		if t := v.inner[i]; t != nil && t.finished() {
			result[i] = t.input
			continue
		}
		g.start(i, branch, input, v.item)
	}
	for len(g.running) > 0 {
		r := g.wait()
		if r.failure != nil {
			f := g.fail(r, nil)
			if !f.isTerminal() {
				f.also = append(slices.Clip(f.also), errBranchFailed)
			}
			return nil, f
		}
		result[r.index] = r.output
		v.last = r.thread.last
	}
	return result, nil
}

// A group is the threads that a Parallel or Map state runs side by side.
type group struct {
	visit   *visit
	ctx     context.Context
	cancel  context.CancelFunc
	running map[int]*thread // by index
	ended   chan ended
	entered chan struct{} // of the thread that was started last
}

// ended is how a thread of a group ended.
type ended struct {
	index   int
	thread  *thread
	output  data
	failure *failure
}

// newGroup makes a group without threads. A redriven visit has the threads of its
// last attempt still: those that have not finished go on when they are started.
func newGroup(ctx context.Context, v *visit) *group {
	if v.inner == nil {
		v.inner = map[int]*thread{}
	}
	g := &group{visit: v, running: map[int]*thread{}, ended: make(chan ended)}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

// start forks the visit's thread, or lets a fork of before the redrive go on from
// where it stands.
func (g *group) start(index int, graph *graph, input data, item *jsonvalue.Object) {
	t := g.visit.inner[index]
	if t == nil || !t.begun {
		t = g.visit.fork(graph, input, item)
		g.visit.inner[index] = t
	}
	g.running[index] = t
	crowd := &t.execution.machine.states.crowd
	crowd.join()
	before := g.entered
	t.entered = make(chan struct{})
	g.entered = t.entered
	go func() {
		if before != nil {
			<-before
		}
		output, f := t.walk(g.ctx)
		t.hasEntered()
		crowd.leave()
		g.ended <- ended{index, t, output, f}
	}()
}

// wait returns the next thread that ends. After the group's context has ended
// that is soon, whatever the states are waiting for.
func (g *group) wait() ended {
	var r ended
	g.visit.rest(func() { r = <-g.ended })
	delete(g.running, r.index)
	return r
}

// fail cuts the other threads off and records what they were in. iteration,
// unless nil, records how one of them ended, before its states.
func (g *group) fail(r ended, iteration func(index, after int, failed bool)) *failure {
	threads := g.drain()
	threads[r.index] = r.thread
	record := func(after int) {
		for _, index := range order(threads, r.index) {
			if iteration != nil {
				iteration(index, after, index == r.index && !r.failure.aborted)
			}
			threads[index].abort(after)
		}
	}
	if r.failure.aborted {
		g.visit.cut = record // by whoever cut this thread off
		return r.failure
	}
	g.visit.last = r.thread.last
	record(r.thread.last)
	f := *r.failure
	return &f
}

// drain ends all running threads and returns them.
func (g *group) drain() map[int]*thread {
	g.cancel()
	cut := map[int]*thread{}
	for len(g.running) > 0 {
		r := g.wait()
		cut[r.index] = r.thread
	}
	return cut
}

// order returns the indices with the first one before the others.
func order(threads map[int]*thread, first int) []int {
	indices := []int{first}
	for index := range threads {
		if index != first {
			indices = append(indices, index)
		}
	}
	slices.Sort(indices[1:])
	return indices
}

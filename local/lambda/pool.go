package lambda

// This file keeps the execution environments of a function: idle ones, busy
// ones, and invocations that wait for one. AWS starts an environment for each
// concurrent invocation; on a laptop a burst would then start hundreds of
// processes on two cores, so a pool grows in two steps, up to
// Limits.Environments. One half of them start whenever they are wanted. Beyond
// them an invocation first waits a little for one to become free; and when there
// are as many as may be, it waits as long as it takes. So nothing is lost, and
// nobody is told of throttling that AWS would not throttle. (A function that
// waits for more invocations of itself than that waits until its timeout.)

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// patience is how long an invocation waits before it asks for a further
// environment, and how long it is at least between two such starts.
const patience = 50 * time.Millisecond

type pool struct {
	lambda   *Lambda
	function *function
	version  *version

	mu      sync.Mutex
	closed  bool           // the version is no more: nothing is kept for another invocation
	idle    []*environment // the last one was used last
	live    int            // idle, busy and starting ones
	ready   int            // those of them that have provisioned places
	waiting list.List      // of chan *environment, see wait
	grown   time.Time      // when the last one beyond the eager ones started
}

func newPool(l *Lambda, f *function, v *version) *pool {
	return &pool{lambda: l, function: f, version: v}
}

// execute runs an invocation in one of the environments.
func (p *pool) execute(ctx context.Context, r request) (answer, error) {
	for {
		e, err := p.acquire(ctx)
		if err != nil {
			return answer{}, err
		}
		a, err := e.execute(ctx, r)
		if errors.Is(err, errGone) {
			continue // it ended between two invocations; the next one may have it better
		}
		if err == nil && !e.ended() {
			p.release(e)
		}
		return a, err
	}
}

// acquire returns an environment that nobody else uses.
func (p *pool) acquire(ctx context.Context) (*environment, error) {
	places := p.function.provisionedOf(p.version)
	p.mu.Lock()
	if e := p.pick(places); e != nil {
		p.mu.Unlock()
		return e, nil
	}
	if p.live < p.lambda.opts.Limits.eager() {
		p.live++
		p.mu.Unlock()
		return p.start(ctx)
	}
	place := p.waiting.PushBack(make(chan *environment, 1))
	p.mu.Unlock()
	return p.wait(ctx, place)
}

// pick takes one of the idle environments, if there is one of the kind that is
// wanted: as many as there are places have to be provisioned, and they come first.
// Of another kind is what started before that was set. The lock is held.
func (p *pool) pick(places int) *environment {
	for len(p.idle) > 0 {
		last := len(p.idle) - 1
		for i, e := range p.idle {
			if e.provisioned {
				last = i
			}
		}
		switch {
		case p.ready < places && !p.idle[last].provisioned, p.ready > places && p.idle[last].provisioned:
			p.dismiss(last)
		default:
			e := p.idle[last]
			p.idle = slices.Delete(p.idle, last, last+1)
			return e
		}
	}
	return nil
}

// dismiss ends an idle environment. The lock is held.
func (p *pool) dismiss(i int) {
	e := p.idle[i]
	p.idle = slices.Delete(p.idle, i, i+1)
	if e.provisioned {
		e.provisioned = false // its place is free from now on
		p.ready--
	}
	e.kill()
}

// wait waits for an environment to be handed over. A nil one on the channel
// is the right to start one.
func (p *pool) wait(ctx context.Context, place *list.Element) (*environment, error) {
	handed := place.Value.(chan *environment)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case e := <-handed:
			if e == nil {
				return p.start(ctx)
			}
			return e, nil
		case <-timer.C:
			if p.grow(place) {
				return p.start(ctx)
			}
			timer.Reset(patience)
		case <-ctx.Done():
			return nil, ctx.Err() // the engine ends, and all environments with it
		}
	}
}

// grow takes an invocation out of the queue, so that it starts an environment
// of its own, unless it has been handed one or another start was just now.
func (p *pool) grow(place *list.Element) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	handed := place.Value.(chan *environment)
	if len(handed) > 0 || p.live >= p.lambda.opts.Limits.Environments || time.Since(p.grown) < patience {
		return false
	}
	p.waiting.Remove(place)
	p.live++
	p.grown = time.Now()
	return true
}

func (p *pool) start(ctx context.Context) (*environment, error) {
	places := p.function.provisionedOf(p.version)
	p.mu.Lock()
	provisioned := p.ready < places
	if provisioned {
		p.ready++
	}
	p.mu.Unlock()
	e, err := p.lambda.startEnvironment(ctx, p, provisioned)
	if err != nil {
		p.lost(&environment{provisioned: provisioned})
	}
	return e, err
}

// release hands an environment to the next invocation in the queue, or keeps it.
func (p *pool) release(e *environment) {
	if _, turn := p.function.log.now(); turn != e.logTurn {
		e.kill() // lost gives its place to another
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() > 0 {
		p.waiting.Remove(p.waiting.Front()).(chan *environment) <- e
		return
	}
	if e.ended() {
		return // lost was called before it was idle
	}
	if p.closed {
		e.kill()
		return
	}
	p.idle = append(p.idle, e)
	e.idleTimer.Reset(p.lambda.opts.Limits.IdleTime)
}

// lost counts out an environment that has ended or did not start, and lets
// the next invocation in the queue start another.
func (p *pool) lost(e *environment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = slices.DeleteFunc(p.idle, func(other *environment) bool { return other == e })
	if e.provisioned {
		p.ready--
	}
	if p.waiting.Len() > 0 {
		p.waiting.Remove(p.waiting.Front()).(chan *environment) <- nil
		return
	}
	p.live--
}

// close lets no environment outlive the invocations that it has or that wait.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.dismissIdle()
}

// dismissIdle ends the environments that are idle now.
func (p *pool) dismissIdle() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, e := range idle {
		e.kill()
	}
}

// retire ends an environment that has not been used for a while.
func (p *pool) retire(e *environment) {
	p.mu.Lock()
	idle := slices.Contains(p.idle, e)
	p.idle = slices.DeleteFunc(p.idle, func(other *environment) bool { return other == e })
	p.mu.Unlock()
	if idle {
		e.kill()
	}
}

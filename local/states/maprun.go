// This file is the Map Run: it starts the children of a distributed Map as others
// end, and ends when all have ended or too many have failed.

package states

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A mapRun is one run of a distributed Map, redrives included.
type mapRun struct {
	machine *machine // of the children
	parent  string   // ARN of the execution that the Map belongs to
	arn     string
	started time.Time
	after   int           // id of the event that started the state
	tries   int           // of a redrive; one that can not write its results is none
	changed chan struct{} // has an entry when something may have changed

	mu          sync.Mutex
	status      string
	stopped     time.Time
	concurrency int // 0: as many as may be
	tolerated   failureLimits
	children    []child            // in the order of their items
	running     map[int]*execution // children by index
	redriving   []int              // children that wait for their redrive
	executions  tally
	items       tally
	complete    bool // all items are known
	redrives    redrives
}

// newRun makes a Map Run of the state, which nobody knows yet.
func (s *distributed) newRun(v *visit, concurrency int, tolerated failureLimits) (*mapRun, *failure) {
	parent := v.execution
	m, err := parent.machine.ofMap(s.label, s.express)
	if err != nil {
		return nil, v.failed(errRuntime, "%v", err)
	}
	r := newMapRun(m, m.states.cloud.ARN("states", "mapRun:"+m.name+":"+cloud.UUID()))
	r.parent, r.started, r.status = parent.arn, time.Now(), statusRunning
	r.concurrency, r.tolerated, r.after = concurrency, tolerated, v.last
	return r, nil
}

func newMapRun(m *machine, arn string) *mapRun {
	return &mapRun{
		machine: m, arn: arn, changed: make(chan struct{}, 1), running: map[int]*execution{},
		executions: tally{byStatus: map[string]int{}}, items: tally{byStatus: map[string]int{}},
	}
}

// perform runs the children and returns the Map's result.
func (r *mapRun) perform(ctx context.Context, v *visit, b *batches) (any, *failure) {
	defer b.source.close()
	f := r.work(ctx, v, b)
	if f != nil {
		r.abort()
	}
	var result any
	written := f == nil || !f.aborted && b.target != nil
	if written {
		var unwritten *failure
		if result, unwritten = r.result(ctx, b); f == nil {
			f = unwritten
		}
		written = unwritten == nil
	}
	r.finish(f, written)
	return result, f
}

// work starts children until there are no more, and waits for them.
func (r *mapRun) work(ctx context.Context, v *visit, b *batches) *failure {
	if f := r.permit(v, "StartExecution", r.machine.outer.arn); f != nil {
		return f
	}
	if f := b.skip(r.given()); f != nil {
		return f
	}
	for more := true; ; {
		r.expect(b)
		switch {
		case ctx.Err() != nil:
			return aborted()
		case r.exceeded():
			return v.tooManyFailures()
		case more && r.hasRoom():
			var f *failure
			if more, f = r.next(ctx, v, b); f != nil {
				return f
			}
		case !more && r.isIdle():
			return nil
		default:
			v.rest(func() {
				select {
				case <-r.changed:
				case <-ctx.Done():
				}
			})
		}
	}
}

// permit asks whether the state machine's role may do something to the children.
func (r *mapRun) permit(v *visit, action, arn string) *failure {
	err := r.machine.states.cloud.Authorize(v.execution.revision.caller, "states:"+action, arn)
	if err == nil {
		return nil
	}
	e := cloud.AsError(err)
	return &failure{name: errRuntime, cause: fmt.Sprintf(
		"Error contacting AWS Service. | Message from Service: %s (Service: Sfn, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)",
		e.Message, e.Status, cloud.UUID())}
}

// wake lets the run look at what it has to do.
func (r *mapRun) wake() {
	select {
	case r.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// expect notes which items are still to come.
func (r *mapRun) expect(b *batches) {
	executions, items, known := b.pending()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.executions.pending, r.items.pending, r.complete = executions, items, known
}

func (r *mapRun) exceeded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := -1
	if r.complete {
		total = r.items.total()
	}
	return r.tolerated.exceeded(r.items.failed(), total)
}

// hasRoom tells whether one more child may run.
func (r *mapRun) hasRoom() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.concurrency
	if limit == 0 || limit > maxDistributedConcurrency {
		limit = maxDistributedConcurrency
	}
	return len(r.running) < limit
}

func (r *mapRun) hasEnded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status != statusRunning
}

func (r *mapRun) isIdle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.running) == 0
}

// finish notes how the run ended, and whether there are results of it.
func (r *mapRun) finish(f *failure, written bool) {
	r.mu.Lock()
	r.giveUpRedrives()
	if written {
		r.executions.written, r.items.written = r.executions.total(), r.items.total()
	}
	switch {
	case f == nil:
		r.status = statusSucceeded
	case f.aborted:
		r.status = statusAborted
	default:
		r.status = statusFailed
	}
	r.stopped = time.Now()
	r.mu.Unlock()
	r.machine.Changed()
	r.release()
}

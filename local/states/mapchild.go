// This file is the children of a Map Run: how they are started, redriven and
// stopped, and what the run learns of them.

package states

import (
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A child is an execution that a Map Run has started.
type child struct {
	place    int // in the machine's register
	items    int // that it was given
	status   string
	was      string // its status before it came to wait for its redrive
	redriven bool
	stuck    bool // it did not succeed, and can not be redriven
}

// statusPendingRedrive is that of a child that waits for its redrive.
const statusPendingRedrive = "PENDING_REDRIVE"

// A tally counts children, or their items.
type tally struct {
	byStatus map[string]int
	pending  int // not started yet, as far as they are known
	stuck    int // not to be redriven
	written  int // to the result
}

func (t *tally) total() int {
	n := t.pending
	for _, count := range t.byStatus {
		n += count
	}
	return n
}

// failed is how many did not succeed, and do not wait to be tried again.
func (t *tally) failed() int {
	return t.byStatus[statusFailed] + t.byStatus[statusTimedOut] + t.byStatus[statusAborted]
}

// set changes the status of a child. The lock is held.
func (r *mapRun) set(index int, status string) {
	c := &r.children[index]
	if c.status != "" {
		r.executions.byStatus[c.status]--
		r.items.byStatus[c.status] -= c.items
	}
	c.status = status
	r.executions.byStatus[status]++
	r.items.byStatus[status] += c.items
}

// given is how many items the children have been given.
func (r *mapRun) given() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i := range r.children {
		n += r.children[i].items
	}
	return n
}

// next redrives a child or starts a new one, and tells whether there may be more.
func (r *mapRun) next(ctx context.Context, v *visit, b *batches) (more bool, f *failure) {
	if index, ok := r.nextRedrive(); ok {
		return true, r.redriveChild(ctx, v, b, index)
	}
	input, items, f := b.next(ctx)
	if f != nil || items == 0 {
		return false, f
	}
	if f := r.admit(ctx, v); f != nil {
		return false, f
	}
	name := r.machine.childName()
	e, _, err := r.machine.executions.enrol(name, input.text, func() *execution {
		return r.newChild(v.because(ctx), v.execution, b.state.processor, name, input)
	})
	if err != nil {
		r.machine.states.crowd.leave()
		return false, v.failed(errRuntime, "%v", err)
	}
	r.add(e, items)
	e.launch()
	return true, nil
}

// admit waits until there is room for one more execution at work.
func (r *mapRun) admit(ctx context.Context, v *visit) *failure {
	var err error
	v.rest(func() { err = r.machine.states.crowd.enter(ctx) })
	if err != nil {
		return aborted()
	}
	return nil
}

// childName names a new child. Express ones have the UUID at the end of their ARNs
// in their names, too.
func (m *machine) childName() string {
	if m.express {
		return cloud.UUID() + ":" + cloud.UUID()
	}
	return cloud.UUID()
}

func (r *mapRun) newChild(ctx context.Context, parent *execution, g *graph, name string, input data) *execution {
	t := target{machine: r.machine, revision: parent.revision}
	e := t.begin(ctx, g, name, input, parent.mocks)
	e.mapRun = r
	return e
}

// add takes a child in that is about to run.
func (r *mapRun) add(e *execution, items int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.index = len(r.children)
	r.children = append(r.children, child{place: e.place, items: items})
	r.running[e.index] = e
	r.set(e.index, statusRunning)
}

// ended learns that a child has ended.
func (r *mapRun) ended(e *execution, status string) {
	r.mu.Lock()
	defer r.wake()
	defer r.mu.Unlock()
	delete(r.running, e.index)
	r.set(e.index, status)
}

// abort stops the children that run, and waits until they have ended. Express ones
// are not to be stopped: they run on to their ends.
func (r *mapRun) abort() {
	r.mu.Lock()
	running := slices.Collect(maps.Values(r.running))
	r.mu.Unlock()
	cause := "The map run execution [" + r.arn + "] which was managing this resource was aborted"
	for _, e := range running {
		if !r.machine.express {
			e.end(outcome{status: statusAborted, cause: cause}, 0)
		}
		<-e.idle()
	}
}

// place is where a child stands in the machine's register.
func (r *mapRun) place(index int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.children[index].place
}

// all returns the children as they are now.
func (r *mapRun) all() []child {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.children)
}

// release lets the machine forget the children when it has too many others.
func (r *mapRun) release() {
	var places []int
	for _, c := range r.all() {
		places = append(places, c.place)
	}
	r.machine.executions.ends(places...)
}

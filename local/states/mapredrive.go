// This file redrives a Map Run, as a part of the redrive of the execution that it
// belongs to: children that did not succeed run on from where they stand, Express
// ones from their start, and those that had not been started yet start.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html

package states

import (
	"context"
	"time"
)

// maxMapRunRedrives is how often a Map Run can be redriven.
const maxMapRunRedrives = 1000

// announceRedrive records that the run goes on, in the state as it was started.
func (r *mapRun) announceRedrive(v *visit) *failure {
	if r.tries == maxMapRunRedrives {
		return v.failed(errRuntime, "The Map Run has reached the maximum number of redrives (%d).", maxMapRunRedrives)
	}
	r.tries++
	v.last = r.after
	v.record("MapRunRedriven", &mapRunRedrivenDetails{r.arn, r.tries})
	return nil
}

// redrive lets the run go on.
func (r *mapRun) redrive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.redrives = redrives{r.tries, time.Now()}
	r.status, r.stopped = statusRunning, time.Time{}
	r.executions.written, r.items.written = 0, 0
	for index := range r.children {
		if c := &r.children[index]; c.status != statusSucceeded && !c.stuck {
			c.was = c.status
			r.set(index, statusPendingRedrive)
			r.redriving = append(r.redriving, index)
		}
	}
	r.machine.Changed()
}

// giveUpRedrives lets the children that still wait for their redrive be as they were.
// The lock is held.
func (r *mapRun) giveUpRedrives() {
	r.redriving = nil
	for index := range r.children {
		if c := &r.children[index]; c.status == statusPendingRedrive {
			r.set(index, c.was)
		}
	}
}

// nextRedrive takes the next child that waits for its redrive.
func (r *mapRun) nextRedrive() (index int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.redriving) == 0 {
		return 0, false
	}
	index, r.redriving = r.redriving[0], r.redriving[1:]
	return index, true
}

// redriveChild lets a child run on. One that can not stays as it ended.
func (r *mapRun) redriveChild(ctx context.Context, v *visit, b *batches, index int) *failure {
	slot := r.machine.executions.at(r.place(index))
	if r.machine.express {
		return r.runAgain(ctx, v, b, index, slot)
	}
	if slot.live == nil {
		return r.leave(index, slot.status)
	}
	e := slot.live
	if f := r.permit(v, "RedriveExecution", e.arn); f != nil {
		return f
	}
	o, _ := e.now()
	if e.unredrivable(o) != "" {
		return r.leave(index, o.status)
	}
	if err := e.settle(ctx); err != nil {
		return aborted()
	}
	if f := r.admit(ctx, v); f != nil {
		return f
	}
	if err := e.restart(); err != nil { // it fell off the shelf meanwhile
		r.machine.states.crowd.leave()
		return r.leave(index, o.status)
	}
	r.runs(e)
	e.launch()
	return nil
}

// runAgain starts an Express child from the beginning, under its name and ARN.
func (r *mapRun) runAgain(ctx context.Context, v *visit, b *batches, index int, slot slot) *failure {
	d, err := slot.describe()
	if err != nil {
		return r.leave(index, slot.status)
	}
	input, err := parseData(d.Input)
	if err != nil {
		return v.failed(errRuntime, "%v", err)
	}
	if f := r.admit(ctx, v); f != nil {
		return f
	}
	e := r.newChild(v.because(ctx), v.execution, b.state.processor, d.Name, input)
	e.index, e.redrives.count = index, d.RedriveCount+1 // AWS does not tell when
	r.machine.executions.replace(r.place(index), e)
	r.runs(e)
	e.launch()
	return nil
}

// runs notes that a child runs once more.
func (r *mapRun) runs(e *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[e.index] = e
	r.children[e.index].redriven = true
	r.set(e.index, statusRunning)
}

// leave notes that a child can not be redriven.
func (r *mapRun) leave(index int, status string) *failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(index, status)
	c := &r.children[index]
	c.stuck = true
	r.executions.stuck++
	r.items.stuck += c.items
	return nil
}

// This file keeps the history of an execution.

package states

import (
	"slices"
	"sync"
	"time"
)

// maxEvents is how many events the history of a Standard execution may have.
// The execution fails with the last one.
const maxEvents = 25_000

// history is what happened in one execution, in order.
type history struct {
	// discard is set for Express executions, whose events no API gives: they
	// are counted, because messages name them, and not kept.
	discard bool

	// logged takes each event, with the number of redrives; nil: none is logged.
	logged   func(event, int)
	redrives int

	// overflow is called once, when the next event would be one too many.
	overflow func()

	mu     sync.Mutex
	count  int
	closed bool
	events []event
}

// begin records the first event, of the very time at which the execution says
// that it started, and returns its id.
func (h *history) begin(started time.Time, details *executionStartedDetails) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.append(started, "ExecutionStarted", 0, details)
	return h.count
}

// add records an event and returns its id. A closed history takes nothing more:
// the id is 0.
func (h *history) add(kind string, previous int, details details) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0
	}
	if !h.discard && h.count == maxEvents-1 {
		h.closed = true
		go h.overflow()
		return 0
	}
	h.append(time.Now(), kind, previous, details)
	return h.count
}

// close adds the event that ends the execution.
func (h *history) close(kind string, previous int, details details) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.append(time.Now(), kind, previous, details)
	h.events = slices.Clip(h.events)
}

// reopen begins a redrive.
func (h *history) reopen(redrives int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed, h.redrives = false, redrives
	h.append(time.Now(), "ExecutionRedriven", h.count, &executionRedrivenDetails{redrives})
}

// isFull tells whether there is no room for a redrive: for its first event, one
// more, and the last one.
func (h *history) isFull() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count >= maxEvents-1
}

func (h *history) append(at time.Time, kind string, previous int, details details) {
	h.count++
	e := event{h.count, previous, at.UnixMilli(), kind, details}
	if !h.discard {
		h.events = append(h.events, e)
	}
	if h.logged != nil {
		h.logged(e, h.redrives)
	}
}

// snapshot returns the events until now. They do not change any more.
func (h *history) snapshot() []event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events[:len(h.events):len(h.events)]
}

// size is the estimated memory that the events hold, in bytes.
func (h *history) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	size := 0
	for i := range h.events {
		size += h.events[i].size()
	}
	return size
}

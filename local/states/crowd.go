// This file keeps executions from crowding the machine. Nothing on AWS waits for
// anything but quotas; here half a million executions that a queue starts as fast
// as it can would all be in memory at once, each a little further than its start.
// So a new one is let in as others end: StartExecution is answered later, its
// caller slows down, and what is not started yet stays in the queue.

package states

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// crowdPatience is how long a new execution waits at most. It is let in then,
// since it may be what the others are waiting for.
const crowdPatience = time.Second

// crowd counts the threads of executions that are at work: not those that sleep,
// or wait for a token, for another execution, or for threads of their own.
type crowd struct {
	limit int

	mu      sync.Mutex
	working int
	waiting list.List // of chan struct{}, closed to let one in
}

// enter counts a new execution in, once there is room.
func (c *crowd) enter(ctx context.Context) error {
	c.mu.Lock()
	if c.working < c.limit {
		c.working++
		c.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := c.waiting.PushBack(turn)
	c.mu.Unlock()

	timer := time.NewTimer(crowdPatience)
	defer timer.Stop()
	select {
	case <-turn: // counted in by whoever let it in
		return nil
	case <-timer.C:
		c.withdraw(place, turn)
		return nil
	case <-ctx.Done():
		c.withdraw(place, turn)
		c.leave()
		return ctx.Err()
	}
}

// withdraw counts a new execution in without its turn, unless that came just now.
func (c *crowd) withdraw(place *list.Element, turn chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-turn:
	default:
		c.waiting.Remove(place)
		c.working++
	}
}

// join counts in what cannot wait.
func (c *crowd) join() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working++
}

// leave counts out, and lets the next new execution in.
func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working--
	if c.working < c.limit && c.waiting.Len() > 0 {
		c.working++
		close(c.waiting.Remove(c.waiting.Front()).(chan struct{}))
	}
}

// rest is for a thread that does nothing for a while.
func (t *thread) rest(while func()) {
	c := &t.execution.machine.states.crowd
	c.leave()
	defer c.join()
	while()
}

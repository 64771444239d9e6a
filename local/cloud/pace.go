package cloud

import (
	"context"
	"sync"
	"time"
)

// Pace lets something be done so often in a second, by whoever waits for it.
type Pace struct {
	mu   sync.Mutex
	next time.Time
}

// Wait waits for the next turn; with no number in a second there is no waiting. It
// fails if ctx ends before.
func (p *Pace) Wait(ctx context.Context, perSecond int) error {
	if perSecond < 1 {
		return ctx.Err()
	}
	p.mu.Lock()
	turn := time.Now()
	if p.next.After(turn) {
		turn = p.next
	}
	p.next = turn.Add(time.Second / time.Duration(perSecond))
	p.mu.Unlock()
	Sleep(ctx, time.Until(turn))
	return ctx.Err()
}

package logs

// This file lets the filters of a group hear of its events: of those that are put,
// at once, and of what services log by themselves, within a second.

import (
	"context"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const followInterval = time.Second

// isHeard tells whether the group has filters.
func (g *group) isHeard() bool { return len(g.metricFilters)+len(g.subscriptions) > 0 }

// listen lets the group's first filter hear of what comes from now on.
func (g *group) listen() {
	if g.isHeard() {
		return
	}
	for _, s := range g.streams {
		if events := s.recorded(); len(events) > 0 {
			s.heard = events[len(events)-1].sequence
		}
	}
	g.follow()
}

// nowhere is before all positions of a stream.
const nowhere = -1

// hear tells the group's filters of events of a stream. The lock is held.
func (l *Logs) hear(g *group, s *stream, events []event) {
	for _, f := range g.metricFilters {
		f.hear(l.cloud.Meter, events)
	}
	for _, f := range g.subscriptions {
		if sent, any := f.hear(l.cloud.Account, g.name, s.name, events); any {
			l.ship(f, sent)
		}
	}
}

// startFollowing hears what services log by themselves, from the first filter on.
func (l *Logs) startFollowing() {
	l.following.Do(func() {
		l.cloud.Go(func(ctx context.Context) {
			for cloud.Sleep(ctx, followInterval) {
				l.catchUp(time.Now())
			}
		})
	})
}

// catchUp hears what has been logged since it was called last, and ends minutes that
// are over.
func (l *Logs) catchUp(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.groups {
		if !g.isHeard() {
			continue
		}
		for _, s := range g.streams {
			if s.lines == nil {
				continue
			}
			var fresh []event
			for _, e := range s.logged(max(0, s.heard)) {
				if e.sequence > s.heard {
					fresh = append(fresh, e)
					s.heard = e.sequence
				}
			}
			l.hear(g, s, fresh)
		}
		for _, f := range g.metricFilters {
			f.tick(l.cloud.Meter, now)
		}
	}
}

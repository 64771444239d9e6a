// This file keeps distributed Maps and their runs from run to run of the engine. The
// children are kept as other executions are (durable.go), by the machine of the Map.

package states

import "time"

// savedMap is a distributed Map that has run.
type savedMap struct {
	Label   string
	Express bool
}

// savedRun is a Map Run.
type savedRun struct {
	ARN, Parent, Status string
	Started, Stopped    time.Time
	Concurrency         int
	Count               *int     `json:",omitempty"` // of tolerated failures
	Percentage          *float64 `json:",omitempty"`
	Redrives            int
	Redriven            time.Time
	Executions, Items   savedTally
	Children            []savedChild
}

// savedTally is what a tally has beside its children.
type savedTally struct{ Pending, Stuck, Written int }

type savedChild struct {
	Place, Items    int
	Status          string
	Redriven, Stuck bool `json:",omitempty"`
}

func (m *machine) savedMaps() []savedMap {
	var saved []savedMap
	for _, inner := range m.maps.all() {
		saved = append(saved, savedMap{inner.label, inner.express})
	}
	return saved
}

// savedRuns are the runs of a distributed Map as they are now.
func (m *machine) savedRuns() []savedRun {
	if m.outer == nil {
		return nil
	}
	var saved []savedRun
	for _, r := range m.outer.maps.in(m) {
		saved = append(saved, r.saved())
	}
	return saved
}

func (r *mapRun) saved() savedRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	saved := savedRun{
		ARN: r.arn, Parent: r.parent, Status: r.status, Started: r.started, Stopped: r.stopped,
		Concurrency: r.concurrency, Count: r.tolerated.count, Percentage: r.tolerated.percentage,
		Redrives: r.redrives.count, Redriven: r.redrives.last,
		Executions: r.executions.saved(), Items: r.items.saved(),
	}
	for _, c := range r.children {
		saved.Children = append(saved.Children, savedChild{c.place, c.items, c.status, c.redriven, c.stuck})
	}
	return saved
}

func (t *tally) saved() savedTally { return savedTally{t.pending, t.stuck, t.written} }

func (t *tally) restore(saved savedTally) {
	t.pending, t.stuck, t.written = saved.Pending, saved.Stuck, saved.Written
}

// restoredRuns are the runs of an earlier run of the engine while their children are
// brought back.
type restoredRuns struct {
	byARN map[string]*mapRun
	runs  []*mapRun
	moved map[int]int // from the children's places of then to those of now
}

// restoreRuns brings back the runs of a distributed Map. One that ran is aborted, as
// the execution that it belongs to is.
func (m *machine) restoreRuns(saved []savedRun) restoredRuns {
	restored := restoredRuns{byARN: map[string]*mapRun{}, moved: map[int]int{}}
	for _, s := range saved {
		r := newMapRun(m, s.ARN)
		r.parent, r.status, r.started, r.stopped = s.Parent, s.Status, s.Started, s.Stopped
		r.concurrency, r.tolerated = s.Concurrency, failureLimits{s.Count, s.Percentage}
		r.redrives = redrives{s.Redrives, s.Redriven}
		r.executions.restore(s.Executions)
		r.items.restore(s.Items)
		if r.status == statusRunning {
			r.status, r.stopped = statusAborted, time.Now()
		}
		for index, c := range s.Children {
			if c.Status == statusRunning || c.Status == statusPendingRedrive {
				c.Status = statusAborted
			}
			r.children = append(r.children, child{place: c.Place, items: c.Items, redriven: c.Redriven, stuck: c.Stuck})
			r.set(index, c.Status)
		}
		m.outer.maps.add(r)
		restored.byARN[r.arn] = r
		restored.runs = append(restored.runs, r)
	}
	return restored
}

// settle tells the runs where their children are now. Those that were let go of are
// nowhere.
func (r restoredRuns) settle() {
	for _, run := range r.runs {
		for index := range run.children {
			place, ok := r.moved[run.children[index].place]
			if !ok {
				place = -1
			}
			run.children[index].place = place
		}
	}
}

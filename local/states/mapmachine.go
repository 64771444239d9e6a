// This file holds the machines of distributed Maps. For AWS each such state of a
// machine is a machine of its own, MACHINE/LABEL, with the executions that its Map
// Runs start. It is only to be found by what names a child, and it goes with the
// machine whose state it is.

package states

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// mapMachines are the machines of a machine's distributed Maps, and their runs.
type mapMachines struct {
	making sync.Mutex // held while a machine is made, and brings back what is kept of it

	mu      sync.Mutex
	byLabel map[string]*machine
	runs    map[string]*mapRun   // by ARN
	started map[string][]*mapRun // by the ARN of the execution that they belong to
	order   []*mapRun            // as they were started
}

// root is the machine whose state a distributed Map is, or the machine itself.
func (m *machine) root() *machine { return cmp.Or(m.outer, m) }

// ofMap returns the machine of a distributed Map, at any depth of this one.
func (m *machine) ofMap(label string, express bool) (*machine, error) {
	root := m.root()
	root.maps.making.Lock()
	defer root.maps.making.Unlock()
	if found := root.maps.find(label); found != nil && found.express == express {
		return found, nil
	}
	inner := m.states.newMachine(root.name+"/"+label, express, root.created, nil)
	inner.outer, inner.label = root, label
	inner.executions.reusable = true
	if err := m.states.cloud.Keep(inner.arn, inner); err != nil {
		return nil, err
	}
	root.maps.mu.Lock()
	defer root.maps.mu.Unlock()
	if root.maps.byLabel == nil {
		root.maps.byLabel = map[string]*machine{}
	}
	root.maps.byLabel[label] = inner
	root.Changed()
	return inner, nil
}

// find returns the machine with a label, or nil.
func (l *mapMachines) find(label string) *machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byLabel[label]
}

// all returns the machines by their labels.
func (l *mapMachines) all() []*machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Values(l.byLabel), func(a, b *machine) int { return cmp.Compare(a.label, b.label) })
}

// add makes a run known, and forgets the oldest ones that have ended.
func (l *mapMachines) add(r *mapRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs == nil {
		l.runs, l.started = map[string]*mapRun{}, map[string][]*mapRun{}
	}
	l.runs[r.arn] = r
	l.started[r.parent] = append(l.started[r.parent], r)
	l.order = append(l.order, r)
	for len(l.order) > r.machine.states.options.Limits.Ended && l.order[0].hasEnded() {
		l.forget(l.order[0])
		l.order[0] = nil
		l.order = l.order[1:]
	}
}

// forget drops a run. The lock is held.
func (l *mapMachines) forget(r *mapRun) {
	delete(l.runs, r.arn)
	rest := slices.DeleteFunc(l.started[r.parent], func(other *mapRun) bool { return other == r })
	if l.started[r.parent] = rest; len(rest) == 0 {
		delete(l.started, r.parent)
	}
}

// in returns the runs of one of the machines, as they were started.
func (l *mapMachines) in(m *machine) []*mapRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	var runs []*mapRun
	for _, r := range l.order {
		if r.machine == m {
			runs = append(runs, r)
		}
	}
	return runs
}

// of returns the runs that an execution has started, in this order.
func (l *mapMachines) of(execution string) []*mapRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.started[execution])
}

// run returns a run by its ARN, or nil.
func (l *mapMachines) run(arn string) *mapRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs[arn]
}

// existingRun finds a Map Run and authorizes the caller for it.
func (s *StepFunctions) existingRun(caller cloud.Caller, action, arn string) (*mapRun, error) {
	if err := checkARN(arn, "mapRun"); err != nil {
		return nil, err
	}
	if err := s.cloud.Authorize(caller, "states:"+action, arn); err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(arn, s.cloud.ARN("states", "mapRun:")), ":")
	machineName, _, _ := strings.Cut(name, "/")
	if m, err := s.existingMachine(s.cloud.ARN("states", "stateMachine:"+machineName)); err == nil {
		if r := m.maps.run(arn); r != nil {
			return r, nil
		}
	}
	return nil, cloud.Errorf(400, "ResourceNotFound", "Resource not found: '%s'", arn)
}

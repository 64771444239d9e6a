// This file holds the machines of distributed Maps. For AWS each such state of a
// machine is a machine of its own, MACHINE/LABEL, with the executions that its Map
// Runs start. It is only to be found by what names a child, and it goes with the
// machine whose state it is.

package states

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// mapMachines are the machines of a machine's distributed Maps, and their runs.
type mapMachines struct {
	mu      sync.Mutex
	byLabel map[string]*machine
	runs    map[string]*mapRun   // by ARN
	started map[string][]*mapRun // by the ARN of the execution that they belong to
}

// root is the machine whose state a distributed Map is, or the machine itself.
func (m *machine) root() *machine { return cmp.Or(m.outer, m) }

// ofMap returns the machine of a distributed Map, at any depth of this one.
func (m *machine) ofMap(label string, express bool) *machine {
	root := m.root()
	root.maps.mu.Lock()
	defer root.maps.mu.Unlock()
	if found := root.maps.byLabel[label]; found != nil && found.express == express {
		return found
	}
	inner := m.states.newMachine(root.name+"/"+label, express, root.created, nil)
	inner.outer, inner.label = root, label
	inner.executions.reusable = true
	if root.maps.byLabel == nil {
		root.maps.byLabel = map[string]*machine{}
	}
	root.maps.byLabel[label] = inner
	return inner
}

// find returns the machine with a label, or nil.
func (l *mapMachines) find(label string) *machine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byLabel[label]
}

// add makes a run known.
func (l *mapMachines) add(r *mapRun) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs == nil {
		l.runs, l.started = map[string]*mapRun{}, map[string][]*mapRun{}
	}
	l.runs[r.arn] = r
	l.started[r.parent] = append(l.started[r.parent], r)
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

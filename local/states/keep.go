// This file keeps from run to run what the API makes: machines, versions, aliases,
// activities and tags. What templates declare is made anew by them.

package states

import (
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// ledger is what of the service is kept, beside the executions of its machines.
type ledger struct {
	cloud.Changes
	states *StepFunctions
	saved  map[string]savedLedger // by machine's name, of an earlier run: until the machine is there
}

// Keep brings back what the API has made in an earlier run, as far as it can be
// made before the first stack is created; Revive makes the rest.
func (s *StepFunctions) Keep() error {
	return s.cloud.Keep(s.cloud.ARN("states", "ledger"), s.ledger)
}

// savedRecord is a machine or an activity.
type savedRecord struct {
	Machine  *savedLedger   `json:",omitempty"`
	Activity *savedActivity `json:",omitempty"`
}

type savedActivity struct {
	Name       string
	Created    time.Time
	Encryption encryptionConfiguration
	Tags       []tag `json:",omitempty"`
}

// savedLedger is what the API has made of one machine.
type savedLedger struct {
	Name     string
	Made     *savedMachine  `json:",omitempty"` // nil: a template declares it
	Last     int            `json:",omitempty"`
	Versions []savedVersion `json:",omitempty"`
	Aliases  []savedAlias   `json:",omitempty"`
	Tags     []tag          `json:",omitempty"`
}

type savedMachine struct {
	Express bool
	Created time.Time
	Now     savedRevision
}

type savedRevision struct {
	ID         string `json:",omitempty"`
	Made       time.Time
	Definition string
	Role       string
	Logging    loggingConfiguration
	Tracing    tracingConfiguration
	Encryption encryptionConfiguration
}

type savedVersion struct {
	Number      int
	Description string `json:",omitempty"`
	Created     time.Time
	Revision    savedRevision
	Declared    string `json:",omitempty"`
}

type savedAlias struct {
	Name        string
	Description string `json:",omitempty"`
	Routes      []route
	Created     time.Time
	Updated     time.Time
}

// Snapshot implements cloud.Durable.
func (l *ledger) Snapshot() iter.Seq[any] {
	l.states.mu.RLock()
	defer l.states.mu.RUnlock()
	var records []any
	for _, arn := range slices.Sorted(maps.Keys(l.states.machines)) {
		if saved := l.states.machines[arn].saved(); saved.Made != nil || saved.Last > 0 {
			records = append(records, savedRecord{Machine: &saved})
		}
	}
	for _, a := range l.states.activities.all() {
		if !a.declared {
			records = append(records, savedRecord{Activity: &savedActivity{a.name, a.created, a.encryption, a.tags.all()}})
		}
	}
	return slices.Values(records)
}

func (m *machine) saved() savedLedger {
	saved := savedLedger{Name: m.name}
	if !m.declared {
		saved.Made = &savedMachine{m.express, m.created, m.current.Load().saved()}
		saved.Tags = m.tags.all()
	}
	m.published.mu.Lock()
	defer m.published.mu.Unlock()
	saved.Last = m.published.last
	for _, v := range m.published.versions {
		saved.Versions = append(saved.Versions, savedVersion{v.number, v.description, v.created, v.revision.saved(), v.declared})
	}
	for _, a := range m.published.aliases {
		if !a.declared {
			saved.Aliases = append(saved.Aliases, savedAlias{a.name, a.description, a.routes, a.created, a.updated})
		}
	}
	return saved
}

func (r *revision) saved() savedRevision {
	return savedRevision{r.id, r.made, r.text, r.role, r.logging, r.tracing, r.encryption}
}

// Restore implements cloud.Durable.
func (l *ledger) Restore(next func(record any) error) error {
	for {
		var saved savedRecord
		if err := next(&saved); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if m := saved.Machine; m != nil {
			l.saved[m.Name] = *m
		}
		if a := saved.Activity; a != nil {
			l.states.activities.restore(l.states, a)
		}
	}
}

func (a *activities) restore(s *StepFunctions, saved *savedActivity) {
	restored := s.newActivity(saved.Name)
	restored.created, restored.encryption = saved.Created, saved.Encryption
	restored.tags.replace(saved.Tags)
	a.byARN[restored.arn] = restored
}

// Revive makes the machines that the API has made in an earlier run, once the
// stacks are there.
func (s *StepFunctions) Revive() error {
	for _, name := range slices.Sorted(maps.Keys(s.ledger.saved)) {
		saved := s.ledger.saved[name]
		if saved.Made == nil {
			continue // its template does not declare it any more
		}
		m := s.newMachine(name, saved.Made.Express, saved.Made.Created, nil)
		if err := errors.Join(m.restoreCurrent(saved), m.restoreLedger(saved), m.keep()); err != nil {
			return err
		}
		s.mu.Lock()
		s.machines[m.arn] = m
		s.mu.Unlock()
	}
	clear(s.ledger.saved)
	return nil
}

func (m *machine) restoreCurrent(saved savedLedger) error {
	r, err := m.restoreRevision(saved.Made.Now)
	m.current.Store(r)
	return err
}

// restoreRevision makes a revision as it was. A role that has gone lets nothing be
// done, as that of a deleted role on AWS.
func (m *machine) restoreRevision(saved savedRevision) (*revision, error) {
	r := &revision{
		wish: wish{saved.Definition, saved.Role, recorded{saved.Logging, saved.Tracing, saved.Encryption}},
		id:   saved.ID, made: saved.Made, journal: m.journal(saved.Logging), ways: newWays(),
	}
	var err error
	if r.definition, err = parse(r.text, m.express, m.states.resolver()); err != nil {
		return nil, err
	}
	if r.mocked, err = m.states.mockedMachine(r.definition, m.mocked); err != nil {
		return nil, err
	}
	if r.caller, err = m.assume(r.role); err != nil {
		r.caller = cloud.Caller{ARN: r.role}
	}
	return r, nil
}

// restoreLedger brings back versions, aliases and tags.
func (m *machine) restoreLedger(saved savedLedger) error {
	m.published.last = saved.Last
	for _, v := range saved.Versions {
		r, err := m.restoreRevision(v.Revision)
		if err != nil {
			return err
		}
		m.published.versions = append(m.published.versions, &version{
			arn: m.arn + ":" + strconv.Itoa(v.Number), number: v.Number, description: v.Description, created: v.Created, revision: r, declared: v.Declared,
		})
	}
	for _, a := range saved.Aliases {
		m.published.aliases = append(m.published.aliases, &alias{
			arn: m.arn + ":" + a.Name, name: a.Name, description: a.Description, routes: a.Routes, created: a.Created, updated: a.Updated,
		})
	}
	m.tags.replace(saved.Tags)
	return nil
}

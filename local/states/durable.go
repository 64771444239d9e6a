// This file keeps the executions of Standard machines from run to run. An
// execution that runs when the engine stops cannot go on in the next run, since
// what it waits for has gone with the engine: it is found to be aborted.

package states

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"time"
)

// How executions end that an earlier run left running.
const (
	errStopped   = "Local.EngineStopped"
	causeStopped = "The local engine stopped while the execution ran. Executions that run are not continued in the next run."
)

type savedRegister struct {
	Taken map[string]int64 `json:",omitempty"` // see register
	Maps  []savedMap       `json:",omitempty"`
	Runs  []savedRun       `json:",omitempty"` // of a distributed Map
}

type savedExecution struct {
	Description json.RawMessage // as DescribeExecution gives it
	History     []json.RawMessage
	Place       int `json:",omitempty"` // of a Map Run's child: see register
}

// Snapshot implements cloud.Durable. Those in the archive are read when they are
// encoded; the ones that are let go of meanwhile are left out.
func (m *machine) Snapshot() iter.Seq[any] {
	first := savedRegister{Maps: m.savedMaps(), Runs: m.savedRuns()}
	r := m.executions
	r.mu.Lock()
	defer r.mu.Unlock()
	first.Taken = make(map[string]int64, len(r.taken))
	for key, ended := range r.taken {
		first.Taken[hex.EncodeToString(key[:])] = ended
	}
	var taken []func() (savedExecution, error)
	for i := range r.slots {
		if s := r.slots[i]; !s.gone() {
			place := 0
			if m.outer != nil {
				place = r.first + i
			}
			taken = append(taken, s.save(place))
		}
	}
	return func(yield func(any) bool) {
		if !yield(first) {
			return
		}
		for _, take := range taken {
			saved, err := take()
			switch {
			case errors.Is(err, errDropped):
			case err != nil:
				yield(unreadable{err})
				return
			case !yield(saved):
				return
			}
		}
	}
}

// unreadable is a record that cannot be encoded.
type unreadable struct{ error }

func (u unreadable) MarshalJSON() ([]byte, error) { return nil, u.error }

// save holds on to an execution as it is now.
func (s slot) save(place int) func() (savedExecution, error) {
	all := func(n int) (from, to int, err error) { return 0, n, nil }
	if s.live == nil {
		return func() (saved savedExecution, err error) {
			saved.Place = place
			if saved.Description, err = s.description(); err == nil {
				saved.History, err = s.history(all)
			}
			return saved, err
		}
	}
	description, events := s.live.describe(), s.live.history.snapshot()
	return func() (saved savedExecution, err error) {
		saved.Place = place
		if saved.Description, err = json.Marshal(description); err == nil {
			saved.History, err = encodeAll(events)
		}
		return saved, err
	}
}

// Restore implements cloud.Durable.
func (m *machine) Restore(next func(record any) error) error {
	r := m.executions
	r.mu.Lock()
	defer r.mu.Unlock()
	var first savedRegister
	if err := next(&first); err != nil {
		return err
	}
	for text, ended := range first.Taken {
		key, err := hex.DecodeString(text)
		if err != nil || len(key) != len(nameKey{}) {
			return fmt.Errorf("%q stands for no name", text)
		}
		r.taken[nameKey(key)] = ended
	}
	m.restored = first.Maps
	runs := m.restoreRuns(first.Runs)
	for {
		var saved savedExecution
		err := next(&saved)
		if errors.Is(err, io.EOF) {
			runs.settle()
			r.trim()
			return nil
		}
		if err == nil {
			err = m.restore(saved, runs)
		}
		if err != nil {
			return err
		}
	}
}

// description is what the next run reads of DescribeExecution's answer.
type description struct {
	Name                             string
	Status                           string
	Input, Output, Error, Cause      string
	StartDate, StopDate, RedriveDate float64
	RedriveCount                     int

	StateMachineVersionARN, StateMachineAliasARN string

	ExecutionARN, StateMachineARN      string
	RedriveStatus, RedriveStatusReason string
	MapRunARN                          string
}

// restore puts an execution into the archive. Where it stood is not known any
// more, so it cannot be redriven.
func (m *machine) restore(saved savedExecution, runs restoredRuns) error {
	var d description
	if err := json.Unmarshal(saved.Description, &d); err != nil {
		return fmt.Errorf("read an execution: %w", err)
	}
	e := &execution{
		machine: m, name: d.Name, arn: m.executionARN(d.Name), started: timeOf(d.StartDate), input: data{text: d.Input},
		history:  &history{closed: true},
		outcome:  outcome{status: d.Status, stopped: timeOf(d.StopDate), output: d.Output, error: d.Error, cause: d.Cause},
		redrives: redrives{count: d.RedriveCount, last: timeOf(d.RedriveDate)},
	}
	e.mapRun = runs.byARN[d.MapRunARN]
	if d.StateMachineVersionARN != "" {
		e.chosen = &chosen{d.StateMachineVersionARN, d.StateMachineAliasARN}
	}
	if d.Status == statusRunning {
		e.outcome = outcome{status: statusAborted, stopped: time.Now(), error: errStopped, cause: causeStopped}
		kind, details := e.outcome.event()
		id := len(saved.History)
		end := event{id + 1, id, e.outcome.stopped.UnixMilli(), kind, details}
		text, err := end.encode()
		if err != nil {
			return err
		}
		saved.History = append(slices.Clip(saved.History), text)
		m.aborted = append(m.aborted, e)
		m.Changed()
	}
	runs.moved[saved.Place] = m.executions.first + len(m.executions.slots)
	return m.executions.restore(e, saved.History)
}

func timeOf(seconds float64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000)))
}

// restore adds an execution that has ended. The lock is held.
func (r *register) restore(e *execution, events []json.RawMessage) error {
	summary, description, err := e.documents()
	if err != nil {
		return err
	}
	record, err := r.archive.put(summary, description, events)
	if err != nil {
		return err
	}
	key, place := keyOf(e.name), r.first+len(r.slots)
	r.slots = append(r.slots, slot{key: key, record: record, chosen: e.chosen, status: e.outcome.status, started: e.started, stopped: e.outcome.stopped})
	r.places[key] = place
	r.ended = append(r.ended, place)
	return nil
}

// AnnounceAborted tells the rest of the cloud of the executions that an earlier
// run left running, once everybody who should hear of it is there.
func (s *StepFunctions) AnnounceAborted() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, m := range s.machines {
		for _, of := range append(m.maps.all(), m) {
			for _, e := range of.aborted {
				of.announce(e)
			}
			of.aborted = nil
		}
	}
}

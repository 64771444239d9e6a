// This file knows the executions of a Standard machine: those that run, those
// that may run on, and a number of those that have ended. Of the others only the
// names stay, since they are taken.

package states

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// register finds executions by name, and in the order in which they started.
type register struct {
	keep     int  // how many executions that have ended are kept
	reusable bool // the names of those that were let go of
	archive  archive

	mu     sync.Mutex
	places map[nameKey]int // of the executions in slots, counted from the first one ever
	first  int             // the place of slots[0]
	slots  []slot
	ended  []int             // places, by the time of ending
	taken  map[nameKey]int64 // when those that were let go of ended, in seconds since 1970
}

func newRegister(o Options) *register {
	return &register{
		keep: o.Limits.Ended, archive: archive{dir: o.Dir},
		places: map[nameKey]int{}, taken: map[nameKey]int64{},
	}
}

// nameKey stands for a name: half a million of them are to be remembered.
type nameKey [16]byte

func keyOf(name string) nameKey {
	sum := sha256.Sum256([]byte(name))
	return nameKey(sum[:])
}

// A slot is an execution: live, in the archive, or neither once it was let go of.
type slot struct {
	key      nameKey
	live     *execution
	record   record
	revision *revision // of one that is in the archive since this run
	chosen   *chosen   // of one in the archive
	status   string    // of one in the archive, as the next two
	started  time.Time
	stopped  time.Time
	cause    *cloud.Cause
}

func (s *slot) gone() bool { return s.live == nil && s.record.segment == nil }

// began is when the execution began.
func (s *slot) began() time.Time {
	if s.live == nil {
		return s.started
	}
	return s.live.started
}

// outcome is how the execution stands: its status, and when it ended.
func (s *slot) outcome() (status string, stopped time.Time) {
	if s.live == nil {
		return s.status, s.stopped
	}
	o, _ := s.live.now()
	return o.status, o.stopped
}

// enrol takes a name for a new execution, which begin makes, unless the same
// request began a running one before.
func (r *register) enrol(name, input string, begin func() *execution) (e *execution, isNew bool, err error) {
	key := keyOf(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	if place, ok := r.places[key]; ok {
		other := &r.slots[place-r.first]
		status, stopped := other.outcome()
		if status == statusRunning {
			if _, same := other.live.now(); same.text == input {
				return other.live, false, nil
			}
		}
		if status == statusRunning || time.Since(stopped) < nameLife {
			return nil, false, errNameTaken
		}
	}
	if ended, ok := r.taken[key]; ok {
		if time.Since(time.Unix(ended, 0)) < nameLife {
			return nil, false, errNameTaken
		}
		delete(r.taken, key)
	}
	e = begin()
	e.place = r.first + len(r.slots)
	r.places[key] = e.place
	r.slots = append(r.slots, slot{key: key, live: e, cause: e.cause})
	return e, true, nil
}

var errNameTaken = errors.New("the name is taken")

// find returns the execution that has a name now.
func (r *register) find(name string) (slot, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place, ok := r.places[keyOf(name)]
	if !ok {
		return slot{}, false
	}
	return r.slots[place-r.first], true
}

// by is the version or alias that the execution was started by, or nil.
func (s *slot) by() *chosen {
	if s.live != nil {
		return s.live.chosen
	}
	return s.chosen
}

// list returns up to size executions that are wanted and
// started before one, newest first, and where the next page begins: 0 after the
// last one. The newest execution comes before place -1.
func (r *register) list(before, size int, wanted func(s *slot) bool) (slots []slot, next int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	end := r.first + len(r.slots)
	if before < 0 {
		before = end
	}
	if before > end {
		return nil, 0, false
	}
	for ; before > r.first && len(slots) < size; before-- {
		if s := r.slots[before-1-r.first]; !s.gone() && wanted(&s) {
			slots = append(slots, s)
		}
	}
	if before <= r.first {
		before = 0
	}
	return slots, before, true
}

// at returns the execution at a place.
func (r *register) at(place int) slot {
	r.mu.Lock()
	defer r.mu.Unlock()
	if place < r.first {
		return slot{}
	}
	return r.slots[place-r.first]
}

// replace puts an execution into the place of one of the same name.
func (r *register) replace(place int, e *execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.slots[place-r.first]
	if s.record.segment != nil {
		r.archive.drop(s.record)
	}
	e.place, e.cause = place, s.cause
	*s = slot{key: s.key, live: e, cause: s.cause}
}

// ends counts executions in that have ended, and lets the oldest go.
func (r *register) ends(places ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, places...)
	r.trim()
}

// trim lets the oldest of those that have ended go, while they are too many.
func (r *register) trim() {
	for len(r.ended) > r.keep {
		place := r.ended[0]
		r.ended = r.ended[1:]
		r.letGo(place)
	}
	for len(r.slots) > 0 && r.slots[0].gone() {
		r.slots = r.slots[1:]
		r.first++
	}
}

// letGo forgets an execution, unless it was redriven: it will end again.
func (r *register) letGo(place int) {
	if place < r.first || r.slots[place-r.first].gone() {
		return // it ended more than once
	}
	s := &r.slots[place-r.first]
	_, stopped := s.outcome()
	if s.live != nil {
		if !s.live.machine.states.shelf.take(s.live) {
			return
		}
	} else {
		r.archive.drop(s.record)
	}
	if r.places[s.key] == place {
		delete(r.places, s.key)
		if !r.reusable {
			r.taken[s.key] = stopped.Unix()
		}
	}
	*s = slot{}
}

// store moves an execution that will not run on into the archive. One that
// cannot be written stays in memory.
func (r *register) store(e *execution) {
	e.mu.Lock()
	e.thread = nil
	e.mu.Unlock()
	summary, description, err := e.documents()
	if err != nil {
		return
	}
	events, err := encodeAll(e.history.snapshot())
	if err != nil {
		return
	}
	record, err := r.archive.put(summary, description, events)
	if err != nil {
		return
	}
	o, _ := e.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.slots[e.place-r.first]
	s.live, s.record, s.revision, s.chosen, s.status, s.started, s.stopped = nil, record, e.revision, e.chosen, o.status, e.started, o.stopped
}

// describe returns the execution as the next run of the engine reads it.
func (s *slot) describe() (d description, err error) {
	if s.gone() {
		return d, errDropped
	}
	text, err := s.description()
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	return d, err
}

// description returns the execution as DescribeExecution gives it.
func (s *slot) description() (json.RawMessage, error) {
	if s.live != nil {
		return json.Marshal(s.live.describe())
	}
	return s.record.description()
}

// history returns a part of the history, forwards from one event to before
// another.
func (s *slot) history(part func(n int) (from, to int, err error)) ([]json.RawMessage, error) {
	if s.live == nil {
		from, to, err := part(s.record.events)
		if err != nil {
			return nil, err
		}
		return s.record.history(from, to)
	}
	all := s.live.history.snapshot()
	from, to, err := part(len(all))
	if err != nil {
		return nil, err
	}
	return encodeAll(all[from:to])
}

// shelfSize bounds the histories of executions that may be redriven, in bytes of
// memory.
const shelfSize = 64 << 20

// shelf keeps the executions in memory that ended last and may run on. Older ones
// cannot be redriven any more.
type shelf struct {
	mu    sync.Mutex
	size  int
	queue []shelved // oldest first
}

type shelved struct {
	execution *execution
	size      int
}

// put adds an execution that has ended, and returns those that have no place.
func (s *shelf) put(e *execution) (fallen []*execution) {
	size := e.history.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, shelved{e, size})
	s.size += size
	for s.size > shelfSize && len(s.queue) > 1 {
		fallen = append(fallen, s.queue[0].execution)
		s.size -= s.queue[0].size
		s.queue[0] = shelved{}
		s.queue = s.queue[1:]
	}
	return fallen
}

// take removes an execution. It returns false if it is not there.
func (s *shelf) take(e *execution) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.queue {
		if s.queue[i].execution == e {
			s.size -= s.queue[i].size
			s.queue = append(s.queue[:i:i], s.queue[i+1:]...)
			return true
		}
	}
	return false
}

// retire decides what becomes of an execution that has ended: one that a redrive
// may let run on stays in memory, as does one that was redriven, whose client
// tokens are remembered.
func (e *execution) retire() {
	defer e.machine.Changed()
	e.mu.Lock()
	mayRun := e.thread != nil || e.redrives.count > 0
	e.mu.Unlock()
	if !mayRun {
		e.machine.executions.store(e)
	} else {
		for _, fallen := range e.machine.states.shelf.put(e) {
			fallen.machine.executions.store(fallen)
		}
	}
	if e.mapRun == nil { // otherwise the run lets it go
		e.machine.executions.ends(e.place)
	}
}

// existing finds an execution by its ARN.
func (s *StepFunctions) existing(arn string) (slot, error) {
	m, name := s.ownerOf(arn)
	if m == nil || !m.remembers() {
		return slot{}, noExecution(arn)
	}
	found, ok := m.executions.find(name)
	if !ok {
		return slot{}, noExecution(arn)
	}
	return found, nil
}

func noExecution(arn string) error {
	return cloud.Errorf(400, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

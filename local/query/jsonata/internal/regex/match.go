// The matcher: it follows a program, remembers where it had a choice, and goes back there when it fails.

package regex

import "errors"

// ErrMemory is a match that would have to remember too much.
var ErrMemory = errors.New("a regular expression took too much memory and was stopped")

const (
	// maxStack bounds what is remembered, of 32 bytes each.
	maxStack = 2 << 20
	// counted is after how many steps they are told.
	counted = 256
)

// memory is a choice, or what a slot held. A choice of a run goes back unit by unit, as far as least.
type memory struct{ slot, pc, value, least int }

const (
	choice  = -1
	shorter = -2
)

type machine struct {
	*Regex
	text  []uint16
	slots []int
	stack []memory
	ticks func(int) error
	steps int
	err   error
}

// Find looks for the first match that begins at a place or after it: start and end of the match and of each
// group, -1 for a group that is not part of it; nil if there is none. ticks is told of the steps that it takes,
// and can end it by an error.
func (r *Regex) Find(text []uint16, from int, ticks func(int) error) ([]int, error) {
	m := &machine{Regex: r, text: text, slots: make([]int, r.slots), ticks: ticks}
	for start := from; start <= len(text); start++ {
		for i := range m.slots {
			m.slots[i] = -1
		}
		m.stack = m.stack[:0]
		end, ok := m.run(0, start)
		if m.err != nil {
			return nil, m.err
		}
		if ok {
			m.slots[0], m.slots[1] = start, end
			return m.slots[:2*(r.groups+1)], ticks(m.steps)
		}
	}
	return nil, ticks(m.steps)
}

// run follows the program to an end, and returns the place where it got to.
func (m *machine) run(pc, pos int) (int, bool) {
	base := len(m.stack)
	for {
		if m.steps++; m.steps >= counted && !m.tell() {
			return 0, false
		}
		i := &m.program[pc]
		ok := true
		switch i.op {
		case opChar:
			var unit uint16
			if unit, pos, ok = m.unit(i.back, pos); ok {
				ok = unit == i.char || m.ignoreCase && canonical(unit) == i.char
			}
		case opClass:
			var unit uint16
			if unit, pos, ok = m.unit(i.back, pos); ok {
				ok = i.class.matches(unit, m.ignoreCase)
			}
		case opSplit:
			m.stack = append(m.stack, memory{choice, i.y, pos, 0})
			pc = i.x
			continue
		case opRun:
			pos, ok = m.greedy(i, pc+1, pos)
		case opJump:
			pc = i.x
			continue
		case opSave, opMark:
			m.set(i.x, pos)
		case opReset:
			for slot := 2 * i.x; slot <= 2*i.y+1; slot++ {
				m.set(slot, -1)
			}
		case opMoved:
			ok = m.slots[i.x] != pos
		case opBackreference:
			pos, ok = m.reference(i, pos)
		case opLook:
			if ok = m.look(i, pc, pos); ok {
				pc = i.y
				continue
			}
		case opEnd:
			return pos, true
		default:
			ok = m.holds(i.op, pos)
		}
		pc++
		if !ok {
			if pc, pos, ok = m.back(base); !ok {
				return 0, false
			}
		}
	}
}

// greedy takes as many units of a class as there are, and remembers that fewer might do.
func (m *machine) greedy(i *instruction, next, pos int) (int, bool) {
	end := len(m.text)
	if i.y >= 0 && i.y < end-pos {
		end = pos + i.y
	}
	least := pos + i.x
	for pos < end && i.class.matches(m.text[pos], m.ignoreCase) {
		pos++
		if m.steps++; m.steps >= counted && !m.tell() {
			return pos, false
		}
	}
	if pos > least {
		m.stack = append(m.stack, memory{shorter, next, pos - 1, least})
	}
	return pos, pos >= least
}

// tell counts steps.
func (m *machine) tell() bool {
	if m.err == nil {
		m.err = m.ticks(m.steps)
	}
	m.steps = 0
	if len(m.stack) > maxStack && m.err == nil {
		m.err = ErrMemory
	}
	return m.err == nil
}

// unit takes the next unit, or the one before.
func (m *machine) unit(back bool, pos int) (uint16, int, bool) {
	if back {
		if pos == 0 {
			return 0, pos, false
		}
		return m.text[pos-1], pos - 1, true
	}
	if pos == len(m.text) {
		return 0, pos, false
	}
	return m.text[pos], pos + 1, true
}

func (m *machine) set(slot, value int) {
	m.stack = append(m.stack, memory{slot, 0, m.slots[slot], 0})
	m.slots[slot] = value
}

// back undoes what was done since the last choice, and takes it the other way.
func (m *machine) back(base int) (pc, pos int, ok bool) {
	for len(m.stack) > base {
		last := &m.stack[len(m.stack)-1]
		if last.slot == shorter && last.value > last.least {
			last.value--
			return last.pc, last.value + 1, true
		}
		m.stack = m.stack[:len(m.stack)-1]
		if last.slot < 0 {
			return last.pc, last.value, true
		}
		m.slots[last.slot] = last.value
	}
	return 0, 0, false
}

// look matches what stands around a place. Groups keep what they held then, but no choice is taken again.
func (m *machine) look(i *instruction, pc, pos int) bool {
	base := len(m.stack)
	_, found := m.run(pc+1, pos)
	if i.negative || !found {
		for m.err == nil && found {
			if _, _, more := m.back(base); !more { // it undoes everything
				break
			}
		}
		return found != i.negative
	}
	kept := m.stack[:base]
	for _, memory := range m.stack[base:] {
		if memory.slot >= 0 {
			kept = append(kept, memory)
		}
	}
	m.stack = kept
	return true
}

// reference matches what a group has matched; one that has not matches nothing.
func (m *machine) reference(i *instruction, pos int) (int, bool) {
	start, end := m.slots[2*i.x], m.slots[2*i.x+1]
	if start < 0 || end < 0 {
		return pos, true
	}
	length := end - start
	m.steps += length
	at, next := pos, pos+length
	if i.back {
		at, next = pos-length, pos-length
	}
	if at < 0 || at+length > len(m.text) {
		return pos, false
	}
	for j := range length {
		x, y := m.text[start+j], m.text[at+j]
		if x != y && !(m.ignoreCase && canonical(x) == canonical(y)) {
			return pos, false
		}
	}
	return next, true
}

// holds judges a place.
func (m *machine) holds(o op, pos int) bool {
	switch o {
	case opLineStart:
		return pos == 0 || m.multiline && contains(lineEnds, m.text[pos-1])
	case opLineEnd:
		return pos == len(m.text) || m.multiline && contains(lineEnds, m.text[pos])
	}
	before := pos > 0 && contains(words, m.text[pos-1])
	after := pos < len(m.text) && contains(words, m.text[pos])
	return (before != after) == (o == opWord)
}

package graph

// This file measures what is drawn: states, and the labels of transitions.

import (
	"strconv"
	"strings"
)

const (
	nameLimit   = 176 // pixels of a line of a state's name
	doesLimit   = 210
	labelLimit  = 150
	labelLines  = 3
	lineHeight  = 16
	labelHeight = 14
	iconRoom    = 38 // an icon with the space around it
	boxPadding  = 12
	partPadding = 16
)

// A box is a state as it is drawn.
type box struct {
	State         *State
	width, height int
	header        int // height of the name and of what stands below it
	name          []string
	does          string
	parts         []*picture
}

// A picture is a machine that has been laid out.
type picture struct {
	*layout
	width, height int
}

func newBox(s *State) *box {
	b := &box{State: s, name: nameFace.wrap(s.Name, nameLimit, 4), does: doesFace.cut(s.Does, doesLimit)}
	text := max(nameFace.widest(b.name), doesFace.width(b.does))
	b.width = max(116, iconRoom+text+boxPadding)
	b.header = 2*9 + len(b.name)*lineHeight + 14
	b.height = b.header
	if len(s.Parts) == 0 {
		b.width += b.width % 2
		return b
	}
	inside, tallest := partPadding, 0
	for _, m := range s.Parts {
		p := lay(m)
		b.parts = append(b.parts, p)
		inside += p.width + partPadding
		tallest = max(tallest, p.height)
	}
	b.width = max(b.width, inside)
	b.width += b.width % 2
	b.height = b.header + tallest + partPadding
	return b
}

// A label is what stands at a transition.
type label struct {
	lines         []string
	width, height int
}

// newLabel is nil for the usual way on.
func newLabel(t *Transition) *label {
	when := make([]string, len(t.When))
	for i, text := range t.When {
		if when[i] = text; t.Catch {
			when[i] = shortError(text)
		}
	}
	var lines []string
	for i, text := range when {
		if rest := len(when) - i; i >= 2 && rest > 1 {
			lines = append(lines, "or "+plural(rest, t.Catch))
			break
		}
		most := labelLines
		if len(when) > 1 {
			most = 1
		}
		if i > 0 {
			text = "or " + text
		}
		lines = append(lines, labelFace.wrap(text, labelLimit, most)...)
	}
	if len(lines) == 0 {
		return nil
	}
	l := &label{lines: lines, width: labelFace.widest(lines) + 8, height: len(lines)*labelHeight + 2}
	l.width += l.width % 2
	return l
}

func plural(n int, errors bool) string {
	if errors {
		return strconv.Itoa(n) + " more errors"
	}
	return strconv.Itoa(n) + " more conditions"
}

// lay lays a machine out.
func lay(m *Machine) *picture {
	l := newLayout(m)
	l.order()
	p := &picture{layout: l}
	p.width = l.place()
	p.height = l.stack()
	return p
}

// all are a transition's conditions or errors, for whoever points at it.
func (t *Transition) all() string { return strings.Join(t.When, "\n") }

package match

// This file finds a pattern's fields in the data.

import (
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A Node is a place in the data where a pattern may look, as an object is.
type Node interface {
	Get(name string) (any, bool)
}

// Matches tells whether the pattern holds for the data.
func (p *Pattern) Matches(data Node) bool {
	for _, b := range p.branches {
		if b.holds(data, nil) {
			return true
		}
	}
	return false
}

// chosen is the element of a list that conditions were found to hold in; those
// that follow look at no other one.
type chosen struct {
	list  *any // its first element
	index int
	outer *chosen
}

func (c *chosen) in(list []any) (index int, ok bool) {
	for ; c != nil; c = c.outer {
		if c.list == &list[0] {
			return c.index, true
		}
	}
	return 0, false
}

// holds tells whether all conditions hold within the chosen elements.
func (b branch) holds(data Node, within *chosen) bool {
	if len(b) == 0 {
		return true
	}
	c, found := b[0], false
	held := leaves(data, c.path, within, func(leaf any, within *chosen) bool {
		found = true
		return c.matches(leaf) && b[1:].holds(data, within)
	})
	return held || c.absent && !found && b[1:].holds(data, within)
}

func (c *condition) matches(leaf any) bool {
	for _, m := range c.values {
		if m(leaf) {
			return true
		}
	}
	return false
}

// leaves calls yield for the leaves at a path until one is taken. A name in the
// data may be several of the path's, joined by dots.
func leaves(data Node, path string, within *chosen, yield func(any, *chosen) bool) bool {
	for end := 0; end < len(path); end++ {
		next := strings.IndexByte(path[end:], '.')
		if next < 0 {
			break
		}
		end += next
		value, ok := data.Get(path[:end])
		if ok && below(value, path[end+1:], within, yield) {
			return true
		}
	}
	value, ok := data.Get(path)
	return ok && below(value, "", within, yield)
}

// below goes on in a value; an empty path asks for the leaves of the value
// itself.
func below(value any, path string, within *chosen, yield func(any, *chosen) bool) bool {
	switch v := value.(type) {
	case *jsonvalue.Object:
		return path != "" && leaves(v, path, within, yield)
	case []any:
		return elements(v, path, within, yield)
	}
	return path == "" && yield(value, within)
}

func elements(list []any, path string, within *chosen, yield func(any, *chosen) bool) bool {
	if len(list) == 0 {
		return false
	}
	only, isChosen := within.in(list)
	for i, element := range list {
		inner := within
		switch element.(type) {
		case *jsonvalue.Object, []any:
			if isChosen && i != only {
				continue
			}
			if !isChosen {
				inner = &chosen{&list[0], i, within}
			}
		}
		if below(element, path, inner, yield) {
			return true
		}
	}
	return false
}

// This file finds the states of a definition, those within others included.

package states

import "iter"

// nesting are states that have graphs of their own.
type nesting interface{ graphs() []*graph }

func (s *parallel) graphs() []*graph { return s.branches }
func (s *mapping) graphs() []*graph  { return []*graph{s.processor} }

// all goes through the states of a graph as they are reached from its start, each
// followed by those within it.
func (g *graph) all() iter.Seq[state] {
	return func(yield func(state) bool) { g.visitAll(yield) }
}

func (g *graph) visitAll(yield func(state) bool) bool {
	seen := map[string]bool{}
	for open := []string{g.start}; len(open) > 0; open = open[1:] {
		s, ok := g.states[open[0]]
		if !ok || seen[open[0]] {
			continue
		}
		seen[open[0]] = true
		if !yield(s) || !visitWithin(s, yield) {
			return false
		}
		for _, l := range linksOf(s) {
			open = append(open, l.target)
		}
	}
	return true
}

func visitWithin(s state, yield func(state) bool) bool {
	n, ok := s.(nesting)
	if !ok {
		return true
	}
	for _, inner := range n.graphs() {
		if !inner.visitAll(yield) {
			return false
		}
	}
	return true
}

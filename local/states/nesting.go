// This file finds the states of a definition, those within others included.

package states

import (
	"iter"
	"maps"
	"slices"
)

// nesting are states that have graphs of their own.
type nesting interface{ graphs() []*graph }

func (s *parallel) graphs() []*graph { return s.branches }
func (s *mapping) graphs() []*graph  { return []*graph{s.processor} }

// all goes through the states of a graph by name, each followed by those within it.
func (g *graph) all() iter.Seq[state] {
	return func(yield func(state) bool) { g.visitAll(yield) }
}

func (g *graph) visitAll(yield func(state) bool) bool {
	for _, name := range slices.Sorted(maps.Keys(g.states)) {
		s := g.states[name]
		if !yield(s) {
			return false
		}
		if n, ok := s.(nesting); ok {
			for _, inner := range n.graphs() {
				if !inner.visitAll(yield) {
					return false
				}
			}
		}
	}
	return true
}

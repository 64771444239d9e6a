package match

// This file measures what wildcards cost: how many places in the patterns of a
// field a text may be at, at once.

import (
	"slices"
	"strings"
)

// maxSteps bounds the search for the most costly text.
const maxSteps = 1 << 10

// place is a place in the globs of one operator, which share what they have in
// common at their beginnings.
type place struct {
	next map[byte]*place
	star *place // behind a star: any byte leads to it again
}

func newPlace() *place { return &place{next: map[byte]*place{}} }

// add puts a glob below the place.
func (p *place) add(g glob) {
	for i, literal := range g {
		if i > 0 {
			if p.star == nil {
				p.star = newPlace()
				p.star.star = p.star
			}
			p = p.star
		}
		if i == 0 {
			literal = `"` + literal
		}
		if i == len(g)-1 {
			literal += `"`
		}
		for _, b := range []byte(literal) {
			if p.next[b] == nil {
				p.next[b] = newPlace()
			}
			p = p.next[b]
		}
	}
}

// complexity is how many places texts may be at, but no more than limit+1.
func complexity(operators [][]glob, limit int) int {
	start := map[*place]bool{}
	alphabet := map[byte]bool{0: true}
	for _, globs := range operators {
		root := newPlace()
		for _, g := range globs {
			root.add(g)
			for _, b := range []byte(`"` + strings.Join(g, "")) {
				alphabet[b] = true
			}
		}
		start[root] = true
	}
	most := 0
	seen := map[string]bool{}
	names := map[*place]string{}
	for queue := []map[*place]bool{start}; len(queue) > 0 && len(seen) < maxSteps; queue = queue[1:] {
		for b := range alphabet {
			after := step(queue[0], b)
			key := naming(names, after)
			if len(after) == 0 || seen[key] {
				continue
			}
			seen[key] = true
			if most = max(most, width(after)); most > limit {
				return limit + 1
			}
			queue = append(queue, after)
		}
	}
	return most
}

// step is the places behind one byte.
func step(places map[*place]bool, b byte) map[*place]bool {
	after := map[*place]bool{}
	for p := range places {
		for _, from := range []*place{p, p.star} {
			if from == nil {
				continue
			}
			if to := from.next[b]; to != nil {
				after[to] = true
			}
		}
		if p.star != nil {
			after[p.star] = true
		}
	}
	return after
}

// width counts places, and those behind a star that comes next.
func width(places map[*place]bool) int {
	n := len(places)
	for p := range places {
		if p.star != nil && !places[p.star] {
			n++
		}
	}
	return n
}

// naming makes a key of a set of places.
func naming(names map[*place]string, places map[*place]bool) string {
	var parts []string
	for p := range places {
		if names[p] == "" {
			names[p] = string(rune(len(names) + 1))
		}
		parts = append(parts, names[p])
	}
	slices.Sort(parts)
	return strings.Join(parts, "")
}

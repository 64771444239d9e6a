package graph

// This file gives the vertices their places.

import (
	"math"
	"slices"
)

const (
	sidePort   = 18 // how far from a state's side a loop runs
	portsApart = 26
)

// place sets every x, with the usual way as straight as can be, and returns the
// width of all. It does so twice: where a line leaves a state depends on where
// the other end turned out to be.
func (l *layout) place() int {
	at := make(map[*vertex]int)
	for _, layer := range l.layers {
		for i, v := range layer {
			at[v] = i
		}
	}
	width := 0
	for range 2 {
		for _, v := range l.states {
			v.ports(at)
		}
		width = l.spreadOut()
	}
	return width
}

// spreadOut solves for every x.
func (l *layout) spreadOut() int {
	number := make(map[*vertex]int)
	var all []*vertex
	var arcs []arc
	for _, layer := range l.layers {
		for i, v := range layer {
			number[v] = len(all)
			all = append(all, v)
			if i > 0 {
				arcs = append(arcs, arc{tail: number[layer[i-1]], head: number[v], length: apart(layer[i-1], v)})
			}
		}
	}
	n := len(all)
	for _, v := range all {
		for _, s := range v.out {
			// A vertex of its own before both ends makes the cost of a step that of
			// the distance, whichever end is to the right.
			shift, weight := s.leave-s.enter, s.weight()
			arcs = append(arcs,
				arc{tail: n, head: number[s.from], length: max(0, -shift), weight: weight},
				arc{tail: n, head: number[s.to], length: max(0, shift), weight: weight})
			n++
		}
	}
	xs := assign(n, arcs)
	left, right := math.MaxInt, math.MinInt
	for i, v := range all {
		v.x = xs[i]
		l, r := v.extent()
		left, right = min(left, v.x-l), max(right, v.x+r)
	}
	for _, v := range all {
		v.x -= left
	}
	return right - left
}

const (
	startRoom = 26 // above the first layer, for the mark of the start
	endRoom   = 18 // below the last, for the mark of an end
)

// stack sets every y, and returns the height of all.
func (l *layout) stack() int {
	y := startRoom
	for i, layer := range l.layers {
		tallest := 0
		for _, v := range layer {
			tallest = max(tallest, v.height)
		}
		for _, v := range layer {
			v.top, v.bottom = y, y+tallest
			v.y = y + (tallest-v.height)/2
		}
		if y += tallest; i+1 < len(l.layers) {
			y += betweenLayers + swing(layer)
		}
	}
	return y + endRoom
}

// swing is the room that lines need below a layer to get to the sides.
func swing(layer []*vertex) int {
	widest := 0
	for _, v := range layer {
		for _, s := range v.out {
			widest = max(widest, v.x+s.leave-s.to.x-s.enter, s.to.x+s.enter-v.x-s.leave)
		}
	}
	return min(28, widest/14)
}

// weight is how straight a step should be: long lines above all, then the
// usual way.
func (s *step) weight() int {
	weight := 1
	switch {
	case s.from.state == nil && s.to.state == nil:
		weight = 16
	case s.line.loop && s.to.state != nil:
		weight = 4 // stays beside the state that it comes from
	case s.from.state == nil || s.to.state == nil:
		weight = 2
	}
	if s.line.usual {
		weight *= 32
	}
	return weight
}

// extent is how far a vertex reaches to both sides, with the loops at them.
func (v *vertex) extent() (left, right int) {
	left, right = v.width/2, v.width/2
	if v.state == nil {
		return left, right
	}
	for _, s := range v.out {
		left, right = max(left, -s.leave), max(right, s.leave)
	}
	for _, s := range v.in {
		left, right = max(left, -s.enter), max(right, s.enter)
	}
	return left, max(right, v.width/2+v.selfRoom)
}

// apart is how far two neighbours' middles are from each other at least.
func apart(a, b *vertex) int {
	_, right := a.extent()
	left, _ := b.extent()
	space := betweenStates
	if a.state == nil || b.state == nil {
		space = betweenLines
	}
	return right + space + left
}

// ports spreads a state's lines over its lower and upper edge: the usual one in
// the middle, and loops at the sides.
func (v *vertex) ports(at map[*vertex]int) {
	out := slices.Clone(v.out)
	slices.SortStableFunc(out, func(a, b *step) int { return at[a.to] - at[b.to] })
	v.spread(out, v.state.State.Ends, func(s *step) *int { return &s.leave })
	in := slices.Clone(v.in)
	slices.SortStableFunc(in, func(a, b *step) int { return at[a.from] - at[b.from] })
	v.spread(in, false, func(s *step) *int { return &s.enter })
}

// spread sets the ports of steps, which come from left to right. The middle is
// the usual one's, unless it is taken.
func (v *vertex) spread(steps []*step, taken bool, port func(*step) *int) {
	middle := middleOf(steps)
	if taken {
		for middle = 0; middle < len(steps) && steps[middle].other(v).x < v.x; middle++ {
		}
	}
	// place counts from the middle, which nobody gets if it is taken
	place := func(i int) int {
		if taken && i >= middle {
			i++
		}
		return i - middle
	}
	furthest := 1
	for i, s := range steps {
		if !s.line.loop {
			furthest = max(furthest, place(i), -place(i))
		}
	}
	spacing := min(portsApart, (v.width/2-12)/furthest)
	left, right := 0, 0
	for i, s := range steps {
		switch {
		case s.line.loop && place(i) < 0:
			left++
			*port(s) = -(v.width/2 + sidePort*left)
		case s.line.loop:
			right++
			*port(s) = v.width/2 + sidePort*right
		default:
			*port(s) = place(i) * spacing
		}
	}
}

// middleOf is the usual step, or the one in the middle.
func middleOf(steps []*step) int {
	for i, s := range steps {
		if s.line.usual && !s.line.loop {
			return i
		}
	}
	return max(0, (len(steps)-1)/2)
}

func (s *step) other(v *vertex) *vertex {
	if s.from == v {
		return s.to
	}
	return s.from
}

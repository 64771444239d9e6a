package graph

// This file orders the vertices of each layer so that few lines cross.

import "slices"

const sweeps = 24

// order begins with the way that most executions take, and goes through the
// layers, down and up again, each time moving vertices to where their
// neighbours are. The best order that was seen stands.
func (l *layout) order() {
	l.arrange()
	best, fewest := l.copyOrder(), l.crossings()
	for i := range sweeps {
		l.sweep(i%2 == 0)
		l.transpose()
		if now := l.crossings(); now < fewest {
			best, fewest = l.copyOrder(), now
		}
	}
	l.layers = best
}

// arrange orders the layers as a walk from the start reaches them, the usual
// way first.
func (l *layout) arrange() {
	reached := make(map[*vertex]int)
	var walk func(v *vertex)
	walk = func(v *vertex) {
		if reached[v] > 0 {
			return
		}
		reached[v] = len(reached) + 1
		for _, usual := range []bool{true, false} {
			for _, s := range v.out {
				if s.line.usual == usual {
					walk(s.to)
				}
			}
		}
	}
	if l.start != nil {
		walk(l.start)
	}
	for _, v := range l.states {
		walk(v)
	}
	for _, layer := range l.layers {
		slices.SortStableFunc(layer, func(a, b *vertex) int { return reached[a] - reached[b] })
	}
}

func (l *layout) copyOrder() [][]*vertex {
	order := make([][]*vertex, len(l.layers))
	for i, layer := range l.layers {
		order[i] = slices.Clone(layer)
	}
	return order
}

// positions are the places of a layer's vertices.
func positions(layer []*vertex) map[*vertex]int {
	at := make(map[*vertex]int, len(layer))
	for i, v := range layer {
		at[v] = i
	}
	return at
}

func (l *layout) sweep(down bool) {
	for i := 1; i < len(l.layers); i++ {
		layer, fixed := l.layers[i], i-1
		if !down {
			layer, fixed = l.layers[len(l.layers)-1-i], len(l.layers)-i
		}
		at := positions(l.layers[fixed])
		wants := make(map[*vertex]float64, len(layer))
		for k, v := range layer {
			sum, count := 0.0, 0.0
			for _, n := range neighbours(v, down) {
				sum, count = sum+float64(at[n]), count+1
			}
			if wants[v] = float64(k); count > 0 {
				wants[v] = sum / count
			}
		}
		slices.SortStableFunc(layer, func(a, b *vertex) int {
			switch {
			case wants[a] < wants[b]:
				return -1
			case wants[a] > wants[b]:
				return 1
			}
			return 0
		})
	}
}

// neighbours are those above, or those below.
func neighbours(v *vertex, above bool) []*vertex {
	var all []*vertex
	if above {
		for _, s := range v.in {
			all = append(all, s.from)
		}
		return all
	}
	for _, s := range v.out {
		all = append(all, s.to)
	}
	return all
}

// transpose exchanges vertices that stand side by side where that helps.
func (l *layout) transpose() {
	for i, layer := range l.layers {
		var above, below map[*vertex]int
		if i > 0 {
			above = positions(l.layers[i-1])
		}
		if i+1 < len(l.layers) {
			below = positions(l.layers[i+1])
		}
		for k := 0; k+1 < len(layer); k++ {
			a, b := layer[k], layer[k+1]
			now := between(a, b, true, above) + between(a, b, false, below)
			then := between(b, a, true, above) + between(b, a, false, below)
			if then < now {
				layer[k], layer[k+1] = b, a
			}
		}
	}
}

// between counts how often the lines of two vertices cross, if left stands to
// the left.
func between(left, right *vertex, above bool, at map[*vertex]int) int {
	count := 0
	for _, a := range neighbours(left, above) {
		for _, b := range neighbours(right, above) {
			if at[a] > at[b] {
				count++
			}
		}
	}
	return count
}

func (l *layout) crossings() int {
	total := 0
	for i := 1; i < len(l.layers); i++ {
		at := positions(l.layers[i-1])
		layer := l.layers[i]
		for k := range layer {
			for _, right := range layer[k+1:] {
				total += between(layer[k], right, true, at)
			}
		}
	}
	return total
}

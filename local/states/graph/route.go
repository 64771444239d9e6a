package graph

// This file draws lines between the places of states.

import (
	"fmt"
	"strings"
)

const (
	bend     = 9  // radius where a loop turns to a state's side
	selfLoop = 30 // how far a transition to itself goes out
)

// A curve is a line in the picture: what SVG's path takes, and its tip.
type curve struct {
	path   strings.Builder
	tip    string
	labelX int // of the label's middle
	labelY int // of its upper edge
}

func (c *curve) add(format string, numbers ...any) { fmt.Fprintf(&c.path, format, numbers...) }

// curveOf follows a line from layer to layer. Between two layers it swings from
// one x to the other; through a layer it runs straight. It makes room for its
// label.
func curveOf(l *line) *curve {
	c := &curve{}
	first, last := l.steps[0], l.steps[len(l.steps)-1]
	x := first.from.x + first.leave
	c.begin(first.from, x, l.loop)
	for _, s := range l.steps {
		to := s.to.x + s.enter
		middle := (s.from.bottom + s.to.top) / 2
		if x == to {
			c.add("V%d", s.to.top)
		} else {
			c.add("C%d %d %d %d %d %d", x, middle, to, middle, to, s.to.top)
		}
		x = to
		if v := s.to; v.label != nil {
			c.labelX, c.labelY = v.x, v.y
			if v.y > v.top {
				c.add("V%d", v.y)
			}
			c.add("M%d %dV%d", x, v.y+v.height, v.bottom)
		} else if v.state == nil && v.bottom > v.top {
			c.add("V%d", v.bottom)
		}
		if s != last {
			x = s.to.x
		}
	}
	c.end(last.to, x, l.loop)
	return c
}

// begin leaves the upper state: at its lower edge, or, as the end of a loop, at
// its side.
func (c *curve) begin(v *vertex, x int, loop bool) {
	edge := v.y + v.height
	if !loop {
		c.add("M%d %dV%d", x, edge, v.bottom)
		return
	}
	side, sign := v.side(x)
	y := v.y + v.state.header/2 + 7 // below those that leave this side
	c.add("M%d %dH%dQ%d %d %d %dV%d", side, y, x-sign*bend, x, y, x, y+bend, v.bottom)
	c.tip = fmt.Sprintf("M%d %dl%d -4v8z", side, y, sign*7)
}

func (c *curve) end(v *vertex, x int, loop bool) {
	if !loop {
		c.add("V%d", v.y-1)
		c.tip = fmt.Sprintf("M%d %dl-4 -7h8z", x, v.y)
		return
	}
	side, sign := v.side(x)
	y := v.y + v.state.header/2 - 7
	c.add("V%dQ%d %d %d %dH%d", y-bend, x, y, x-sign*bend, y, side)
}

// side is the side of a state that an x beside it belongs to.
func (v *vertex) side(x int) (side, sign int) {
	if x < v.x {
		return v.x - v.width/2, -1
	}
	return v.x + v.width/2, 1
}

// curveToItself goes round a corner of the state.
func curveToItself(l *line) *curve {
	c := &curve{}
	v := l.from
	side, y := v.x+v.width/2, v.y+v.state.header/2
	c.add("M%d %dC%d %d %d %d %d %d", side, y+10, side+selfLoop, y+10, side+selfLoop, y-10, side+7, y-10)
	c.tip = fmt.Sprintf("M%d %dl7 -4v8z", side, y-10)
	if l.label != nil {
		c.labelX, c.labelY = side+selfLoop+l.label.width/2, y-l.label.height/2
	}
	return c
}

// room is the width of a label, if there is one.
func (l *label) room() int {
	if l == nil {
		return 0
	}
	return l.width
}

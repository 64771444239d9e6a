package graph

// This file puts the states of a machine into layers, and the transitions
// between them into steps from layer to layer.

// gap values, in pixels.
const (
	betweenStates = 36
	betweenLines  = 16
	betweenLayers = 18
	widestLayer   = 640 // above it, states that end are moved down a layer
)

// A vertex is a state, or a transition on its way through a layer.
type vertex struct {
	state *box   // nil for a transition
	label *label // of a transition that has its label here, or nil

	width, height int
	layer         int
	x             int  // of its middle
	y             int  // of its upper edge
	top, bottom   int  // of its layer
	selfRoom      int  // beside it, for a transition to itself
	lowered       bool // to make its layer narrower

	out, in []*step
}

// A line is a transition in the layout. It runs downwards: that of a loop from
// where the transition leads to.
type line struct {
	transition *Transition
	from, to   *vertex // as the transition leads
	loop       bool
	usual      bool // the way of most executions
	steps      []*step
	label      *label
}

// A step is the part of a line between two layers that follow each other.
type step struct {
	line     *line
	from, to *vertex

	// leave and enter are how far from the middles it touches the two.
	leave, enter int
}

// upper and lower are the ends of the line in the layout.
func (l *line) upper() *vertex {
	if l.loop {
		return l.to
	}
	return l.from
}

func (l *line) lower() *vertex {
	if l.loop {
		return l.from
	}
	return l.to
}

// layout is a machine on its way into a picture.
type layout struct {
	states []*vertex // in the definition's order
	start  *vertex
	lines  []*line
	itself []*line // transitions from a state to itself
	layers [][]*vertex
}

// newLayout measures the states.
func newLayout(m *Machine) *layout {
	l := &layout{}
	byName := make(map[string]*vertex)
	for _, s := range m.States {
		b := newBox(s)
		v := &vertex{state: b, width: b.width, height: b.height}
		l.states = append(l.states, v)
		byName[s.Name] = v
	}
	l.start = byName[m.StartAt]
	for i, s := range m.States {
		for t := range s.Transitions {
			transition := &s.Transitions[t]
			added := &line{transition: transition, from: l.states[i], to: byName[transition.To], label: newLabel(transition)}
			if added.from == added.to {
				l.itself = append(l.itself, added)
				added.from.selfRoom = selfLoop + added.label.room()
				continue
			}
			l.lines = append(l.lines, added)
		}
	}
	l.findLoops()
	l.findUsual()
	l.rank()
	l.split()
	return l
}

// leaving maps each state to the lines of its transitions.
func (l *layout) leaving() map[*vertex][]*line {
	leaving := make(map[*vertex][]*line)
	for _, line := range l.lines {
		leaving[line.from] = append(leaving[line.from], line)
	}
	return leaving
}

// findLoops marks the transitions that lead back to where an execution has
// been.
func (l *layout) findLoops() {
	leaving := l.leaving()
	const onTheWay, left = 1, 2
	been := make(map[*vertex]int)
	var visit func(v *vertex)
	visit = func(v *vertex) {
		been[v] = onTheWay
		for _, line := range leaving[v] {
			switch been[line.to] {
			case onTheWay:
				line.loop = true
			case left:
			default:
				visit(line.to)
			}
		}
		been[v] = left
	}
	if l.start != nil {
		visit(l.start)
	}
	for _, v := range l.states {
		if been[v] == 0 {
			visit(v)
		}
	}
}

// findUsual marks of each state the transition after which most is left to do:
// it is drawn as a straight line.
func (l *layout) findUsual() {
	leaving := l.leaving()
	depth := make(map[*vertex]int)
	var measure func(v *vertex) int
	measure = func(v *vertex) int {
		if known, ok := depth[v]; ok {
			return known
		}
		var usual *line
		deepest := 0
		for _, line := range leaving[v] {
			if line.loop {
				continue
			}
			below := measure(line.to) + 1
			if !line.transition.Catch && below > deepest {
				usual, deepest = line, below
			}
			if line.transition.Catch && usual == nil {
				deepest = max(deepest, below)
			}
		}
		if usual != nil {
			usual.usual = true
		}
		depth[v] = deepest
		return deepest
	}
	for _, v := range l.states {
		measure(v)
	}
}

// rank gives each state its layer, an even one: labels stand in the odd ones.
func (l *layout) rank() {
	number := make(map[*vertex]int)
	for i, v := range l.states {
		number[v] = i
	}
	var arcs []arc
	for _, line := range l.lines {
		weight := 1
		if line.usual {
			weight = 3
		}
		arcs = append(arcs, arc{tail: number[line.upper()], head: number[line.lower()], length: 2, weight: weight})
	}
	for i, layer := range assign(len(l.states), arcs) {
		l.states[i].layer = layer
	}
	l.narrow()
}

// narrow moves states that nothing follows out of layers that are too wide.
func (l *layout) narrow() {
	leads := make(map[*vertex]bool)
	for _, line := range l.lines {
		leads[line.upper()] = true
	}
	for layer := 0; layer <= 2*len(l.states); layer += 2 {
		width := 0
		var last []*vertex
		for _, v := range l.states {
			if v.layer != layer {
				continue
			}
			width += v.width + betweenStates
			if !leads[v] {
				last = append(last, v)
			}
		}
		rows := width/widestLayer + 1
		for i, v := range last {
			if rows > 1 && i%rows > 0 && width > widestLayer {
				v.layer, v.lowered = layer+2, true
				width -= v.width + betweenStates
			}
		}
	}
}

// split fills the layers: with states, and with a vertex for each line that
// passes a layer.
func (l *layout) split() {
	deepest := 0
	for _, v := range l.states {
		deepest = max(deepest, v.layer)
	}
	l.layers = make([][]*vertex, deepest+1)
	for _, v := range l.states {
		l.layers[v.layer] = append(l.layers[v.layer], v)
	}
	for _, line := range l.lines {
		upper, lower := line.upper(), line.lower()
		labelled := upper.layer + 1
		if line.loop || lower.lowered {
			labelled = lower.layer - 1
		}
		last := upper
		for layer := upper.layer + 1; layer <= lower.layer; layer++ {
			next := lower
			if layer < lower.layer {
				next = &vertex{layer: layer}
				if layer == labelled && line.label != nil {
					next.label, next.width, next.height = line.label, line.label.width, line.label.height
				}
				l.layers[layer] = append(l.layers[layer], next)
			}
			s := &step{line: line, from: last, to: next}
			line.steps = append(line.steps, s)
			last.out, next.in = append(last.out, s), append(next.in, s)
			last = next
		}
	}
}

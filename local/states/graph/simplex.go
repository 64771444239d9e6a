package graph

// This file solves the one problem that both directions of a layout come down
// to, by the network simplex method (Gansner, Koutsofios, North and Vo, "A
// technique for drawing directed graphs", 1993).

// An arc wants its head at least length beyond its tail, and what is more costs
// weight per unit.
type arc struct{ tail, head, length, weight int }

// enough is how many arcs are looked at before an answer stands that may not be
// the best yet: a machine of some hundred states is drawn within a second or
// two, and steps that change nothing do not go round for ever.
const enough = 100_000_000

// assign gives each of n vertices a number so that all arcs, which have no
// cycle, get what they want at the least cost. The smallest is 0.
func assign(n int, arcs []arc) []int {
	n++ // the root
	s := &simplex{n: n, arcs: arcs, arcsOf: make([][]int, n), at: make([]int, n),
		up: make([]int, n), first: make([]int, n), end: make([]int, n), pull: make([]int, n), costs: make([]int, n)}
	s.root() // makes it one component
	s.inTree = make([]bool, len(s.arcs))
	for i, a := range s.arcs {
		s.arcsOf[a.tail] = append(s.arcsOf[a.tail], i)
		s.arcsOf[a.head] = append(s.arcsOf[a.head], i)
	}
	s.start()
	s.grow()
	for range enough / len(s.arcs) {
		if !s.improve() {
			break
		}
	}
	return s.answer()
}

type simplex struct {
	n      int
	arcs   []arc
	arcsOf [][]int
	at     []int

	inTree []bool
	size   int // of the tree, in vertices

	// by vertex, of the tree as it hangs from the last vertex
	up         []int // the arc to the parent, or -1
	first, end []int // the vertices below and including this one: order[first:end]
	order      []int
	next       int // the arc to look at first, for improvement

	pull, costs []int // room for what leave reckons
}

// root adds a vertex before all those that come after none.
func (s *simplex) root() {
	headed := make([]bool, s.n)
	for _, a := range s.arcs {
		headed[a.head] = true
	}
	s.arcs = append([]arc(nil), s.arcs...)
	for v := range s.n - 1 {
		if !headed[v] {
			s.arcs = append(s.arcs, arc{tail: s.n - 1, head: v})
		}
	}
}

func (s *simplex) slack(i int) int {
	a := s.arcs[i]
	return s.at[a.head] - s.at[a.tail] - a.length
}

// start puts every vertex as far to the front as its arcs let it.
func (s *simplex) start() {
	waiting := make([]int, s.n)
	for _, a := range s.arcs {
		waiting[a.head]++
	}
	ready := []int{s.n - 1}
	for len(ready) > 0 {
		v := ready[0]
		ready = ready[1:]
		for _, i := range s.arcsOf[v] {
			if a := s.arcs[i]; a.tail == v {
				s.at[a.head] = max(s.at[a.head], s.at[v]+a.length)
				if waiting[a.head]--; waiting[a.head] == 0 {
					ready = append(ready, a.head)
				}
			}
		}
	}
}

// grow finds a tree of arcs without slack that spans all vertices, and moves
// what it has so far where there is none to go on with.
func (s *simplex) grow() {
	inside := make([]bool, s.n)
	s.size = s.reach(s.n-1, inside)
	for s.size < s.n {
		best := -1
		for i, a := range s.arcs {
			if inside[a.tail] != inside[a.head] && (best < 0 || s.slack(i) < s.slack(best)) {
				best = i
			}
		}
		shift := s.slack(best)
		outside := s.arcs[best].head
		if inside[outside] {
			shift, outside = -shift, s.arcs[best].tail
		}
		for v := range s.at {
			if inside[v] {
				s.at[v] += shift
			}
		}
		s.inTree[best] = true
		s.size += s.reach(outside, inside)
	}
	s.hang()
}

// reach adds to the tree what tight arcs lead to, and counts it.
func (s *simplex) reach(from int, inside []bool) int {
	inside[from] = true
	count, pending := 1, []int{from}
	for len(pending) > 0 {
		v := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, i := range s.arcsOf[v] {
			other := s.arcs[i].tail + s.arcs[i].head - v
			if !inside[other] && s.slack(i) == 0 {
				inside[other], s.inTree[i] = true, true
				pending = append(pending, other)
				count++
			}
		}
	}
	return count
}

// hang orders the tree so that what is below a vertex follows it.
func (s *simplex) hang() {
	s.order = s.order[:0]
	type step struct{ vertex, up, arc int }
	path := []step{{s.n - 1, -1, 0}}
	for len(path) > 0 {
		top := &path[len(path)-1]
		v := top.vertex
		if top.arc == 0 {
			s.up[v], s.first[v] = top.up, len(s.order)
			s.order = append(s.order, v)
		}
		if top.arc == len(s.arcsOf[v]) {
			s.end[v] = len(s.order)
			path = path[:len(path)-1]
			continue
		}
		i := s.arcsOf[v][top.arc]
		top.arc++
		if s.inTree[i] && i != top.up {
			path = append(path, step{s.arcs[i].tail + s.arcs[i].head - v, i, 0})
		}
	}
}

// below tells whether a vertex hangs from another.
func (s *simplex) below(v, top int) bool {
	return s.first[v] >= s.first[top] && s.first[v] < s.end[top]
}

// improve exchanges one arc of the tree that costs for one that does not. It
// says false when there is none: this is the least cost.
func (s *simplex) improve() bool {
	vertex, cost := s.leave()
	if cost >= 0 {
		return false
	}
	leaving := s.up[vertex]
	headBelow := s.arcs[leaving].head == vertex
	entering := -1
	for i, a := range s.arcs {
		tail, head := s.below(a.tail, vertex), s.below(a.head, vertex)
		if tail != head && tail == headBelow && (entering < 0 || s.slack(i) < s.slack(entering)) {
			entering = i
		}
	}
	if entering < 0 {
		return false
	}
	shift := s.slack(entering)
	if !headBelow {
		shift = -shift
	}
	for _, v := range s.order[s.first[vertex]:s.end[vertex]] {
		s.at[v] += shift
	}
	s.inTree[leaving], s.inTree[entering] = false, true
	s.hang()
	return true
}

// leave finds an arc of the tree, by the vertex that hangs from it, whose two
// sides would rather be further apart: the weights that pull them together are
// less than those that pull them apart.
func (s *simplex) leave() (vertex, cost int) {
	pull, costs := s.pull, s.costs
	clear(pull)
	for _, a := range s.arcs {
		pull[a.tail] += a.weight
		pull[a.head] -= a.weight
	}
	for k := s.n - 1; k > 0; k-- {
		v := s.order[k]
		a := s.arcs[s.up[v]]
		parent := a.tail + a.head - v
		pull[parent] += pull[v]
		if costs[v] = pull[v]; a.head == v {
			costs[v] = -pull[v]
		}
	}
	for range s.n {
		s.next = (s.next + 1) % s.n
		if costs[s.next] < 0 {
			return s.next, costs[s.next]
		}
	}
	return 0, 0
}

func (s *simplex) answer() []int {
	least := s.at[0]
	for _, at := range s.at[:s.n-1] {
		least = min(least, at)
	}
	for v := range s.at {
		s.at[v] -= least
	}
	return s.at[:s.n-1]
}

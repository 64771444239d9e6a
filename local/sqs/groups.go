package sqs

// This file is the line of a FIFO queue. The messages of a group are handed out
// in the order in which they came, and none of them while an earlier one of the
// group is in flight. Groups take turns.

import (
	"cmp"
	"container/heap"
	"container/list"
	"slices"
)

// groups is the line of a FIFO queue.
type groups struct {
	byID  map[string]*group
	free  groupHeap // from which something may be received
	turns int       // how many have been given out
}

var _ line = (*groups)(nil)

// group is the messages of one MessageGroupId.
type group struct {
	messages list.List // of *message, all of them, in the order in which they came
	inFlight int
	turn     int // the group with the least is next
	index    int // in groups.free, or -1
}

func newGroups() *groups { return &groups{byID: map[string]*group{}} }

func (g *group) head() *message { return g.messages.Front().Value.(*message) }

func (gs *groups) moved(m *message, from state) {
	g, ok := gs.byID[m.groupID]
	if !ok {
		g = &group{index: -1, turn: gs.lastTurn()}
		gs.byID[m.groupID] = g
	}
	if g.index >= 0 { // by its present turn
		heap.Remove(&gs.free, g.index)
	}
	if from == gone {
		m.place = g.messages.PushBack(m)
	}
	if m.state == gone {
		g.messages.Remove(m.place)
	}
	if from == inFlight {
		g.inFlight--
	}
	if m.state == inFlight {
		g.inFlight++
		g.turn = gs.lastTurn()
	}
	switch {
	case g.messages.Len() == 0:
		delete(gs.byID, m.groupID)
	case g.head().state == visible:
		heap.Push(&gs.free, g)
	}
}

// lastTurn is a turn after all that there are.
func (gs *groups) lastTurn() int {
	gs.turns++
	return gs.turns
}

// next goes on in the group of the message before, and then to the group that has
// waited longest since something of it was received, or since it came.
func (gs *groups) next(after *message) *message {
	if after != nil && after.place.Next() != nil {
		if m := after.place.Next().Value.(*message); m.state == visible {
			return m
		}
	}
	if len(gs.free) == 0 {
		return nil
	}
	return gs.free[0].head()
}

func (gs *groups) inOrder(messages map[string]*message) []*message {
	all := make([]*message, 0, len(messages))
	for _, m := range messages {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *message) int { return cmp.Compare(a.order, b.order) })
	return all
}

// busy is how many groups have messages in flight.
func (gs *groups) busy() int {
	n := 0
	for _, g := range gs.byID {
		if g.inFlight > 0 {
			n++
		}
	}
	return n
}

// groupHeap orders groups by their turns and tells each its place.
type groupHeap []*group

func (h groupHeap) Len() int           { return len(h) }
func (h groupHeap) Less(i, j int) bool { return h[i].turn < h[j].turn }

func (h groupHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *groupHeap) Push(x any) {
	g := x.(*group)
	g.index = len(*h)
	*h = append(*h, g)
}

func (h *groupHeap) Pop() any {
	last := len(*h) - 1
	g := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	g.index = -1
	return g
}

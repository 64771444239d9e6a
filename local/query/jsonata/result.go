// What an evaluation hands out: plain values, as jsonvalue has them.

package jsonata

import (
	"math"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// ErrFunction is the error of a result that is a function, or has one in it.
var ErrFunction = &Error{Message: "the result is or contains a function, which JSON cannot represent"}

// finisher keeps account of a result. Values from outside are what they were; but as many as an expression
// likes may refer to one, so that a small result can stand for a document without end.
type finisher struct {
	references int
	sizes      map[*jsonvalue.Object]int
}

// manyReferences is how many values from outside a result may hold before their sizes are looked at.
const manyReferences = 1024

// result makes a value ready to be handed out. It is Undefined only as a whole.
func (ev *evaluation) result(value any) (any, error) { return ev.finish(value, 0) }

func (ev *evaluation) finish(value any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, errNesting
	}
	switch v := value.(type) {
	case *list:
		return ev.finishItems(v.items, depth)
	case *object:
		if v.finished { // it is there more than once
			return v.Object, ev.chargeReference(v.Object, depth)
		}
		v.finished = true
		return v.Object, ev.finishMembers(v.Object, depth)
	case *tuple:
		members, _ := membersOf(v)
		return members, ev.finishMembers(members, depth)
	case []any, *jsonvalue.Object:
		return v, ev.refer(v, depth)
	case string:
		return wellFormed(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, failValue("D1001", v)
		}
		if v == 0 {
			return 0.0, nil // JSON has no negative zero
		}
	case function:
		return nil, ErrFunction
	}
	return value, nil
}

func (ev *evaluation) finishItems(items []any, depth int) (any, error) {
	if err := ev.grow(len(items)); err != nil {
		return nil, err
	}
	finished := make([]any, len(items))
	for i, item := range items {
		var err error
		if finished[i], err = ev.finish(item, depth+1); err != nil {
			return nil, err
		}
		if finished[i] == undefined {
			finished[i] = nil
		}
	}
	return finished, nil
}

// finishMembers finishes an object that the evaluation has made, in its place.
func (ev *evaluation) finishMembers(members *jsonvalue.Object, depth int) error {
	if err := ev.charge(memberSize * members.Len()); err != nil {
		return err
	}
	for name, member := range members.All() {
		finished, err := ev.finish(member, depth+1)
		if err != nil {
			return err
		}
		if finished == undefined {
			finished = nil
		}
		if !unchanged(member, finished) {
			members.Set(name, finished)
		}
	}
	return nil
}

func unchanged(before, after any) bool {
	switch before.(type) {
	case *list, *tuple, *object, float64, string, Undefined:
		return false
	}
	return true
}

// refer counts a value from outside, once there are many of them by its size.
func (ev *evaluation) refer(value any, depth int) error {
	f := &ev.finisher
	if f.references++; f.references <= manyReferences {
		return nil
	}
	return ev.chargeReference(value, depth)
}

// chargeReference counts a value that a result refers to, with all that is in it.
func (ev *evaluation) chargeReference(value any, depth int) error {
	size, err := ev.sizeOf(value, depth)
	if err != nil {
		return err
	}
	return ev.charge(size)
}

// sizeOf estimates what a value's text takes. Each object is looked at once.
func (ev *evaluation) sizeOf(value any, depth int) (size int, err error) {
	if err := ev.tick(); err != nil {
		return 0, err
	}
	if depth > maxNesting {
		return 0, errNesting
	}
	switch v := value.(type) {
	case string:
		return len(v) + itemSize, nil
	case []any:
		for _, item := range v {
			inner, err := ev.sizeOf(item, depth+1)
			if err != nil {
				return 0, err
			}
			size += inner
		}
		return size + itemSize, nil
	case *jsonvalue.Object:
		if known, ok := ev.finisher.sizes[v]; ok {
			return known, nil
		}
		for name, member := range v.All() {
			inner, err := ev.sizeOf(member, depth+1)
			if err != nil {
				return 0, err
			}
			size += len(name) + inner
		}
		if ev.finisher.sizes == nil {
			ev.finisher.sizes = map[*jsonvalue.Object]int{}
		}
		size = min(size+itemSize, math.MaxInt32) // more than any limit, and no overflow when it is there often
		ev.finisher.sizes[v] = size
		return size, nil
	}
	return itemSize, nil
}

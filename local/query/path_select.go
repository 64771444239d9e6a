// The indefinite part of a path: wildcards, slices, unions, filters and descents. A library parses it, and tests
// what filters ask for. The places are looked at here, in the order of the document, as Step Functions' own
// library (Jayway's JsonPath) does.

package query

import (
	"fmt"

	"github.com/theory/jsonpath/spec"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// selector is the indefinite part of a path.
type selector struct {
	segments []*spec.Segment
	absolute bool // a filter in it mentions $, the root
	branches int  // how often selectors in one bracket may find one place again
	descents int  // how often it goes through all that is below a place

	// together is set where several names end the path: what they find is one object.
	together bool
}

func newSelector(segments []*spec.Segment) *selector {
	last := segments[len(segments)-1]
	names := 0
	for _, selector := range last.Selectors() {
		if _, isName := selector.(spec.Name); isName {
			names++
		}
	}
	together := !last.IsDescendant() && names > 1 && names == len(last.Selectors())
	return &selector{segments: segments, together: together}
}

// definite says whether the selector finds one value, and not a list.
func (s *selector) definite() bool { return s.together && len(s.segments) == 1 }

// maxPlaces bounds how many places a path may look at; only a hostile one looks at more.
const maxPlaces = 10_000_000

// affordable refuses a path that would find the same places over and over.
func (s *selector) affordable(value, root any) error {
	nodes, depth := extent(value)
	places := float64(nodes) * float64(s.branches)
	for range s.descents - 1 {
		if places *= float64(depth); s.absolute {
			all, _ := extent(root)
			places *= float64(all) / float64(depth)
		}
	}
	if places > maxPlaces && (s.branches > 1 || s.descents > 1) {
		return fmt.Errorf("the path would look at more than %d places", maxPlaces)
	}
	return nil
}

// extent counts a value with all that is in it, and the levels on which it is.
func extent(value any) (nodes, depth int) {
	nodes, depth = 1, 1
	for member := range inside(value) {
		n, d := extent(member)
		nodes, depth = nodes+n, max(depth, d+1)
	}
	return nodes, depth
}

// inside yields the items of an array or the members of an object.
func inside(value any) func(yield func(any) bool) {
	return func(yield func(any) bool) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				if !yield(item) {
					return
				}
			}
		case *jsonvalue.Object:
			for _, member := range v.All() {
				if !yield(member) {
					return
				}
			}
		}
	}
}

// selectFrom returns what the selector finds in a value. root is what $ means in its filters.
func (s *selector) selectFrom(value, root any) ([]any, error) {
	if s.branches > 1 || s.descents > 1 {
		if err := s.affordable(value, root); err != nil {
			return nil, err
		}
	}
	w := walk{}
	if s.absolute {
		w.root = jsonvalue.Plain(root)
	}
	found := []any{value}
	for i, segment := range s.segments {
		next := make([]any, 0, len(found))
		for _, at := range found {
			switch {
			case segment.IsDescendant():
				next = w.descend(next, segment, at)
			case s.together && i == len(s.segments)-1:
				next = appendPart(next, segment, at)
			default:
				next = w.choose(next, segment, at)
			}
		}
		found = next
	}
	return found, nil
}

// appendPart adds an object of those members of another one that a segment names.
func appendPart(to []any, segment *spec.Segment, value any) []any {
	object, ok := value.(*jsonvalue.Object)
	if !ok {
		return to
	}
	part := jsonvalue.NewObject(len(segment.Selectors()))
	for _, selector := range segment.Selectors() {
		name, _ := selector.(spec.Name)
		if member, ok := object.Get(string(name)); ok {
			part.Set(string(name), member)
		}
	}
	return append(to, part)
}

// walk is one evaluation of a selector.
type walk struct{ root any }

// descend looks at a value and at all that is below it. A filter is put to each object on the way, also to
// those of an array: that one's turn is passed over.
func (w *walk) descend(to []any, segment *spec.Segment, value any) []any {
	_, filters := segment.Selectors()[0].(*spec.FilterSelector)
	if _, isList := value.([]any); !isList || !filters {
		to = w.choose(to, segment, value)
	}
	for member := range inside(value) {
		to = w.descend(to, segment, member)
	}
	return to
}

// choose adds what the selectors of one segment find in a value.
func (w *walk) choose(to []any, segment *spec.Segment, value any) []any {
	list, _ := value.([]any)
	object, _ := value.(*jsonvalue.Object)
	for _, selector := range segment.Selectors() {
		switch s := selector.(type) {
		case spec.Name:
			if member, ok := object.Get(string(s)); ok {
				to = append(to, member)
			}
		case spec.Index:
			if i := fromEnd(int(s), len(list)); i >= 0 && i < len(list) {
				to = append(to, list[i])
			}
		case spec.SliceSelector:
			to = appendSlice(to, s, list)
		case spec.WildcardSelector:
			for member := range inside(value) {
				to = append(to, member)
			}
		case *spec.FilterSelector:
			if object != nil && w.passes(s, object) {
				to = append(to, object)
			}
			for _, item := range list {
				if w.passes(s, item) {
					to = append(to, item)
				}
			}
		}
	}
	return to
}

// passes puts a filter to an item of an array, or to an object itself.
func (w *walk) passes(filter *spec.FilterSelector, value any) bool {
	return filter.Eval(jsonvalue.Plain(value), w.root)
}

func fromEnd(index, length int) int {
	if index < 0 {
		return index + length
	}
	return index
}

func appendSlice(to []any, s spec.SliceSelector, list []any) []any {
	low, high := s.Bounds(len(list))
	switch step := s.Step(); {
	case step > 0:
		for i := low; i < high; i += step {
			to = append(to, list[i])
		}
	case step < 0:
		for i := high; i > low; i += step {
			to = append(to, list[i])
		}
	}
	return to
}

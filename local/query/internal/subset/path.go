// Paths: a variable and steps into it. A step that meets an array looks at each of its items, as in the
// library: what it finds is a sequence, which is flattened, and whose only item stands for itself.

package subset

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

// path is a variable with the constant indexes that follow it, and steps into it.
type path struct {
	variable string
	indexes  []int
	steps    []step
}

// step is a member's name with the constant indexes that follow it, negative ones from the end.
type step struct {
	name    string
	indexes []int
}

// sequence is a list that the evaluation made, unlike []any, which is an array of the data.
type sequence []any

func (n path) eval(f *frame) (any, bool) {
	value, bound := f.lookup(n.variable)
	if !bound && functionNames[n.variable] {
		return nil, false // the function itself
	}
	for _, index := range n.indexes {
		value = item(value, index)
	}
	for i := range n.steps {
		if value = n.steps[i].follow(value); value == undefined {
			return undefined, true
		}
	}
	value = single(value)
	if list, isSequence := value.(sequence); isSequence {
		return []any(list), true
	}
	return value, isJSON(value)
}

// follow applies a step to a value, or to each item if it is an array or a sequence.
func (s *step) follow(value any) any {
	list, isArray := elements(value)
	if !isArray {
		return single(s.of(value))
	}
	found := make([]any, 0, len(list))
	for _, item := range list {
		if value := s.of(item); value != undefined {
			found = append(found, value)
		}
	}
	if len(found) == 1 {
		if array, isArray := found[0].([]any); isArray {
			return array // alone it stays the array that it is, even an empty one
		}
	}
	flat := make(sequence, 0, len(found))
	for _, value := range found {
		if inner, isArray := elements(value); isArray {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, value)
		}
	}
	if len(flat) == 0 {
		return undefined
	}
	return flat
}

// of is the step of one value: its member, then its indexes.
func (s *step) of(value any) any {
	result := single(member(value, s.name))
	for _, index := range s.indexes {
		result = item(result, index)
	}
	return result
}

// member looks a name up, in an array in each of its items.
func member(value any, name string) any {
	switch v := value.(type) {
	case *jsonvalue.Object:
		if member, ok := v.Get(name); ok {
			return member
		}
	case []any:
		found := sequence{}
		for _, item := range v {
			switch m := member(item, name).(type) {
			case absent:
			case []any:
				found = append(found, m...)
			case sequence:
				found = append(found, m...)
			default:
				found = append(found, m)
			}
		}
		return found
	}
	return undefined
}

// single is what a sequence stands for: nothing, its only item, or itself.
func single(value any) any {
	list, isSequence := value.(sequence)
	switch {
	case !isSequence:
		return value
	case len(list) == 0:
		return undefined
	case len(list) == 1:
		return list[0]
	default:
		return list
	}
}

// item is a constant index as a predicate: of a value that is no array, it is the only item.
func item(value any, index int) any {
	list, isArray := elements(value)
	if !isArray {
		if value == undefined {
			return sequence{}
		}
		list = []any{value}
	}
	if index < 0 {
		index += len(list)
	}
	if index < 0 || index >= len(list) {
		return sequence{}
	}
	if array, isArray := list[index].([]any); isArray {
		return array
	}
	return sequence{list[index]}
}

func elements(value any) ([]any, bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case sequence:
		return v, true
	default:
		return nil, false
	}
}

// isJSON guards against variables of other Go types, which the library converts.
func isJSON(value any) bool {
	switch value.(type) {
	case nil, string, bool, float64, jsonvalue.Number, *jsonvalue.Object, []any, absent:
		return true
	default:
		return false
	}
}

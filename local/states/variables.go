// This file holds the variables that Assign sets: who sees them, and their names.

package states

import (
	"maps"
	"slices"
	"unicode"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxVariableName is in characters.
const maxVariableName = 80

// An assignment is what an Assign evaluated to: each variable's value, and its
// text for the history.
type assignment struct {
	values *jsonvalue.Object
	texts  map[string]string
}

// newAssignment checks the size of an evaluated Assign.
func (v *visit) newAssignment(value any) (assignment, *failure) {
	values, ok := value.(*jsonvalue.Object)
	if !ok {
		return assignment{}, v.failed(errRuntime, "Assign must be an object, not %s.", jsonvalue.KindOf(value))
	}
	a := assignment{values: values, texts: make(map[string]string, values.Len())}
	size := 0
	for name, value := range values.All() {
		text, err := jsonvalue.Encode(value)
		if err != nil {
			return assignment{}, v.failed(errRuntime, "%v", err)
		}
		a.texts[name] = text
		size += len(text)
	}
	if size > maxPayload {
		return assignment{}, v.oversized(v.state.name)
	}
	return a, nil
}

// variables are those that a thread sees. A set is never changed, so that a
// branch can start with its parent's.
type variables map[string]any

func (v variables) with(a assignment) variables {
	if a.values.Len() == 0 {
		return v
	}
	merged := make(variables, len(v)+a.values.Len())
	maps.Copy(merged, v)
	maps.Insert(merged, a.values.All())
	return merged
}

// object has the variables as members, by name.
func (v variables) object() *jsonvalue.Object {
	o := jsonvalue.NewObject(len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		o.Set(name, v[name])
	}
	return o
}

// isVariableName tells whether a name is a Unicode identifier.
func isVariableName(name string) bool {
	if name == "" || name == "states" || len([]rune(name)) > maxVariableName {
		return false
	}
	for i, r := range name {
		if !unicode.IsLetter(r) && r != '_' && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

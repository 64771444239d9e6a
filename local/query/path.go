// JSONPath as Step Functions evaluates it: a definite path yields the value at its one place or is not
// found; an indefinite one yields an array, which is empty where nothing matches.

package query

import (
	"fmt"
	"slices"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// Scope is what paths are evaluated against.
type Scope struct {
	Document  any            // $
	Context   any            // $$
	Variables map[string]any // $name
}

// Path is a compiled JSONPath. It can be evaluated concurrently.
type Path struct {
	source string
	root   root
	name   string    // of the variable, if root is variableRoot
	steps  []step    // members and indexes
	rest   *selector // what follows them, from the first wildcard, filter, slice, union or .. on; nil in a definite path
}

type root int

const (
	documentRoot root = iota
	contextRoot
	variableRoot
)

// step is a member or an index.
type step struct {
	name    string
	index   int // if indexed; negative from the end
	indexed bool
}

// ParsePath compiles "$.a[0]", "$..x", "$.a[?(@.b > 1)]", "$$.Execution.Id" (the context object) or
// "$name.x" (a variable).
func ParsePath(s string) (*Path, error) {
	p, err := parsePath(s)
	if err != nil {
		return nil, fmt.Errorf("invalid path '%s': %w", s, err)
	}
	return p, nil
}

// String is the path as it was written.
func (p *Path) String() string { return p.source }

// IsReference says whether the path can only lead to one place, as ResultPath demands and SecondsPath and
// its kin too: members and indexes only.
func (p *Path) IsReference() bool { return p.rest == nil }

// Get evaluates the path. A definite path without a value there is not found, nor is any path into a
// variable that nobody assigned. err is reserved for paths that cannot be evaluated at all.
func (p *Path) Get(scope Scope) (value any, found bool, err error) {
	start, found := p.start(scope)
	if !found {
		return nil, false, nil
	}
	value = start
	for i := range p.steps {
		if value, found = p.steps[i].get(value); !found {
			break
		}
	}
	switch {
	case p.rest == nil, !found && p.rest.definite():
		return value, found, nil
	case !found:
		return []any{}, true, nil
	}
	list, err := p.rest.selectFrom(value, start)
	if err != nil {
		return nil, false, err
	}
	if p.rest.definite() {
		if len(list) == 0 {
			return nil, false, nil
		}
		return list[0], true, nil
	}
	return list, true, nil
}

func (p *Path) start(scope Scope) (any, bool) {
	switch p.root {
	case contextRoot:
		return scope.Context, true
	case variableRoot:
		value, ok := scope.Variables[p.name]
		return value, ok
	default:
		return scope.Document, true
	}
}

func (s *step) get(value any) (any, bool) {
	if !s.indexed {
		object, ok := value.(*jsonvalue.Object)
		if !ok {
			return nil, false
		}
		return object.Get(s.name)
	}
	list, _ := value.([]any)
	i := fromEnd(s.index, len(list))
	if i < 0 || i >= len(list) {
		return nil, false
	}
	return list[i], true
}

// Set puts a value at the path, as ResultPath does: members that are missing on the way are made, and the
// document that was given stays as it was. A *PathError says why the document has no such place.
func (p *Path) Set(document, value any) (any, error) {
	if p.root != documentRoot || p.rest != nil {
		return nil, fmt.Errorf("'%s' is not a reference path into the state's input", p.source)
	}
	result, ok := put(document, p.steps, value)
	if !ok {
		return nil, &PathError{p.source, fmt.Sprintf("Unable to apply ReferencePath %s to input %s", p.source, jsonvalue.Text(document))}
	}
	return result, nil
}

func put(at any, steps []step, value any) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	if steps[0].indexed {
		list, isList := at.([]any)
		old, ok := steps[0].get(at)
		if !isList || !ok {
			return nil, false
		}
		item, ok := put(old, steps[1:], value)
		if !ok {
			return nil, false
		}
		list = slices.Clone(list)
		list[fromEnd(steps[0].index, len(list))] = item
		return list, true
	}
	object, ok := at.(*jsonvalue.Object)
	if !ok {
		return nil, false
	}
	old, exists := object.Get(steps[0].name)
	if !exists {
		old = jsonvalue.NewObject(1)
	}
	member, ok := put(old, steps[1:], value)
	if !ok {
		return nil, false
	}
	return object.Clone().Set(steps[0].name, member), true
}

// Absent says where a path leads to nothing, as Step Functions does for paths that
// filter: a member that is not there on the way, or the end.
func (p *Path) Absent(scope Scope) string {
	value, found := p.start(scope)
	for i := 0; i < len(p.steps)-1 && found; i++ {
		if value, found = p.steps[i].get(value); !found {
			return "Missing property in path " + normal(p.steps[:i+1])
		}
	}
	if p.rest != nil {
		return "No results for path: " + p.source
	}
	return "No results for path: " + normal(p.steps)
}

// normal is a path in brackets: $['a'][0].
func normal(steps []step) string {
	text := "$"
	for _, s := range steps {
		if s.indexed {
			text += fmt.Sprintf("[%d]", s.index)
		} else {
			text += "['" + s.name + "']"
		}
	}
	return text
}

// Missing words a path that found nothing in a field as Step Functions does.
func (p *Path) Missing(scope Scope, field string) string {
	return fmt.Sprintf("The JSONPath '%s' specified for the field '%s' %s", p.source, field, p.missing(scope))
}

// missing words a path that found nothing as Step Functions does.
func (p *Path) missing(scope Scope) string {
	in := "input"
	value, _ := p.start(scope)
	switch p.root {
	case contextRoot:
		value = scope.Document // recorded: the input is told, though it was not looked into
	case variableRoot:
		in, value = "variables", jsonvalue.Of(scope.Variables)
	}
	return fmt.Sprintf("could not be found in the %s '%s'", in, jsonvalue.Text(value))
}

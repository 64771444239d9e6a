// JSONPath as Step Functions evaluates it: a definite path yields the value at its one place or is not
// found; an indefinite one yields an array, which is empty where nothing matches.

package query

import (
	"fmt"
	"maps"
	"slices"

	"github.com/theory/jsonpath"
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

// selector is the indefinite part of a path.
type selector struct {
	path     *jsonpath.Path
	absolute bool // it starts at the root rather than after the steps: a filter in it mentions $
	ordered  bool // nodes must be put in order: it looks at all members of an object
	branches int  // how often selectors in one bracket may find one place again
	descents int  // how often it goes through all that is below a place
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
	case p.rest == nil:
		return value, found, nil
	case !found:
		return []any{}, true, nil
	}
	if p.rest.absolute {
		value = start
	}
	value, err = p.rest.selectFrom(value)
	return value, true, err
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
		object, _ := value.(map[string]any)
		member, ok := object[s.name]
		return member, ok
	}
	list, _ := value.([]any)
	i := s.index
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return nil, false
	}
	return list[i], true
}

// maxPlaces bounds how many places a path may look at; only a hostile one looks at more.
const maxPlaces = 10_000_000

// affordable refuses a path that would find the same places over and over.
func (s *selector) affordable(value any) error {
	nodes, depth := extent(value)
	places := float64(nodes) * float64(s.branches)
	for range s.descents - 1 {
		if places *= float64(depth); s.absolute {
			places *= float64(nodes) / float64(depth)
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
	below := func(member any) {
		n, d := extent(member)
		nodes, depth = nodes+n, max(depth, d+1)
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			below(item)
		}
	case map[string]any:
		for _, member := range v {
			below(member)
		}
	}
	return nodes, depth
}

func (s *selector) selectFrom(value any) (any, error) {
	if s.branches > 1 || s.descents > 1 {
		if err := s.affordable(value); err != nil {
			return nil, err
		}
	}
	list := []any{}
	if !s.ordered {
		return append(list, s.path.Select(value)...), nil
	}
	located := s.path.SelectLocated(value)
	located.Sort()
	for _, node := range located {
		list = append(list, node.Node)
	}
	return list, nil
}

// Set puts a value at the path, as ResultPath does: members that are missing on the way are made, and the
// document that was given stays as it was. A *PathError says why the document has no such place.
func (p *Path) Set(document, value any) (any, error) {
	if p.root != documentRoot || p.rest != nil {
		return nil, fmt.Errorf("'%s' is not a reference path into the state's input", p.source)
	}
	result, ok := put(document, p.steps, value)
	if !ok {
		return nil, &PathError{p.source, fmt.Sprintf("Unable to apply ReferencePath %s to input %s", p.source, jsonText(document))}
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
		i := steps[0].index
		if i < 0 {
			i += len(list)
		}
		list[i] = item
		return list, true
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, false
	}
	old, exists := object[steps[0].name]
	if !exists {
		old = map[string]any{}
	}
	member, ok := put(old, steps[1:], value)
	if !ok {
		return nil, false
	}
	if object = maps.Clone(object); object == nil {
		object = map[string]any{}
	}
	object[steps[0].name] = member
	return object, true
}

// missing words a path that found nothing as Step Functions does.
func (p *Path) missing(scope Scope) string {
	in := "input"
	value, _ := p.start(scope)
	switch p.root {
	case contextRoot:
		in = "context object"
	case variableRoot:
		in, value = "variables", scope.Variables
	}
	return fmt.Sprintf("could not be found in the %s '%s'", in, jsonText(value))
}

package dynamodb

// Document paths: where in an item something is.

import (
	"fmt"
	"slices"
	"strings"
)

// A path leads from an item to one of its attributes, or into it.
type path []step

type step struct {
	name    string // of a map's field
	isIndex bool
	index   int // of a list's element
}

func (s step) String() string {
	if s.isIndex {
		return fmt.Sprintf("[%d]", s.index)
	}
	return s.name
}

func (p path) String() string {
	steps := make([]string, len(p))
	for i, s := range p {
		steps[i] = s.String()
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// attribute returns the name of the top-level attribute.
func (p path) attribute() string { return p[0].name }

func (p path) value(i item) (value, bool) {
	return p.from(value{kind: kindMap, fields: i})
}

func (p path) from(v value) (value, bool) {
	for _, s := range p {
		switch {
		case s.isIndex && v.kind == kindList && s.index < len(v.list):
			v = v.list[s.index]
		case !s.isIndex && v.kind == kindMap:
			field, ok := v.fields[s.name]
			if !ok {
				return value{}, false
			}
			v = field
		default:
			return value{}, false
		}
	}
	return v, true
}

// checkOverlap refuses paths of which one leads into another, and paths that
// want the same place to be a map and a list.
func (p *parser) checkOverlap(paths []path) {
	p.eachPair(paths, func(one, two path, common int) {
		if common == len(one) || common == len(two) {
			p.fail("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", two, one)
		}
	})
	p.eachPair(paths, func(one, two path, common int) {
		if one[common].isIndex != two[common].isIndex {
			p.fail("Two document paths conflict with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", two, one)
		}
	})
}

// eachPair calls check, until there is an error, for each path with each one
// before it, and with how many steps they have in common.
func (p *parser) eachPair(paths []path, check func(one, two path, common int)) {
	for i, one := range paths {
		for _, two := range paths[:i] {
			common := 0
			for common < len(one) && common < len(two) && one[common] == two[common] {
				common++
			}
			if p.err != nil {
				return
			}
			check(one, two, common)
		}
	}
}

// A projection is a set of paths to return; a nil one returns everything.
type projection []path

func parseProjection(expression string, p *placeholders) (projection, error) {
	parse := newParser("ProjectionExpression", expression, p)
	paths := projection{parse.path()}
	for parse.accept(",") {
		paths = append(paths, parse.path())
	}
	parse.checkOverlap(paths)
	return paths, parse.finish()
}

// of returns the projected part of an item.
func (p projection) of(i item) item {
	if p == nil {
		return i
	}
	return project(value{kind: kindMap, fields: i}, p).fields
}

// project keeps what the paths lead to. Elements of lists keep their order
// and move together.
func project(v value, paths []path) value {
	if slices.ContainsFunc(paths, func(p path) bool { return len(p) == 0 }) {
		return v
	}
	rests := map[step][]path{}
	for _, p := range paths {
		if _, ok := p[:1].from(v); ok {
			rests[p[0]] = append(rests[p[0]], p[1:])
		}
	}
	result := value{kind: v.kind}
	if v.kind == kindList {
		for i, element := range v.list {
			if rest, ok := rests[step{isIndex: true, index: i}]; ok && reaches(element, rest) {
				result.list = append(result.list, project(element, rest))
			}
		}
		return result
	}
	result.fields = make(item, len(rests))
	for s, rest := range rests {
		if field := v.fields[s.name]; reaches(field, rest) {
			result.fields[s.name] = project(field, rest)
		}
	}
	return result
}

// reaches tells whether any of the paths leads to something.
func reaches(v value, paths []path) bool {
	return slices.ContainsFunc(paths, func(p path) bool {
		_, ok := p.from(v)
		return ok
	})
}

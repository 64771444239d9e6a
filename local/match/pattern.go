// Package match compiles the patterns by which services choose JSON: event
// patterns of EventBridge and filter policies of SNS. AWS makes both of them
// with one library, event-ruler, whose words the errors have, and whose rules
// this package keeps:
//
// A pattern names fields, all of which must match; a list has alternatives, and
// $or joins objects. Names join by dots, in patterns and in the data, so that
// {"a": {"b": …}} and {"a.b": …} are the same field. Patterns only ever look at
// leaves; a list in the data stands for each of its elements, and fields below
// the same list must match in the same element of it.
package match

// This file is patterns, compiled.

import (
	"errors"
	"slices"
	"strings"
)

// A Dialect is what sets a service's patterns apart.
type Dialect struct {
	// MaxNumber bounds the numbers that are compared as such, either way.
	MaxNumber float64

	// Folding lets prefix and suffix take {"equals-ignore-case": string}.
	Folding bool

	// Negatable are the operators that anything-but takes, and Lists tells
	// whether each takes a list of strings there.
	Negatable []string
	Lists     bool

	// Valued makes null and the empty string fail {"exists": true}.
	Valued bool

	// MaxComplexity bounds what wildcards may cost, if it is not 0.
	MaxComplexity int

	// Last is a field that is looked at after all others, as it costs more.
	Last string
}

// Pattern is a compiled pattern: branches, one of which must hold.
type Pattern struct{ branches []branch }

// branch is conditions, all of which must hold, in the order of their paths.
type branch []*condition

// condition is what the leaves at one path must be.
type condition struct {
	path   string // names, joined by dots
	depth  int    // of the list, from 1
	values []matcher
	absent bool     // {"exists": false} is among the values
	globs  [][]glob // of each operator with wildcards
}

// ErrCombinations is a pattern with too many combinations of the objects in
// lists of $or.
var ErrCombinations = errors.New("the lists of $or have too many combinations")

// ErrComplex is a pattern with wildcards that cost too much.
var ErrComplex = refusal("Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character")

// Compile reads a pattern. Its errors are what AWS would refuse.
func (d Dialect) Compile(text string) (*Pattern, error) {
	branches, err := d.compile(text, true)
	if err != nil && !errors.Is(err, ErrCombinations) {
		// A list of $or that joins nothing is a field as any other.
		var second error
		if branches, second = d.compile(text, false); second != nil {
			return nil, err
		}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	for _, b := range branches {
		slices.SortFunc(b, d.compare)
		for _, c := range b {
			if d.MaxComplexity > 0 && complexity(c.globs, d.MaxComplexity) > d.MaxComplexity {
				return nil, ErrComplex
			}
		}
	}
	return &Pattern{branches}, nil
}

// compare orders conditions by their paths, as the order decides which element
// of a list {"exists": false} looks at, except for those that cost more.
func (d Dialect) compare(a, b *condition) int {
	if last := d.costs(a.path); last != d.costs(b.path) {
		if last {
			return 1
		}
		return -1
	}
	return strings.Compare(a.path, b.path)
}

func (d Dialect) costs(path string) bool {
	rest, ok := strings.CutPrefix(path, d.Last)
	return ok && d.Last != "" && (rest == "" || rest[0] == '.')
}

// Field is a condition, for those who limit what patterns may have.
type Field struct {
	Path   string
	Depth  int   // of its list: 1 for a field of the pattern itself
	Values int   // in the list
	Stars  []int // of each operator with wildcards, how many they are
}

// Branches returns the fields of each combination of the objects in lists of
// $or.
func (p *Pattern) Branches() [][]Field {
	branches := make([][]Field, len(p.branches))
	for i, b := range p.branches {
		for _, c := range b {
			f := Field{Path: c.path, Depth: c.depth, Values: len(c.values)}
			for _, globs := range c.globs {
				for _, g := range globs {
					f.Stars = append(f.Stars, g.stars())
				}
			}
			branches[i] = append(branches[i], f)
		}
	}
	return branches
}

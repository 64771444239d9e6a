package match

// This file compiles objects and lists of a pattern.

import (
	"slices"
)

const or = "$or"

// maxBranches is EventBridge's limit of combinations.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
const maxBranches = 1000

// reserved are names that no field in a list of $or may have.
var reserved = []string{
	"exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
	"=", "<", "<=", ">", ">=",
	"regex", "not-wildcard", "not-equals-ignore-case",
	"date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range",
	"ip-address-in-range", "ip-address-not-in-range",
}

// compiler turns a text into branches.
type compiler struct {
	Dialect
	*reader
	joins bool // $or joins objects
}

func (d Dialect) compile(text string, joins bool) ([]branch, error) {
	c := compiler{d, newReader(text), joins}
	if c.next() != startObject {
		return nil, c.refuse("Filter is not an object")
	}
	return c.object([]branch{nil}, position{})
}

// position is where in a pattern the compiler is.
type position struct {
	path   string
	depth  int
	within bool // a list of $or
}

func (p position) below(name string) position {
	if p.depth > 0 {
		name = p.path + "." + name
	}
	return position{name, p.depth + 1, p.within}
}

// object adds the conditions of an object to each of the branches.
func (c *compiler) object(branches []branch, at position) ([]branch, error) {
	empty := true
	for t := c.next(); t != endObject; t = c.next() {
		if t != fieldName {
			return nil, c.err
		}
		empty = false
		var err error
		if c.joins && c.name == or {
			branches, err = c.either(branches, at)
		} else {
			branches, err = c.member(branches, at)
		}
		if err != nil {
			return nil, err
		}
	}
	if empty {
		return nil, c.refuse("Empty objects are not allowed")
	}
	return branches, nil
}

// member adds one field, whose name was read.
func (c *compiler) member(branches []branch, at position) ([]branch, error) {
	name := c.name
	if at.within && slices.Contains(reserved, name) {
		return nil, c.refuse("%s is Ruler reserved fieldName which cannot be used inside $or.", name)
	}
	below := at.below(name)
	switch c.next() {
	case startObject:
		return c.object(branches, below)
	case startArray:
		one, err := c.list(below)
		if err != nil {
			return nil, err
		}
		for i := range branches {
			branches[i] = branches[i].with(one)
		}
		return branches, nil
	}
	return nil, c.refuse("\"%s\" must be an object or an array", name)
}

// with returns the branch with a condition more, which takes the place of
// another one of the same path.
func (b branch) with(c *condition) branch {
	if i := slices.IndexFunc(b, func(other *condition) bool { return other.path == c.path }); i >= 0 {
		b[i] = c
		return b
	}
	return append(b, c)
}

// either multiplies the branches with the objects in the list of a $or.
func (c *compiler) either(branches []branch, at position) ([]branch, error) {
	if c.next() != startArray {
		return nil, c.refuse("It must be an Array followed with $or.")
	}
	at.within = true
	objects := 0
	var all []branch
	for t := c.next(); t != endArray; t = c.next() {
		if t != startObject {
			return nil, c.refuse("Only JSON object is allowed in array of $or relationship.")
		}
		objects++
		copies := make([]branch, len(branches))
		for i, b := range branches {
			copies[i] = slices.Clone(b)
		}
		added, err := c.object(copies, at)
		if err != nil {
			return nil, err
		}
		if all = append(all, added...); len(all) > maxBranches {
			return nil, ErrCombinations
		}
	}
	if objects < 2 {
		return nil, c.refuse("There must have at least 2 Objects in $or relationship.")
	}
	return all, nil
}

// list compiles the alternatives of a field.
func (c *compiler) list(at position) (*condition, error) {
	one := &condition{path: at.path, depth: at.depth}
	for t := c.next(); t != endArray; t = c.next() {
		var m matcher
		var err error
		switch t {
		case startObject:
			m, err = c.operator(one)
		case textValue:
			m = exactly(c.textOf())
		case numberValue:
			m = c.equal(c.text)
		case trueValue, falseValue:
			m = constant(t == trueValue)
		case nullValue:
			m = constant(nil)
		default:
			err = c.refuse("Match value must be String, number, true, false, or null")
		}
		if err == nil && c.err != nil { // of the text
			err = c.err
		}
		if err != nil {
			return nil, err
		}
		one.values = append(one.values, m)
	}
	if len(one.values) == 0 {
		return nil, c.refuse("Empty arrays are not allowed")
	}
	return one, nil
}

func constant(want any) matcher { return func(leaf any) bool { return leaf == want } }

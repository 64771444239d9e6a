package match

// This file compares numbers.

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// comparable returns what a number is worth if it is one that the dialect
// compares.
func (d Dialect) comparable(value any) (float64, bool) {
	n, ok := jsonvalue.Float(value)
	return n, ok && n >= -d.MaxNumber && n <= d.MaxNumber
}

// equal matches a number that is worth the same, or that is written the same.
func (d Dialect) equal(text string) matcher {
	want := decodeNumber(text)
	n, compared := d.comparable(want)
	return func(leaf any) bool {
		if leaf == want {
			return true
		}
		other, ok := d.comparable(leaf)
		return ok && compared && other == n
	}
}

// decodeNumber makes a value that equals another one if both are written the
// same.
func decodeNumber(text string) any {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		panic("match: the reader took " + text + " for a number: " + err.Error())
	}
	return value
}

// bounded reads a number that is compared by what it is worth.
func (c *compiler) bounded(text string) (float64, error) {
	n, ok := c.comparable(decodeNumber(text))
	if !ok {
		return 0, c.refuse("Value must be between -%[1]s and %[1]s, inclusive", scientific(c.MaxNumber))
	}
	return n, nil
}

// scientific writes a number as Java does: 5.0E9.
func scientific(f float64) string {
	return strings.Replace(strconv.FormatFloat(f, 'E', 1, 64), "E+0", "E", 1)
}

type comparison struct {
	operator string
	bound    float64
}

// order is what cmp.Compare may answer for the comparison to hold.
var order = map[string][]int{"=": {0}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {1, 0}}

func (c comparison) holds(n float64) bool {
	return slices.Contains(order[c.operator], cmp.Compare(n, c.bound))
}

// numeric compiles [operator, number], or [operator, number, operator, number],
// which is a range.
func (c *compiler) numeric() (matcher, error) {
	if c.next() != startArray {
		return nil, c.refuse("Value of numeric must be an array.")
	}
	comparisons, err := c.comparisons()
	if err != nil {
		return nil, err
	}
	return c.closed(func(leaf any) bool {
		n, ok := c.comparable(leaf)
		return ok && !slices.ContainsFunc(comparisons, func(c comparison) bool { return !c.holds(n) })
	}, 1)
}

func (c *compiler) comparisons() ([]comparison, error) {
	if t := c.next(); t != textValue {
		return nil, c.refuse("Invalid member in numeric match: %s", c.written(t))
	}
	first := comparison{operator: c.textOf()}
	if c.err == nil && order[first.operator] == nil {
		c.next()
		return nil, c.refuse("Unrecognized numeric range operator: %s", first.operator)
	}
	if err := c.bound(&first); err != nil {
		return nil, err
	}
	t := c.next()
	switch {
	case t == endArray:
		return []comparison{first}, nil
	case first.operator[0] != '>':
		return nil, c.refuse("Too many elements in numeric expression")
	case t != textValue:
		return nil, c.refuse("Bad value in numeric range: %s", c.written(t))
	}
	return c.upper(first)
}

// upper reads the second half of a range, of which the operator comes next.
func (c *compiler) upper(lower comparison) ([]comparison, error) {
	upper := comparison{operator: c.textOf()}
	if c.err == nil && upper.operator != "<" && upper.operator != "<=" {
		return nil, c.refuse("Bad numeric range operator: %s", upper.operator)
	}
	if err := c.bound(&upper); err != nil {
		return nil, err
	}
	switch {
	case c.next() != endArray:
		return nil, c.refuse("Too many terms in numeric range expression")
	case upper.bound <= lower.bound:
		return nil, c.refuse("Bottom must be less than top")
	}
	return []comparison{lower, upper}, nil
}

// bound reads the number behind an operator.
func (c *compiler) bound(to *comparison) error {
	if c.next() != numberValue {
		operator := to.operator
		if operator == "=" {
			operator = "equals"
		}
		return c.refuse("Value of %s must be numeric", operator)
	}
	n, err := c.bounded(c.text)
	to.bound = n
	return err
}

// written returns a token as it was written.
func (c *compiler) written(t token) string {
	switch t {
	case endArray:
		return "]"
	case endObject:
		return "}"
	}
	return c.textOf()
}

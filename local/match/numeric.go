package match

// This file compares numbers.

import (
	"cmp"
	"slices"
)

// numeric compiles [operator, number], or [operator, number, operator, number],
// which is a range.
func numeric(d Dialect, argument any) (matcher, error) {
	list, ok := argument.([]any)
	if !ok || len(list) == 0 {
		return nil, refuse("Invalid member in numeric match: %v", argument)
	}
	first, err := d.comparison(list)
	if err != nil {
		return nil, err
	}
	comparisons := []comparison{first}
	if rest := list[2:]; len(rest) > 0 {
		second, err := d.upper(first, rest)
		if err != nil {
			return nil, err
		}
		comparisons = append(comparisons, second)
	}
	return func(value any) bool {
		number, ok := value.(float64)
		return ok && !slices.ContainsFunc(comparisons, func(c comparison) bool { return !c.holds(number) })
	}, nil
}

type comparison struct {
	operator string
	bound    float64
}

// order is what cmp.Compare may answer for the comparison to hold.
var order = map[string][]int{"=": {0}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {1, 0}}

func (c comparison) holds(number float64) bool {
	return slices.Contains(order[c.operator], cmp.Compare(number, c.bound))
}

// comparison reads the two elements at the beginning of a list.
func (d Dialect) comparison(list []any) (c comparison, err error) {
	var ok bool
	if c.operator, ok = list[0].(string); !ok {
		return c, refuse("Invalid member in numeric match: %v", list[0])
	}
	if order[c.operator] == nil {
		return c, refuse("Unrecognized numeric range operator: %s", c.operator)
	}
	if len(list) > 1 {
		c.bound, ok = list[1].(float64)
	}
	if len(list) < 2 || !ok {
		return c, refuse("Value of %s must be numeric", c.operator)
	}
	return c, d.bounded(c.bound)
}

// upper reads the second half of a range.
func (d Dialect) upper(lower comparison, list []any) (comparison, error) {
	if lower.operator != ">" && lower.operator != ">=" {
		return comparison{}, refuse("Too many elements in numeric expression")
	}
	c, err := d.comparison(list)
	switch {
	case err != nil:
		return c, err
	case c.operator != "<" && c.operator != "<=":
		return c, refuse("Bad numeric range operator: %s", c.operator)
	case c.bound <= lower.bound:
		return c, refuse("Bottom must be less than top")
	case len(list) > 2:
		return c, refuse("Too many terms in numeric range expression")
	}
	return c, nil
}

func (d Dialect) bounded(number float64) error {
	if number < -d.MaxNumber || number > d.MaxNumber {
		return refuse("Value must be between %v and %v, inclusive", -d.MaxNumber, d.MaxNumber)
	}
	return nil
}

// The comparison operators of event patterns.

package events

import (
	"fmt"
	"net/netip"
	"strings"
)

// matcher judges one leaf of an event: a string, float64, bool or nil.
type matcher func(value any) bool

// operators compile the argument of an operator, by its name.
var operators = map[string]func(argument any) (matcher, error){
	"exists":             exists,
	"prefix":             foldable("prefix", strings.HasPrefix),
	"suffix":             foldable("suffix", strings.HasSuffix),
	"equals-ignore-case": equalsIgnoreCase,
	"wildcard":           wildcard,
	"numeric":            numeric,
	"cidr":               cidr,
	"anything-but":       anythingBut,
}

// textual are the operators that anything-but may negate.
var textual = map[string]func(argument any) (matcher, error){
	"prefix":             foldable("prefix", strings.HasPrefix),
	"suffix":             foldable("suffix", strings.HasSuffix),
	"equals-ignore-case": equalsIgnoreCase,
	"wildcard":           wildcard,
}

// compileValue compiles one alternative of a list. absent stands for
// {"exists": false}, which no leaf can answer.
func compileValue(value any) (m matcher, absent bool, err error) {
	operator, ok := value.(map[string]any)
	if !ok {
		if _, list := value.([]any); list {
			return nil, false, fmt.Errorf("a list may not hold lists")
		}
		return func(v any) bool { return v == value }, false, nil
	}
	if len(operator) != 1 {
		return nil, false, fmt.Errorf("an operator's object has one field, got %d", len(operator))
	}
	for name, argument := range operator {
		compile := operators[name]
		if compile == nil {
			return nil, false, fmt.Errorf("unrecognized match type %q", name)
		}
		if argument == false && name == "exists" {
			return nil, true, nil
		}
		m, err = compile(argument)
	}
	return m, false, err
}

func exists(argument any) (matcher, error) {
	if argument != true {
		return nil, fmt.Errorf(`"exists" must be true or false`)
	}
	return func(any) bool { return true }, nil
}

// text makes a matcher of strings.
func text(match func(string) bool) matcher {
	return func(value any) bool {
		s, ok := value.(string)
		return ok && match(s)
	}
}

// foldable compiles "prefix" and "suffix", whose argument is a string or
// {"equals-ignore-case": string}.
func foldable(name string, match func(s, affix string) bool) func(any) (matcher, error) {
	return func(argument any) (matcher, error) {
		if affix, ok := argument.(string); ok {
			return text(func(s string) bool { return match(s, affix) }), nil
		}
		if affix, ok := only(argument, "equals-ignore-case").(string); ok {
			affix = strings.ToLower(affix)
			return text(func(s string) bool { return match(strings.ToLower(s), affix) }), nil
		}
		return nil, fmt.Errorf("%q must be a string or {\"equals-ignore-case\": string}", name)
	}
}

// only returns the field of an object that has no other.
func only(value any, name string) any {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return nil
	}
	return object[name]
}

func equalsIgnoreCase(argument any) (matcher, error) {
	want, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf(`"equals-ignore-case" must be a string`)
	}
	want = strings.ToLower(want)
	return text(func(s string) bool { return strings.ToLower(s) == want }), nil
}

// wildcard compiles a string in which * stands for any characters, and \* and
// \\ for the characters themselves.
func wildcard(argument any) (matcher, error) {
	glob, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf(`"wildcard" must be a string`)
	}
	var literals []string // between the stars
	var literal strings.Builder
	for i := 0; i < len(glob); i++ {
		switch {
		case glob[i] == '\\':
			i++
			if i == len(glob) || glob[i] != '*' && glob[i] != '\\' {
				return nil, fmt.Errorf("invalid escape character in wildcard %q", glob)
			}
			literal.WriteByte(glob[i])
		case glob[i] == '*':
			if i > 0 && literal.Len() == 0 && len(literals) > 0 {
				return nil, fmt.Errorf("consecutive wildcard characters in %q", glob)
			}
			literals = append(literals, literal.String())
			literal.Reset()
		default:
			literal.WriteByte(glob[i])
		}
	}
	literals = append(literals, literal.String())
	return text(func(s string) bool { return globMatches(literals, s) }), nil
}

// globMatches finds the literals in order, the first one at the start and the
// last one at the end.
func globMatches(literals []string, s string) bool {
	last := len(literals) - 1
	if last == 0 {
		return s == literals[0]
	}
	rest, ok := strings.CutPrefix(s, literals[0])
	if !ok {
		return false
	}
	for _, literal := range literals[1:last] {
		i := strings.Index(rest, literal)
		if i < 0 {
			return false
		}
		rest = rest[i+len(literal):]
	}
	return strings.HasSuffix(rest, literals[last])
}

// maxNumber bounds the numbers that EventBridge compares, either way.
const maxNumber = 5e9

// numeric compiles one comparison, or two that enclose a range.
func numeric(argument any) (matcher, error) {
	list, _ := argument.([]any)
	if len(list) != 2 && len(list) != 4 {
		return nil, fmt.Errorf(`"numeric" must be [operator, number] or [operator, number, operator, number]`)
	}
	var comparisons []func(float64) bool
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		bound, ok := list[i+1].(float64)
		if !ok || bound < -maxNumber || bound > maxNumber {
			return nil, fmt.Errorf(`"numeric": %v is not a number within -5.0e9 and +5.0e9`, list[i+1])
		}
		compare := comparison(operator, bound)
		if compare == nil {
			return nil, fmt.Errorf(`"numeric": unrecognized operator %v`, list[i])
		}
		comparisons = append(comparisons, compare)
	}
	if len(list) == 4 && !isRange(list) {
		return nil, fmt.Errorf(`"numeric": a range is a lower bound (> or >=) and a greater upper one (< or <=)`)
	}
	return func(value any) bool {
		number, ok := value.(float64)
		for _, compare := range comparisons {
			ok = ok && compare(number)
		}
		return ok
	}, nil
}

func isRange(list []any) bool {
	lower, upper := list[0].(string), list[2].(string)
	return lower[0] == '>' && upper[0] == '<' && list[1].(float64) < list[3].(float64)
}

func comparison(operator string, bound float64) func(float64) bool {
	switch operator {
	case "=":
		return func(n float64) bool { return n == bound }
	case "<":
		return func(n float64) bool { return n < bound }
	case "<=":
		return func(n float64) bool { return n <= bound }
	case ">":
		return func(n float64) bool { return n > bound }
	case ">=":
		return func(n float64) bool { return n >= bound }
	}
	return nil
}

func cidr(argument any) (matcher, error) {
	s, ok := argument.(string)
	block, err := netip.ParsePrefix(s)
	if !ok || err != nil {
		return nil, fmt.Errorf(`"cidr": %v is not an address block`, argument)
	}
	block = block.Masked()
	return text(func(s string) bool {
		address, err := netip.ParseAddr(s)
		return err == nil && block.Contains(address)
	}), nil
}

// anythingBut compiles a value, a list of values, or one of four operators
// with a string or a list of strings; whatever leaf those do not match, it does.
func anythingBut(argument any) (matcher, error) {
	excluded, err := excludedBy(argument)
	if err != nil {
		return nil, err
	}
	return func(value any) bool {
		for _, m := range excluded {
			if m(value) {
				return false
			}
		}
		return true
	}, nil
}

func excludedBy(argument any) ([]matcher, error) {
	object, ok := argument.(map[string]any)
	if !ok {
		return exactValues(argument)
	}
	for name, compile := range textual {
		value := only(object, name)
		if value == nil {
			continue
		}
		var excluded []matcher
		for _, element := range asList(value) {
			m, err := compile(element)
			if err != nil {
				return nil, err
			}
			excluded = append(excluded, m)
		}
		return excluded, nonEmpty(excluded)
	}
	return nil, fmt.Errorf(`"anything-but" takes one of prefix, suffix, equals-ignore-case and wildcard as an operator`)
}

func exactValues(argument any) ([]matcher, error) {
	var excluded []matcher
	for _, element := range asList(argument) {
		switch element.(type) {
		case string, float64:
			excluded = append(excluded, func(v any) bool { return v == element })
		default:
			return nil, fmt.Errorf(`"anything-but" takes strings and numbers, got %v`, element)
		}
	}
	return excluded, nonEmpty(excluded)
}

func nonEmpty(excluded []matcher) error {
	if len(excluded) == 0 {
		return fmt.Errorf(`"anything-but" must not be empty`)
	}
	return nil
}

func asList(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

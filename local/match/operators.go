package match

// This file is the comparison operators.

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// matcher judges one leaf: a string, float64, bool or nil.
type matcher func(value any) bool

// operators compile the argument of an operator, by its name.
var operators = map[string]func(d Dialect, argument any) (matcher, error){
	"exists":             exists,
	"prefix":             textual["prefix"],
	"suffix":             textual["suffix"],
	"equals-ignore-case": textual["equals-ignore-case"],
	"wildcard":           textual["wildcard"],
	"numeric":            numeric,
	"cidr":               cidr,
	"anything-but":       anythingBut,
}

// textual are the operators that anything-but may negate, if the dialect says so.
var textual = map[string]func(d Dialect, argument any) (matcher, error){
	"prefix":             affix("prefix", strings.HasPrefix),
	"suffix":             affix("suffix", strings.HasSuffix),
	"equals-ignore-case": equalsIgnoreCase,
	"wildcard":           wildcard,
}

// value compiles one alternative of a list. absent stands for
// {"exists": false}, which no leaf can answer.
func (d Dialect) value(value any) (m matcher, absent bool, err error) {
	switch v := value.(type) {
	case map[string]any:
		return d.operator(v)
	case []any:
		return nil, false, refuse("Match value must be String, number, true, false, or null")
	case float64:
		if err := d.bounded(v); err != nil {
			return nil, false, err
		}
	}
	return func(v any) bool { return v == value }, false, nil
}

func (d Dialect) operator(operator map[string]any) (m matcher, absent bool, err error) {
	if len(operator) != 1 {
		return nil, false, refuse("Only one key allowed in match expression")
	}
	for name, argument := range operator {
		compile := operators[name]
		if compile == nil {
			return nil, false, refuse("Unrecognized match type %s", name)
		}
		if argument == false && name == "exists" {
			return nil, true, nil
		}
		m, err = compile(d, argument)
	}
	return m, false, err
}

func exists(d Dialect, argument any) (matcher, error) {
	if argument != true {
		return nil, refuse("exists match pattern must be either true or false.")
	}
	return func(value any) bool { return !d.Valued || value != nil && value != "" }, nil
}

// refuse makes an error in event-ruler's words, which begin with a capital.
func refuse(format string, args ...any) error { return fmt.Errorf(format, args...) }

// text makes a matcher of strings.
func text(match func(string) bool) matcher {
	return func(value any) bool {
		s, ok := value.(string)
		return ok && match(s)
	}
}

func notText(operator string) error { return refuse("%s match pattern must be a string", operator) }

// affix compiles "prefix" and "suffix".
func affix(name string, match func(s, affix string) bool) func(Dialect, any) (matcher, error) {
	return func(d Dialect, argument any) (matcher, error) {
		if affix, ok := argument.(string); ok {
			return text(func(s string) bool { return match(s, affix) }), nil
		}
		if affix, ok := only(argument, "equals-ignore-case").(string); ok && d.Folding {
			affix = strings.ToLower(affix)
			return text(func(s string) bool { return match(strings.ToLower(s), affix) }), nil
		}
		return nil, notText(name)
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

func equalsIgnoreCase(_ Dialect, argument any) (matcher, error) {
	want, ok := argument.(string)
	if !ok {
		return nil, notText("equals-ignore-case")
	}
	want = strings.ToLower(want)
	return text(func(s string) bool { return strings.ToLower(s) == want }), nil
}

// wildcard compiles a string in which * stands for any characters, and \* and
// \\ for the characters themselves.
func wildcard(_ Dialect, argument any) (matcher, error) {
	glob, ok := argument.(string)
	if !ok {
		return nil, notText("wildcard")
	}
	literals, err := Literals(glob)
	if err != nil {
		return nil, err
	}
	return text(func(s string) bool { return globMatches(literals, s) }), nil
}

// Literals returns what stands between the stars of a wildcard pattern: one
// more than there are stars.
func Literals(glob string) ([]string, error) {
	var literals []string
	var literal strings.Builder
	for i := 0; i < len(glob); i++ {
		switch {
		case glob[i] == '\\':
			i++
			if i == len(glob) || glob[i] != '*' && glob[i] != '\\' {
				return nil, refuse("Invalid escape character at pos %d", i-1)
			}
			literal.WriteByte(glob[i])
		case glob[i] == '*':
			if i > 0 && literal.Len() == 0 && len(literals) > 0 {
				return nil, refuse("Consecutive wildcard characters at pos %d", i-1)
			}
			literals = append(literals, literal.String())
			literal.Reset()
		default:
			literal.WriteByte(glob[i])
		}
	}
	return append(literals, literal.String()), nil
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

func cidr(_ Dialect, argument any) (matcher, error) {
	s, ok := argument.(string)
	if !ok {
		return nil, notText("prefix") // event-ruler's own mistake
	}
	address, bits, ok := strings.Cut(s, "/")
	if !ok || strings.Contains(bits, "/") {
		return nil, refuse("Malformed CIDR, one '/' required")
	}
	if _, err := strconv.Atoi(bits); err != nil {
		return nil, refuse("Malformed CIDR, mask bits must be an integer")
	}
	block, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, refuse("Nonstandard IP address: %s", address)
	}
	block = block.Masked()
	return text(func(s string) bool {
		address, err := netip.ParseAddr(s)
		return err == nil && block.Contains(address)
	}), nil
}

// anythingBut compiles a value, a list of values, or an operator with a
// string; whatever leaf those do not match, it does.
func anythingBut(d Dialect, argument any) (matcher, error) {
	excluded, err := d.excluded(argument)
	if err != nil {
		return nil, err
	}
	return func(value any) bool {
		return !slices.ContainsFunc(excluded, func(m matcher) bool { return m(value) })
	}, nil
}

func (d Dialect) excluded(argument any) ([]matcher, error) {
	object, ok := argument.(map[string]any)
	if !ok {
		return d.excludedValues(argument)
	}
	if len(object) != 1 {
		return nil, refuse("Only one key allowed in match expression")
	}
	var excluded []matcher
	for name, value := range object {
		if !slices.Contains(d.Negatable, name) {
			return nil, refuse("Unsupported anything-but pattern: %s", name)
		}
		if _, list := value.([]any); list && !d.Lists {
			return nil, notText(name)
		}
		for _, element := range asList(value) {
			m, err := textual[name](d, element)
			if err != nil {
				return nil, err
			}
			excluded = append(excluded, m)
		}
	}
	return excluded, nonEmpty(excluded)
}

func (d Dialect) excludedValues(argument any) ([]matcher, error) {
	var excluded []matcher
	for _, element := range asList(argument) {
		switch v := element.(type) {
		case string:
		case float64:
			if err := d.bounded(v); err != nil {
				return nil, err
			}
		default:
			return nil, refuse("Inside anything but list, only strings and numbers are supported")
		}
		excluded = append(excluded, func(v any) bool { return v == element })
	}
	return excluded, nonEmpty(excluded)
}

func nonEmpty(excluded []matcher) error {
	if len(excluded) == 0 {
		return refuse("Empty arrays are not allowed")
	}
	return nil
}

func asList(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// This file holds the rules of a Choice state in JSONPath: comparisons of a
// variable, and And, Or and Not of them.

package states

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A comparator compares a variable with an operand. Values of another type than
// the comparator's never satisfy it.
type comparator func(variable, operand any) bool

// comparators returns the comparison operators by name. Each has a twin whose
// name ends in "Path" and whose operand is a path.
func comparators() map[string]comparator {
	return map[string]comparator{
		"BooleanEquals":              comparing(asBoolean, func(order int) bool { return order == 0 }),
		"NumericEquals":              comparing(asNumber, func(order int) bool { return order == 0 }),
		"NumericLessThan":            comparing(asNumber, func(order int) bool { return order < 0 }),
		"NumericLessThanEquals":      comparing(asNumber, func(order int) bool { return order <= 0 }),
		"NumericGreaterThan":         comparing(asNumber, func(order int) bool { return order > 0 }),
		"NumericGreaterThanEquals":   comparing(asNumber, func(order int) bool { return order >= 0 }),
		"StringEquals":               comparing(asString, func(order int) bool { return order == 0 }),
		"StringLessThan":             comparing(asString, func(order int) bool { return order < 0 }),
		"StringLessThanEquals":       comparing(asString, func(order int) bool { return order <= 0 }),
		"StringGreaterThan":          comparing(asString, func(order int) bool { return order > 0 }),
		"StringGreaterThanEquals":    comparing(asString, func(order int) bool { return order >= 0 }),
		"TimestampEquals":            comparing(asTime, func(order int) bool { return order == 0 }),
		"TimestampLessThan":          comparing(asTime, func(order int) bool { return order < 0 }),
		"TimestampLessThanEquals":    comparing(asTime, func(order int) bool { return order <= 0 }),
		"TimestampGreaterThan":       comparing(asTime, func(order int) bool { return order > 0 }),
		"TimestampGreaterThanEquals": comparing(asTime, func(order int) bool { return order >= 0 }),
	}
}

// comparing makes a comparator out of a type and what the order must be.
func comparing[T cmp.Ordered](as func(any) (T, bool), want func(order int) bool) comparator {
	return func(variable, operand any) bool {
		a, ok := as(variable)
		b, ok2 := as(operand)
		return ok && ok2 && want(cmp.Compare(a, b))
	}
}

func asNumber(value any) (float64, bool) { return jsonvalue.Float(value) }
func asString(value any) (string, bool)  { s, ok := value.(string); return s, ok }

// asBoolean makes booleans comparable: only their equality is asked for.
func asBoolean(value any) (int, bool) {
	b, ok := value.(bool)
	if b {
		return 1, ok
	}
	return 0, ok
}

func asTime(value any) (int64, bool) {
	text, ok := value.(string)
	if !ok {
		return 0, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t.UnixNano(), err == nil
}

// typeTests returns the operators that ask for a variable's type.
func typeTests() map[string]func(value any) bool {
	return map[string]func(value any) bool{
		"IsNull":      func(value any) bool { return value == nil },
		"IsBoolean":   func(value any) bool { _, ok := asBoolean(value); return ok },
		"IsNumeric":   func(value any) bool { _, ok := asNumber(value); return ok },
		"IsString":    func(value any) bool { _, ok := asString(value); return ok },
		"IsTimestamp": func(value any) bool { _, ok := asTime(value); return ok },
	}
}

// matchesPattern is StringMatches: "*" stands for any text, "\*" for itself.
func matchesPattern(text, pattern string) bool {
	parts := splitPattern(pattern)
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return text == first
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, last)
}

// splitPattern returns the literal texts between the stars.
func splitPattern(pattern string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			part.WriteByte(pattern[i])
		case pattern[i] == '*':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(pattern[i])
		}
	}
	return append(parts, part.String())
}

// comparison reads a rule, or an element of And, Or and Not.
func (f fields) comparison() condition {
	operators := f.operators()
	if len(operators) != 1 {
		f.complain("", "must have exactly one operator, not %d", len(operators))
		for _, name := range operators {
			f.take(name)
		}
		f.take("Variable")
		return nil
	}
	name := operators[0]
	switch name {
	case "And", "Or":
		var all combination
		all.or = name == "Or"
		for i, value := range f.list(name, true) {
			all.conditions = append(all.conditions, f.item(name, i, value).nested())
		}
		return all
	case "Not":
		value, _ := f.take(name)
		return negation{object(f.faults, f.at(name), value).nested()}
	default:
		return f.test(name)
	}
}

// nested is comparison for a rule inside of another one: it leads nowhere.
func (f fields) nested() condition {
	c := f.comparison()
	f.take("Comment")
	f.done("a nested rule")
	return c
}

// operators returns the names of the operators that a rule has.
func (f fields) operators() []string {
	var found []string
	for name := range f.values.All() {
		_, compares := comparators()[strings.TrimSuffix(name, "Path")]
		_, tests := typeTests()[name]
		switch {
		case compares, tests:
			found = append(found, name)
		case name == "And", name == "Or", name == "Not", name == "IsPresent", name == "StringMatches":
			found = append(found, name)
		}
	}
	return found
}

// test reads a comparison of a variable.
func (f fields) test(name string) condition {
	if !f.has("Variable") {
		f.lacks("Variable")
	}
	t := test{variable: f.jsonPath("Variable")}
	if compare, ok := comparators()[strings.TrimSuffix(name, "Path")]; ok {
		t.compare = compare
		if strings.HasSuffix(name, "Path") {
			t.operandPath = f.jsonPath(name)
			return t
		}
		t.operand, _ = f.take(name)
		if !compare(t.operand, t.operand) && !isInequality(name) {
			f.complain(name, "can not be compared with %s", jsonvalue.KindOf(t.operand))
		}
		return t
	}
	if name == "StringMatches" {
		t.operand = f.text(name)
		t.compare = func(variable, operand any) bool {
			text, ok := variable.(string)
			return ok && matchesPattern(text, operand.(string))
		}
		return t
	}
	want := f.boolean(name)
	if name == "IsPresent" {
		t.presence = &want
		return t
	}
	is := typeTests()[name]
	t.compare = func(variable, _ any) bool { return is(variable) == want }
	return t
}

// isInequality tells an operator that no value satisfies with itself.
func isInequality(name string) bool {
	return strings.HasSuffix(name, "LessThan") || strings.HasSuffix(name, "GreaterThan")
}

type test struct {
	variable    *expression
	operand     any
	operandPath *expression
	compare     comparator
	presence    *bool // IsPresent, which alone may ask for what is not there
}

func (t test) holds(_ context.Context, v *visit, input any) (bool, *failure) {
	variable, found, f := t.variable.lookUp(v, input)
	if f != nil {
		return false, f
	}
	if t.presence != nil {
		return found == *t.presence, nil
	}
	if !found {
		return false, invalidChoicePath(v, t.variable)
	}
	operand := t.operand
	if t.operandPath != nil {
		if operand, found, f = t.operandPath.lookUp(v, input); f != nil {
			return false, f
		}
		if !found {
			return false, invalidChoicePath(v, t.operandPath)
		}
	}
	return t.compare(variable, operand), nil
}

// lookUp is eval for a path whose value need not be there.
func (e *expression) lookUp(v *visit, document any) (any, bool, *failure) {
	value, found, err := e.path.Get(v.scope(document))
	if err != nil {
		return nil, false, v.expressionFailed(e.field, err)
	}
	return value, found, nil
}

func invalidChoicePath(v *visit, path *expression) *failure {
	return v.failed(errRuntime, "Invalid path '%s': The choice state's condition path references an invalid value.", path.source)
}

type combination struct {
	conditions []condition
	or         bool
}

func (c combination) holds(ctx context.Context, v *visit, input any) (bool, *failure) {
	for _, condition := range c.conditions {
		holds, f := condition.holds(ctx, v, input)
		if f != nil || holds == c.or {
			return holds, f
		}
	}
	return !c.or, nil
}

type negation struct{ condition condition }

func (n negation) holds(ctx context.Context, v *visit, input any) (bool, *failure) {
	holds, f := n.condition.holds(ctx, v, input)
	return !holds, f
}

// The operators.

package jsonata

import (
	"errors"
	"math"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

func (ev *evaluation) binary(n *node, input any, env *frame) (any, error) {
	left, err := ev.eval(n.lhs, input, env)
	if err != nil {
		return nil, err
	}
	if n.text == "and" || n.text == "or" {
		return ev.logical(n, left, input, env)
	}
	right, err := ev.eval(n.rhs, input, env)
	if err != nil {
		return nil, err
	}
	result, err := ev.operate(n.text, left, right)
	if err != nil {
		return nil, at(err, n.at, n.text)
	}
	return result, nil
}

func (ev *evaluation) logical(n *node, left, input any, env *frame) (any, error) {
	holds, _, err := ev.boolean(left)
	if err == nil && holds != (n.text == "or") {
		var right any
		if right, err = ev.eval(n.rhs, input, env); err == nil {
			holds, _, err = ev.boolean(right)
		}
	}
	var e *Error
	if errors.As(err, &e) && e.Code != "" { // whatever failed, the reference implementation blames the operator
		e.Position, e.token = n.at, n.text
	}
	return holds, err
}

func (ev *evaluation) operate(operator string, left, right any) (any, error) {
	switch operator {
	case "+", "-", "*", "/", "%":
		return arithmetic(operator, left, right)
	case "=", "!=":
		if left == undefined || right == undefined {
			return false, nil
		}
		same, err := ev.equal(left, right)
		return same == (operator == "="), err
	case "<", "<=", ">", ">=":
		return compare(operator, left, right)
	case "&":
		return ev.concatenate(left, right)
	case "..":
		return ev.interval(left, right)
	default:
		return ev.in(left, right)
	}
}

func arithmetic(operator string, left, right any) (any, error) {
	x, err := operand("T2001", left)
	if err != nil {
		return nil, err
	}
	y, err := operand("T2002", right)
	switch {
	case err != nil:
		return nil, err
	case left == undefined || right == undefined:
		return undefined, nil
	}
	switch operator {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		return x / y, nil
	}
	return math.Mod(x, y), nil
}

func operand(code string, value any) (float64, error) {
	f, ok, err := numeric(value)
	if err == nil && !ok && value != undefined {
		err = failValue(code, value)
	}
	return f, err
}

func compare(operator string, left, right any) (any, error) {
	x, y := kindOf(left), kindOf(right)
	if refused := func(k kind) bool { return k != kindMissing && !k.ordered() }; refused(x) || refused(y) {
		if x.ordered() {
			return nil, failValue("T2010", right)
		}
		return nil, failValue("T2010", left)
	}
	switch {
	case x == kindMissing || y == kindMissing:
		return undefined, nil
	case x != y:
		err := failValue("T2009", left)
		err.value2 = right
		return nil, err
	}
	var before, after bool
	if x == kindString {
		before, after = less(left.(string), right.(string)), less(right.(string), left.(string))
	} else {
		f, _ := numberOf(left)
		g, _ := numberOf(right)
		if math.IsNaN(f) || math.IsNaN(g) {
			return false, nil
		}
		before, after = f < g, g < f
	}
	switch operator {
	case "<":
		return before, nil
	case "<=":
		return !after, nil
	case ">":
		return after, nil
	}
	return !before, nil
}

func (ev *evaluation) concatenate(left, right any) (any, error) {
	x, err := ev.textOf(left)
	if err != nil {
		return nil, err
	}
	y, err := ev.textOf(right)
	if err != nil {
		return nil, err
	}
	return join(x, y), ev.charge(len(x) + len(y))
}

// textOf is a value as a text, "" for undefined.
func (ev *evaluation) textOf(value any) (string, error) {
	if value == undefined {
		return "", nil
	}
	return ev.stringOf(value, 0)
}

// interval is [first..last].
func (ev *evaluation) interval(left, right any) (any, error) {
	first, err := integer("T2003", left)
	if err != nil {
		return nil, err
	}
	last, err := integer("T2004", right)
	if err != nil || left == undefined || right == undefined || first > last {
		return undefined, err
	}
	size := last - first + 1
	if size > float64(ev.limits.list) {
		return nil, failValue("D2014", size)
	}
	if err := ev.grow(int(size)); err != nil {
		return nil, err
	}
	items := make([]any, int(size))
	for i := range items {
		items[i] = first + float64(i)
	}
	return newSequence(items...), nil
}

func integer(code string, value any) (float64, error) {
	f, ok := numberOf(value)
	if value != undefined && (!ok || f != math.Trunc(f) || math.IsInf(f, 0)) {
		return 0, failValue(code, value)
	}
	return f, nil
}

func (ev *evaluation) in(left, right any) (any, error) {
	if left == undefined || right == undefined {
		return false, nil
	}
	items := itemsOrOne(right)
	if err := ev.ticks(len(items)); err != nil {
		return nil, err
	}
	for _, item := range items {
		if same(item, left) {
			return true, nil
		}
	}
	return false, nil
}

// lookup returns the member of a name; of an array, those of its items.
func (ev *evaluation) lookup(value any, name string) (any, error) {
	if members, ok := membersOf(value); ok {
		return member(members, name), nil
	}
	items, ok := itemsOf(value)
	if !ok {
		return undefined, nil
	}
	if err := ev.enter(); err != nil {
		return nil, err
	}
	defer ev.leave()
	var found []any
	for _, item := range items {
		result, err := ev.lookup(item, name)
		if err != nil {
			return nil, err
		}
		if inner, ok := itemsOf(result); ok {
			found = append(found, inner...)
		} else if result != undefined {
			found = append(found, result)
		}
	}
	return newSequence(found...), ev.grow(len(found))
}

func member(members *jsonvalue.Object, name string) any {
	if value, ok := members.Get(name); ok {
		return value
	}
	return undefined
}

// wildcard yields all members of an object, or all items of an array, with the items of arrays within.
func (ev *evaluation) wildcard(input any) (any, error) {
	if l, ok := input.(*list); ok && l.outerWrapper {
		input = l.items[0]
	}
	result := newSequence()
	add := func(value any) (err error) {
		if isArray(value) {
			if result.items, err = ev.leaves(result.items, value); err == nil {
				result.sequence = false // the reference implementation concatenates here
			}
			return err
		}
		result.items = append(result.items, value)
		return ev.tick()
	}
	if items, ok := itemsOf(input); ok {
		for _, item := range items {
			if err := add(item); err != nil {
				return nil, err
			}
		}
	} else if members, ok := membersOf(input); ok {
		for _, value := range members.All() {
			if err := add(value); err != nil {
				return nil, err
			}
		}
	}
	return result, ev.grow(len(result.items))
}

// leaves appends what is in an array, and in the arrays within.
func (ev *evaluation) leaves(dst []any, value any) ([]any, error) {
	if err := ev.enter(); err != nil {
		return nil, err
	}
	defer ev.leave()
	items, ok := itemsOf(value)
	if !ok {
		return append(dst, value), nil
	}
	for _, item := range items {
		var err error
		if dst, err = ev.leaves(dst, item); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// descendants yields a value and all within it, arrays by their items.
func (ev *evaluation) descendants(input any) (any, error) {
	if input == undefined {
		return undefined, nil
	}
	found, err := ev.descend(nil, input)
	if err != nil {
		return nil, err
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return newSequence(found...), ev.grow(len(found))
}

func (ev *evaluation) descend(dst []any, value any) ([]any, error) {
	if err := ev.enter(); err != nil {
		return nil, err
	}
	defer ev.leave()
	var err error
	if items, ok := itemsOf(value); ok {
		for _, item := range items {
			if dst, err = ev.descend(dst, item); err != nil {
				return nil, err
			}
		}
		return dst, nil
	}
	dst = append(dst, value)
	if members, ok := membersOf(value); ok {
		for _, member := range members.All() {
			if dst, err = ev.descend(dst, member); err != nil {
				return nil, err
			}
		}
	}
	return dst, nil
}

func (ev *evaluation) unary(n *node, input any, env *frame) (any, error) {
	switch n.text {
	case "[":
		return ev.array(n, input, env)
	case "{":
		return ev.groupBy(&group{n.pairs, n.at}, input, env)
	}
	value, err := ev.eval(n.rhs, input, env)
	if err != nil || value == undefined {
		return undefined, err
	}
	f, ok, err := numeric(value)
	if err == nil && !ok {
		failure := failAt("D1002", n.at, n.text)
		failure.value = value
		err = failure
	}
	return -f, err
}

// array makes [...]: what an item yields is put into it with its items, unless the item is [...] itself.
func (ev *evaluation) array(n *node, input any, env *frame) (any, error) {
	result := &list{items: make([]any, 0, len(n.list)), cons: n.consarray}
	for i, item := range n.list {
		value, err := ev.eval(item, input, env)
		if err != nil {
			return nil, err
		}
		inner, isArray := itemsOf(value)
		switch {
		case value == undefined:
		case isArray && !item.isUnary("["):
			if i == 0 && len(n.list) == 1 && cap(result.items) < len(inner) {
				result.items = make([]any, 0, len(inner))
			}
			result.items = append(result.items, inner...)
		default:
			result.items = append(result.items, value)
		}
	}
	return result, ev.grow(len(result.items))
}

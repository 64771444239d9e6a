// Functions of arrays, and of any value.

package jsonata

import (
	"cmp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/internal/chance"
)

func count(_ *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	return float64(len(items)), nil
}

func appendFunction(ev *evaluation, args []any) (any, error) {
	return ev.appendValues(args[0], args[1])
}

// sort sorts texts or numbers, or by what a function says of two items.
func sort(ev *evaluation, args []any) (any, error) {
	if f, ok := args[1].(function); ok {
		return ev.mergeSort(args[0], func(a, b any) (bool, error) {
			swap, err := ev.apply(f, []any{a, b}, nil)
			return truthy(swap), err
		})
	}
	items, _ := itemsOf(args[0])
	if len(items) > 1 && !allStrings(items) {
		for _, item := range items {
			if _, ok, err := numeric(item); !ok || err != nil {
				return nil, cmp.Or[error](err, fail("D3070"))
			}
		}
	}
	return ev.mergeSort(args[0], func(a, b any) (bool, error) { return before(b, a), nil })
}

func reverse(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	if len(items) <= 1 {
		return args[0], nil
	}
	reversed := slices.Clone(items)
	slices.Reverse(reversed)
	return newArray(reversed), ev.grow(len(items))
}

func shuffle(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	if len(items) <= 1 {
		return args[0], nil
	}
	shuffled := slices.Clone(items)
	chance.Rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return newArray(shuffled), ev.grow(len(items))
}

// distinct leaves one of values that are equal.
func distinct(ev *evaluation, args []any) (any, error) {
	items, ok := itemsOf(args[0])
	if !ok || len(items) <= 1 {
		return args[0], nil
	}
	result := &list{sequence: isSequence(args[0])}
	simple, composite := map[any]bool{}, []any(nil)
	for _, item := range items {
		if err := ev.tick(); err != nil {
			return nil, err
		}
		key, isSimple := item, true
		switch kindOf(item) {
		case kindNumber:
			key, _ = numberOf(item)
		case kindArray, kindObject:
			isSimple = false
		}
		seen := isSimple && simple[key]
		for i := 0; !isSimple && !seen && i < len(composite); i++ {
			var err error
			if seen, err = ev.equal(item, composite[i]); err != nil {
				return nil, err
			}
		}
		switch {
		case seen:
			continue
		case isSimple:
			simple[key] = true
		default:
			composite = append(composite, item)
		}
		result.items = append(result.items, item)
	}
	return result, ev.grow(len(result.items))
}

// zip makes arrays of the first items, the second ones, and so on, for as long as each array has one.
func zip(ev *evaluation, args []any) (any, error) {
	shortest := -1
	for _, arg := range args {
		items, _ := itemsOf(arg)
		if shortest < 0 || len(items) < shortest {
			shortest = len(items)
		}
	}
	rows := make([]any, max(shortest, 0))
	if err := ev.grow(len(rows)); err != nil {
		return nil, err
	}
	for i := range rows {
		row := make([]any, len(args))
		for j, arg := range args {
			items, _ := itemsOf(arg)
			row[j] = items[i]
		}
		if err := ev.grow(len(row)); err != nil {
			return nil, err
		}
		rows[i] = newArray(row)
	}
	return newArray(rows), nil
}

func booleanFunction(ev *evaluation, args []any) (any, error) {
	result, _, err := ev.boolean(args[0])
	return result, err
}

func not(ev *evaluation, args []any) (any, error) {
	result, _, err := ev.boolean(args[0])
	return !result, err
}

func exists(_ *evaluation, args []any) (any, error) { return args[0] != undefined, nil }

func typeFunction(_ *evaluation, args []any) (any, error) {
	switch kindOf(args[0]) {
	case kindNull:
		return "null", nil
	case kindNumber:
		_, ok, err := numeric(args[0])
		if err == nil && !ok {
			return "object", nil // NaN is nothing else, to the reference implementation
		}
		return "number", err
	case kindString:
		return "string", nil
	case kindBoolean:
		return "boolean", nil
	case kindArray:
		return "array", nil
	case kindFunction:
		return "function", nil
	}
	return "object", nil
}

func errorFunction(_ *evaluation, args []any) (any, error) {
	return nil, failMessage("D3137", args[0], "$error() function evaluated")
}

func assert(_ *evaluation, args []any) (any, error) {
	if args[0] == true {
		return undefined, nil
	}
	return nil, failMessage("D3141", args[1], "$assert() statement failed")
}

func failMessage(code string, message any, otherwise string) error {
	err := fail(code)
	if err.Message, _ = message.(string); err.Message == "" {
		err.Message = otherwise
	}
	return err
}

// eval evaluates an expression that a text holds, in the context of a value or of its own.
func eval(ev *evaluation, args []any) (any, error) {
	source := args[0].(string)
	root, err := compile(source, ev.library)
	if err != nil {
		return nil, failedEval("D3120", err, source)
	}
	input, env := args[1], ev.site.env
	if input == undefined {
		input = ev.site.input
	} else if items, ok := itemsOf(input); ok && !isSequence(input) {
		input = &list{items: []any{newArray(items)}, sequence: true, outerWrapper: true}
	}
	result, err := ev.eval(root, input, env)
	if err != nil {
		return nil, failedEval("D3121", err, source)
	}
	return result, nil
}

func failedEval(code string, err error, source string) error {
	failed, ok := finished(err, source).(*Error)
	if !ok || failed.Code == "" {
		return err // a limit
	}
	return failValue(code, failed.Message)
}

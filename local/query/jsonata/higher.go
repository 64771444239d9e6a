// Functions that call functions.

package jsonata

// applyTo calls a function with a value, and with its place and the whole if it has parameters for them.
func (ev *evaluation) applyTo(f, value, place, whole any) (any, error) {
	callee, ok := f.(function)
	if !ok {
		return nil, fail("T1006")
	}
	args := []any{value, place, whole}
	return ev.apply(callee, args[:max(1, min(callee.arity(), 3))], nil)
}

func (ev *evaluation) holds(f, value, place, whole any) (bool, error) {
	result, err := ev.applyTo(f, value, place, whole)
	if err != nil {
		return false, err
	}
	holds, _, err := ev.boolean(result)
	return holds, err
}

func mapFunction(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	result := newSequence()
	for i, item := range items {
		made, err := ev.applyTo(args[1], item, float64(i), args[0])
		if err != nil {
			return nil, err
		}
		if made != undefined {
			result.items = append(result.items, made)
		}
	}
	return result, ev.grow(len(result.items))
}

func filter(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	result := newSequence()
	for i, item := range items {
		holds, err := ev.holds(args[1], item, float64(i), args[0])
		if err != nil {
			return nil, err
		}
		if holds {
			result.items = append(result.items, item)
		}
	}
	return result, ev.grow(len(result.items))
}

// single yields the only item for which a function holds, or the only one.
func single(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	found, result := false, undefined
	for i, item := range items {
		holds := true
		if args[1] != undefined {
			var err error
			if holds, err = ev.holds(args[1], item, float64(i), args[0]); err != nil {
				return nil, err
			}
		}
		if !holds {
			continue
		}
		if found {
			return nil, fail("D3138")
		}
		found, result = true, item
	}
	if !found {
		return nil, fail("D3139")
	}
	return result, nil
}

// reduce folds an array from the left.
func reduce(ev *evaluation, args []any) (any, error) {
	items, _ := itemsOf(args[0])
	f, ok := args[1].(function)
	if !ok {
		return nil, fail("T1006")
	}
	arity := f.arity()
	if arity < 2 {
		return nil, fail("D3050")
	}
	result, first := args[2], 0
	if result == undefined && len(items) > 0 {
		result, first = items[0], 1
	}
	for i := first; i < len(items); i++ {
		all := []any{result, items[i], float64(i), args[0]}
		var err error
		if result, err = ev.apply(f, all[:min(arity, len(all))], nil); err != nil {
			return nil, err
		}
	}
	return result, nil
}

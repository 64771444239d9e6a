// The order-by operator ^, and the stable sort that $sort shares with it.

package jsonata

func (ev *evaluation) sortStep(n *node, at any, env *frame) (any, error) {
	tuples := isTuples(at)
	return ev.mergeSort(at, func(a, b any) (bool, error) {
		for _, term := range n.terms {
			x, err := ev.sortKey(term, a, tuples, env)
			if err != nil {
				return false, err
			}
			y, err := ev.sortKey(term, b, tuples, env)
			if err != nil {
				return false, err
			}
			order, err := compareKeys(n, x, y)
			if err != nil || order != 0 {
				if x == undefined || y == undefined {
					return order > 0, err // undefined comes last, in either direction
				}
				return (order > 0) != term.descending, err
			}
		}
		return false, nil
	})
}

func (ev *evaluation) sortKey(term sortTerm, item any, tuples bool, env *frame) (any, error) {
	context, within := contextOf(item, tuples, env)
	return ev.eval(term.expression, context, within)
}

func compareKeys(n *node, x, y any) (int, error) {
	switch {
	case x == undefined && y == undefined:
		return 0, nil
	case x == undefined:
		return 1, nil
	case y == undefined:
		return -1, nil
	}
	a, b := kindOf(x), kindOf(y)
	switch {
	case !a.ordered():
		return 0, failValueAt("T2008", n.at, x)
	case !b.ordered():
		return 0, failValueAt("T2008", n.at, y)
	case a != b:
		err := failValueAt("T2007", n.at, x)
		err.value2 = y
		return 0, err
	}
	return boolToInt(before(y, x)) - boolToInt(before(x, y)), nil
}

// before compares two texts or two numbers.
func before(x, y any) bool {
	if s, ok := x.(string); ok {
		t, _ := y.(string)
		return less(s, t)
	}
	f, _ := numberOf(x)
	g, _ := numberOf(y)
	return f < g
}

// mergeSort sorts an array. swap tells whether two items, of which the first came before, change places.
func (ev *evaluation) mergeSort(array any, swap func(a, b any) (bool, error)) (any, error) {
	items, _ := itemsOf(array)
	if len(items) <= 1 {
		return array, nil
	}
	if err := ev.grow(2 * len(items)); err != nil {
		return nil, err
	}
	sorted := append([]any(nil), items...)
	err := ev.sortInto(sorted, make([]any, len(items)), swap)
	return newArray(sorted), err
}

// sortInto sorts items, and needs room for as many.
func (ev *evaluation) sortInto(items, room []any, swap func(a, b any) (bool, error)) error {
	if len(items) <= 1 {
		return nil
	}
	middle := len(items) / 2
	if err := ev.sortInto(items[:middle], room, swap); err != nil {
		return err
	}
	if err := ev.sortInto(items[middle:], room, swap); err != nil {
		return err
	}
	left, right := room[:copy(room, items[:middle])], items[middle:]
	for at := range items {
		if len(left) == 0 {
			break // the rest is in its place
		}
		take := false
		if len(right) > 0 {
			if err := ev.tick(); err != nil {
				return err
			}
			var err error
			if take, err = swap(left[0], right[0]); err != nil {
				return err
			}
		}
		if take {
			items[at], right = right[0], right[1:]
		} else {
			items[at], left = left[0], left[1:]
		}
	}
	return nil
}

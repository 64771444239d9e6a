// Steps that carry variables along: @$focus, #$index, and the contexts that the parent operator goes back to.

package jsonata

import "slices"

func newTuples(items []any) *list { return &list{items: items, sequence: true, tuples: true} }

// contextOf is the context and the environment that an item is looked at in: a tuple of a stream brings its own.
func contextOf(item any, tuples bool, env *frame) (any, *frame) {
	if t, ok := item.(*tuple); ok && tuples {
		return t.at, t.within(env)
	}
	return item, env
}

// moved is a tuple of the same variables at another item.
func (t *tuple) moved(at any) *tuple {
	return &tuple{at: at, names: slices.Clone(t.names), values: slices.Clone(t.values)}
}

func (t *tuple) set(name string, value any) {
	if i := slices.Index(t.names, name); i >= 0 {
		t.values[i] = value
		return
	}
	t.names, t.values = append(t.names, name), append(t.values, value)
}

// number gives the items of a stream of tuples their places.
func number(tuples any, name string) {
	items, _ := itemsOf(tuples)
	for i, item := range items {
		if t, ok := item.(*tuple); ok {
			t.set(name, float64(i))
		}
	}
}

// tupleStep evaluates a step for each tuple; before the first one, for each item.
func (ev *evaluation) tupleStep(n *node, at any, tuples *list, env *frame) (*list, error) {
	if n.kind == nodeSort {
		return ev.tupleSort(n, at, tuples, env)
	}
	if tuples == nil {
		items := stepItems(at)
		tuples = newTuples(make([]any, len(items)))
		for i, item := range items {
			tuples.items[i] = &tuple{at: item}
		}
	}
	var stream []any
	for _, item := range tuples.items {
		from := item.(*tuple)
		result, err := ev.eval(n, from.at, from.within(env))
		if err != nil {
			return nil, err
		}
		if result == undefined {
			continue
		}
		before := len(stream)
		if stream, err = ev.extend(stream, n, from, result); err != nil {
			return nil, err
		}
		if err := ev.charge((len(stream) - before) * (listSize + itemSize*(len(from.names)+1))); err != nil {
			return nil, err
		}
	}
	result, err := ev.stages(n.stages, newTuples(stream), env)
	if err != nil {
		return nil, err
	}
	return asTuples(result), nil
}

// extend adds the tuples that one has led to.
func (ev *evaluation) extend(stream []any, n *node, from *tuple, result any) ([]any, error) {
	results, tuples := itemsOrOne(result), isTuples(result)
	if err := ev.ticks(len(results)); err != nil {
		return nil, err
	}
	for i, item := range results {
		next := from.moved(item)
		if inner, ok := item.(*tuple); ok && tuples {
			next.at = inner.at
			for j, name := range inner.names {
				next.set(name, inner.values[j])
			}
			stream = append(stream, next)
			continue
		}
		if n.focus != "" {
			next.at = from.at
			next.set(n.focus, item)
		}
		if n.index != "" {
			next.set(n.index, float64(i))
		}
		if n.ancestor != nil {
			next.set(n.ancestor.label, from.at)
		}
		stream = append(stream, next)
	}
	return stream, nil
}

func (ev *evaluation) tupleSort(n *node, at any, tuples *list, env *frame) (*list, error) {
	if tuples != nil {
		at = tuples
	}
	result, err := ev.sortStep(n, at, env)
	if err != nil {
		return nil, err
	}
	if tuples == nil {
		items, _ := itemsOf(result)
		stream := make([]any, len(items))
		for i, item := range items {
			stream[i] = &tuple{at: item, names: []string{n.index}, values: []any{float64(i)}}
		}
		result = newTuples(stream)
	}
	if result, err = ev.stages(n.stages, result, env); err != nil {
		return nil, err
	}
	return asTuples(result), nil
}

// asTuples is what a stage or an order has left of a stream. Like the reference implementation's, an order
// leaves an array that is not marked as a stream: what looks at it next sees tuples.
func asTuples(result any) *list {
	if l, ok := result.(*list); ok && l.tuples {
		return l
	}
	items, _ := itemsOf(result)
	stream := make([]any, len(items))
	for i, item := range items {
		t, ok := item.(*tuple)
		if !ok {
			t = &tuple{at: item}
		}
		stream[i] = t
	}
	return newArray(stream)
}

// reduced is one tuple of many: of each variable, all values.
func (ev *evaluation) reduced(tuples any) (*tuple, error) {
	if t, ok := tuples.(*tuple); ok {
		return t, nil
	}
	items, _ := itemsOf(tuples)
	result := &tuple{at: undefined}
	for i, item := range items {
		t := item.(*tuple)
		if i == 0 {
			result = t.moved(t.at)
			continue
		}
		var err error
		if result.at, err = ev.appendValues(result.at, t.at); err != nil {
			return nil, err
		}
		for j, name := range t.names {
			value := undefined
			if k := slices.Index(result.names, name); k >= 0 {
				value = result.values[k]
			}
			if value, err = ev.appendValues(value, t.values[j]); err != nil {
				return nil, err
			}
			result.set(name, value)
		}
	}
	return result, nil
}

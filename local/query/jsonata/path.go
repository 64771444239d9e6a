// Paths: steps, each of which is evaluated for every item that the one before it has yielded.

package jsonata

import "math"

// markPlain finds the paths that are nothing but names, or a variable and names, which most paths are.
func markPlain(n *node) {
	if n == nil {
		return
	}
	n.plain = n.kind == nodePath && isPlain(n)
	for _, child := range []*node{n.lhs, n.rhs, n.third, n.procedure} {
		markPlain(child)
	}
	for _, child := range n.list {
		markPlain(child)
	}
	markPairs(n.pairs)
	if n.group != nil {
		markPairs(n.group.pairs)
	}
	for _, term := range n.terms {
		markPlain(term.expression)
	}
	for _, s := range n.predicate {
		markPlain(s.filter)
	}
	for _, s := range n.stages {
		markPlain(s.filter)
	}
}

func markPairs(pairs [][2]*node) {
	for _, pair := range pairs {
		markPlain(pair[0])
		markPlain(pair[1])
	}
}

func isPlain(path *node) bool {
	for i, step := range path.list {
		named := step.kind == nodeName || i == 0 && step.kind == nodeVariable
		if !named || step.stages != nil || step.predicate != nil || step.group != nil || step.tuple || step.keepArray || step.ancestor != nil {
			return false
		}
	}
	return !path.keepSingletonArray && path.group == nil && !path.tuple
}

func (ev *evaluation) path(n *node, input any, env *frame) (any, error) {
	if n.plain {
		value, taken := ev.walk(n.list, input, env)
		if taken == len(n.list) {
			return value, nil
		}
		if taken > 0 {
			return ev.take(n, taken, flattened(value), env)
		}
	}
	if isArray(input) && n.list[0].kind != nodeVariable {
		return ev.take(n, 0, input, env)
	}
	return ev.take(n, 0, newSequence(input), env)
}

// walk takes the steps of a plain path for as long as there is one object only: a step is then a look at it.
func (ev *evaluation) walk(steps []*node, input any, env *frame) (value any, taken int) {
	value = input
	if steps[0].kind == nodeVariable {
		value, taken = unwrapped(steps[0], ev.variable(steps[0], input, env)), 1
	}
	for taken < len(steps) {
		members, ok := membersOf(value)
		if !ok {
			return value, taken
		}
		member, ok := members.Get(steps[taken].text)
		if !ok {
			return undefined, len(steps)
		}
		value = unwrapped(steps[taken], member)
		taken++
	}
	if isSequence(value) {
		value = flattened(value)
	}
	return value, taken
}

// flattened is what a step yields of one result.
func flattened(value any) any {
	if l, ok := value.(*list); value == undefined || ok && l.cons {
		return newSequence(value)
	}
	if items, ok := itemsOf(value); ok {
		return newSequence(items...)
	}
	return newSequence(value)
}

// take takes the steps of a path from one of them on, over all items that the ones before have yielded.
func (ev *evaluation) take(n *node, from int, at any, env *frame) (any, error) {
	var tuples *list
	var err error
	stream := false // once a step carries variables
	for i := from; i < len(n.list); i++ {
		step := n.list[i]
		result := at
		stream = stream || step.tuple
		switch {
		case i == 0 && step.consarray:
			result, err = ev.eval(step, at, env)
		case stream:
			tuples, err = ev.tupleStep(step, at, tuples, env)
		default:
			result, err = ev.step(step, stepItems(at), at, env, i == len(n.list)-1)
		}
		if err != nil {
			return nil, err
		}
		if items, isArray := itemsOf(result); !stream && (result == undefined || isArray && len(items) == 0) {
			at = result
			break
		}
		if step.focus == "" {
			at = result
		}
	}
	return ev.pathResult(n, at, tuples, env)
}

// stepItems are what a step is evaluated for. Only a first step that is an array can have yielded a single
// value; the characters of a text are then its items.
func stepItems(at any) []any {
	if items, ok := itemsOf(at); ok {
		return items
	}
	text, _ := at.(string)
	var items []any
	for _, unit := range units(text) {
		items = append(items, fromUnits([]uint16{unit}))
	}
	return items
}

func (ev *evaluation) pathResult(n *node, result any, tuples *list, env *frame) (any, error) {
	if tuples != nil {
		result = tuples
		if !n.tuple {
			items := make([]any, len(tuples.items))
			for i, item := range tuples.items {
				items[i] = item.(*tuple).at
			}
			result = newSequence(items...)
		}
	}
	if l, ok := result.(*list); ok && n.keepSingletonArray {
		if l.cons && !l.sequence {
			l = newSequence(l)
			result = l
		}
		l.keepSingleton = true
	}
	if n.group != nil {
		if tuples != nil {
			result = tuples
		}
		return ev.groupBy(n.group, result, env)
	}
	return result, nil
}

// step evaluates a step for each item, and flattens what it yields into one sequence.
func (ev *evaluation) step(n *node, items []any, at any, env *frame, last bool) (any, error) {
	if n.kind == nodeSort {
		sorted, err := ev.sortStep(n, at, env)
		if err != nil {
			return nil, err
		}
		return ev.stages(n.stages, sorted, env)
	}
	var results []any
	for _, item := range items {
		result, err := ev.eval(n, item, env)
		for i := 0; err == nil && i < len(n.stages); i++ {
			result, err = ev.filter(n.stages[i].filter, result, env)
		}
		if err != nil {
			return nil, err
		}
		if result != undefined {
			results = append(results, result)
		}
	}
	if last && len(results) == 1 && isArray(results[0]) && !isSequence(results[0]) {
		return results[0], nil
	}
	return ev.flatten(results)
}

// flatten makes one sequence of results: arrays are part of it by their items.
func (ev *evaluation) flatten(results []any) (*list, error) {
	size := 0
	nested := false
	for _, result := range results {
		if inner, ok := itemsOf(result); ok && !isCons(result) {
			size, nested = size+len(inner), true
		} else {
			size++
		}
	}
	if !nested {
		return newSequence(results...), ev.charge(listSize + itemSize*size)
	}
	if err := ev.grow(size); err != nil {
		return nil, err
	}
	flat := make([]any, 0, size)
	for _, result := range results {
		if inner, ok := itemsOf(result); ok && !isCons(result) {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, result)
		}
	}
	return newSequence(flat...), nil
}

// grow counts a new array.
func (ev *evaluation) grow(items int) error {
	if items > ev.limits.list {
		return errMemory
	}
	if err := ev.ticks(items / 16); err != nil {
		return err
	}
	return ev.charge(listSize + itemSize*items)
}

func (ev *evaluation) stages(stages []stage, result any, env *frame) (any, error) {
	for _, s := range stages {
		if s.filter == nil {
			number(result, s.index)
			continue
		}
		var err error
		if result, err = ev.filter(s.filter, result, env); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// filter keeps the items for which a predicate holds, or which it names by their places.
func (ev *evaluation) filter(predicate *node, input any, env *frame) (any, error) {
	items, tuples := itemsOrOne(input), isTuples(input)
	if predicate.kind == nodeNumber {
		return itemAt(items, predicate.value.(float64), tuples), nil
	}
	kept := &list{sequence: true, tuples: tuples}
	for i, item := range items {
		context, within := contextOf(item, tuples, env)
		result, err := ev.eval(predicate, context, within)
		if err != nil {
			return nil, err
		}
		times, err := ev.selects(result, i, len(items))
		if err != nil {
			return nil, err
		}
		for range times {
			kept.items = append(kept.items, item)
		}
	}
	return kept, ev.grow(len(kept.items))
}

// itemAt picks one item.
func itemAt(items []any, place float64, tuples bool) any {
	kept := &list{sequence: true, tuples: tuples}
	if i := placeOf(place, len(items)); i >= 0 {
		item := items[i]
		if isArray(item) {
			return item
		}
		if item != undefined {
			kept.items = []any{item}
		}
	}
	return kept
}

// selects tells how often a predicate's result selects the item at a place.
func (ev *evaluation) selects(result any, index, length int) (int, error) {
	f, isNumber, err := numeric(result)
	if err != nil {
		return 0, err
	}
	if isNumber {
		return boolToInt(placeOf(f, length) == index), nil
	}
	places, isPlaces := itemsOf(result)
	times := 0
	for i := 0; isPlaces && i < len(places); i++ {
		if f, isPlaces, err = numeric(places[i]); err != nil {
			return 0, err
		}
		times += boolToInt(isPlaces && placeOf(f, length) == index)
	}
	if err := ev.ticks(len(places)); err != nil || isPlaces {
		return times, err
	}
	holds, _, err := ev.boolean(result)
	return boolToInt(holds), err
}

// placeOf is the index that a number stands for, -1 for none; negative numbers count from the end.
func placeOf(f float64, length int) int {
	f = math.Floor(f)
	if f < 0 {
		f += float64(length)
	}
	if f < 0 || f >= float64(length) {
		return -1
	}
	return int(f)
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

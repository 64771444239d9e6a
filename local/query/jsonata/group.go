// Objects: { name: value } by itself and as a path's group-by.

package jsonata

// grouped is one member of an object in the making: all items with its name.
type grouped struct {
	name string
	data any
	pair int // which of the object's pairs has named it
}

func (ev *evaluation) groupBy(g *group, input any, env *frame) (any, error) {
	items, tuples := itemsOrOne(input), isTuples(input)
	if len(items) == 0 { // an object is made even of nothing
		items = []any{undefined}
	}
	groups, err := ev.groups(g, items, tuples, env)
	if err != nil {
		return nil, err
	}
	result := newObject(len(groups))
	for _, group := range groups {
		context, within := group.data, env
		if tuples {
			t, err := ev.reduced(group.data)
			if err != nil {
				return nil, err
			}
			context, within = t.at, t.within(env)
		}
		value, err := ev.eval(g.pairs[group.pair][1], context, within)
		if err != nil {
			return nil, err
		}
		if value != undefined {
			result.Set(group.name, value)
		}
	}
	return result, ev.charge(listSize + memberSize*result.Len())
}

// groups sorts items by the names that the pairs give them, in the order in which the names come up.
func (ev *evaluation) groups(g *group, items []any, tuples bool, env *frame) ([]grouped, error) {
	groups := make([]grouped, 0, len(g.pairs))
	find := indexOfGroups(len(items) * len(g.pairs))
	for _, item := range items {
		context, within := contextOf(item, tuples, env)
		for pair := range g.pairs {
			key, err := ev.eval(g.pairs[pair][0], context, within)
			if err != nil {
				return nil, err
			}
			if key == undefined {
				continue
			}
			name, ok := key.(string)
			if !ok {
				return nil, failValueAt("T1003", g.at, key)
			}
			i := find(groups, name)
			if i < 0 {
				groups = append(groups, grouped{name, item, pair})
				continue
			}
			if groups[i].pair != pair {
				return nil, failValueAt("D1009", g.at, name)
			}
			if groups[i].data, err = ev.appendValues(groups[i].data, item); err != nil {
				return nil, err
			}
		}
	}
	return groups, nil
}

// indexOfGroups finds groups by their names: by a look at each where there can be only few.
func indexOfGroups(most int) func([]grouped, string) int {
	const few = 8
	if most <= few {
		return func(groups []grouped, name string) int {
			for i := range groups {
				if groups[i].name == name {
					return i
				}
			}
			return -1
		}
	}
	index := map[string]int{}
	return func(groups []grouped, name string) int {
		if i, ok := index[name]; ok {
			return i
		}
		index[name] = len(groups) // where the caller will put it
		return -1
	}
}

// growth is shared by all arrays that were made of each other by appending, so that the latest of them can
// grow where it is: appending item by item takes no more than the items.
type growth struct{ used int }

// appendValues is $append: arrays are put together, other values taken for arrays of one.
func (ev *evaluation) appendValues(a, b any) (any, error) {
	switch {
	case a == undefined:
		return b, nil
	case b == undefined:
		return a, nil
	}
	first, more := itemsOrOne(a), itemsOrOne(b)
	l, _ := a.(*list)
	if l != nil && l.growth != nil && l.growth.used == len(first) && cap(first)-len(first) >= len(more) {
		l.growth.used += len(more)
		return &list{items: append(first, more...), growth: l.growth}, ev.charge(listSize)
	}
	size := len(first) + len(more)
	room := size
	if l != nil && l.growth != nil {
		room += size / 2
	}
	if err := ev.grow(room); err != nil {
		return nil, err
	}
	items := append(append(make([]any, 0, room), first...), more...)
	return &list{items: items, growth: &growth{size}}, nil
}

// Functions of objects.

package jsonata

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

// keys yields the names of an object's members; of an array, of all objects in it.
func keys(ev *evaluation, args []any) (any, error) {
	names := jsonvalue.NewObject(0)
	if err := ev.collectKeys(names, args[0]); err != nil {
		return nil, err
	}
	result := newSequence()
	for name := range names.Names() {
		result.items = append(result.items, name)
	}
	return result, ev.grow(2 * len(result.items))
}

func (ev *evaluation) collectKeys(names *jsonvalue.Object, value any) error {
	if err := ev.enter(); err != nil {
		return err
	}
	defer ev.leave()
	if items, ok := itemsOf(value); ok {
		for _, item := range items {
			if err := ev.collectKeys(names, item); err != nil {
				return err
			}
		}
		return nil
	}
	members, _ := membersOf(value)
	for name := range members.Names() {
		names.Set(name, nil)
	}
	return ev.ticks(members.Len())
}

func lookup(ev *evaluation, args []any) (any, error) { return ev.lookup(args[0], textArg(args[1])) }

// spread makes an object of each member.
func spread(ev *evaluation, args []any) (any, error) {
	value := args[0]
	if items, ok := itemsOf(value); ok {
		var result any = newSequence()
		for _, item := range items {
			spreaded, err := spread(ev, []any{item})
			if err != nil {
				return nil, err
			}
			if result, err = ev.appendValues(result, spreaded); err != nil {
				return nil, err
			}
		}
		return result, nil
	}
	members, ok := membersOf(value)
	if !ok {
		return value, nil
	}
	result := newSequence()
	for name, member := range members.All() {
		single := newObject(1)
		single.Set(name, member)
		result.items = append(result.items, single)
	}
	return result, ev.grow(8 * len(result.items))
}

func merge(ev *evaluation, args []any) (any, error) {
	objects, _ := itemsOf(args[0])
	result := newObject(0)
	for _, object := range objects {
		members, _ := membersOf(object)
		for name, value := range members.All() {
			result.Set(name, value)
		}
		if err := ev.charge(memberSize * members.Len()); err != nil {
			return nil, err
		}
	}
	return result, ev.ticks(len(objects))
}

func clone(ev *evaluation, args []any) (any, error) { return ev.clone(args[0]) }

// sift leaves the members for which a function holds.
func sift(ev *evaluation, args []any) (any, error) {
	members, _ := membersOf(args[0])
	result := newObject(0)
	for name, value := range members.All() {
		holds, err := ev.holds(args[1], value, name, args[0])
		if err != nil {
			return nil, err
		}
		if holds {
			result.Set(name, value)
		}
	}
	if result.Len() == 0 {
		return undefined, nil
	}
	return result, ev.charge(memberSize * result.Len())
}

// each yields what a function makes of each member.
func each(ev *evaluation, args []any) (any, error) {
	members, _ := membersOf(args[0])
	result := newSequence()
	for name, value := range members.All() {
		made, err := ev.applyTo(args[1], value, name, args[0])
		if err != nil {
			return nil, err
		}
		if made != undefined {
			result.items = append(result.items, made)
		}
	}
	return result, ev.grow(len(result.items))
}

// The transform operator: | pattern | update, deletions | is a function that changes a copy of an object.

package jsonata

import "github.com/tradepost-dev/tradepost/local/jsonvalue"

func (ev *evaluation) transformer(n *node, env *frame) function {
	return &builtin{signature: transformSignature, parameters: 1, call: func(ev *evaluation, args []any) (any, error) {
		if args[0] == undefined {
			return undefined, nil
		}
		clone, err := ev.cloneBy(n, args[0], env)
		if err != nil {
			return nil, err
		}
		matches, err := ev.eval(n.lhs, clone, env)
		if err != nil || matches == undefined {
			return clone, err
		}
		for _, match := range itemsOrOne(matches) {
			if err := ev.update(n, match, env); err != nil {
				return nil, err
			}
		}
		return clone, nil
	}}
}

// cloneBy copies by $clone, which an expression may have redefined.
func (ev *evaluation) cloneBy(n *node, value any, env *frame) (any, error) {
	clone, ok := env.lookup("clone")
	if !ok {
		return ev.clone(value)
	}
	f, ok := clone.(function)
	if !ok {
		return nil, failAt("T2013", n.at, nil)
	}
	copied, err := ev.apply(f, []any{value}, nil)
	if err != nil {
		return nil, err
	}
	return ev.clone(copied) // whatever it returned: what is not a copy must not be changed
}

// update merges what the update yields into a match, and takes out of it what the deletions name.
func (ev *evaluation) update(n *node, match any, env *frame) error {
	var members *jsonvalue.Object
	if made, ok := match.(*object); ok { // what came from outside is nobody's to change
		members = made.Object
	}
	update, err := ev.eval(n.rhs, match, env)
	if err != nil {
		return err
	}
	if update != undefined {
		updates, ok := membersOf(update)
		if !ok {
			return failValueAt("T2011", n.rhs.at, update)
		}
		if members != nil {
			for name, value := range updates.All() {
				members.Set(name, value)
			}
		}
		if err := ev.charge(memberSize * updates.Len()); err != nil {
			return err
		}
	}
	if n.third == nil {
		return nil
	}
	deletions, err := ev.eval(n.third, match, env)
	if err != nil || deletions == undefined {
		return err
	}
	names := itemsOrOne(deletions)
	if !allStrings(names) {
		return failValueAt("T2012", n.third.at, deletions)
	}
	for _, name := range names {
		if members != nil {
			members.Delete(name.(string))
		}
	}
	return nil
}

func allStrings(items []any) bool {
	for _, item := range items {
		if _, ok := item.(string); !ok {
			return false
		}
	}
	return true
}

// clone copies deeply, functions as "" and without what is undefined, as JSON text would carry it.
func (ev *evaluation) clone(value any) (any, error) {
	if err := ev.enter(); err != nil {
		return nil, err
	}
	defer ev.leave()
	if items, ok := itemsOf(value); ok {
		return ev.cloneItems(items)
	}
	if members, ok := membersOf(value); ok {
		return ev.cloneMembers(members)
	}
	switch v := value.(type) {
	case function:
		return "", nil
	case float64:
		_, ok, err := numeric(v)
		if err == nil && !ok {
			return nil, nil
		}
		return v, err
	}
	return value, nil
}

func (ev *evaluation) cloneItems(items []any) (any, error) {
	if err := ev.grow(len(items)); err != nil {
		return nil, err
	}
	copied := make([]any, len(items))
	for i, item := range items {
		var err error
		if copied[i], err = ev.clone(item); err != nil {
			return nil, err
		}
		if copied[i] == undefined {
			copied[i] = nil
		}
	}
	return newArray(copied), nil
}

func (ev *evaluation) cloneMembers(members *jsonvalue.Object) (any, error) {
	if err := ev.charge(listSize + memberSize*members.Len()); err != nil {
		return nil, err
	}
	copied := newObject(members.Len())
	for name, member := range members.All() {
		value, err := ev.clone(member)
		if err != nil {
			return nil, err
		}
		if value != undefined {
			copied.Set(name, value)
		}
	}
	return copied, nil
}

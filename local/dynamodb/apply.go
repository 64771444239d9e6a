package dynamodb

// The effect of an update on an item.

import (
	"cmp"
	"slices"
	"strings"
)

// apply returns the changed item. All operands see the item as it was.
func (u *update) apply(old item) (item, error) {
	changed := value{kind: kindMap, fields: old}
	changes, err := u.compute(old)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if changed, err = changed.with(c.path, c.value); err != nil {
			return nil, err
		}
	}
	// From the back, so that indexes still to come keep their meaning.
	removes := slices.SortedFunc(slices.Values(u.allRemoves(old)), func(a, b path) int { return comparePaths(b, a) })
	for _, p := range removes {
		if changed, err = changed.without(p); err != nil {
			return nil, err
		}
	}
	return changed.fields, nil
}

type change struct {
	path  path
	value value
}

// compute returns what is to be set, in the order of paths: of two elements
// set past a list's end, the one with the lower index comes first.
func (u *update) compute(old item) ([]change, error) {
	var changes []change
	for _, a := range u.sets {
		v, err := a.operand.compute(old)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{a.path, v})
	}
	for _, a := range u.adds {
		v, err := u.added(old, a)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{a.path, v})
	}
	for _, a := range u.deletes {
		v, err := u.subtracted(old, a)
		if err != nil {
			return nil, err
		}
		if len(v.list) > 0 {
			changes = append(changes, change{a.path, v})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return comparePaths(a.path, b.path) })
	return changes, nil
}

func (u *update) added(old item, a assignment) (value, error) {
	operand, err := a.operand.compute(old)
	if err != nil {
		return value{}, err
	}
	current, ok := a.path.value(old)
	switch {
	case !ok:
		return operand, nil
	case current.kind != operand.kind:
		return value{}, u.errType()
	case current.kind == kindNumber:
		total, err := current.number().add(operand.number())
		return numberValue(total), err
	case current.kind == kindList: // of AttributeUpdates only
		return value{kind: kindList, list: slices.Concat(current.list, operand.list)}, nil
	default:
		return setOf(current.kind, slices.Concat(current.list, operand.list)), nil
	}
}

// subtracted returns the set that a DELETE leaves, which may be empty.
func (u *update) subtracted(old item, a assignment) (value, error) {
	operand, err := a.operand.compute(old)
	if err != nil {
		return value{}, err
	}
	current, ok := a.path.value(old)
	if !ok {
		return value{}, nil
	}
	if current.kind != operand.kind {
		return value{}, u.errType()
	}
	left := slices.DeleteFunc(slices.Clone(current.list), operand.has)
	return value{kind: current.kind, list: left}, nil
}

// allRemoves returns the paths to remove, with the sets that a DELETE emptied.
func (u *update) allRemoves(old item) []path {
	removes := slices.Clone(u.removes)
	for _, a := range u.deletes {
		// compute has succeeded with the same operands.
		if v, err := u.subtracted(old, a); err == nil && v.kind != "" && len(v.list) == 0 {
			removes = append(removes, a.path)
		}
	}
	return removes
}

func comparePaths(a, b path) int {
	return slices.CompareFunc(a, b, func(s, t step) int {
		return cmp.Or(strings.Compare(s.name, t.name), cmp.Compare(s.index, t.index))
	})
}

// with returns v with another value at the path. Only the path's last step
// may lead to something new.
func (v value) with(p path, replacement value) (value, error) {
	if len(p) == 0 {
		return replacement, nil
	}
	child, exists := p[:1].from(v)
	if !exists && len(p) > 1 || !v.fits(p[0]) {
		return value{}, errPath()
	}
	child, err := child.with(p[1:], replacement)
	if err != nil {
		return value{}, err
	}
	if v.kind == kindMap {
		fields := v.fields.clone()
		fields[p[0].name] = child
		return value{kind: kindMap, fields: fields}, nil
	}
	list := slices.Clone(v.list)
	if p[0].index < len(list) {
		list[p[0].index] = child
	} else {
		list = append(list, child)
	}
	return value{kind: kindList, list: list}, nil
}

// without returns v with nothing at the path.
func (v value) without(p path) (value, error) {
	child, exists := p[:1].from(v)
	switch {
	case !v.fits(p[0]) || !exists && len(p) > 1:
		return value{}, errPath()
	case !exists:
		return v, nil
	}
	if len(p) > 1 {
		child, err := child.without(p[1:])
		if err != nil {
			return value{}, err
		}
		return v.with(p[:1], child)
	}
	if v.kind == kindMap {
		fields := v.fields.clone()
		delete(fields, p[0].name)
		return value{kind: kindMap, fields: fields}, nil
	}
	return value{kind: kindList, list: slices.Delete(slices.Clone(v.list), p[0].index, p[0].index+1)}, nil
}

// fits tells whether a step can be taken from v.
func (v value) fits(s step) bool {
	return s.isIndex && v.kind == kindList || !s.isIndex && v.kind == kindMap
}

func errPath() error {
	return invalid("The document path provided in the update expression is invalid for update")
}

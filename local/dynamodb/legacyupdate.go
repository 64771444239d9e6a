package dynamodb

// This file reads updates as they were before there were expressions.

import (
	"cmp"
	"maps"
	"slices"
)

// attributeUpdates are what there was in the place of an UpdateExpression.
type attributeUpdates struct {
	AttributeUpdates map[string]attributeUpdate
}

type attributeUpdate struct {
	Action string // PUT, ADD or DELETE; none is PUT
	Value  *value
}

func (a attributeUpdates) parse() (*update, error) {
	u := &update{legacy: true}
	for _, name := range slices.Sorted(maps.Keys(a.AttributeUpdates)) {
		one := a.AttributeUpdates[name]
		if err := cmp.Or(checkName(name), one.check(name)); err != nil {
			return nil, err
		}
		place := path{{name: name}}
		if one.Value == nil {
			u.removes = append(u.removes, place)
			continue
		}
		change := assignment{place, reference{literal(*one.Value)}}
		switch one.Action {
		case "ADD":
			u.adds = append(u.adds, change)
		case "DELETE":
			u.deletes = append(u.deletes, change)
		default:
			u.sets = append(u.sets, change)
		}
	}
	return u, nil
}

func (u attributeUpdate) check(name string) error {
	if err := checkEnum("attributeUpdates."+name+".member.action", u.Action, "ADD", "PUT", "DELETE"); err != nil {
		return err
	}
	switch {
	case u.Value == nil && u.Action != "DELETE":
		return invalid("One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified")
	case u.Value != nil && u.Action == "DELETE" && !u.Value.kind.isSet():
		return invalid("One or more parameter values were invalid: DELETE action with value is not supported for the type %s", u.Value.kind)
	case u.Value != nil && u.Action == "ADD" && !u.Value.kind.isSet() && u.Value.kind != kindNumber && u.Value.kind != kindList:
		return invalid("One or more parameter values were invalid: ADD action is not supported for the type %s", u.Value.kind)
	}
	return nil
}

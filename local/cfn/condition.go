package cfn

// This file evaluates conditions, and what depends on them.

import (
	"fmt"
	"reflect"
)

// branch resolves only the side that is taken.
func (r *resolver) branch(argument any) (any, error) {
	arguments, ok := argument.([]any)
	if !ok || len(arguments) != 3 {
		return nil, fmt.Errorf("wants [condition, then, else], got %v", argument)
	}
	holds, err := r.condition(arguments[0])
	if err != nil {
		return nil, err
	}
	if holds.(bool) {
		return r.resolve(arguments[1])
	}
	return r.resolve(arguments[2])
}

// taken is a value with only those sides of its branches that are taken, as far as
// that can be told.
func (r *resolver) taken(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = r.taken(element)
		}
		return list
	case map[string]any:
		if sides, ok := v["Fn::If"].([]any); ok && isIntrinsic(v) && len(sides) == 3 {
			holds, err := r.condition(sides[0])
			switch {
			case err != nil:
				return nil
			case holds.(bool):
				return r.taken(sides[1])
			}
			return r.taken(sides[2])
		}
		object := make(map[string]any, len(v))
		for key, member := range v {
			object[key] = r.taken(member)
		}
		return object
	}
	return value
}

func (r *resolver) condition(argument any) (any, error) {
	name, _ := argument.(string)
	if holds, ok := r.conditions[name]; ok {
		return holds, nil
	}
	expression, ok := r.template.Conditions[name]
	if !ok {
		return nil, fmt.Errorf("condition %v is not declared", argument)
	}
	value, err := r.resolve(expression)
	if err != nil {
		return nil, fmt.Errorf("condition %s: %w", name, err)
	}
	holds, ok := value.(bool)
	if !ok {
		return nil, fmt.Errorf("condition %s is not a boolean but %v", name, value)
	}
	r.conditions[name] = holds
	return holds, nil
}

func (r *resolver) equals(argument any) (any, error) {
	arguments, err := r.list(argument, 2)
	if err != nil {
		return nil, err
	}
	a, isScalar := scalarText(arguments[0])
	b, isScalar2 := scalarText(arguments[1])
	if isScalar && isScalar2 {
		return a == b, nil
	}
	return reflect.DeepEqual(arguments[0], arguments[1]), nil
}

func (r *resolver) combine(argument any, all bool) (any, error) {
	arguments, err := r.list(argument, -1)
	if err != nil {
		return nil, err
	}
	for _, value := range arguments {
		if value == !all {
			return !all, nil
		}
	}
	return all, nil
}

func (r *resolver) not(argument any) (any, error) {
	arguments, err := r.list(argument, 1)
	if err != nil {
		return nil, err
	}
	return arguments[0] == false, nil
}

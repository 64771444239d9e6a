// References: $variable, its members, methods and items.

package vtl

import "strings"

// reference is "$name", with what follows it.
type reference struct {
	source string
	start  expression // the value of the variable, or of a first member such as $input.json('$')
	name   string     // of the variable
	steps  []access
}

// endsInMember tells a reference that ends with the name of a member or with an index, and in no brace.
func (r *reference) endsInMember() bool {
	end := r.source[len(r.source)-1]
	return strings.ContainsAny(r.source, ".[") && end != '}' && end != ')'
}

// access is one step of a reference: a property, a method or an index.
type access struct {
	name   string       // of a property or method
	method bool         // with args
	args   []expression // of a method
	index  expression   // nil unless it is an index
}

func (r *reference) eval(s *state) (any, error) { return r.walk(s, len(r.steps)) }

// walk follows the first n steps.
func (r *reference) walk(s *state, n int) (any, error) {
	value, err := r.start.eval(s)
	for i := 0; i < n && err == nil; i++ {
		if value == nil {
			return nil, nil
		}
		if err := s.spend(nodeWork); err != nil {
			return nil, err
		}
		value, err = r.steps[i].follow(s, value)
	}
	return value, err
}

func (a *access) follow(s *state, value any) (any, error) {
	switch {
	case a.index != nil:
		index, err := a.index.eval(s)
		if err != nil {
			return nil, err
		}
		if _, err := s.weigh(index); err != nil {
			return nil, err
		}
		return item(value, index)
	case a.method:
		args, err := evalAll(s, a.args)
		if err != nil {
			return nil, err
		}
		if err := s.admit(value, a.name, args); err != nil {
			return nil, err
		}
		result, err := call(value, a.name, args)
		if text, ok := result.(string); ok && err == nil {
			_, err = s.weigh(text)
		}
		return result, err
	default:
		return property(value, a.name), nil
	}
}

func evalAll(s *state, expressions []expression) ([]any, error) {
	values := make([]any, len(expressions))
	for i, e := range expressions {
		var err error
		if values[i], err = e.eval(s); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// property is "$value.name".
func property(value any, name string) any {
	switch v := value.(type) {
	case *mapping:
		if member, ok := v.values[name]; ok || name != "empty" {
			return member
		}
		return len(v.keys) == 0
	case *entry:
		switch name {
		case "key":
			return v.key
		case "value":
			return v.value
		}
	case *loop:
		return v.property(name)
	case *list:
		if name == "empty" {
			return len(v.items) == 0
		}
	case string:
		if name == "empty" {
			return v == ""
		}
	}
	return nil
}

// item is "$value[index]". A negative index counts from the end of a list.
func item(value, index any) (any, error) {
	switch v := value.(type) {
	case *list:
		if i, ok := index.(int); ok {
			i, err := v.index(v.fromEnd(i))
			if err != nil {
				return nil, err
			}
			return v.items[i], nil
		}
	case *mapping:
		return v.get(print(index)), nil
	}
	return nil, nil
}

func (l *list) fromEnd(i int) int {
	if i < 0 {
		return i + len(l.items)
	}
	return i
}

// assign is #set of the reference. What has no such member stays as it is.
func (r *reference) assign(s *state, value any) error {
	if len(r.steps) == 0 {
		s.variables[r.name] = value
		return nil
	}
	parent, err := r.walk(s, len(r.steps)-1)
	if err != nil {
		return err
	}
	last := r.steps[len(r.steps)-1]
	key := any(last.name)
	if last.index != nil {
		if key, err = last.index.eval(s); err != nil {
			return err
		}
	}
	name, err := s.text(key)
	if err != nil {
		return err
	}
	switch p := parent.(type) {
	case *mapping:
		if len(p.keys) >= maxItems {
			return errItems
		}
		p.put(name, value)
		return nil
	case *list:
		if i, ok := key.(int); ok {
			if i, err = p.index(p.fromEnd(i)); err != nil {
				return err
			}
			p.items[i] = value
		}
	}
	return nil
}

// variableStart is a variable that the template sets.
type variableStart string

func (v variableStart) eval(s *state) (any, error) {
	value := s.variables[string(v)]
	if d, ok := value.(*definition); ok {
		return d.text(s)
	}
	return value, nil
}

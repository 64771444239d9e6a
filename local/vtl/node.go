// The nodes of a template: text, references and directives.

package vtl

import (
	"fmt"
	"strings"
)

type node interface {
	render(s *state) error
}

type textNode string

func (n textNode) render(s *state) error {
	return s.write(string(n))
}

// referenceNode prints a reference; one to nothing prints nothing.
type referenceNode struct{ *reference }

func (n referenceNode) render(s *state) error {
	value, err := n.eval(s)
	if err != nil {
		return fmt.Errorf("%s: %w", n.source, err)
	}
	text, err := s.text(value)
	if err != nil {
		return fmt.Errorf("%s: %w", n.source, err)
	}
	return s.write(text)
}

// escapedNode prints a reference as it is written, and with its backslash if
// it stands for nothing.
type escapedNode struct{ *reference }

func (n escapedNode) render(s *state) error {
	value, err := n.eval(s)
	if err != nil {
		return fmt.Errorf("%s: %w", n.source, err)
	}
	if value == nil {
		return s.write(`\` + n.source)
	}
	return s.write(n.source)
}

// write adds to the output, or to the text of a block.
func (s *state) write(text string) error {
	if s.out.Len()+len(text) > maxText {
		return errText
	}
	s.out.WriteString(text)
	return s.spend(len(text))
}

type setNode struct {
	target *reference
	value  expression
}

func (n setNode) render(s *state) error {
	value, err := n.value.eval(s)
	if err != nil {
		return fmt.Errorf("#set(%s): %w", n.target.source, err)
	}
	if value == nil {
		return nil // Velocity 1.7 leaves the variable as it was
	}
	if err := n.target.assign(s, value); err != nil {
		return fmt.Errorf("#set(%s): %w", n.target.source, err)
	}
	return nil
}

type ifNode struct {
	branches  []branch
	otherwise []node
}

type branch struct {
	condition expression
	nodes     []node
}

func (n ifNode) render(s *state) error {
	for _, b := range n.branches {
		value, err := b.condition.eval(s)
		if err != nil {
			return fmt.Errorf("#if: %w", err)
		}
		if holds(b.condition, value) {
			return s.render(b.nodes)
		}
	}
	return s.render(n.otherwise)
}

type foreachNode struct {
	variable string
	over     expression
	nodes    []node
}

// loop is $foreach.
type loop struct {
	index, size int
	parent      any
}

func (l *loop) property(name string) any {
	switch name {
	case "index":
		return l.index
	case "count":
		return l.index + 1
	case "hasNext", "hasNext()":
		return l.index+1 < l.size
	case "first":
		return l.index == 0
	case "last":
		return l.index+1 == l.size
	case "parent":
		return l.parent
	case "topmost":
		if parent, ok := l.parent.(*loop); ok {
			return parent.property(name)
		}
		return l
	}
	return nil
}

func (n foreachNode) render(s *state) error {
	over, err := n.over.eval(s)
	if err != nil {
		return fmt.Errorf("#foreach: %w", err)
	}
	items := iterate(over)
	if err := s.spend(itemWork * len(items)); err != nil {
		return err
	}
	l := &loop{size: len(items), parent: s.variables["foreach"]}
	defer s.restore(n.variable, "foreach", "velocityCount")()
	s.variables["foreach"] = l
	for i, item := range items[:min(len(items), maxIterations)] {
		l.index = i
		s.variables[n.variable], s.variables["velocityCount"] = item, i+1
		if err := s.render(n.nodes); err == errBreak {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// restore returns what gives variables back the values that they have now.
func (s *state) restore(names ...string) func() {
	before := map[string]any{}
	for _, name := range names {
		if value, ok := s.variables[name]; ok {
			before[name] = value
		}
	}
	return func() {
		for _, name := range names {
			delete(s.variables, name)
			if value, ok := before[name]; ok {
				s.variables[name] = value
			}
		}
	}
}

// iterate lists what #foreach goes over: a list's items, a map's values.
func iterate(value any) []any {
	switch v := value.(type) {
	case *list:
		return append([]any(nil), v.items...)
	case *mapping:
		items := make([]any, len(v.keys))
		for i, key := range v.keys {
			items[i] = v.get(key)
		}
		return items
	default:
		return nil
	}
}

// defineNode is #define: a block that is rendered wherever its variable is referred to.
type defineNode struct {
	variable string
	nodes    []node
}

// definition is the value of a #define's variable.
type definition struct{ nodes []node }

func (n defineNode) render(s *state) error {
	s.variables[n.variable] = &definition{n.nodes}
	return nil
}

// text renders the block as of now.
func (d *definition) text(s *state) (string, error) {
	leave, err := s.nest()
	if err != nil {
		return "", err
	}
	defer leave()
	outer := s.out
	s.out = &strings.Builder{}
	err = s.render(d.nodes)
	text := s.out.String()
	s.out = outer
	return text, err
}

// jumpNode is #break or #stop.
type jumpNode struct{ err error }

func (n jumpNode) render(*state) error { return n.err }

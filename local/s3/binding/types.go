package binding

// This file makes Go types of shapes, with a field for each member.

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Takes tells what comes of a member of an input: of one in the document, by the
// names of the elements that it is within.
type Takes func(within []string, m Member) cloud.Effect

// Input is the type of an operation's input, with the members that are taken.
func (m *Model) Input(operation string, takes Takes) reflect.Type {
	return m.typeOf(m.Operations[operation].Input, typing{takes: takes, bytes: reflect.TypeFor[json.RawMessage]()})
}

// Output is the type of an operation's output.
func (m *Model) Output(operation string) reflect.Type {
	all := func([]string, Member) cloud.Effect { return cloud.Honoured }
	return m.typeOf(m.Operations[operation].Output, typing{takes: all, bytes: reflect.TypeFor[string]()})
}

// typing is how one type is made.
type typing struct {
	takes  Takes
	bytes  reflect.Type // what bodies are read into
	within []string
}

func (m *Model) typeOf(name string, t typing) reflect.Type {
	s := m.Shapes[name]
	switch s.Kind {
	case Structure:
		return reflect.StructOf(m.fields(s, t))
	case List:
		return reflect.SliceOf(m.typeOf(s.Of, t))
	case Map:
		return reflect.MapOf(reflect.TypeFor[string](), m.typeOf(s.Of, t))
	}
	switch kind, _ := kindOf(name); kind {
	case Time:
		return reflect.TypeFor[cloud.Time]()
	case Number:
		return reflect.TypeFor[int64]()
	case Truth:
		return reflect.TypeFor[bool]()
	case Bytes:
		return t.bytes
	}
	if name == "" {
		return reflect.TypeFor[struct{}]()
	}
	return reflect.TypeFor[string]()
}

// fields are those of a structure in the order of their names, with a body at the
// end, which is how Step Functions writes an answer.
func (m *Model) fields(s Shape, t typing) []reflect.StructField {
	var fields, bodies []reflect.StructField
	for _, name := range slices.Sorted(maps.Keys(s.Members)) {
		member := s.Members[name]
		effect := cloud.Honoured
		if name != s.Payload {
			effect = t.takes(t.within, member)
		}
		field := reflect.StructField{Name: name, Tag: reflect.StructTag(`json:"` + name + `,omitzero"`)}
		switch {
		case effect == cloud.Refused:
			continue
		case effect == cloud.WithoutEffect:
			field.Type = reflect.TypeFor[cloud.Ignored]()
			fields = append(fields, field)
			continue
		}
		inner := t
		if member.At == "" && name != s.Payload {
			inner.within = append(slices.Clone(t.within), member.Name)
			if list := m.Shapes[member.Of]; list.Kind == List && !member.Flat {
				inner.within = append(inner.within, list.Name)
			}
		}
		field.Type = m.typeOf(member.Of, inner)
		if kind := field.Type.Kind(); kind != reflect.Slice && kind != reflect.Map {
			field.Type = reflect.PointerTo(field.Type) // absent is not empty
		}
		if member.Of == string(Bytes) {
			bodies = append(bodies, field)
		} else {
			fields = append(fields, field)
		}
	}
	return append(fields, bodies...)
}

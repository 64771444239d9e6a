package cloud

// This file refuses what a client sends and an action does not honour, at any
// depth of the input: AWS would have acted upon it.

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"
)

// Ignored is the type of a member that is accepted and has no effect here.
// docs/refused.md lists all of them.
type Ignored struct{}

// UnmarshalJSON takes anything.
func (*Ignored) UnmarshalJSON([]byte) error { return nil }

// Effect is what comes of a member of an input.
type Effect int

const (
	Refused       Effect = iota // the whole call is
	WithoutEffect               // it is accepted
	Honoured
)

// Effect tells what comes of a member of an action's input, by its path, whatever
// the case of its names: "Tags", "Entries.DelaySeconds".
func (o Operations) Effect(action, path string) Effect {
	at := o[action].known
	for name := range strings.SplitSeq(path, ".") {
		if at = at.structure(); at == nil || at.without {
			break // whatever is below it
		}
		var member string
		if member, at = at.folded(name); member == "" {
			return Refused
		}
	}
	if at != nil && at.without {
		return WithoutEffect
	}
	return Honoured
}

// NotHonoured is the refusal of a parameter.
func NotHonoured(action, parameter string) *Error {
	return Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine does not serve the parameter %s of %s", parameter, action)
}

// shape is the names that a type has for the members of an object, at any
// depth. Where anything may be written it is nil.
type shape struct {
	members map[string]*shape // of a struct; nil for another type
	element *shape            // of a list, and of the values of a map
	without bool              // of effect
}

var decodes = reflect.TypeFor[json.Unmarshaler]()

func shapeOf(t reflect.Type) *shape {
	if t.Kind() == reflect.Pointer {
		return shapeOf(t.Elem())
	}
	if t == reflect.TypeFor[Ignored]() {
		return &shape{without: true}
	}
	if reflect.PointerTo(t).Implements(decodes) {
		return nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		if element := shapeOf(t.Elem()); element != nil {
			return &shape{element: element}
		}
	case reflect.Struct:
		s := &shape{members: map[string]*shape{}}
		for _, field := range reflect.VisibleFields(t) {
			if name := memberName(field); name != "" {
				s.members[name] = shapeOf(field.Type)
			}
		}
		return s
	}
	return nil
}

// memberName returns the name that encoding/json gives a field, or "".
func memberName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	switch {
	case !field.IsExported() || name == "-":
		return ""
	case name == "" && !field.Anonymous: // the fields of an embedded struct stand for it
		return field.Name
	}
	return name
}

// check refuses a valid JSON text with a name that the shape does not have.
func (s *shape) check(action string, text []byte) error {
	c := cursor{text: text}
	switch path, want := c.unknown(s); {
	case path == "":
		return nil
	case want != "":
		return Errorf(400, "SerializationException", "the input's member %q has the wrong case: AWS would not take it for %q", path, want)
	default:
		return NotHonoured(action, path)
	}
}

// cursor is a place in a valid JSON text.
type cursor struct {
	text []byte
	at   int
}

// next steps over one byte that means something and returns it.
func (c *cursor) next() byte {
	for ; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			c.at++
			return c.text[c.at-1]
		}
	}
	return 0
}

// unknown steps over a value, up to a name that the shape does not have. It
// returns its path, and how the last name of it is spelled if only its case is wrong.
func (c *cursor) unknown(s *shape) (path, want string) {
	switch opening := c.next(); opening {
	case '{', '[':
		closing := opening + 2 // in ASCII, of both
		for {
			first := c.next()
			if first == closing || first == 0 {
				return "", ""
			}
			inner, name := s, ""
			if opening == '{' {
				name = c.string()
				var ok bool
				if inner, ok = s.member(name); !ok {
					want, _ := s.folded(name)
					return name, want
				}
			} else {
				c.at--
				inner = s.elements()
			}
			if path, want := c.unknown(inner); path != "" {
				return strings.TrimPrefix(name+"."+path, "."), want
			}
		}
	case '"':
		c.string()
	default:
		for c.at < len(c.text) && !strings.ContainsRune(" \t\r\n,]}", rune(c.text[c.at])) {
			c.at++
		}
	}
	return "", ""
}

// string returns the text of the string whose first quote has been read, as it
// is written.
func (c *cursor) string() string {
	start := c.at
	for c.at < len(c.text) && c.text[c.at] != '"' {
		if c.text[c.at] == '\\' {
			c.at++
		}
		c.at++
	}
	c.at++
	return string(c.text[start:min(c.at-1, len(c.text))])
}

func (s *shape) elements() *shape {
	if s == nil {
		return nil
	}
	return s.element
}

// member returns the shape of a member; false if there is none.
func (s *shape) member(name string) (*shape, bool) {
	if s == nil || s.members == nil {
		return s.elements(), true
	}
	member, ok := s.members[name]
	return member, ok
}

// less is the shape but for a member, by its path.
func (s *shape) less(path string) *shape {
	changed := *s
	if s.members == nil {
		changed.element = s.element.less(path)
		return &changed
	}
	name, below, deeper := strings.Cut(path, ".")
	member, ok := s.members[name]
	if !ok {
		panic("cloud: an input without a member " + name)
	}
	changed.members = maps.Clone(s.members)
	if delete(changed.members, name); deeper {
		changed.members[name] = member.less(below)
	}
	return &changed
}

// structure is the shape below lists and maps.
func (s *shape) structure() *shape {
	for s != nil && s.members == nil && s.element != nil {
		s = s.element
	}
	return s
}

// folded returns the member that has a name but for its case, or "".
func (s *shape) folded(name string) (string, *shape) {
	for member, inner := range s.members {
		if strings.EqualFold(member, name) {
			return member, inner
		}
	}
	return "", nil
}

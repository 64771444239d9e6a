package cloud

// This file refuses what a client sends and an action does not honour, at any
// depth of the input: AWS would have acted upon it.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Ignored is the type of a member that is accepted and has no effect here. The
// reference in docs/local.md lists all of them.
type Ignored struct{}

// UnmarshalJSON takes anything.
func (*Ignored) UnmarshalJSON([]byte) error { return nil }

// Strict makes operations that refuse the members which their inputs do not
// have, as not implemented. It returns o.
func (o Operations) Strict() Operations {
	for action, operation := range o {
		operation.strict = &strict{action, shapeOf(operation.input)}
		o[action] = operation
	}
	return o
}

// strict is what an action takes.
type strict struct {
	action string
	known  *shape
}

// check refuses a valid JSON text with a name that the action does not have.
func (s *strict) check(input json.RawMessage) error {
	if s == nil {
		return nil
	}
	if unknown := s.known.unknown(input); unknown != "" {
		return NotHonoured(s.action, unknown)
	}
	return nil
}

// Ignored returns the members that an action accepts without effect, sorted:
// "Tags", "Entries.DelaySeconds".
func (o Operations) Ignored(action string) []string {
	var paths []string
	shapeOf(o[action].input).ignored("", &paths)
	slices.Sort(paths)
	return paths
}

// NotHonoured is the refusal of a parameter.
func NotHonoured(action, parameter string) error {
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

func (s *shape) ignored(path string, paths *[]string) {
	switch {
	case s == nil:
		return
	case s.without:
		*paths = append(*paths, path)
	}
	s.element.ignored(path, paths)
	for name, member := range s.members {
		member.ignored(strings.TrimPrefix(path+"."+name, "."), paths)
	}
}

// unknown returns the path of a name in a valid JSON text that the shape does
// not have, or "".
func (s *shape) unknown(text []byte) string {
	c := cursor{text: text}
	return c.unknown(s)
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

// unknown steps over a value.
func (c *cursor) unknown(s *shape) string {
	switch opening := c.next(); opening {
	case '{', '[':
		closing := opening + 2 // in ASCII, of both
		for {
			first := c.next()
			if first == closing || first == 0 {
				return ""
			}
			inner, name := s, ""
			if opening == '{' {
				name = c.string()
				var ok bool
				if inner, ok = s.member(name); !ok {
					return name
				}
			} else {
				c.at--
				inner = s.elements()
			}
			if path := c.unknown(inner); path != "" {
				return strings.TrimPrefix(name+"."+path, ".")
			}
		}
	case '"':
		c.string()
	default:
		for c.at < len(c.text) && !strings.ContainsRune(" \t\r\n,]}", rune(c.text[c.at])) {
			c.at++
		}
	}
	return ""
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

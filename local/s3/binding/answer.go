package binding

// This file reads outputs out of answers.

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// Answer reads an output of the type Output.
func (m *Model) Answer(operation string, t reflect.Type, header http.Header, body []byte) (any, error) {
	v := reflect.New(t)
	s := m.Shapes[m.Operations[operation].Output]
	if err := m.readHeaders(s, v.Elem(), header); err != nil {
		return nil, fmt.Errorf("the answer to %s: %w", operation, err)
	}
	if err := m.readBody(s, v.Elem(), body); err != nil {
		return nil, fmt.Errorf("the answer to %s: %w", operation, err)
	}
	return v.Interface(), nil
}

func (m *Model) readHeaders(s Shape, v reflect.Value, header http.Header) error {
	for name, member := range s.Members {
		switch field := v.FieldByName(name); member.At {
		case InHeader:
			if text := header.Get(member.Name); text != "" {
				if err := set(field, text); err != nil {
					return err
				}
			}
		case InHeaders:
			all := map[string]string{}
			for name, values := range header {
				if name, ok := strings.CutPrefix(strings.ToLower(name), strings.ToLower(member.Name)); ok {
					all[name] = strings.Join(values, ",")
				}
			}
			field.Set(reflect.ValueOf(all))
		}
	}
	return nil
}

// set sets a field, which is a pointer, to what a text stands for.
func set(field reflect.Value, text string) error {
	value, err := read(text, field.Type().Elem())
	if err != nil {
		return err
	}
	field.Set(reflect.New(field.Type().Elem()))
	field.Elem().Set(value)
	return nil
}

// readBody reads the payload, or the members that are nowhere else.
func (m *Model) readBody(s Shape, v reflect.Value, body []byte) error {
	payload := s.Members[s.Payload]
	switch kind, _ := kindOf(payload.Of); {
	case kind == Bytes || kind == Text && payload.Of != "":
		return set(v.FieldByName(s.Payload), string(body))
	case len(body) == 0:
		return nil
	}
	var root element
	if err := xml.Unmarshal(body, &root); err != nil {
		return err
	}
	if s.Payload != "" {
		field := v.FieldByName(s.Payload)
		field.Set(reflect.New(field.Type().Elem()))
		return m.readElement(root, payload.Of, field.Elem())
	}
	for name, member := range s.Members {
		if member.At == "" && member.Name == root.XMLName.Local { // the root is the member itself
			return set(v.FieldByName(name), root.Text)
		}
	}
	return m.readMembers(root, s, v)
}

// element is one of XML.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

// all are the children of a name.
func (e element) all(name string) []element {
	var found []element
	for _, child := range e.Children {
		if child.XMLName.Local == name {
			found = append(found, child)
		}
	}
	return found
}

func (e element) attribute(name string) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name.Local == name[strings.Index(name, ":")+1:] {
			return a.Value, true
		}
	}
	return "", false
}

// readMembers reads those of a structure that are in a document.
func (m *Model) readMembers(e element, s Shape, v reflect.Value) error {
	for name, member := range s.Members {
		field := v.FieldByName(name)
		if member.Attribute {
			if text, ok := e.attribute(member.Name); ok {
				if err := set(field, text); err != nil {
					return err
				}
			}
			continue
		}
		found := e.all(member.Name)
		if member.At != "" || len(found) == 0 {
			continue
		}
		if list := m.Shapes[member.Of]; list.Kind == List {
			if !member.Flat {
				found = found[0].all(list.Name)
			}
			if err := m.readList(found, list.Of, field); err != nil {
				return err
			}
			continue
		}
		field.Set(reflect.New(field.Type().Elem()))
		if err := m.readElement(found[0], member.Of, field.Elem()); err != nil {
			return err
		}
	}
	return nil
}

func (m *Model) readList(found []element, of string, field reflect.Value) error {
	field.Set(reflect.MakeSlice(field.Type(), len(found), len(found)))
	for i, item := range found {
		if err := m.readElement(item, of, field.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// readElement reads a value that is no list.
func (m *Model) readElement(e element, name string, v reflect.Value) error {
	if s := m.Shapes[name]; s.Kind == Structure {
		return m.readMembers(e, s, v)
	}
	value, err := read(e.Text, v.Type())
	if err != nil {
		return err
	}
	v.Set(value)
	return nil
}

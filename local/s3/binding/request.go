package binding

// This file puts inputs into requests.

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// A Request is what goes over the wire.
type Request struct {
	Method string
	Labels map[string]string // "Bucket" and "Key", of the path
	Query  url.Values
	Header http.Header
	Body   []byte
}

// Request puts an input into a request: a struct of the type Input.
func (m *Model) Request(operation string, input any) (*Request, error) {
	o := m.Operations[operation]
	method, address, _ := strings.Cut(o.Request, " ")
	path, query, _ := strings.Cut(address, "?")
	r := &Request{Method: method, Labels: map[string]string{}, Header: http.Header{}}
	var err error
	if r.Query, err = url.ParseQuery(query); err != nil {
		return nil, err // not of the model's addresses
	}
	s, v := m.Shapes[o.Input], reflect.Indirect(reflect.ValueOf(input))
	for name, member := range s.Members {
		field := reflect.Indirect(v.FieldByName(name))
		if !field.IsValid() || field.Kind() == reflect.Slice && field.IsNil() || !field.CanInterface() {
			continue
		}
		if err := m.put(r, s, name, member, field); err != nil {
			return nil, err
		}
	}
	for _, label := range []string{"Bucket", "Key"} {
		if strings.Contains(path, "{"+label) && r.Labels[label] == "" {
			return nil, fmt.Errorf("%s cannot be empty", label)
		}
	}
	return r, nil
}

// put puts a member where it belongs.
func (m *Model) put(r *Request, s Shape, name string, member Member, field reflect.Value) error {
	switch member.At {
	case InPath:
		r.Labels[member.Name] = field.String()
	case InQuery:
		r.Query.Set(member.Name, textOf(field, member.Of, iso8601))
	case InHeader:
		r.Header.Set(member.Name, m.headerOf(field, member.Of))
	case InHeaders:
		for _, key := range field.MapKeys() {
			r.Header.Set(member.Name+key.String(), field.MapIndex(key).String())
		}
	default:
		if name != s.Payload {
			return fmt.Errorf("the model has no place for %s", name)
		}
		body, err := m.body(member, field)
		r.Body = body
		return err
	}
	return nil
}

// headerOf is a value as a header has it: a list has commas.
func (m *Model) headerOf(v reflect.Value, name string) string {
	if v.Kind() != reflect.Slice {
		return textOf(v, name, rfc822)
	}
	var items []string
	for i := range v.Len() {
		items = append(items, textOf(v.Index(i), m.Shapes[name].Of, rfc822))
	}
	return strings.Join(items, ",")
}

// body is a payload: bytes or a text as they are, and a document in XML.
func (m *Model) body(member Member, v reflect.Value) ([]byte, error) {
	switch kind, _ := kindOf(member.Of); kind {
	case Bytes:
		return bodyText(v.Bytes()), nil
	case Text:
		return []byte(v.String()), nil
	}
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	start := xml.StartElement{Name: xml.Name{Local: member.Name}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: "http://s3.amazonaws.com/doc/2006-03-01/"}}}
	if err := m.encode(e, start, member.Of, v); err != nil {
		return nil, err
	}
	err := e.Flush()
	return b.Bytes(), err
}

// bodyText is the text of a body that was given as JSON: a text is itself, and any
// other value its JSON.
func bodyText(raw json.RawMessage) []byte {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	return raw
}

// encode writes a value as an element.
func (m *Model) encode(e *xml.Encoder, start xml.StartElement, name string, v reflect.Value) error {
	s := m.Shapes[name]
	if s.Kind != Structure && s.Kind != List {
		return e.EncodeElement(textOf(v, name, iso8601), start)
	}
	names := slices.Sorted(maps.Keys(s.Members))
	for _, name := range names {
		if field := reflect.Indirect(v.FieldByName(name)); s.Members[name].Attribute && field.IsValid() {
			start.Attr = append(start.Attr,
				xml.Attr{Name: xml.Name{Local: "xmlns:xsi"}, Value: "http://www.w3.org/2001/XMLSchema-instance"},
				xml.Attr{Name: xml.Name{Local: s.Members[name].Name}, Value: field.String()})
		}
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	if s.Kind == List {
		if err := m.encodeList(e, s.Name, s.Of, v); err != nil {
			return err
		}
	}
	for _, name := range names {
		member := s.Members[name]
		field := reflect.Indirect(v.FieldByName(name))
		if !field.IsValid() || member.Attribute || field.Kind() == reflect.Slice && field.IsNil() {
			continue
		}
		var err error
		if list := m.Shapes[member.Of]; list.Kind == List && member.Flat {
			err = m.encodeList(e, member.Name, list.Of, field)
		} else {
			err = m.encode(e, xml.StartElement{Name: xml.Name{Local: member.Name}}, member.Of, field)
		}
		if err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

func (m *Model) encodeList(e *xml.Encoder, name, of string, v reflect.Value) error {
	for i := range v.Len() {
		if err := m.encode(e, xml.StartElement{Name: xml.Name{Local: name}}, of, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

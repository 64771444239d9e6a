package wire

// This file writes XML: documents that a service has as structs, and outputs
// as the query protocols have them.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const xmlType = "text/xml"

// document answers with a document that encoding/xml writes.
func (x *Exchange) document(status int, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		panic(err) // the documents of this package are structs of texts
	}
	x.answer(status, xmlType, body)
}

// element is an XML element. Its content is elements, or a value of a shape.
// An element without a name is the members of its content.
type element struct {
	name    string
	content any
}

// xmlWriter writes shapes. A list is a parent with one element an item.
type xmlWriter struct {
	*xml.Encoder
	item string // the name of a list's elements
}

// writeXML answers with an element.
func (x *Exchange) writeXML(status int, namespace string, root element, item string) error {
	var body bytes.Buffer
	w := xmlWriter{xml.NewEncoder(&body), item}
	if err := w.element(root, xml.Attr{Name: xml.Name{Local: "xmlns"}, Value: namespace}); err != nil {
		return fmt.Errorf("encode %s: %w", root.name, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("encode %s: %w", root.name, err)
	}
	x.answer(status, xmlType, closeAtOnce(body.Bytes()))
	return nil
}

// closeAtOnce writes elements that hold nothing in one tag, as AWS does: <Users/>.
func closeAtOnce(document []byte) []byte {
	short := document[:0]
	for len(document) > 0 {
		end := bytes.Index(document, []byte("></"))
		if end < 0 {
			break
		}
		begin := bytes.LastIndexByte(document[:end], '<')
		name, _, _ := bytes.Cut(document[begin+1:end], []byte(" "))
		rest, empty := bytes.CutPrefix(document[end+3:], append(name[:len(name):len(name)], '>'))
		if !empty || document[begin+1] == '/' {
			short, document = append(short, document[:end+1]...), document[end+1:]
			continue
		}
		short, document = append(append(short, document[:end]...), "/>"...), rest
	}
	return append(short, document...)
}

func (w xmlWriter) element(e element, attributes ...xml.Attr) error {
	if e.name == "" {
		return w.content(e.content)
	}
	start := xml.StartElement{Name: xml.Name{Local: e.name}, Attr: attributes}
	if err := w.EncodeToken(start); err != nil {
		return err
	}
	if err := w.content(e.content); err != nil {
		return err
	}
	return w.EncodeToken(start.End())
}

func (w xmlWriter) content(content any) error {
	if list, ok := content.([]element); ok {
		for _, e := range list {
			if err := w.element(e); err != nil {
				return err
			}
		}
		return nil
	}
	return w.value(dereference(reflect.ValueOf(content)))
}

func (w xmlWriter) value(v reflect.Value) error {
	if !v.IsValid() {
		return nil
	}
	v, err := reduce(v)
	if err != nil {
		return err
	}
	if v = dereference(v); !v.IsValid() {
		return nil
	}
	if text, ok := textOf(v); ok {
		return w.EncodeToken(xml.CharData(text))
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, m := range membersOf(v.Type()) {
			value, ok := m.get(v)
			if !ok {
				continue
			}
			for _, e := range m.elements(value) {
				if err := w.element(e); err != nil {
					return err
				}
			}
		}
		return nil
	case reflect.Slice:
		for i := range v.Len() {
			if err := w.element(element{w.item, v.Index(i).Interface()}); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		return w.entries(v)
	}
	return fmt.Errorf("XML has no form for %s", v.Type())
}

// elements are what a member is written as: one, unless it is flat.
func (m member) elements(v reflect.Value) []element {
	switch {
	case m.flat != "" && v.Kind() == reflect.Slice:
		elements := make([]element, v.Len())
		for i := range elements {
			elements[i] = element{m.xml, v.Index(i).Interface()}
		}
		return elements
	case m.flat != "" && v.Kind() == reflect.Map:
		var elements []element
		values := valuesOf(v)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			elements = append(elements, element{m.xml, []element{{m.flat, key}, {"Value", values[key]}}})
		}
		return elements
	}
	return []element{{m.xml, v.Interface()}}
}

func valuesOf(v reflect.Value) map[string]any {
	values := map[string]any{}
	for key, value := range v.Seq2() {
		values[fmt.Sprint(key)] = value.Interface()
	}
	return values
}

// entries writes a map, by key.
func (w xmlWriter) entries(v reflect.Value) error {
	values := valuesOf(v)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		entry := []element{{"key", key}, {"value", values[key]}}
		if err := w.element(element{"entry", entry}); err != nil {
			return err
		}
	}
	return nil
}

// textOf returns the text of a value that is not made of others.
func textOf(v reflect.Value) (string, bool) {
	if t, ok := v.Interface().(cloud.Time); ok {
		return t.String(), true
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), true
	case reflect.Float32, reflect.Float64:
		if d, ok := v.Interface().(cloud.Double); ok {
			return d.String(), true
		}
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return encodeBase64(v.Bytes()), true
		}
	}
	return "", false
}

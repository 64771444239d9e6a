// XML documents of requests: each element is one that the document has.

package s3

import (
	"bytes"
	"encoding/xml"
	"io"
	"reflect"
	"strings"
)

// maxDocument bounds a document, in bytes.
const maxDocument = 2 << 20

// readXML reads the request's document. An element that it does not have is
// refused by its name.
func (q *request) readXML(document any) error { return q.readRooted("", document) }

// readRooted reads a document whose root has a name.
func (q *request) readRooted(root string, document any) error {
	body, d := q.body()
	return q.readDocument(body, d, root, document)
}

// readDocument reads one that is held to a digest.
func (q *request) readDocument(body io.Reader, d digest, root string, document any) error {
	seg, _, err := q.client.s3.receive(io.LimitReader(body, maxDocument), d)
	if err != nil {
		return err
	}
	return parseXML(section(seg), root, document)
}

func section(seg segment) io.Reader { return io.NewSectionReader(seg, 0, seg.size) }

// parseXML reads a document, whose root has any name where none is asked for.
func parseXML(body io.Reader, root string, document any) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(raw, document); err != nil {
		return malformedXML()
	}
	if root != "" && rootOf(raw) != root {
		return malformedXML()
	}
	if unknown := unknownElement(raw, reflect.TypeOf(document)); unknown != "" {
		return about(malformedXML(), "Element", unknown)
	}
	return nil
}

// rootOf is the name of the root of a well-formed document.
func rootOf(raw []byte) string {
	d := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if start, ok := token.(xml.StartElement); ok || err != nil {
			return start.Name.Local
		}
	}
}

// unknownElement returns the path of an element of a well-formed document that
// the type does not have, or "".
func unknownElement(raw []byte, t reflect.Type) string {
	d := xml.NewDecoder(bytes.NewReader(raw))
	types, path := []reflect.Type{nil}, []string{} // nil is the type of the root's parent
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			inner, ok := t, true
			if len(path) > 1 {
				inner, ok = childElement(types[len(types)-1], token.Name.Local)
			}
			if !ok {
				return strings.Join(path, ".")
			}
			types = append(types, inner)
		case xml.EndElement:
			types, path = types[:len(types)-1], path[:len(path)-1]
		}
	}
}

// childElement is the type of an element within one of a type, none of whose
// tags names more than one element ("a>b").
func childElement(t reflect.Type, name string) (reflect.Type, bool) {
	t = elementType(t)
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for _, field := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(field.Tag.Get("xml"), ",")
		if tag == "" && !field.Anonymous && field.Name != "XMLName" {
			tag = field.Name
		}
		if tag == name {
			return field.Type, true
		}
	}
	return nil, false
}

// elementType is what a pointer points to, or one item of a list.
func elementType(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

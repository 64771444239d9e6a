package wire

// This file reads forms: the names and values of the query protocols, and the
// parts of a REST request that are text, become JSON by the types of the
// action's input.

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxDepth bounds the parts of a parameter's name.
const maxDepth = 32

// Form returns the JSON of an action's input of type t from parameters such as
// MessageAttributes.entry.1.Value.DataType. Lists and maps may be written with
// member and entry, as most services have them, or without, as EC2 and SQS
// have them. What t has no place for stays as it is written.
func Form(form url.Values, t reflect.Type) (json.RawMessage, error) {
	root := &node{}
	for name, values := range form {
		parts := strings.Split(name, ".")
		if len(parts) > maxDepth {
			return nil, cloud.Errorf(http.StatusBadRequest, "MalformedQueryString", "the parameter %.40q... has more than %d parts", name, maxDepth)
		}
		at := root
		for _, part := range parts {
			at = at.child(part)
		}
		at.text = values[0]
	}
	if t == nil || indirect(t).Kind() != reflect.Struct {
		t = reflect.TypeFor[struct{}]()
	}
	return json.Marshal(root.value(t))
}

// node is a parameter, or what the names of several have in common.
type node struct {
	text     string
	children map[string]*node
}

func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	if n.children[name] == nil {
		n.children[name] = &node{}
	}
	return n.children[name]
}

var textual = []reflect.Type{reflect.TypeFor[cloud.Time](), reflect.TypeFor[json.RawMessage]()}

// value returns what JSON has for the node in the place of a t.
func (n *node) value(t reflect.Type) any {
	t = indirect(t)
	switch kind := t.Kind(); {
	case slices.Contains(textual, t) || kind == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return n.plain()
	case kind == reflect.Struct:
		return n.members(t)
	case kind == reflect.Slice && (n.text == "" || n.children != nil):
		return n.list(t.Elem())
	case kind == reflect.Map && (n.text == "" || n.children != nil):
		return n.entries(t.Elem())
	case n.children == nil:
		return scalar(n.text, kind)
	}
	return n.plain()
}

// plain is the node as it is written.
func (n *node) plain() any {
	if n.children == nil {
		return n.text
	}
	object := map[string]any{}
	for name, child := range n.children {
		object[name] = child.plain()
	}
	return object
}

func (n *node) empty() bool { return n.text == "" && n.children == nil }

func (n *node) members(t reflect.Type) any {
	if n.children == nil && n.text != "" {
		return n.text
	}
	known, named := map[string]member{}, map[string]member{}
	for _, m := range membersOf(t) {
		known[m.query], named[m.name] = m, m
	}
	object := map[string]any{}
	for name, child := range n.children {
		m, ok := known[name]
		if !ok && child.empty() { // an empty list goes by its member's own name
			m, ok = named[name]
		}
		if ok {
			object[m.name] = child.value(m.field.Type)
		} else {
			object[name] = child.plain()
		}
	}
	return object
}

func (n *node) list(t reflect.Type) []any {
	list := []any{}
	for _, child := range n.numbered("member") {
		list = append(list, child.value(t))
	}
	return list
}

func (n *node) entries(t reflect.Type) map[string]any {
	object := map[string]any{}
	for _, child := range n.numbered("entry") {
		key, value := child.either("key", "Key", "Name"), child.either("value", "Value")
		object[key.text] = value.value(t)
	}
	return object
}

// either returns the child that has one of the names, or an empty node.
func (n *node) either(names ...string) *node {
	for _, name := range names {
		if child := n.children[name]; child != nil {
			return child
		}
	}
	return &node{}
}

// numbered returns the children 1, 2, 3... of the node or of its child that
// wraps them.
func (n *node) numbered(wrapper string) []*node {
	if wrapped := n.children[wrapper]; wrapped != nil {
		n = wrapped
	}
	numbers := slices.SortedFunc(maps.Keys(n.children), func(a, b string) int {
		i, _ := strconv.Atoi(a)
		j, _ := strconv.Atoi(b)
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(a, b))
	})
	var children []*node
	for _, number := range numbers {
		children = append(children, n.children[number])
	}
	return children
}

// scalar returns a number or a boolean where the text is one and the input has
// one in its place; otherwise the text, which the operation then refuses.
func scalar(text string, kind reflect.Kind) any {
	switch kind {
	case reflect.Bool:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		var number json.Number
		if json.Unmarshal([]byte(text), &number) == nil && number.String() == text { // no blanks, no quotes
			return number
		}
	}
	return text
}

// encodeBase64 is how JSON and XML write bytes.
func encodeBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

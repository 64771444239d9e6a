package apigateway

// Routing: from a method and a path to the most specific resource that serves both.
// Literal segments go before {parameter}, which goes before {greedy+}. A resource that
// lacks the method leaves the request to the next one, as was recorded of greedy ones.

import (
	"fmt"
	"net/url"
	"strings"
)

// node is one path segment in the tree of a deployment.
type node struct {
	literals  map[string]*node
	parameter *node
	greedy    *node
	name      string             // of the parameter that this node stands for
	methods   map[string]*method // by HTTP method, or "ANY"
}

// route is what serves a request, with the values of its path parameters as they
// were sent: API Gateway does not decode them.
type route struct {
	method     *method
	parameters map[string]string
}

// insert adds a method to the tree below root.
func (root *node) insert(m *method) error {
	n := root
	for _, segment := range segments(m.resource.path) {
		next, err := n.child(segment)
		if err != nil {
			return fmt.Errorf("resource %s: %w", m.resource.path, err)
		}
		n = next
	}
	if n.methods == nil {
		n.methods = map[string]*method{}
	}
	if n.methods[m.httpMethod] != nil {
		return fmt.Errorf("resource %s has two methods %s", m.resource.path, m.httpMethod)
	}
	n.methods[m.httpMethod] = m
	return nil
}

func (n *node) child(segment string) (*node, error) {
	name, isParameter := strings.CutPrefix(segment, "{")
	if !isParameter {
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		if n.literals[segment] == nil {
			n.literals[segment] = &node{}
		}
		return n.literals[segment], nil
	}
	name = strings.TrimSuffix(name, "}")
	slot := &n.parameter
	if greedy, ok := strings.CutSuffix(name, "+"); ok {
		slot, name = &n.greedy, greedy
	}
	if *slot == nil {
		*slot = &node{name: name}
	}
	if (*slot).name != name {
		return nil, fmt.Errorf("a sibling path parameter {%s} exists already", (*slot).name)
	}
	return *slot, nil
}

// match finds what serves a path, which starts after the stage.
func (root *node) match(httpMethod, path string) (route, bool) {
	var values []string // name, value, name, value
	found := root.find(httpMethod, segments(path), &values)
	if found == nil {
		return route{}, false
	}
	r := route{method: found}
	if len(values) > 0 {
		r.parameters = make(map[string]string, len(values)/2)
	}
	for i := 0; i < len(values); i += 2 {
		r.parameters[values[i]] = values[i+1]
	}
	return r, true
}

func (n *node) find(httpMethod string, rest []string, values *[]string) *method {
	if len(rest) == 0 {
		return n.method(httpMethod)
	}
	if next := n.literals[decoded(rest[0])]; next != nil {
		if found := next.find(httpMethod, rest[1:], values); found != nil {
			return found
		}
	}
	before := len(*values)
	if n.parameter != nil {
		*values = append(*values, n.parameter.name, rest[0])
		if found := n.parameter.find(httpMethod, rest[1:], values); found != nil {
			return found
		}
		*values = (*values)[:before]
	}
	if n.greedy != nil {
		if found := n.greedy.method(httpMethod); found != nil {
			*values = append(*values, n.greedy.name, strings.Join(rest, "/"))
			return found
		}
	}
	return nil
}

// method returns what serves an HTTP method on a resource, or nil.
func (n *node) method(httpMethod string) *method {
	if m := n.methods[httpMethod]; m != nil {
		return m
	}
	return n.methods["ANY"]
}

func decoded(segment string) string {
	if !strings.Contains(segment, "%") {
		return segment
	}
	text, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return text
}

// segments splits a path; a slash at its end does not matter.
func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

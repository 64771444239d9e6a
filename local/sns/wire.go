package sns

// This file is the query protocol that the AWS SDKs and the CLI speak with
// SNS: a form goes in, XML comes out.

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const (
	namespace  = "http://sns.amazonaws.com/doc/2010-03-31/"
	maxRequest = 4 << 20 // a batch of 256 KiB, escaped, leaves room
)

// ServeAWS answers a request that has been authenticated.
func (s *SNS) ServeAWS(w http.ResponseWriter, r *http.Request, caller cloud.Caller) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	if err := r.ParseForm(); err != nil {
		writeError(w, cloud.Errorf(400, "MalformedQueryString", "read the request: %v", err))
		return
	}
	name := r.Form.Get("Action")
	input, err := json.Marshal(parseQuery(r.Form))
	if err != nil {
		writeError(w, err)
		return
	}
	if err := s.cloud.Interrupt(r.Context(), cloud.Call{Caller: caller, Service: "sns", Action: name, Input: input}); err != nil {
		writeError(w, err)
		return
	}
	output, err := s.Perform(r.Context(), caller, name, input)
	if err != nil {
		writeError(w, err)
		return
	}
	writeXML(w, 200, element{name + "Response", []element{
		{name + "Result", output},
		{"ResponseMetadata", []element{{"RequestId", cloud.UUID()}}},
	}})
}

// parseQuery builds the input from names such as
// MessageAttributes.entry.1.Value.DataType.
func parseQuery(form url.Values) any {
	root := map[string]any{}
	for name, values := range form {
		node := root
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			child, ok := node[part].(map[string]any)
			if !ok {
				child = map[string]any{}
				node[part] = child
			}
			node = child
		}
		node[parts[len(parts)-1]] = values[0]
	}
	return structured(root)
}

// structured turns the nodes called member into lists and those called entry
// into maps.
func structured(value any) any {
	node, ok := value.(map[string]any)
	if !ok {
		return value
	}
	if members, ok := node["member"].(map[string]any); ok {
		return numbered(members)
	}
	out := map[string]any{}
	if entries, ok := node["entry"].(map[string]any); ok {
		for _, entry := range numbered(entries) {
			if pair, ok := entry.(map[string]any); ok {
				out[fmt.Sprint(pair["Name"])] = pair["Value"]
			}
		}
		return out
	}
	for name, child := range node {
		out[name] = structured(child)
	}
	return out
}

// numbered lists the children 1, 2, 3...
func numbered(children map[string]any) []any {
	list := []any{}
	for i := 1; ; i++ {
		child, ok := children[strconv.Itoa(i)]
		if !ok {
			return list
		}
		list = append(list, structured(child))
	}
}

// element is an XML element. Its content is a string, a boolean, a list of
// elements, or an output of the service: a struct, whose fields are elements;
// a slice, of member elements; a map, of entry elements.
type element struct {
	name    string
	content any
}

func writeError(w http.ResponseWriter, err error) {
	e := cloud.AsError(err)
	code := e.Code
	switch code { // as SNS and its protocol call it
	case "AccessDeniedException":
		code = "AuthorizationError"
	case "SerializationException":
		code = "MalformedInput"
	case "UnknownOperationException":
		code = "InvalidAction"
	}
	kind := "Sender"
	if e.Status >= 500 {
		kind = "Receiver"
	}
	writeXML(w, e.Status, element{"ErrorResponse", []element{
		{"Error", []element{{"Type", kind}, {"Code", code}, {"Message", e.Message}}},
		{"RequestId", cloud.UUID()},
	}})
}

func writeXML(w http.ResponseWriter, status int, root element) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	encoder := xml.NewEncoder(w)
	attributes := []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}
	if write(encoder, root, attributes) == nil {
		encoder.Flush() // fails only when the client has gone away
	}
}

func write(encoder *xml.Encoder, e element, attributes []xml.Attr) error {
	start := xml.StartElement{Name: xml.Name{Local: e.name}, Attr: attributes}
	if err := encoder.EncodeToken(start); err != nil {
		return err
	}
	children, isParent := childrenOf(e.content)
	if !isParent {
		if err := encoder.EncodeToken(xml.CharData(fmt.Sprint(e.content))); err != nil {
			return err
		}
	}
	for _, child := range children {
		if err := write(encoder, child, nil); err != nil {
			return err
		}
	}
	return encoder.EncodeToken(start.End())
}

func childrenOf(content any) (children []element, isParent bool) {
	if list, ok := content.([]element); ok {
		return list, true
	}
	if m, ok := content.(map[string]string); ok {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			children = append(children, element{"entry", []element{{"key", key}, {"value", m[key]}}})
		}
		return children, true
	}
	switch v := reflect.ValueOf(content); v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			children = append(children, element{v.Type().Field(i).Name, v.Field(i).Interface()})
		}
		return children, true
	case reflect.Slice:
		for i := range v.Len() {
			children = append(children, element{"member", v.Index(i).Interface()})
		}
		return children, true
	}
	return nil, false
}

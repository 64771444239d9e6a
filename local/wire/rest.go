package wire

// This file is REST: the operation is in the method and the path of a request,
// and parts of its input are in the path, the query string and the headers.

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// REST is how a service speaks REST.
type REST struct {
	Style Style

	// Routes are the operations. Of several that match, the first is called.
	Routes []Route

	// Subresources are query parameters that make of a request another
	// operation: a route serves requests that have of them just those which
	// its pattern names.
	Subresources []string
}

// Style is what bodies look like.
type Style int

const (
	JSON Style = iota // as Lambda has them
	XML               // as CloudFront has them
	S3                // XML with errors and request ids of S3's own
)

// Route is an operation by method and path.
type Route struct {
	// Pattern is a method, a path and, optionally, query parameters:
	// "PUT /{Bucket}/{Key+}?uploadId&list-type=2". A label stands for one part
	// of the path, with + for all the rest, and is the input's member of its
	// name. A parameter without a value may have any.
	Pattern string

	// Whole tells that the route serves requests with whatever parameters, also
	// those which make another operation of another method's.
	Whole bool

	// Header must be present in a request. Default: none needs to be.
	Header string

	// Action is the operation that is called.
	Action string

	// Query are members of the input that are query parameters. One that is a
	// list is a parameter that comes again and again.
	Query []string

	// Others is the member of the input that has all query parameters which are
	// none of Query's, a map.
	Others string

	// Headers are members of the input, and AnswerHeaders of the output, that
	// are headers, by the header's name.
	Headers, AnswerHeaders map[string]string

	// Payload is the member that is the body as a whole: of the input, where it
	// is JSON, and of the output, if that has it. Default: the body is the
	// members that are nowhere else.
	Payload string

	// Text tells that the payload may be anything, and is a text in the input.
	Text bool

	// Status is the member of the output that is the HTTP status. Default: it
	// is Success.
	Status string

	// Success is the HTTP status of all answers. Default: 200.
	Success int

	// Serve answers in the place of the service's operation of that name, for
	// bodies that must be streamed. It fails before it has written anything.
	Serve func(*Exchange) error
}

// restXMLServices are those that speak REST with XML, whether the engine has
// them or not: a client must be able to read that it has not.
var restXMLServices = map[string]Style{"s3": S3, "s3express": S3, "s3-object-lambda": S3, "route53": XML, "cloudfront": XML}

type rest struct{ style Style }

func (p rest) begin(x *Exchange) {
	if p.style != S3 {
		x.Writer.Header().Set("x-amzn-RequestId", x.RequestID)
		return
	}
	x.RequestID = rand.Text()[:16]
	x.Writer.Header().Set("Server", "AmazonS3")
	x.Writer.Header().Set("x-amz-request-id", x.RequestID)
	x.Writer.Header().Set("x-amz-id-2", rand.Text()+rand.Text())
}

func (p rest) read(x *Exchange) (call, error) {
	if x.router == nil {
		return call{}, x.notServed()
	}
	route, labels, err := x.router.find(x.Request)
	if err != nil {
		return call{}, err
	}
	x.Labels = labels
	c := call{action: route.Action, route: route}
	if route.Serve == nil {
		c.input, err = x.restInput(route)
	}
	return c, err
}

// restInput gathers the input from the request's parts.
func (x *Exchange) restInput(route *Route) ([]byte, error) {
	form := url.Values{}
	for label, value := range x.Labels {
		form.Set(label, value)
	}
	shape := x.cloud.Input(x.service, route.Action)
	parameters := x.Request.URL.Query()
	for _, name := range route.Query {
		switch values := parameters[name]; {
		case isList(shape, name): // the elements by their numbers, as in other forms
			for i, value := range values {
				form.Set(name+"."+strconv.Itoa(i+1), value)
			}
		case len(values) > 0:
			form.Set(name, values[0])
		}
	}
	route.others(form, parameters)
	for header, name := range route.Headers {
		if value := x.Request.Header.Get(header); value != "" {
			form.Set(name, value)
		}
	}
	input, err := Form(form, shape)
	if err != nil {
		return nil, err
	}
	body, err := x.body()
	if err != nil || len(body) == 0 {
		return input, err
	}
	if route.Text {
		if body, err = json.Marshal(string(body)); err != nil {
			return nil, err
		}
	}
	if !json.Valid(body) || route.Payload == "" && bytes.TrimSpace(body)[0] != '{' {
		return nil, cloud.Errorf(http.StatusBadRequest, "SerializationException", "Could not parse request body into json: it is not valid JSON")
	}
	return withBody(input, route.Payload, body), nil
}

// others adds the query parameters that have no member of their own.
func (route *Route) others(form, parameters url.Values) {
	if route.Others == "" {
		return
	}
	for i, name := range slices.Sorted(maps.Keys(parameters)) {
		if !slices.Contains(route.Query, name) {
			entry := route.Others + ".entry." + strconv.Itoa(i+1)
			form.Set(entry+".key", name)
			form.Set(entry+".value", parameters.Get(name))
		}
	}
}

// withBody adds the body to an input as the member payload, or else its
// members. The text of what the client sent is kept.
func withBody(input []byte, payload string, body []byte) []byte {
	if payload == "" {
		body = bytes.Trim(body, " \t\r\n")
		body = body[1 : len(body)-1]
	} else {
		body = append([]byte(`"`+payload+`":`), body...)
	}
	joined := input[:len(input)-1]
	if len(joined) > 1 && len(bytes.TrimSpace(body)) > 0 {
		joined = append(joined, ',')
	}
	return append(append(joined, body...), '}')
}

func (p rest) write(x *Exchange, c call, output any) error {
	v := dereference(reflect.ValueOf(output))
	header, status := x.Writer.Header(), cmp.Or(c.route.Success, http.StatusOK)
	for name, member := range c.route.AnswerHeaders {
		if text, ok := textOf(memberNamed(v, member)); ok && text != "" {
			header.Set(name, text)
		}
	}
	if c.route.Status != "" {
		status = int(memberNamed(v, c.route.Status).Int())
	}
	if c.route.Payload != "" && hasMember(v, c.route.Payload) {
		x.answer(status, cmp.Or(header.Get("Content-Type"), "application/json"), memberNamed(v, c.route.Payload).Bytes())
		return nil
	}
	body, err := encodeJSON(c.action, output)
	if err != nil {
		return err
	}
	x.answer(status, "application/json", body)
	return nil
}

// isList tells whether a member of an input is a list.
func isList(input reflect.Type, name string) bool {
	if input == nil || indirect(input).Kind() != reflect.Struct {
		return false
	}
	return slices.ContainsFunc(membersOf(indirect(input)), func(m member) bool {
		return m.query == name && indirect(m.field.Type).Kind() == reflect.Slice
	})
}

func hasMember(v reflect.Value, name string) bool {
	return v.Kind() == reflect.Struct && slices.ContainsFunc(membersOf(v.Type()), func(m member) bool { return m.name == name })
}

func memberNamed(v reflect.Value, name string) reflect.Value {
	for _, m := range membersOf(v.Type()) {
		if m.name == name {
			return v.FieldByIndex(m.field.Index)
		}
	}
	panic("wire: " + v.Type().String() + " has no member " + name)
}

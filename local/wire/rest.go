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
	"strings"

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
	JSON      Style = iota // as Lambda has them
	XML                    // as CloudFront has them
	S3                     // XML with errors and request ids of S3's own
	S3Control              // S3's, with errors in an envelope
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
	// none of Query's, a map. Default: there are none; one is refused by its name.
	Others string

	// Renamed are members of the input, by the names that they have in the query
	// string or the body, where these are others.
	Renamed map[string]string

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
var restXMLServices = map[string]Style{"s3": S3, "s3express": S3, "s3-object-lambda": S3, s3Control: S3Control, "route53": XML, "cloudfront": XML}

type rest struct{ style Style }

func (p rest) begin(x *Exchange) {
	if p.style != S3 && p.style != S3Control {
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
		switch values, member := parameters[name], cmp.Or(route.Renamed[name], name); {
		case isList(shape, member): // the elements by their numbers, as in other forms
			for i, value := range values {
				form.Set(member+"."+strconv.Itoa(i+1), value)
			}
		case len(values) > 0:
			form.Set(member, values[0])
		}
	}
	if err := route.others(form, parameters); err != nil {
		return nil, err
	}
	if err := route.checkHeaders(x.Request.Header); err != nil {
		return nil, err
	}
	for header, name := range route.Headers {
		if value := x.Request.Header.Get(header); value != "" {
			form.Set(name, value)
		}
	}
	input, err := Form(form, shape)
	if err != nil {
		return nil, err
	}
	body, err := x.body(route.Action)
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
	if route.Payload == "" && len(route.Renamed) > 0 {
		if body, err = renamed(body, route.Renamed); err != nil {
			return nil, err
		}
	}
	return withBody(input, route.Payload, body), nil
}

// others adds the query parameters that have no member of their own, or refuses
// them where none has: the service would have acted upon them.
func (route *Route) others(form, parameters url.Values) error {
	for i, name := range slices.Sorted(maps.Keys(parameters)) {
		switch {
		case slices.Contains(route.Query, name), route.picked(name), slices.Contains(signing, strings.ToLower(name)):
		case route.Others != "":
			entry := route.Others + ".entry." + strconv.Itoa(i+1)
			form.Set(entry+".key", name)
			form.Set(entry+".value", parameters.Get(name))
		default:
			return cloud.NotHonoured(route.Action, name)
		}
	}
	return nil
}

// picked tells whether the route was chosen by a query parameter.
func (route *Route) picked(name string) bool {
	_, query, _ := strings.Cut(route.Pattern, "?")
	return slices.ContainsFunc(parametersOf(query), func(p wanted) bool { return p.name == name })
}

// signing are the query parameters of signed addresses.
var signing = []string{
	"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
}

// transport are the headers of AWS's that any request may have, besides those
// that an operation has: of signatures, and of what traces requests.
var transport = []string{
	"x-amz-api-version", "x-amz-content-sha256", "x-amz-date", "x-amz-region-set", "x-amz-security-token", "x-amz-target", "x-amz-user-agent",
	"x-amzn-trace-id",
}

// checkHeaders refuses a header of AWS's that the operation does not honour.
func (route *Route) checkHeaders(headers http.Header) error {
	for name := range headers {
		lower := strings.ToLower(name)
		amazon := strings.HasPrefix(lower, "x-amz-") || strings.HasPrefix(lower, "x-amzn-")
		if amazon && !slices.Contains(transport, lower) && !route.takes(name) {
			return cloud.NotHonoured(route.Action, name)
		}
	}
	return nil
}

func (route *Route) takes(header string) bool {
	for name := range route.Headers {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// renamed gives members of an object other names.
func renamed(object []byte, names map[string]string) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	changed := make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		changed[cmp.Or(names[name], name)] = value
	}
	return json.Marshal(changed)
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

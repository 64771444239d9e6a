package wire

// This file is the query protocol and EC2's dialect of it: a form goes in, and
// XML comes out.

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const formType = "application/x-www-form-urlencoded"

// Query is how a service speaks the query protocol.
type Query struct {
	// Namespace is the XML namespace of the answers. Required.
	Namespace string

	// Path is the member of an input that is the address of the request, where
	// the form does not have it. Default: addresses mean nothing.
	Path string

	// Anywhere are the actions without such a member that are good at such an
	// address all the same; others are not valid there.
	Anywhere []string

	// Detail tells whether errors have an element Detail, which is empty.
	Detail bool
}

type query struct{ ec2 bool }

func (query) begin(x *Exchange) { x.Writer.Header().Set("x-amzn-RequestId", x.RequestID) }

func (query) read(x *Exchange) (call, error) {
	if x.speaks.Query == nil {
		return call{}, x.notServed()
	}
	body, err := x.body(x.Request.URL.Query().Get("Action"))
	if err != nil {
		return call{}, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return call{}, cloud.Errorf(http.StatusBadRequest, "MalformedQueryString", "read the request: %v", err)
	}
	for name, values := range x.Request.URL.Query() {
		if !form.Has(name) {
			form[name] = values
		}
	}
	action := form.Get("Action")
	if err := x.checkAction(action); err != nil {
		return call{}, err
	}
	form.Del("Action")
	form.Del("Version")
	shape := x.cloud.Input(x.service, action)
	if member := x.speaks.Query.Path; member != "" && x.Request.URL.Path != "/" && !form.Has(member) {
		switch {
		case has(shape, member):
			form.Set(member, x.Request.URL.Path)
		case !slices.Contains(x.speaks.Query.Anywhere, action):
			return call{}, notValidHere(action)
		}
	}
	for name := range form {
		if strings.HasPrefix(name, "X-Amz-") { // of a signature
			form.Del(name)
		}
	}
	input, err := Form(form, shape)
	return call{action: action, input: input}, err
}

// has tells whether an input of type t has a member.
func has(t reflect.Type, name string) bool {
	return t != nil && indirect(t).Kind() == reflect.Struct && slices.ContainsFunc(membersOf(indirect(t)), func(m member) bool { return m.name == name })
}

// noAction is the answer to a request that names no action.
var noAction = cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the request names no action")

func notValidHere(action string) error {
	return cloud.Errorf(http.StatusBadRequest, "InvalidAction", "The action %s is not valid for this endpoint.", action)
}

func (x *Exchange) checkAction(action string) error {
	switch {
	case x.cloud.Supports(x.service, action):
		return nil
	case x.speaks.Query.Path == "":
		return x.unknownAction("InvalidAction", action)
	case action == "":
		return noAction
	}
	return notValidHere(action)
}

func (p query) write(x *Exchange, c call, output any) error {
	if p.ec2 {
		return x.writeXML(http.StatusOK, x.speaks.Query.Namespace, element{c.action + "Response", []element{
			{"requestId", x.RequestID}, {"", output},
		}}, "item")
	}
	return x.writeXML(http.StatusOK, x.speaks.Query.Namespace, element{c.action + "Response", []element{
		{c.action + "Result", output},
		{"ResponseMetadata", []element{{"RequestId", x.RequestID}}},
	}}, "member")
}

// queryCodes are the protocol's names of the engine's own errors.
var queryCodes = map[string]string{
	"AccessDeniedException":  "AccessDenied",
	"SerializationException": "MalformedInput",
	"ThrottlingException":    "Throttling",
}

// queryError is an error of the query protocol, and of REST with XML.
type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message,omitempty"`
	Detail    *string  `xml:"Error>Detail"`
	RequestID string   `xml:"RequestId"`
}

// ec2Error is the shape that EC2 has to itself.
type ec2Error struct {
	XMLName   xml.Name `xml:"Response"`
	Code      string   `xml:"Errors>Error>Code"`
	Message   string   `xml:"Errors>Error>Message"`
	RequestID string
}

func (p query) fail(x *Exchange, e *cloud.Error) {
	if e == noAction {
		x.document(e.Status, struct {
			XMLName xml.Name `xml:"UnknownOperationException"`
		}{})
		return
	}
	code := e.Code
	if e.QueryCode != "" {
		code = e.QueryCode
	} else if defined, ok := queryCodes[code]; ok {
		code = defined
	}
	if p.ec2 {
		x.document(e.Status, ec2Error{Code: code, Message: e.Message, RequestID: x.RequestID})
		return
	}
	answer := queryError{Type: e.Fault(), Code: code, Message: cmp.Or(e.QueryMessage, e.Message), RequestID: x.RequestID}
	if q := x.speaks.Query; q != nil {
		answer.Namespace = q.Namespace
		if q.Detail {
			answer.Detail = new(string)
		}
	}
	x.document(e.Status, answer)
}

// This file makes requests out of the parameters of tasks.

package httpcall

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// An Invalid call is one that cannot be made.
type Invalid string

func (i Invalid) Error() string { return string(i) }

func invalid(format string, args ...any) error { return Invalid(fmt.Sprintf(format, args...)) }

// methods are those that a task may use.
var methods = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}

// A call is what a task's parameters ask for.
type call struct {
	endpoint   *url.URL
	method     string
	connection string // ARN
	headers    map[string][]string
	query      pairs
	rawQuery   string // a query that was given as text
	body       any
	hasBody    bool
	form       bool
	arrays     string // how a form has them
}

// Check tells what is wrong with a task's parameters, as far as that shows before
// the call.
func Check(parameters *jsonvalue.Object) error {
	_, err := parse(parameters)
	return err
}

func parse(parameters *jsonvalue.Object) (*call, error) {
	c := &call{headers: map[string][]string{}, arrays: indices}
	for name, value := range parameters.All() {
		if err := c.take(name, value); err != nil {
			return nil, err
		}
	}
	switch {
	case c.endpoint == nil:
		return nil, invalid("The field 'ApiEndpoint' is required but was missing")
	case c.method == "":
		return nil, invalid("The field 'Method' is required but was missing")
	case c.connection == "":
		return nil, invalid("The field 'ConnectionArn' is required but was missing")
	}
	return c, nil
}

// take takes in one parameter.
func (c *call) take(name string, value any) error {
	text, isText := value.(string)
	object, isObject := value.(*jsonvalue.Object)
	wrong := invalid("The value for the field '%s' has an invalid format", name)
	var err error
	switch name {
	case "ApiEndpoint":
		if !isText {
			return wrong
		}
		c.endpoint, err = address(text, "")
	case "Method":
		if !slices.Contains(methods, text) {
			return invalid("The value for the field 'Method' must be one of [%s]", strings.Join(methods, ", "))
		}
		c.method = text
	case "Authentication", "InvocationConfig":
		arn, _ := object.Get("ConnectionArn")
		if c.connection, isText = arn.(string); !isText {
			return invalid("The value for the field 'ConnectionArn' must be a STRING")
		}
	case "Headers":
		if !isObject {
			return wrong
		}
		err = c.takeHeaders(object)
	case "QueryParameters":
		switch {
		case isText:
			c.rawQuery = text
		case isObject:
			for key, value := range object.All() {
				c.query.put(key, value, repeat)
			}
		default:
			return wrong
		}
	case "RequestBody":
		c.body, c.hasBody = value, true
	case "Transform":
		if !isObject {
			return wrong
		}
		err = c.takeTransform(object)
	default:
		err = invalid("The field '%s' is not supported by Step Functions", name)
	}
	return err
}

func (c *call) takeHeaders(headers *jsonvalue.Object) error {
	var private []string
	for name, value := range headers.All() {
		if isPrivate(name) {
			private = append(private, name)
		}
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		for _, v := range values {
			c.headers[name] = append(c.headers[name], plain(v))
		}
	}
	if len(private) > 0 {
		return invalid("The 'Headers' field contains unsupported values: [%s]", strings.Join(private, ", "))
	}
	return nil
}

// isPrivate tells whether a header is one that tasks may not set.
// https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
func isPrivate(header string) bool {
	header = strings.ToLower(header)
	for _, prefix := range []string{"x-forwarded-", "x-amz-", "x-amzn-"} {
		if strings.HasPrefix(header, prefix) {
			return true
		}
	}
	const private = " a-im accept-charset accept-datetime accept-encoding authorization cache-control connection content-encoding content-md5 date expect" +
		" forwarded from host http2-settings if-match if-modified-since if-none-match if-range if-unmodified-since max-forwards origin pragma" +
		" proxy-authorization referer server te trailer transfer-encoding upgrade via warning "
	return strings.Contains(private, " "+header+" ")
}

func (c *call) takeTransform(transform *jsonvalue.Object) error {
	switch encoding, given := transform.Get("RequestBodyEncoding"); {
	case encoding == "URL_ENCODED":
		c.form = true
	case given && encoding != "NONE":
		return invalid("The value for the field 'RequestBodyEncoding' must be one of [NONE, URL_ENCODED]")
	}
	value, _ := transform.Get("RequestEncodingOptions")
	options, _ := value.(*jsonvalue.Object)
	format, given := options.Get("ArrayFormat")
	if !given {
		return nil
	}
	c.arrays, _ = format.(string)
	if !slices.Contains([]string{indices, repeat, commas, brackets}, c.arrays) {
		return invalid("The value for the field 'ArrayFormat' must be one of [INDICES, REPEAT, COMMAS, BRACKETS]")
	}
	return nil
}

// CheckEndpoint tells what is wrong with an address that is to be called.
func CheckEndpoint(endpoint string) error {
	_, err := address(endpoint, "")
	return err
}

// address is an endpoint with a query added. AWS calls HTTPS only; here an
// endpoint on this machine may speak HTTP, and is still written so by whoever
// wrote http:// into it: no other address is called without TLS.
func address(endpoint, query string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, invalid("The value '%s' is not a valid HTTPS URL", endpoint)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Hostname())) {
		return nil, invalid("The value '%s' is not a valid HTTPS URL", endpoint)
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = query
	case query != "":
		u.RawQuery += "&" + query
	}
	return u, nil
}

// IsLoopback tells whether a host is this machine.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Hostname is the name in a request's Host, which may have a port.
func Hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// request is the request of a call. A parameter of the connection takes the place
// of one of the task with the very same name.
func (c *call) request(ctx context.Context, by sender, credentials *Credentials, token string) (*http.Request, error) {
	added := credentials.added()
	body, err := c.text(added.Body)
	if err != nil {
		return nil, err
	}
	query := slices.Clone(c.query)
	for _, p := range added.Query {
		query.set(p.Key, p.Value)
	}
	encoded := query.String()
	if c.rawQuery != "" {
		encoded = strings.TrimSuffix(c.rawQuery+"&"+encoded, "&")
	}
	target, err := address(c.endpoint.String(), encoded)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, c.method, target.String(), strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	typed := false
	for name, values := range c.headers {
		r.Header[name] = values
	}
	for _, p := range added.Header {
		r.Header[p.Key] = []string{p.Value}
	}
	for name := range r.Header {
		typed = typed || strings.EqualFold(name, "Content-Type")
		if strings.EqualFold(name, "User-Agent") || strings.EqualFold(name, "Range") {
			delete(r.Header, name)
		}
	}
	if !typed {
		r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	}
	r.Header.Set("User-Agent", by.agent)
	r.Header.Set("Range", fmt.Sprintf("bytes=0-%d", by.most))
	credentials.authorize(r, token)
	return r, nil
}

// text is the body as it is sent, with what the connection adds to it.
func (c *call) text(added []Parameter) (string, error) {
	body := c.body
	if len(added) > 0 {
		object, isObject := body.(*jsonvalue.Object)
		if c.hasBody && !isObject {
			return "", invalid("Cannot merge connection body authorization parameters with request body.")
		}
		object = object.Clone()
		for _, p := range added {
			object.Set(p.Key, p.Value)
		}
		body = object
	} else if !c.hasBody {
		return "", nil
	}
	if text, isText := body.(string); isText {
		return text, nil
	}
	object, isObject := body.(*jsonvalue.Object)
	if !c.form || !isObject {
		return jsonvalue.Encode(body)
	}
	var form pairs
	for key, value := range object.All() {
		form.put(key, value, c.arrays)
	}
	return form.String(), nil
}

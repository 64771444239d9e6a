package apigateway

// Parameter mappings: "integration.request.header.X": "method.request.path.y".

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
	"github.com/tradepost-dev/tradepost/local/vtl"
)

// mapping fills one parameter of a request to a back end or of an answer.
type mapping struct {
	location string // "header", "querystring" or "path"
	name     string
	source   source
}

// source is where a mapped value comes from.
type source struct {
	kind string      // "static", "context", "stageVariables", "method.request.header", "integration.response.body", ...
	name string      // of the parameter or variable, or the static text
	path *query.Path // into the body; nil: all of it
}

// sources tells which kinds of values a mapping may use.
type sources int

const (
	requestSources  sources = iota // the client's request
	responseSources                // the back end's answer
	gatewaySources                 // the client's request, except its body
)

func (s sources) allow(kind string) bool {
	of, part, _ := cutLast(kind, ".")
	switch part {
	case "header", "multivalueheader":
	case "path", "querystring", "multivaluequerystring":
		if s == responseSources {
			return false
		}
	case "body":
		if s == gatewaySources {
			return false
		}
	default:
		return false
	}
	if s == responseSources {
		return of == "integration.response"
	}
	return of == "method.request"
}

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// parseMappings parses targets that all start with prefix, such as
// "integration.request".
func parseMappings(parameters map[string]string, prefix string, from sources) ([]mapping, error) {
	var mappings []mapping
	for _, target := range slices.Sorted(maps.Keys(parameters)) {
		rest, ok := strings.CutPrefix(target, prefix+".")
		location, name, found := strings.Cut(rest, ".")
		legal := location == "header" || prefix == "integration.request" && (location == "path" || location == "querystring")
		if !ok || !found || name == "" || !legal {
			return nil, notMapping(target)
		}
		s, err := parseSource(parameters[target], from)
		if err != nil {
			return nil, err
		}
		mappings = append(mappings, mapping{location, name, s})
	}
	return mappings, nil
}

// mappingError is what is wrong with a mapping, in AWS's words.
type mappingError string

func (e mappingError) Error() string { return string(e) }

// notMapping is the error of what maps nothing, and undeclaredParameter that of a
// parameter that the method does not declare, be it one of its path.
func notMapping(expression string) error {
	return mappingError("Invalid mapping expression specified: " + expression)
}

func undeclaredParameter(name string) error {
	return mappingError("Invalid mapping expression parameter specified: " + name)
}

// invalidMapping refuses the mappings of an integration.
func invalidMapping(err error) error {
	return badRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [%v]", err)
}

func parseSource(expression string, from sources) (source, error) {
	if n := len(expression); n >= 2 && expression[0] == '\'' && expression[n-1] == '\'' {
		return source{kind: "static", name: expression[1 : n-1]}, nil
	}
	for _, kind := range []string{"context", "stageVariables"} {
		if name, ok := strings.CutPrefix(expression, kind+"."); ok && name != "" {
			return source{kind: kind, name: name}, nil
		}
	}
	parts := strings.SplitN(expression, ".", 4)
	if len(parts) < 3 {
		return source{}, notMapping(expression)
	}
	s := source{kind: strings.Join(parts[:3], ".")}
	if len(parts) == 4 {
		s.name = parts[3]
	}
	isBody := parts[2] == "body"
	if !from.allow(s.kind) || s.name == "" && !isBody {
		return source{}, notMapping(expression)
	}
	if isBody && s.name != "" {
		path, err := query.ParsePath("$." + s.name)
		if err != nil {
			return source{}, notMapping(expression)
		}
		s.path = path
	}
	return s, nil
}

// values returns what the source yields for a request and, in responses, for
// the back end's answer. Nothing is the source of no parameter.
func (s source) values(x *exchange, answer *backendResponse) []string {
	switch s.kind {
	case "static":
		return []string{s.name}
	case "context":
		return one(variable(x.context(), s.name))
	case "stageVariables":
		return one(x.stage.variables[s.name])
	case "method.request.path":
		return one(x.route.parameters[s.name])
	case "method.request.querystring":
		return one(x.queryValues()[s.name])
	case "method.request.multivaluequerystring":
		return x.request.query[s.name]
	case "method.request.header":
		return one(x.headerValues()[http.CanonicalHeaderKey(s.name)])
	case "method.request.multivalueheader":
		return one(strings.Join(x.request.header.Values(s.name), ","))
	case "method.request.body":
		return one(s.fromBody(x.request.body))
	case "integration.response.header":
		return one(lastValues(answer.header)[http.CanonicalHeaderKey(s.name)])
	case "integration.response.multivalueheader":
		return answer.header.Values(s.name)
	case "integration.response.body":
		return one(s.fromBody(answer.body))
	default:
		return nil
	}
}

func one(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func (s source) fromBody(body []byte) string {
	if s.path == nil {
		return string(body)
	}
	document, err := jsonvalue.Decode(body)
	if err != nil {
		return ""
	}
	value, found, err := s.path.Get(query.Scope{Document: document})
	if err != nil || !found {
		return ""
	}
	return plain(value)
}

// plain returns a string as it is and everything else as JSON.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	text, err := jsonvalue.Encode(jsonvalue.Of(value))
	if err != nil {
		return ""
	}
	return text
}

// variable looks up "identity.sourceIp".
func variable(variables map[string]any, name string) string {
	var value any = variables
	for part := range strings.SplitSeq(name, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = object[part]
	}
	return plain(value)
}

// parseTemplates parses the mapping templates of each content type.
func parseTemplates(texts map[string]string) (map[string]*vtl.Template, error) {
	templates := make(map[string]*vtl.Template, len(texts))
	for _, contentType := range slices.Sorted(maps.Keys(texts)) {
		if kind, subtype, _ := strings.Cut(contentType, "/"); contentType != "$default" && (kind == "" || subtype == "") {
			return nil, badRequest("Validation Result: warnings : [], errors : [Invalid content type specified: %s]", contentType)
		}
		template, err := vtl.Parse(texts[contentType])
		if err != nil {
			return nil, fmt.Errorf("template for %s: %w", contentType, err)
		}
		templates[mediaType(contentType)] = template
	}
	return templates, nil
}

// mediaType drops the parameters of a content type. A request without one
// counts as JSON.
func mediaType(contentType string) string {
	if contentType == "" {
		return "application/json"
	}
	parsed, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return strings.ToLower(strings.TrimSpace(contentType))
	}
	return parsed
}

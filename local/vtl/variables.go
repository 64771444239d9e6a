// API Gateway's variables: $input, $util, $context, $stageVariables.

package vtl

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"unicode/utf16"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query"
)

var knownRoots = map[string]bool{"input": true, "util": true, "context": true, "stageVariables": true}

// contextMembers are the documented members of $context. true: whatever is below them is known too.
var contextMembers = func() map[string]bool {
	members := map[string]bool{"authorizer": true, "requestOverride": true, "responseOverride": true}
	for _, name := range strings.Fields(`accountId apiId awsEndpointRequestId customDomain.basePathMatched
		customDomain.routingRuleIdMatched deploymentId domainName domainPrefix error.message error.messageString
		error.responseType error.validationErrorString extendedRequestId httpMethod identity identity.accessKey identity.accountId
		identity.apiKey identity.apiKeyId identity.caller identity.clientCert.clientCertPem
		identity.clientCert.issuerDN identity.clientCert.serialNumber identity.clientCert.subjectDN
		identity.clientCert.validity.notAfter identity.clientCert.validity.notBefore
		identity.cognitoAuthenticationProvider identity.cognitoAuthenticationType identity.cognitoIdentityId
		identity.cognitoIdentityPoolId identity.principalOrgId identity.sourceIp identity.user identity.userAgent
		identity.userArn identity.vpcId identity.vpceId isCanaryRequest path protocol requestId requestTime
		requestTimeEpoch resourceId resourcePath responseLatency responseLength stage status tlsVersion cipherSuite
		waf.error waf.latency waf.status wafResponseCode webaclArn`) {
		members[name] = false
	}
	return members
}()

// bind finds out what a reference to a known variable starts with, and refuses what API Gateway does not have.
func (r *reference) bind() error {
	if r.name == "stageVariables" {
		r.start = stageVariables{}
		return nil
	}
	if len(r.steps) == 0 {
		if r.name == "context" {
			r.start = contextStart{}
			return nil
		}
		return fmt.Errorf("$%s stands for nothing without one of its members", r.name)
	}
	first := r.steps[0]
	switch r.name {
	case "context":
		r.start = contextStart{}
		return r.checkContext()
	case "input":
		if err := r.bindInput(first); err != nil {
			return err
		}
	case "util":
		f, known := utilities[first.name]
		if !known || !first.method || len(first.args) != 1 {
			return fmt.Errorf("$util has no method %s(%s)", first.name, strings.Repeat("?", len(first.args)))
		}
		r.start = utility{first.args[0], f}
	}
	r.steps = r.steps[1:]
	return nil
}

func (r *reference) checkContext() error {
	path := ""
	for _, s := range r.steps {
		if s.method || s.index != nil {
			break
		}
		path = strings.TrimPrefix(path+"."+s.name, ".")
		if contextMembers[path] {
			return nil
		}
	}
	if _, known := contextMembers[path]; known || path == "" {
		return nil
	}
	for member := range contextMembers {
		if strings.HasPrefix(member, path+".") {
			return nil
		}
	}
	return fmt.Errorf("$context has no member %s", path)
}

func (r *reference) bindInput(first access) error {
	path := func() (pathArgument, error) {
		literal, ok := first.args[0].(constant)
		if !ok {
			return pathArgument{dynamic: first.args[0]}, nil
		}
		parsed, err := query.ParsePath(print(literal.value))
		return pathArgument{fixed: parsed}, err
	}
	switch {
	case first.name == "body" && !first.method:
		r.start = inputBody{}
		return nil
	case first.name == "params" && first.method && len(first.args) < 2:
		r.start = inputParams{first.args}
		return nil
	case first.name == "json" && first.method && len(first.args) == 1:
		argument, err := path()
		r.start = inputJSON{argument}
		return err
	case first.name == "path" && first.method && len(first.args) == 1:
		argument, err := path()
		r.start = inputPath{argument}
		return err
	default:
		return fmt.Errorf("$input has no member %s with %d arguments", first.name, len(first.args))
	}
}

// isOverride says whether a reference leads to a member of an override, which may be assigned. What API Gateway
// does not know there has no effect, but for the templates that ask for it.
func isOverride(r *reference) bool {
	if len(r.steps) < 2 {
		return false
	}
	name := r.steps[0].name
	if literal, ok := r.steps[0].index.(constant); ok {
		name = print(literal.value)
	}
	return name == "requestOverride" || name == "responseOverride"
}

// contextStart is $context.
type contextStart struct{}

func (contextStart) eval(s *state) (any, error) {
	if s.context == nil {
		members := map[string]any{"requestOverride": nil, "responseOverride": nil}
		maps.Copy(members, s.data.Context)
		s.context = contextMap(members)
		s.context.put("requestOverride", s.data.Overrides.request)
		s.context.put("responseOverride", s.data.Overrides.response)
	}
	return s.context, nil
}

type stageVariables struct{}

func (stageVariables) eval(s *state) (any, error) { return fromJSON(s.data.StageVariables), nil }

type inputBody struct{}

// eval of no body is an empty object.
func (inputBody) eval(s *state) (any, error) {
	if len(s.data.Body) == 0 {
		return "{}", nil
	}
	return string(s.data.Body), nil
}

// pathArgument is the path of $input.json and $input.path: mostly a literal.
type pathArgument struct {
	fixed   *query.Path
	dynamic expression
}

func (a pathArgument) path(s *state) (*query.Path, error) {
	if a.fixed != nil {
		return a.fixed, nil
	}
	value, err := a.dynamic.eval(s)
	if err != nil {
		return nil, err
	}
	text, err := s.text(value)
	if err != nil {
		return nil, err
	}
	return query.ParsePath(text)
}

// inputPath is $input.path: the value at a path, or nothing.
type inputPath struct{ argument pathArgument }

func (e inputPath) eval(s *state) (any, error) {
	path, err := e.argument.path(s)
	if err != nil {
		return nil, err
	}
	value, _, err := s.find(path)
	return fromJSON(value), err
}

// inputJSON is $input.json: the JSON text of the value at a path, or of "".
type inputJSON struct{ argument pathArgument }

func (e inputJSON) eval(s *state) (any, error) {
	path, err := e.argument.path(s)
	if err != nil {
		return nil, err
	}
	if path.String() == "$" && len(s.data.Body) > 0 { // keeps the order of the members
		var b bytes.Buffer
		if err := json.Compact(&b, s.data.Body); err != nil {
			return nil, &BodyError{err}
		}
		return b.String(), nil
	}
	value, found, err := s.find(path)
	if err != nil {
		return nil, err
	}
	if !found {
		return `""`, nil
	}
	return jsonvalue.Text(value), nil
}

// inputParams is $input.params: all parameters by their place, or the one of a name.
type inputParams struct{ args []expression }

func (e inputParams) eval(s *state) (any, error) {
	p := s.data.Params
	if len(e.args) == 0 {
		all := newMapping()
		all.put("path", fromJSON(p.Path))
		all.put("querystring", fromJSON(p.Query))
		all.put("header", fromJSON(p.Header))
		return all, nil
	}
	argument, err := e.args[0].eval(s)
	if err != nil {
		return nil, err
	}
	name, err := s.text(argument)
	if err != nil {
		return nil, err
	}
	for _, params := range []map[string]string{p.Path, p.Query, p.Header} {
		if value, ok := params[name]; ok {
			return value, nil
		}
	}
	for header, value := range p.Header {
		if strings.EqualFold(header, name) {
			return value, nil
		}
	}
	return "", nil
}

// utility is a method of $util. Of nothing it makes nothing.
type utility struct {
	argument expression
	apply    func(text string) (any, error)
}

func (e utility) eval(s *state) (any, error) {
	value, err := e.argument.eval(s)
	if err != nil || value == nil {
		return nil, err
	}
	text, err := s.text(value)
	if err != nil {
		return nil, err
	}
	if err := s.spend(documentWork * len(text)); err != nil {
		return nil, err
	}
	result, err := e.apply(text)
	if made, ok := result.(string); ok && err == nil {
		_, err = s.weigh(made)
	}
	return result, err
}

var utilities = map[string]func(text string) (any, error){
	"escapeJavaScript": func(text string) (any, error) { return escapeJavaScript(text), nil },
	"parseJson":        parseJSON,
	"urlEncode":        func(text string) (any, error) { return urlEncoder.Replace(url.QueryEscape(text)), nil },
	"urlDecode":        func(text string) (any, error) { return url.QueryUnescape(text) },
	"base64Encode":     func(text string) (any, error) { return base64.StdEncoding.EncodeToString([]byte(text)), nil },
	"base64Decode":     base64Decode,
}

// urlEncoder turns Go's form encoding into Java's.
var urlEncoder = strings.NewReplacer("%2A", "*", "~", "%7E")

func base64Decode(text string) (any, error) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return string(decoded), err
}

func parseJSON(text string) (any, error) {
	value, err := jsonvalue.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("$util.parseJson: %w", err)
	}
	return fromJSON(value), nil
}

// escapeJavaScript escapes as Apache Commons Lang does: quotes of both kinds, slashes, control characters
// and all that is not ASCII. (A template that wants JSON has to undo the \' itself, as AWS documents.)
func escapeJavaScript(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strings.ContainsRune(`'"\/`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= '\b' && r <= '\r' && r != '\v':
			b.WriteByte('\\')
			b.WriteByte("btn?fr"[r-'\b'])
		case r < ' ' || r > 0x7f:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\u%04X`, unit)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

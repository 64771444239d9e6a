// Intrinsic functions: their calls, parsed. What they do is in intrinsic_functions.go.

package query

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// maxNesting is how deep AWS lets intrinsic functions be nested in one field.
const maxNesting = 10

// intrinsicCall is a call of an intrinsic function.
type intrinsicCall struct {
	text  string // as written
	args  []source
	apply func(args []any) (any, error)
}

// formatText is a string literal as it stands, for States.Format, which must tell \{ from {.
type formatText string

// parseIntrinsic compiles "States.Name(arguments)".
func parseIntrinsic(text string) (source, error) {
	p := &intrinsicParser{text: text}
	call, err := p.call(1)
	if err == nil && p.skip() != 0 {
		err = fmt.Errorf("%q follows the call", p.text[p.at:])
	}
	if err != nil {
		return nil, fmt.Errorf("invalid intrinsic function '%s': %w", text, err)
	}
	return call, nil
}

func (c *intrinsicCall) get(scope Scope) (any, error) {
	args := make([]any, len(c.args))
	for i, arg := range c.args {
		value, err := arg.get(scope)
		if err != nil {
			var inner *IntrinsicError
			if errors.As(err, &inner) {
				return nil, err
			}
			return nil, &IntrinsicError{c.text, err}
		}
		args[i] = value
	}
	value, err := c.apply(args)
	if err != nil {
		return nil, &IntrinsicError{c.text, err}
	}
	return value, nil
}

// argumentPath is a path as an argument.
type argumentPath struct{ path *Path }

func (a argumentPath) get(scope Scope) (any, error) {
	value, found, err := a.path.Get(scope)
	if err == nil && !found {
		err = &PathError{a.path.source, fmt.Sprintf("The JsonPath argument for the field '%s' %s", a.path, a.path.missing(scope))}
	}
	return value, err
}

type intrinsicParser struct {
	text string
	at   int
}

// skip passes white space and returns the byte that follows; 0 at the end.
func (p *intrinsicParser) skip() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *intrinsicParser) call(depth int) (source, error) {
	start := p.at
	paren := strings.IndexByte(p.text[p.at:], '(')
	if paren < 0 {
		return nil, errors.New("it has no arguments in parentheses")
	}
	name := strings.TrimSpace(p.text[p.at : p.at+paren])
	function, ok := intrinsics[name]
	if !ok {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("more than %d functions are nested", maxNesting)
	}
	p.at += paren + 1
	args, err := p.arguments(depth)
	if err != nil {
		return nil, err
	}
	if len(args) < function.min || function.max >= 0 && len(args) > function.max {
		return nil, fmt.Errorf("%s takes %s, not %d", name, function.arity(), len(args))
	}
	if name != "States.Format" {
		for i, arg := range args {
			if literal, ok := arg.(literalSource); ok {
				if raw, ok := literal.value.(formatText); ok {
					args[i] = literalSource{raw.unescaped()}
				}
			}
		}
	}
	return &intrinsicCall{p.text[start:p.at], args, function.apply}, nil
}

// arguments parses up to and including the closing parenthesis.
func (p *intrinsicParser) arguments(depth int) ([]source, error) {
	var args []source
	if p.skip() == ')' {
		p.at++
		return args, nil
	}
	for {
		arg, err := p.argument(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		switch p.skip() {
		case ',':
			p.at++
		case ')':
			p.at++
			return args, nil
		default:
			return nil, fmt.Errorf("expected , or ) at %q", p.text[p.at:])
		}
	}
}

func (p *intrinsicParser) argument(depth int) (source, error) {
	switch c := p.skip(); {
	case c == '\'':
		return p.quoted()
	case c == '$':
		path, err := ParsePath(p.until())
		return argumentPath{path}, err
	case strings.HasPrefix(p.text[p.at:], "States."):
		return p.call(depth + 1)
	default:
		text := p.until()
		value, err := jsonvalue.Decode([]byte(text))
		if err != nil || strings.HasPrefix(text, `"`) {
			return nil, fmt.Errorf("%q is not an argument: strings are in single quotes", text)
		}
		return literalSource{value}, nil
	}
}

// until takes the text up to the comma or parenthesis that ends an argument.
func (p *intrinsicParser) until() string {
	start, depth, quote := p.at, 0, byte(0)
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case quote != 0:
			if c == '\\' {
				p.at++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case (c == ')' || c == ',') && depth == 0:
			return strings.TrimSpace(p.text[start:p.at])
		case c == ')' || c == ']':
			depth--
		}
	}
	p.at = len(p.text)
	return strings.TrimSpace(p.text[start:])
}

// quoted takes a string literal. In it \' \{ \} and \\ stand for their second character.
func (p *intrinsicParser) quoted() (source, error) {
	start := p.at + 1
	for p.at = start; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
			if p.at == len(p.text) || strings.IndexByte(`'{}\`, p.text[p.at]) < 0 {
				return nil, errors.New(`a backslash in a string must be followed by ', {, } or \`)
			}
		case '\'':
			p.at++
			return literalSource{formatText(p.text[start : p.at-1])}, nil
		}
	}
	return nil, errors.New("a string is not closed")
}

func (t formatText) unescaped() string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] == '\\' {
			i++
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

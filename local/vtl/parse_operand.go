// The parser of operands and references.

package vtl

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isNameByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// name takes a name, or nothing.
func (p *parser) name() string {
	start := p.pos
	if start == len(p.source) || !isLetter(p.source[start]) && p.source[start] != '_' {
		return ""
	}
	for p.pos < len(p.source) && isNameByte(p.source[p.pos]) {
		p.pos++
	}
	return p.source[start:p.pos]
}

// operand parses a literal, a reference, a list, a map, a range, a negation or what is in parentheses.
func (p *parser) operand() (expression, error) {
	p.space()
	if p.pos == len(p.source) {
		return nil, p.errorf("the expression ends too soon")
	}
	switch c := p.source[p.pos]; {
	case c == '$':
		r, err := p.reference()
		if err == nil && r == nil {
			err = p.errorf("%q is not a reference", excerpt(p.rest()))
		}
		return r, err
	case c == '\'' || c == '"':
		return p.text(c)
	case c == '(':
		p.pos++
		e, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case c == '[':
		return p.list()
	case c == '{':
		return p.mapping()
	case c == '!':
		p.pos++
		e, err := p.expression(len(operators))
		return not{e}, err
	case c >= '0' && c <= '9' || c == '-' || c == '.':
		return p.number()
	}
	for word, value := range map[string]any{"true": true, "false": false} {
		if p.word(word) {
			return constant{value}, nil
		}
	}
	if p.word("not") {
		e, err := p.expression(len(operators))
		return not{e}, err
	}
	return nil, p.errorf("%q is not an expression", excerpt(p.rest()))
}

// parameter parses an operand of the kinds that arguments, indexes and the members of lists and maps may be: in
// Velocity they cannot be made of others by operators.
func (p *parser) parameter() (expression, error) {
	p.space()
	if p.pos < len(p.source) && (p.source[p.pos] == '(' || p.source[p.pos] == '!') || strings.HasPrefix(p.rest(), "not") {
		return nil, p.errorf("%q cannot be an argument, an index or a member: #set a variable to it", excerpt(p.rest()))
	}
	return p.expression(len(operators)) // nests
}

func (p *parser) word(word string) bool {
	if !strings.HasPrefix(p.rest(), word) || p.pos+len(word) < len(p.source) && isNameByte(p.source[p.pos+len(word)]) {
		return false
	}
	p.pos += len(word)
	return true
}

// text parses a string. A quote doubled stands for itself, a backslash too; references in double quotes
// are filled in.
func (p *parser) text(quote byte) (expression, error) {
	start := p.pos + 1
	for i := start; i < len(p.source); i++ {
		if p.source[i] != quote {
			continue
		}
		if i+1 < len(p.source) && p.source[i+1] == quote {
			i++
			continue
		}
		inside := strings.ReplaceAll(p.source[start:i], strings.Repeat(string(quote), 2), string(quote))
		if quote == '\'' || !strings.ContainsAny(inside, "$#") {
			p.pos = i + 1
			return constant{inside}, nil
		}
		inner := &parser{source: inside, nesting: p.nesting}
		nodes, end, err := inner.block()
		if err == nil && end != "" {
			err = inner.errorf("#%s within a string", end)
		}
		if err != nil {
			return nil, p.errorf("in the string %q: %w", inside, err)
		}
		p.pos = i + 1
		return interpolated{nodes}, nil
	}
	return nil, p.errorf("a string is not closed")
}

var exponentOf = regexp.MustCompile(`^[eE][+-]?[0-9]+`)

func (p *parser) number() (expression, error) {
	start := p.pos
	if p.source[p.pos] == '-' {
		p.pos++
	}
	digits := func() {
		for p.pos < len(p.source) && p.source[p.pos] >= '0' && p.source[p.pos] <= '9' {
			p.pos++
		}
	}
	digits()
	fraction := strings.HasPrefix(p.rest(), ".") && !strings.HasPrefix(p.rest(), "..")
	if fraction {
		p.pos++
		digits()
	}
	if exponent := exponentOf.FindString(p.rest()); exponent != "" {
		p.pos += len(exponent)
		fraction = true
	}
	if fraction {
		f, err := strconv.ParseFloat(p.source[start:p.pos], 64)
		if err != nil {
			return nil, p.errorf("%q is not a number", p.source[start:p.pos])
		}
		return constant{f}, nil
	}
	n, err := strconv.Atoi(p.source[start:p.pos])
	if err != nil {
		return nil, p.errorf("%q is not a number", p.source[start:p.pos])
	}
	return constant{n}, nil
}

// list parses "[a, b]" or the range "[a..b]".
func (p *parser) list() (expression, error) {
	p.pos++
	p.space()
	if strings.HasPrefix(p.rest(), "]") {
		p.pos++
		return listExpression{}, nil
	}
	first, err := p.parameter()
	if err != nil {
		return nil, err
	}
	if p.space(); strings.HasPrefix(p.rest(), "..") {
		p.pos += 2
		last, err := p.parameter()
		if err != nil {
			return nil, err
		}
		return rangeExpression{first, last}, p.expect("]")
	}
	items, err := p.more([]expression{first}, "]")
	return listExpression{items}, err
}

// more parses ", expression" until the closing symbol.
func (p *parser) more(items []expression, closing string) ([]expression, error) {
	for {
		p.space()
		if strings.HasPrefix(p.rest(), closing) {
			p.pos += len(closing)
			return items, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
		item, err := p.parameter()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
}

// arguments parses a method's arguments, from the opening parenthesis on.
func (p *parser) arguments() ([]expression, error) {
	p.pos++
	if p.space(); strings.HasPrefix(p.rest(), ")") {
		p.pos++
		return nil, nil
	}
	first, err := p.parameter()
	if err != nil {
		return nil, err
	}
	return p.more([]expression{first}, ")")
}

func (p *parser) mapping() (expression, error) {
	p.pos++
	var m mapExpression
	for {
		p.space()
		if strings.HasPrefix(p.rest(), "}") {
			p.pos++
			return m, nil
		}
		if len(m.keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		key, err := p.parameter()
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		value, err := p.parameter()
		if err != nil {
			return nil, err
		}
		m.keys, m.values = append(m.keys, key), append(m.values, value)
	}
}

// reference parses "$name...", "$!name...", "${name...}". It returns nil, and stays where it was, if
// there is none: a $ is text then.
func (p *parser) reference() (*reference, error) {
	start := p.pos
	if !strings.HasPrefix(p.rest(), "$") {
		return nil, nil
	}
	p.pos++
	if strings.HasPrefix(p.rest(), "!") {
		p.pos++
	}
	braced := strings.HasPrefix(p.rest(), "{")
	if braced {
		p.pos++
	}
	r := &reference{name: p.name()}
	if r.name == "" || r.name[0] == '_' {
		p.pos = start
		return nil, nil
	}
	at := p.pos
	if err := p.steps(r); err != nil {
		return nil, err
	}
	if braced {
		if !strings.HasPrefix(p.rest(), "}") {
			return nil, p.errorf("the reference %s is not closed by }", p.source[start:p.pos])
		}
		p.pos++
	}
	r.source = p.source[start:p.pos]
	if !knownRoots[r.name] {
		r.start = variableStart(r.name)
		return r, nil
	}
	if err := r.bind(); err != nil {
		p.pos = at
		return nil, p.errorf("%s: %w", r.source, err)
	}
	return r, nil
}

// steps parses what follows the variable.
func (p *parser) steps(r *reference) error {
	for p.pos < len(p.source) {
		switch p.source[p.pos] {
		case '.':
			before := p.pos
			p.pos++
			name := p.name()
			if name == "" {
				p.pos = before // the end of a sentence
				return nil
			}
			step := access{name: name}
			if strings.HasPrefix(p.rest(), "(") {
				var err error
				if step.args, err = p.arguments(); err != nil {
					return err
				}
				step.method = true
				if unsupportedMethods[name] {
					return p.errorf("the method %s of Java is not supported", name)
				}
			}
			r.steps = append(r.steps, step)
		case '[':
			before := p.pos
			p.pos++
			index, err := p.parameter()
			if err == nil {
				err = p.expect("]")
			}
			if errors.Is(err, errParsing) {
				return err
			}
			if err != nil {
				p.pos = before // a bracket of the text
				return nil
			}
			r.steps = append(r.steps, access{index: index})
		default:
			return nil
		}
	}
	return nil
}

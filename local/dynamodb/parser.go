package dynamodb

// Parsing: what all expressions have in common, which is placeholders,
// document paths, operands and lists of them.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	maxExpression = 4096 // bytes of an expression
	maxOperators  = 300  // in an expression
)

// placeholders are a request's substitutes for names and values, shared by
// all its expressions. Each must be used by at least one of them.
type placeholders struct {
	names  map[string]string
	values map[string]value

	usedNames, usedValues map[string]bool
}

func newPlaceholders(names map[string]string, values map[string]value) (*placeholders, error) {
	if names != nil && len(names) == 0 {
		return nil, invalid("ExpressionAttributeNames must not be empty")
	}
	if values != nil && len(values) == 0 {
		return nil, invalid("ExpressionAttributeValues must not be empty")
	}
	for key := range names {
		if !placeholderKey(key, '#') {
			return nil, invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: %q", key)
		}
	}
	for _, name := range names {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	for key := range values {
		if !placeholderKey(key, ':') {
			return nil, invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: %q", key)
		}
	}
	return &placeholders{names, values, map[string]bool{}, map[string]bool{}}, nil
}

// maxName is the length of an attribute's name, in bytes.
const maxName = 65535

func checkName(name string) error {
	switch {
	case name == "":
		return invalid("One or more parameter values were invalid: Empty attribute name")
	case len(name) > maxName:
		return invalid("One or more parameter values were invalid: Attribute name is too large, must be less than %d bytes", maxName+1)
	}
	return nil
}

func placeholderKey(key string, first byte) bool {
	return len(key) > 1 && key[0] == first && wordLength(key[1:]) == len(key)-1
}

// checkUsed refuses placeholders that no expression mentioned.
func (p *placeholders) checkUsed() error {
	if unused := missing(p.names, p.usedNames); len(unused) > 0 {
		return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", strings.Join(unused, ", "))
	}
	if unused := missing(p.values, p.usedValues); len(unused) > 0 {
		return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", strings.Join(unused, ", "))
	}
	return nil
}

func missing[V any](given map[string]V, used map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(given)), func(key string) bool { return used[key] })
}

// A parser reads one expression. Its first error sticks: from then on it
// reads as if the expression had ended.
type parser struct {
	parameter    string // "ConditionExpression"
	placeholders *placeholders
	tokens       []token
	next         int
	err          error

	partiql   bool // the expression is of a PartiQL statement
	operators int
	paths     []path // all that were read, in order
}

func newParser(parameter, expression string, p *placeholders) *parser {
	parse := &parser{parameter: parameter, placeholders: p, tokens: lex(expression)}
	switch {
	case len(parse.tokens) == 0:
		parse.fail("The expression can not be empty;")
	case len(expression) > maxExpression:
		parse.fail("Expression size has exceeded the maximum allowed size; expression size: %d", len(expression))
	}
	return parse
}

// finish returns the first error; what is left of the expression is one.
func (p *parser) finish() error {
	if p.next < len(p.tokens) {
		p.syntaxError()
	}
	return p.err
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil && p.partiql {
		p.err = invalid(format, args...)
	}
	if p.err == nil {
		p.err = invalid("Invalid %s: %s", p.parameter, fmt.Sprintf(format, args...))
	}
}

// syntaxError complains about the next token, with its neighbours, unless
// there is an error already.
func (p *parser) syntaxError() {
	if p.err != nil {
		return
	}
	if p.partiql {
		p.err = malformed("Unexpected term")
		return
	}
	if p.next >= len(p.tokens) {
		last := p.tokens[len(p.tokens)-1].text
		p.fail("Syntax error; token: \"<EOF>\", near: %q", last)
		return
	}
	var near []string
	for i := max(p.next-1, 0); i < min(p.next+2, len(p.tokens)); i++ {
		near = append(near, p.tokens[i].text)
	}
	p.fail("Syntax error; token: %q, near: %q", p.tokens[p.next].text, strings.Join(near, " "))
}

// peek returns the token at an offset from the next one.
func (p *parser) peek(offset int) token {
	if p.err != nil || p.next+offset >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.next+offset]
}

func (p *parser) take() token {
	t := p.peek(0)
	if t.kind == tokenEnd {
		p.syntaxError()
		return t
	}
	p.next++
	return t
}

// accept takes the next token if it is this symbol or keyword.
func (p *parser) accept(text string) bool {
	if !p.peek(0).is(text) {
		return false
	}
	p.next++
	return true
}

// operator counts the operator that was read.
func (p *parser) operator() {
	p.operators++
	if p.operators > maxOperators {
		p.fail("The expression contains too many operators; operator count: %d", p.operators)
	}
}

// acceptOperator is accept for an operator.
func (p *parser) acceptOperator(text string) bool {
	if !p.accept(text) {
		return false
	}
	p.operator()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.syntaxError()
	}
}

// path reads a document path such as a.#b[2].c.
func (p *parser) path() path {
	result := path{{name: p.name()}}
	for p.err == nil {
		switch {
		case p.accept("."):
			result = append(result, step{name: p.name()})
		case p.accept("["):
			result = append(result, step{isIndex: true, index: p.index()})
			p.expect("]")
		default:
			if len(result) > maxNesting {
				p.fail("The document path has too many nesting levels; nesting levels: %d", len(result))
			}
			p.paths = append(p.paths, result)
			return result
		}
	}
	return result
}

func (p *parser) name() string {
	t := p.peek(0)
	switch t.kind {
	case tokenWord:
		if p.partiql { // a keyword
			p.syntaxError()
			return ""
		}
		if reserved(t.text) {
			p.fail("Attribute name is a reserved keyword; reserved keyword: %s", t.text)
		}
		p.next++
		return t.text
	case tokenName:
		name, ok := p.placeholders.names[t.text]
		if !ok {
			p.fail("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
		}
		p.placeholders.usedNames[t.text] = true
		p.next++
		return name
	default:
		p.syntaxError()
		return ""
	}
}

func (p *parser) index() int {
	if p.peek(0).kind != tokenDigits {
		p.syntaxError()
		return 0
	}
	t := p.take()
	index, err := strconv.ParseInt(t.text, 10, 32)
	if err != nil {
		p.fail("List index is not within the allowable range; index: [%s]", t.text)
	}
	return int(index)
}

// literal reads a :placeholder.
func (p *parser) literal() literal {
	t := p.take()
	v, ok := p.placeholders.values[t.text]
	if !ok {
		p.fail("An expression attribute value used in expression is not defined; attribute value: %s", t.text)
	}
	p.placeholders.usedValues[t.text] = true
	return literal(v)
}

// call tells whether a function call comes next.
func (p *parser) call() bool {
	return p.peek(0).kind == tokenWord && p.peek(1).is("(")
}

// arguments reads the function call that comes next; argument reads each of
// its arguments, of which there must be count.
func arguments[T any](p *parser, count int, argument func() T) []T {
	function := p.take().text
	p.expect("(")
	list := []T{argument()}
	for p.accept(",") {
		list = append(list, argument())
	}
	p.expect(")")
	if len(list) != count {
		p.fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", function, len(list))
		return make([]T, count)
	}
	return list
}

// wrongOperand complains about an operand's type.
func (p *parser) wrongOperand(function string, k kind) {
	p.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", function, k)
}

// An operand yields a value of an item, or false if the item has none.
type operand interface{ value(item) (value, bool) }

type literal value

func (l literal) value(item) (value, bool) { return value(l), true }

// literalKind returns the kind of an operand that is given by a placeholder.
func literalKind(o operand) (kind, bool) {
	l, ok := o.(literal)
	return l.kind, ok
}

// The parser: top-down operator precedence, as the reference implementation does it, so that what one takes
// and refuses the other takes and refuses.

package jsonata

import "errors"

// maxNesting bounds how deep expressions, documents and results may be nested.
const maxNesting = 1000

var errNesting = &Error{Message: "the expression or its result is nested too deeply"}

// bindingPowers of infix operators: the higher binds closer. What is not here ends an expression.
var bindingPowers = map[string]int{
	".": 75, "[": 80, "{": 70, "(": 80, "@": 80, "#": 80, "?": 20, "+": 50, "-": 50, "*": 60, "/": 60, "%": 60,
	"=": 40, "<": 40, ">": 40, "^": 40, ":=": 10, "!=": 40, "<=": 40, ">=": 40, "~>": 40, "and": 30, "or": 25,
	"in": 40, "&": 50,
}

// prefixPower is how close a unary minus binds.
const prefixPower = 70

type parser struct {
	lexer lexer
	token token
	depth int
}

// parse reads an expression into the tree that its text has.
func parse(source string) (*node, error) {
	p := &parser{lexer: lexer{source: source}}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, failAt("S0201", p.token.at, p.token.shown())
	}
	return n, nil
}

func (p *parser) advance(operandEnded bool) (err error) {
	p.token, err = p.lexer.next(operandEnded)
	if err == nil && p.token.kind == tokenOperator && (p.token.text == "!" || p.token.text == "~") {
		return failAt("S0204", p.token.at, p.token.text)
	}
	return err
}

// expect passes over an operator that must come now.
func (p *parser) expect(operator string, operandEnded bool) error {
	if p.is(operator) {
		return p.advance(operandEnded)
	}
	err := failAt("S0202", p.token.at, p.token.shown())
	if p.token.kind == tokenEnd {
		err.Code = "S0203"
	}
	err.value = operator
	return err
}

func (p *parser) is(operator string) bool {
	return p.token.kind == tokenOperator && p.token.text == operator
}

// power is how close the present token binds what stands before it.
func (p *parser) power() int {
	if p.token.kind != tokenOperator {
		return 0
	}
	return bindingPowers[p.token.text]
}

// expression reads as far as operators bind closer than the one before it.
func (p *parser) expression(power int) (*node, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, errNesting
	}
	defer func() { p.depth-- }()
	t := p.token
	if err := p.advance(true); err != nil {
		return nil, err
	}
	left, err := p.operand(t)
	for n := 0; err == nil && power < p.power(); n++ {
		if n > maxChain {
			return nil, errNesting
		}
		t := p.token
		if err = p.advance(false); err == nil {
			left, err = p.infix(t, left)
		}
	}
	return left, err
}

// maxChain bounds the operators that follow each other at one level, each of which is a level of the tree.
const maxChain = 20_000

// leaves are the nodes that tokens other than operators stand for by themselves.
var leaves = map[tokenKind]nodeKind{
	tokenEnd: nodeEnd, tokenName: nodeName, tokenVariable: nodeVariable, tokenString: nodeString, tokenNumber: nodeNumber,
	tokenValue: nodeValue, tokenRegex: nodeRegex,
}

// operand reads what begins with a token.
func (p *parser) operand(t token) (*node, error) {
	n := &node{text: t.text, value: t.value, at: t.at}
	if t.kind != tokenOperator {
		n.kind = leaves[t.kind]
		return n, nil
	}
	switch t.text {
	case "and", "or", "in":
		n.kind = nodeOperator
	case "*":
		n.kind = nodeWildcard
	case "**":
		n.kind = nodeDescendant
	case "%":
		n.kind = nodeParent
	case "-":
		n.kind = nodeUnary
		return p.operandInto(n, &n.rhs, prefixPower)
	case "(":
		return p.block(n)
	case "[":
		return p.array(n)
	case "{":
		n.kind = nodeUnary
		return p.members(n)
	case "|":
		return p.transform(n)
	default:
		return nil, failAt("S0211", t.at, t.text)
	}
	return n, nil
}

// operandInto reads an operand of a node.
func (p *parser) operandInto(n *node, into **node, power int) (_ *node, err error) {
	*into, err = p.expression(power)
	return n, err
}

// infix reads what an operator has to its right.
func (p *parser) infix(t token, left *node) (*node, error) {
	n := &node{kind: nodeBinary, text: t.text, value: t.text, at: t.at, lhs: left}
	switch t.text {
	case "(":
		return p.call(n)
	case "[":
		return p.predicate(n)
	case "{":
		return p.members(n)
	case "^":
		return p.orderBy(n)
	case "?":
		return p.condition(n)
	case ":=":
		if left.kind != nodeVariable {
			return nil, failAt("S0212", left.at, left.value)
		}
		return p.operandInto(n, &n.rhs, bindingPowers[":="]-1) // right associative
	case "@", "#":
		if _, err := p.operandInto(n, &n.rhs, bindingPowers[t.text]); err != nil {
			return nil, err
		}
		if n.rhs.kind != nodeVariable {
			return nil, failAt("S0214", n.rhs.at, t.text)
		}
		return n, nil
	}
	return p.operandInto(n, &n.rhs, bindingPowers[t.text])
}

// block reads ( expression; expression ).
func (p *parser) block(n *node) (*node, error) {
	n.kind = nodeBlock
	for !p.is(")") {
		part, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, part)
		if !p.is(";") {
			break
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
	return n, p.expect(")", true)
}

// array reads [ expression, first..last ].
func (p *parser) array(n *node) (*node, error) {
	n.kind = nodeUnary
	err := p.separated("]", func() error {
		item, err := p.expression(0)
		if err != nil {
			return err
		}
		if p.is("..") {
			item = &node{kind: nodeBinary, text: "..", value: "..", at: p.token.at, lhs: item}
			if err := p.advance(false); err != nil {
				return err
			}
			if item.rhs, err = p.expression(0); err != nil {
				return err
			}
		}
		n.list = append(n.list, item)
		return nil
	})
	return n, err
}

// separated reads things that commas separate, as far as a closing bracket.
func (p *parser) separated(closing string, read func() error) error {
	if p.is(closing) {
		return p.expect(closing, true)
	}
	for {
		if err := read(); err != nil {
			return err
		}
		if !p.is(",") {
			return p.expect(closing, true)
		}
		if err := p.advance(false); err != nil {
			return err
		}
	}
}

// members reads { name: value }: an object, or behind an operand what groups it.
func (p *parser) members(n *node) (*node, error) {
	err := p.separated("}", func() (err error) {
		var pair [2]*node
		if pair[0], err = p.expression(0); err != nil {
			return err
		}
		if err = p.expect(":", false); err != nil {
			return err
		}
		pair[1], err = p.expression(0)
		n.pairs = append(n.pairs, pair)
		return err
	})
	return n, err
}

// predicate reads [ expression ], or [] which keeps an array an array.
func (p *parser) predicate(n *node) (*node, error) {
	if !p.is("]") {
		if _, err := p.operandInto(n, &n.rhs, 0); err != nil {
			return nil, err
		}
		return n, p.expect("]", true)
	}
	step := n.lhs
	for step.kind == nodeBinary && step.text == "[" {
		step = step.lhs
	}
	step.keepArray = true
	return n.lhs, p.advance(false)
}

// orderBy reads ^( <term, >term ).
func (p *parser) orderBy(n *node) (*node, error) {
	if err := p.expect("(", false); err != nil {
		return nil, err
	}
	for {
		term := sortTerm{descending: p.is(">")}
		if p.is("<") || p.is(">") {
			if err := p.advance(false); err != nil {
				return nil, err
			}
		}
		var err error
		if term.expression, err = p.expression(0); err != nil {
			return nil, err
		}
		n.terms = append(n.terms, term)
		if !p.is(",") {
			return n, p.expect(")", false)
		}
		if err := p.advance(false); err != nil {
			return nil, err
		}
	}
}

// condition reads ? then : else.
func (p *parser) condition(n *node) (*node, error) {
	n.kind = nodeCondition
	if _, err := p.operandInto(n, &n.rhs, 0); err != nil {
		return nil, err
	}
	if !p.is(":") {
		return n, nil
	}
	if err := p.advance(false); err != nil {
		return nil, err
	}
	return p.operandInto(n, &n.third, 0)
}

// transform reads | pattern | update, delete |.
func (p *parser) transform(n *node) (*node, error) {
	n.kind = nodeTransform
	if _, err := p.operandInto(n, &n.lhs, 0); err != nil {
		return nil, err
	}
	if err := p.expect("|", false); err != nil {
		return nil, err
	}
	if _, err := p.operandInto(n, &n.rhs, 0); err != nil {
		return nil, err
	}
	if p.is(",") {
		if err := p.advance(false); err != nil {
			return nil, err
		}
		if _, err := p.operandInto(n, &n.third, 0); err != nil {
			return nil, err
		}
	}
	return n, p.expect("|", false)
}

// call reads the arguments of a call, or the whole of function($a, $b)<signature>{ body }.
func (p *parser) call(n *node) (*node, error) {
	n.kind, n.procedure, n.lhs = nodeFunction, n.lhs, nil
	err := p.separated(")", func() error {
		if p.is("?") {
			n.kind = nodePartial
			n.list = append(n.list, &node{kind: nodeOperator, text: "?", value: "?", at: p.token.at})
			return p.advance(false)
		}
		argument, err := p.expression(0)
		n.list = append(n.list, argument)
		return err
	})
	if err != nil || n.procedure.kind != nodeName || n.procedure.text != "function" && n.procedure.text != "λ" {
		return n, err
	}
	return p.lambda(n)
}

func (p *parser) lambda(n *node) (*node, error) {
	n.kind = nodeLambda
	for i, parameter := range n.list {
		if parameter.kind != nodeVariable {
			err := failAt("S0208", parameter.at, parameter.value)
			err.value = float64(i + 1)
			return nil, err
		}
	}
	if p.is("<") {
		if err := p.signature(n); err != nil {
			return nil, err
		}
	}
	if err := p.expect("{", false); err != nil {
		return nil, err
	}
	if _, err := p.operandInto(n, &n.rhs, 0); err != nil {
		return nil, err
	}
	return n, p.expect("}", false)
}

// signature puts a signature together again from its tokens.
func (p *parser) signature(n *node) error {
	at, text := p.token.at, "<"
	for depth := 1; depth > 0 && !p.is("{") && p.token.kind != tokenEnd; {
		if err := p.advance(false); err != nil {
			return err
		}
		if p.is(">") {
			depth--
		} else if p.is("<") {
			depth++
		}
		text += p.token.text
	}
	if err := p.expect(">", false); err != nil {
		return err
	}
	var err error
	n.signature, err = parseSignature(text)
	var e *Error
	if errors.As(err, &e) {
		e.Position += at
	}
	return err
}

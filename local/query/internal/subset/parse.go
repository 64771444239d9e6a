// The parser: JSONata's operator precedence over a part of its grammar. It refuses, and never guesses:
// whatever it does not know belongs to the library, syntax errors included.

package subset

import "slices"

// Parse compiles an expression, or reports that it is beyond the subset.
func Parse(source string) (*Program, bool) {
	p := &parser{rest: source}
	if !p.advance(wantOperand) {
		return nil, false
	}
	root, ok := p.expression(0)
	if !ok || p.tok.kind != end {
		return nil, false
	}
	return &Program{root: root}, true
}

// powers are the binding powers of the infix operators. Other infix symbols of the language (~> { ( # @ ^ ..)
// bind as well, and are refused where they follow an operand.
var powers = map[string]int{
	"*": 60, "/": 60, "%": 60,
	"+": 50, "-": 50, "&": 50,
	"=": 40, "!=": 40, "<": 40, "<=": 40, ">": 40, ">=": 40, "in": 40,
	"and": 30, "or": 25, "?": 20,
}

// maxDepth is how deep expressions may be nested in each other here.
const maxDepth = 200

// closers end an operand without binding.
var closers = []string{")", "]", "}", ",", ":", ";"}

// expression parses operands and operators that bind tighter than power.
func (p *parser) expression(power int) (node, bool) {
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	left, ok := p.operand()
	for ok {
		if p.tok.kind == end || p.tok.kind == symbol && slices.Contains(closers, p.tok.text) {
			return left, true
		}
		bp := powers[p.tok.text]
		if p.tok.kind != symbol || bp == 0 {
			return nil, false
		}
		if bp <= power {
			return left, true
		}
		left, ok = p.infix(left, bp)
	}
	return nil, false
}

func (p *parser) infix(left node, bp int) (node, bool) {
	operator := p.tok.text
	if !p.advance(wantOperand) {
		return nil, false
	}
	if operator == "?" {
		return p.conditional(left)
	}
	right, ok := p.expression(bp)
	if !ok {
		return nil, false
	}
	switch operator {
	case "&":
		return concat{left, right}, true
	case "and", "or":
		return logic{left, right, operator == "and"}, true
	case "=", "!=":
		return equality{left, right, operator == "!="}, true
	case "<", "<=", ">", ">=":
		return comparison{left, right, operator}, true
	case "in":
		return inclusion{left, right}, true
	default:
		return arithmetic{left, right, operator[0]}, true
	}
}

func (p *parser) conditional(condition node) (node, bool) {
	then, ok := p.expression(0)
	if !ok {
		return nil, false
	}
	if !p.at(":") {
		return conditional{condition, then, literal{undefined}}, true
	}
	if !p.advance(wantOperand) {
		return nil, false
	}
	otherwise, ok := p.expression(0)
	return conditional{condition, then, otherwise}, ok
}

func (p *parser) operand() (node, bool) {
	tok := p.tok
	switch tok.kind {
	case constant:
		return literal{tok.value}, p.advance(wantOperator)
	case variable:
		if !p.advance(wantOperator) {
			return nil, false
		}
		if p.at("(") {
			return p.call(tok.text)
		}
		return p.path(tok.text)
	case symbol:
		switch tok.text {
		case "-":
			return p.negative()
		case "(":
			return p.block()
		case "[":
			return p.array()
		case "{":
			return p.object()
		}
	}
	return nil, false
}

func (p *parser) negative() (node, bool) {
	if !p.advance(wantOperand) || p.tok.kind != constant {
		return nil, false
	}
	number, ok := p.tok.value.(float64)
	return literal{0 - number}, ok && p.advance(wantOperator)
}

// path parses the steps after a variable: member names and constant indexes.
func (p *parser) path(name string) (node, bool) {
	path := path{variable: name}
	indexes := &path.indexes
	for {
		switch {
		case p.at("."):
			if !p.advance(wantStep) || p.tok.kind != memberName {
				return nil, false
			}
			path.steps = append(path.steps, step{name: p.tok.text})
			indexes = &path.steps[len(path.steps)-1].indexes
			if !p.advance(wantOperator) {
				return nil, false
			}
		case p.at("["):
			index, ok := p.index()
			if !ok {
				return nil, false
			}
			*indexes = append(*indexes, index)
		default:
			return path, true
		}
	}
}

func (p *parser) index() (int, bool) {
	if !p.advance(wantOperand) {
		return 0, false
	}
	sign := 1.0
	if p.at("-") {
		if sign = -1; !p.advance(wantOperand) {
			return 0, false
		}
	}
	number, ok := p.tok.value.(float64)
	if p.tok.kind != constant || !ok || number != float64(int32(number)) {
		return 0, false
	}
	if !p.advance(wantOperator) || !p.at("]") {
		return 0, false
	}
	return int(sign * number), p.advance(wantOperator)
}

func (p *parser) call(name string) (node, bool) {
	f, known := functions[name]
	args, ok := p.list(")")
	if !known || !ok || len(args) < f.least || len(args) > f.most {
		return nil, false
	}
	return call{name, args, f.apply}, p.endsOperand()
}

func (p *parser) array() (node, bool) {
	items, ok := p.list("]")
	if !ok {
		return nil, false
	}
	return array{items}, p.endsOperand()
}

// list parses expressions between an opening symbol, at which the parser stands, and its closing one.
func (p *parser) list(closing string) ([]node, bool) {
	if !p.advance(wantOperand) {
		return nil, false
	}
	var items []node
	if p.at(closing) {
		return items, p.advance(wantOperator)
	}
	for {
		item, ok := p.expression(0)
		if !ok {
			return nil, false
		}
		items = append(items, item)
		if p.at(closing) {
			return items, p.advance(wantOperator)
		}
		if !p.at(",") || !p.advance(wantOperand) {
			return nil, false
		}
	}
}

// endsOperand refuses what would bind to a call, constructor or block: steps, predicates, calls.
func (p *parser) endsOperand() bool {
	return !p.at(".") && !p.at("[") && !p.at("(") && !p.at("{")
}

func (p *parser) object() (node, bool) {
	if !p.advance(wantOperand) {
		return nil, false
	}
	var o object
	for !p.at("}") {
		key, ok := p.tok.value.(string)
		if p.tok.kind != constant || !ok || inherited[key] || slices.Contains(o.names, key) {
			return nil, false
		}
		if !p.advance(wantOperator) || !p.at(":") || !p.advance(wantOperand) {
			return nil, false
		}
		value, ok := p.expression(0)
		if !ok {
			return nil, false
		}
		o.names, o.values = append(o.names, key), append(o.values, value)
		if p.at(",") {
			if !p.advance(wantOperand) || p.at("}") {
				return nil, false
			}
		} else if !p.at("}") {
			return nil, false
		}
	}
	return o, p.advance(wantOperator) && p.endsOperand()
}

// block parses "( statement; ... )", where a statement may bind a variable.
func (p *parser) block() (node, bool) {
	if !p.advance(wantOperand) {
		return nil, false
	}
	var b block
	for {
		statement, ok := p.statement()
		if !ok {
			return nil, false
		}
		b.statements = append(b.statements, statement)
		if p.at(";") && !p.advance(wantOperand) {
			return nil, false
		}
		if p.at(")") {
			return b, p.advance(wantOperator) && p.endsOperand()
		}
	}
}

func (p *parser) statement() (node, bool) {
	if p.tok.kind == variable {
		before := *p
		name := p.tok.text
		if p.advance(wantOperator) && p.at(":=") && p.advance(wantOperand) {
			value, ok := p.expression(9) // := binds with power 10, to the right
			return bind{name, value}, ok
		}
		*p = before
	}
	value, ok := p.expression(0)
	if !ok || !p.at(";") && !p.at(")") {
		return nil, false
	}
	return value, true
}

func (p *parser) at(text string) bool { return p.tok.kind == symbol && p.tok.text == text }

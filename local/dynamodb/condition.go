package dynamodb

// Conditions: the language of condition, filter and key condition expressions.

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A condition holds for an item or not.
type condition interface{ holds(item) bool }

type (
	and   struct{ left, right condition }
	or    struct{ left, right condition }
	not   struct{ operand condition }
	group struct{ inner condition } // in parentheses

	comparison struct {
		operator    string
		left, right operand
	}
	between    struct{ operand, low, high operand }
	membership struct {
		operand operand
		list    []operand
	}
	existence struct {
		path path
		want bool
	}
	typeCheck struct {
		operand operand
		want    kind
	}
	prefixCheck struct{ operand, prefix operand }
	containment struct{ operand, element operand }

	sizeOf struct{ operand operand } // an operand
)

func (c and) holds(i item) bool   { return c.left.holds(i) && c.right.holds(i) }
func (c or) holds(i item) bool    { return c.left.holds(i) || c.right.holds(i) }
func (c not) holds(i item) bool   { return !c.operand.holds(i) }
func (c group) holds(i item) bool { return c.inner.holds(i) }

// holds: whatever is missing is different from everything.
func (c comparison) holds(i item) bool {
	left, okLeft := c.left.value(i)
	right, okRight := c.right.value(i)
	switch c.operator {
	case "=":
		return okLeft && okRight && left.equal(right)
	case "<>":
		return !okLeft || !okRight || !left.equal(right)
	}
	order, ok := left.compare(right)
	if !okLeft || !okRight || !ok {
		return false
	}
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func (c between) holds(i item) bool {
	return comparison{">=", c.operand, c.low}.holds(i) && comparison{"<=", c.operand, c.high}.holds(i)
}

func (c membership) holds(i item) bool {
	return slices.ContainsFunc(c.list, func(o operand) bool { return comparison{"=", c.operand, o}.holds(i) })
}

func (c existence) holds(i item) bool {
	_, ok := c.path.value(i)
	return ok == c.want
}

func (c typeCheck) holds(i item) bool {
	v, ok := c.operand.value(i)
	return ok && v.kind == c.want
}

func (c prefixCheck) holds(i item) bool {
	v, okValue := c.operand.value(i)
	prefix, okPrefix := c.prefix.value(i)
	textual := v.kind == kindString || v.kind == kindBinary
	return okValue && okPrefix && textual && v.kind == prefix.kind && strings.HasPrefix(v.text, prefix.text)
}

func (c containment) holds(i item) bool {
	v, okValue := c.operand.value(i)
	element, okElement := c.element.value(i)
	if !okValue || !okElement {
		return false
	}
	if v.kind == kindString || v.kind == kindBinary {
		return v.kind == element.kind && strings.Contains(v.text, element.text)
	}
	return v.has(element)
}

func (s sizeOf) value(i item) (value, bool) {
	v, ok := s.operand.value(i)
	if !ok || !sizeable(v.kind) {
		return value{}, false
	}
	size := len(v.list) + len(v.fields)
	switch v.kind {
	case kindString:
		size = utf8.RuneCountInString(v.text)
	case kindBinary:
		size = len(v.text)
	}
	return numberOf(size), true
}

func sizeable(k kind) bool { return k != kindNumber && k != kindBool && k != kindNull }

// parseCondition reads an expression and returns also the paths that it uses.
func parseCondition(parameter, expression string, p *placeholders) (condition, []path, error) {
	parse := newParser(parameter, expression, p)
	c := parse.condition()
	return c, parse.paths, parse.finish()
}

func (p *parser) condition() condition {
	c := p.conjunction()
	for p.acceptOperator("OR") {
		c = or{c, p.conjunction()}
	}
	return c
}

func (p *parser) conjunction() condition {
	c := p.negation()
	for p.acceptOperator("AND") {
		c = and{c, p.negation()}
	}
	return c
}

func (p *parser) negation() condition {
	if p.acceptOperator("NOT") {
		return not{p.negation()}
	}
	return p.primary()
}

func (p *parser) primary() condition {
	if p.accept("(") {
		inner := p.condition()
		p.expect(")")
		if _, ok := inner.(group); ok && !p.partiql {
			p.fail("The expression has redundant parentheses;")
		}
		return group{inner}
	}
	if p.call() && !p.peek(0).is("size") {
		return p.predicate()
	}
	return p.comparison()
}

func (p *parser) predicate() condition {
	switch function := p.peek(0).text; function {
	case "attribute_exists", "attribute_not_exists":
		target := arguments(p, 1, p.operand)[0]
		place, ok := target.(path)
		if !ok {
			p.fail("Operator or function requires a document path; operator or function: %s", function)
		}
		return existence{place, function == "attribute_exists"}
	case "attribute_type":
		operands := arguments(p, 2, p.operand)
		return typeCheck{operands[0], p.typeName(operands[1])}
	case "begins_with":
		operands := arguments(p, 2, p.operand)
		for _, o := range operands {
			if k, ok := literalKind(o); ok && k != kindString && k != kindBinary {
				p.wrongOperand(function, k)
			}
		}
		return prefixCheck{operands[0], operands[1]}
	case "contains":
		operands := arguments(p, 2, p.operand)
		p.checkDistinct(function, operands[0], operands[1])
		return containment{operands[0], operands[1]}
	case "if_not_exists", "list_append":
		p.fail("The function is not allowed in a condition expression; function: %s", function)
	default:
		p.fail("Invalid function name; function: %s", function)
	}
	return group{}
}

func (p *parser) typeName(o operand) kind {
	name, ok := o.(literal)
	if !ok || name.kind != kindString {
		p.fail("Incorrect operand type for operator or function; operator or function: attribute_type, operand type: %s", name.kind)
		return ""
	}
	switch k := kind(name.text); k {
	case kindString, kindNumber, kindBinary, kindBool, kindNull, kindMap, kindList, kindStringSet, kindNumberSet, kindBinarySet:
		return k
	default:
		p.fail("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", name.text)
		return ""
	}
}

func (p *parser) comparison() condition {
	left := p.operand()
	switch {
	case p.acceptOperator("BETWEEN"):
		low := p.operand()
		p.expect("AND")
		high := p.operand()
		p.checkBounds(low, high)
		return between{left, low, high}
	case p.acceptOperator("IN"):
		closing := ")"
		if p.partiql && p.accept("[") {
			closing = "]"
		} else {
			p.expect("(")
		}
		list := []operand{p.operand()}
		for p.accept(",") {
			list = append(list, p.operand())
		}
		p.expect(closing)
		if len(list) > 100 {
			p.fail("Incorrect number of operands for operator or function; operator or function: IN, number of operands: %d", len(list)+1)
		}
		return membership{left, list}
	}
	if p.partiql && p.accept("IS") {
		return p.is(left)
	}
	operator := p.take().text
	switch operator {
	case "=", "<>":
	case "<", "<=", ">", ">=":
	default:
		if p.err == nil {
			p.next--
			p.syntaxError()
		}
		return group{}
	}
	p.operator()
	right := p.operand()
	p.checkDistinct(operator, left, right)
	if operator != "=" && operator != "<>" {
		p.checkOrdered(operator, left, right)
	}
	return comparison{operator, left, right}
}

func (p *parser) checkOrdered(operator string, operands ...operand) {
	for _, o := range operands {
		if k, ok := literalKind(o); ok && !k.ordered() {
			p.wrongOperand(operator, k)
		}
	}
}

func (p *parser) checkBounds(low, high operand) {
	p.checkOrdered("BETWEEN", low, high)
	from, okFrom := low.(literal)
	to, okTo := high.(literal)
	if !okFrom || !okTo || p.err != nil {
		return
	}
	order, ok := value(from).compare(value(to))
	if !ok {
		p.fail("The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}", from.kind, from.text, to.kind, to.text)
	} else if order > 0 {
		p.fail("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}", from.kind, from.text, to.kind, to.text)
	}
}

// checkDistinct refuses to compare a path with itself.
func (p *parser) checkDistinct(operator string, left, right operand) {
	one, okOne := left.(path)
	two, okTwo := right.(path)
	if okOne && okTwo && slices.Equal(one, two) {
		p.fail("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", operator, one)
	}
}

// operand reads a path, a placeholder or size(...).
func (p *parser) operand() operand {
	switch {
	case p.peek(0).kind == tokenValue:
		return p.literal()
	case p.call():
		return p.size()
	default:
		return p.path()
	}
}

func (p *parser) size() operand {
	function := p.peek(0).text
	switch function {
	case "size":
	case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "if_not_exists", "list_append":
		p.fail("The function is not allowed to be used this way in an expression; function: %s", function)
		return literal{}
	default:
		p.fail("Invalid function name; function: %s", function)
		return literal{}
	}
	operand := arguments(p, 1, p.operand)[0]
	if _, ok := operand.(sizeOf); ok {
		p.wrongOperand(function, kindNumber)
	}
	if k, ok := literalKind(operand); ok && !sizeable(k) {
		p.wrongOperand(function, k)
	}
	return sizeOf{operand}
}

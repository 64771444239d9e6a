// Expressions: what #set, #if, method arguments and indexes are made of.

package vtl

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
)

type expression interface {
	eval(s *state) (any, error)
}

type constant struct{ value any }

func (e constant) eval(*state) (any, error) { return e.value, nil }

// interpolated is a string in double quotes with references in it.
type interpolated struct{ nodes []node }

func (e interpolated) eval(s *state) (any, error) { return (&definition{e.nodes}).text(s) }

type listExpression struct{ items []expression }

func (e listExpression) eval(s *state) (any, error) {
	items, err := evalAll(s, e.items)
	return &list{items: items}, err
}

type rangeExpression struct{ first, last expression }

func (e rangeExpression) eval(s *state) (any, error) {
	ends, err := evalAll(s, []expression{e.first, e.last})
	if err != nil {
		return nil, err
	}
	first, ok := ends[0].(int)
	last, ok2 := ends[1].(int)
	if !ok || !ok2 {
		return nil, nil
	}
	step := 1
	if last < first {
		step = -1
	}
	l := &list{}
	for n := first; n != last+step; n += step {
		if len(l.items) == maxItems {
			return nil, errItems
		}
		l.items = append(l.items, n)
	}
	return l, s.spend(itemWork * len(l.items))
}

type mapExpression struct{ keys, values []expression }

func (e mapExpression) eval(s *state) (any, error) {
	m := newMapping()
	for i := range e.keys {
		pair, err := evalAll(s, []expression{e.keys[i], e.values[i]})
		if err != nil {
			return nil, err
		}
		key, err := s.text(pair[0])
		if err != nil {
			return nil, err
		}
		m.put(key, pair[1])
	}
	return m, nil
}

type not struct{ operand expression }

func (e not) eval(s *state) (any, error) {
	value, err := e.operand.eval(s)
	return !holds(e.operand, value), err
}

// logic is && or ||.
type logic struct {
	left, right expression
	and         bool
}

func (e logic) eval(s *state) (any, error) {
	left, err := e.left.eval(s)
	if err != nil || holds(e.left, left) != e.and {
		return holds(e.left, left), err
	}
	right, err := e.right.eval(s)
	return holds(e.right, right), err
}

type binary struct {
	left, right expression
	operator    string
}

func (e binary) eval(s *state) (any, error) {
	left, err := e.left.eval(s)
	if err != nil {
		return nil, err
	}
	right, err := e.right.eval(s)
	if err != nil {
		return nil, err
	}
	for _, operand := range []any{left, right} {
		if _, err := s.weigh(operand); err != nil {
			return nil, err
		}
	}
	switch e.operator {
	case "==":
		return equal(left, right), nil
	case "!=":
		return !equal(left, right), nil
	case "<", "<=", ">", ">=":
		return compare(left, right, e.operator), nil
	default:
		if e.operator == "+" {
			left, right = e.joined(left, e.left, right), e.joined(right, e.right, left)
		}
		result := arithmetic(left, right, e.operator)
		_, err := s.weigh(result)
		return result, err
	}
}

// holds is an expression's value as a condition. As in Velocity 1.7, what a template writes out or calculates is
// never true, but for true itself; a reference to the same value is.
func holds(e expression, value any) bool {
	switch e := e.(type) {
	case constant:
		return e.value == true
	case interpolated, listExpression, rangeExpression, mapExpression:
		return false
	case binary:
		return !isArithmetic(e.operator) && truth(value)
	}
	return truth(value)
}

func isArithmetic(operator string) bool { return strings.Contains("+-*/%", operator) }

// joined is what + joins to a text: of a reference to nothing how it is written, as in Velocity.
func (e binary) joined(value any, operand expression, other any) any {
	_, toText := other.(string)
	if r, ok := operand.(*reference); ok && value == nil && toText {
		return r.source
	}
	return value
}

// equal compares numbers as numbers, equal types as themselves and all else as text. Nothing equals the empty
// text, as it does in API Gateway, though not in Velocity.
func equal(left, right any) bool {
	if left == nil || right == nil {
		return print(left) == "" && print(right) == ""
	}
	l, lok := numeric(left)
	r, rok := numeric(right)
	if lok && rok {
		return l == r
	}
	return print(left) == print(right)
}

// numeric is a number, not a text that looks like one.
func numeric(value any) (float64, bool) {
	if _, isText := value.(string); isText {
		return 0, false
	}
	return number(value)
}

// compare orders numbers; anything else has no order, and the comparison is false.
func compare(left, right any, operator string) bool {
	l, lok := numeric(left)
	r, rok := numeric(right)
	if !lok || !rok {
		return false
	}
	switch operator {
	case "<":
		return l < r
	case "<=":
		return l <= r
	case ">":
		return l > r
	default:
		return l >= r
	}
}

// arithmetic yields nothing where it has no result, as Velocity does; + joins texts.
func arithmetic(left, right any, operator string) any {
	_, ltext := left.(string)
	_, rtext := right.(string)
	if operator == "+" && (ltext || rtext) {
		return printMember(left) + printMember(right)
	}
	li, lint := left.(int)
	ri, rint := right.(int)
	if lint && rint {
		return integerArithmetic(li, ri, operator)
	}
	l, lok := numeric(left)
	r, rok := numeric(right)
	if !lok || !rok {
		return nil
	}
	switch operator {
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "/":
		if r != 0 {
			return l / r
		}
	case "%":
		if r != 0 {
			return math.Mod(l, r)
		}
	}
	return nil
}

// integerArithmetic grows beyond the size of integers, as Velocity's does.
func integerArithmetic(l, r int, operator string) any {
	a, b, result := big.NewInt(int64(l)), big.NewInt(int64(r)), new(big.Int)
	switch operator {
	case "+":
		result.Add(a, b)
	case "-":
		result.Sub(a, b)
	case "*":
		result.Mul(a, b)
	}
	switch operator {
	case "+", "-", "*":
		if result.IsInt64() {
			return int(result.Int64())
		}
		return json.Number(result.String())
	}
	if r == 0 {
		return nil
	}
	if operator == "/" {
		return l / r
	}
	return l % r
}

// operators by precedence, loosest first.
var operators = [][]string{
	{"||", "or"},
	{"&&", "and"},
	{"==", "eq", "!=", "ne"},
	{"<=", "le", ">=", "ge", "<", "lt", ">", "gt"},
	{"+", "-"},
	{"*", "/", "%"},
}

var symbols = map[string]string{"eq": "==", "ne": "!=", "le": "<=", "ge": ">=", "lt": "<", "gt": ">", "and": "&&", "or": "||"}

// expression parses operators of a precedence and tighter ones.
func (p *parser) expression(precedence int) (expression, error) {
	if precedence == len(operators) {
		leave, err := p.nest()
		if err != nil {
			return nil, err
		}
		defer leave()
		return p.operand()
	}
	left, err := p.expression(precedence + 1)
	for err == nil {
		operator := p.operator(operators[precedence])
		if operator == "" {
			return left, nil
		}
		var right expression
		if right, err = p.expression(precedence + 1); err != nil {
			return nil, err
		}
		switch operator {
		case "&&", "||":
			left = logic{left, right, operator == "&&"}
		default:
			left = binary{left, right, operator}
		}
	}
	return nil, err
}

// operator takes one of the operators, if it is next, and names it by its symbol.
func (p *parser) operator(among []string) string {
	p.space()
	for _, o := range among {
		word, isWord := symbols[o]
		if !strings.HasPrefix(p.rest(), o) || isWord && p.pos+len(o) < len(p.source) && isNameByte(p.source[p.pos+len(o)]) {
			continue
		}
		p.pos += len(o)
		if isWord {
			return word
		}
		return o
	}
	return ""
}

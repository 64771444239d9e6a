package dynamodb

// Updates: the language of update expressions.

import (
	"slices"
	"strings"
)

// An update is a parsed update expression.
type update struct {
	sets    []assignment
	removes []path
	adds    []assignment // operands are literals
	deletes []assignment // operands are literals
	legacy  bool         // made of AttributeUpdates
}

type assignment struct {
	path    path
	operand expression
}

// An expression computes a new value from an item. It fails when the item
// does not fit it.
type expression interface{ compute(item) (value, error) }

type (
	reference   struct{ operand operand } // a path or a placeholder
	ifNotExists struct {
		path     path
		fallback expression
	}
	listAppend struct{ head, tail expression }
	sum        struct {
		left, right expression
		minus       bool
	}
)

func (r reference) compute(i item) (value, error) {
	v, ok := r.operand.value(i)
	if !ok {
		return value{}, invalid("The provided expression refers to an attribute that does not exist in the item")
	}
	return v, nil
}

func (f ifNotExists) compute(i item) (value, error) {
	if v, ok := f.path.value(i); ok {
		return v, nil
	}
	return f.fallback.compute(i)
}

func (f listAppend) compute(i item) (value, error) {
	head, err := f.head.compute(i)
	if err != nil {
		return value{}, err
	}
	tail, err := f.tail.compute(i)
	if err != nil {
		return value{}, err
	}
	if head.kind != kindList || tail.kind != kindList {
		return value{}, errOperandType()
	}
	return value{kind: kindList, list: slices.Concat(head.list, tail.list)}, nil
}

func (s sum) compute(i item) (value, error) {
	left, err := s.left.compute(i)
	if err != nil {
		return value{}, err
	}
	right, err := s.right.compute(i)
	if err != nil {
		return value{}, err
	}
	if left.kind != kindNumber || right.kind != kindNumber {
		return value{}, errOperandType()
	}
	term := right.number()
	if s.minus {
		term = term.negate()
	}
	result, err := left.number().add(term)
	return numberValue(result), err
}

func errOperandType() error {
	return invalid("An operand in the update expression has an incorrect data type")
}

func (u *update) errType() error {
	if u.legacy {
		return invalid("Type mismatch for attribute to update")
	}
	return errOperandType()
}

func parseUpdate(text string, p *placeholders) (*update, error) {
	parse := newParser("UpdateExpression", text, p)
	u := &update{}
	seen := map[string]bool{}
	for parse.err == nil && parse.peek(0).kind != tokenEnd {
		section := strings.ToUpper(parse.take().text)
		if seen[section] {
			parse.fail("The %q section can only be used once in an update expression;", section)
		}
		seen[section] = true
		parse.section(u, section)
	}
	parse.checkOverlap(u.paths())
	return u, parse.finish()
}

func (p *parser) section(u *update, section string) {
	for {
		switch section {
		case "SET":
			target := p.path()
			p.expect("=")
			u.sets = append(u.sets, assignment{target, p.expression()})
		case "REMOVE":
			u.removes = append(u.removes, p.path())
		case "ADD":
			u.adds = append(u.adds, p.setChange(section))
		case "DELETE":
			u.deletes = append(u.deletes, p.setChange(section))
		default:
			p.next--
			p.syntaxError()
		}
		if !p.accept(",") {
			return
		}
	}
}

// expression reads the right side of a SET: a term, or two with + or -.
func (p *parser) expression() expression {
	left := p.term()
	for _, operator := range []string{"+", "-"} {
		if p.acceptOperator(operator) {
			right := p.term()
			p.checkNumber(operator, left)
			p.checkNumber(operator, right)
			return sum{left, right, operator == "-"}
		}
	}
	return left
}

func (p *parser) checkNumber(operator string, e expression) {
	if r, ok := e.(reference); ok {
		if k, ok := literalKind(r.operand); ok && k != kindNumber {
			p.wrongOperand(operator, k)
		}
	}
}

func (p *parser) term() expression {
	switch {
	case p.accept("("):
		inner := p.expression()
		p.expect(")")
		return inner
	case p.peek(0).kind == tokenValue:
		return reference{p.literal()}
	case p.call():
		return p.function()
	default:
		return reference{p.path()}
	}
}

func (p *parser) function() expression {
	switch function := p.peek(0).text; function {
	case "if_not_exists":
		operands := arguments(p, 2, p.term)
		target, _ := operands[0].(reference)
		place, ok := target.operand.(path)
		if !ok {
			p.fail("Operator or function requires a document path; operator or function: if_not_exists")
		}
		return ifNotExists{place, operands[1]}
	case "list_append":
		operands := arguments(p, 2, p.term)
		for _, o := range operands {
			if _, ok := o.(listAppend); ok {
				p.fail("The function is not allowed to be used this way in an expression; function: %s", function)
			}
			if r, ok := o.(reference); ok {
				if k, ok := literalKind(r.operand); ok && k != kindList {
					p.wrongOperand(function, k)
				}
			}
		}
		return listAppend{operands[0], operands[1]}
	case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size":
		p.fail("The function is not allowed in an update expression; function: %s", function)
	default:
		p.fail("Invalid function name; function: %s", function)
	}
	return reference{}
}

// setChange reads the path and the placeholder of an ADD or a DELETE.
func (p *parser) setChange(section string) assignment {
	target := p.path()
	if p.peek(0).kind != tokenValue {
		p.syntaxError()
		return assignment{}
	}
	operand := p.literal()
	if !operand.kind.isSet() && (section == "DELETE" || operand.kind != kindNumber) {
		p.fail("Incorrect operand type for operator or function; operator: %s, operand type: %s", section, typeWord(operand.kind))
	}
	return assignment{target, reference{operand}}
}

// typeWord returns a kind's name as messages about ADD and DELETE spell it.
func typeWord(k kind) string {
	switch k {
	case kindString:
		return "STRING"
	case kindNumber:
		return "NUMBER"
	case kindBinary:
		return "BINARY"
	case kindBool:
		return "BOOLEAN"
	case kindMap:
		return "MAP"
	case kindList:
		return "LIST"
	default:
		return string(k)
	}
}

// paths returns everything that the update changes.
func (u *update) paths() []path {
	var paths []path
	for _, list := range [][]assignment{u.sets, u.adds, u.deletes} {
		for _, a := range list {
			paths = append(paths, a.path)
		}
	}
	return append(paths, u.removes...)
}

// creates tells whether the update makes an item where there is none: one
// that only takes away does not.
func (u *update) creates() bool {
	return len(u.sets)+len(u.adds) > 0 || len(u.removes)+len(u.deletes) == 0
}

package dynamodb

// PartiQL statements, of which one reads or writes a table.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html

import (
	"slices"
	"strings"
)

// A statement is what a PartiQL statement says.
type statement struct {
	verb         string // SELECT, INSERT, UPDATE, DELETE or EXISTS
	table, index string
	where        condition // or nil
	columns      []path    // of a SELECT; nil for all
	order        []orderTerm
	item         item    // of an INSERT
	update       *update // of an UPDATE
	returning    string  // as ReturnValues has it
}

type orderTerm struct {
	attribute  string
	descending bool
}

func (s *statement) reads() bool { return s.verb == "SELECT" }

// action is the permission that the statement needs.
func (s *statement) action() string {
	return map[string]string{"SELECT": "PartiQLSelect", "EXISTS": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}[s.verb]
}

func parseStatement(text string, parameters []value) (*statement, error) {
	p, err := lexPartiQL(text, parameters)
	if err != nil {
		return nil, err
	}
	s := p.statement()
	if p.err == nil && p.next < len(p.tokens) {
		p.err = malformed("Unexpected token after expression")
	}
	return s, p.err
}

func (p *parser) statement() *statement {
	s := &statement{verb: strings.ToUpper(p.peek(0).text)}
	switch {
	case p.accept("SELECT"):
		p.selection(s)
	case p.accept("EXISTS"):
		p.expect("(")
		p.expect("SELECT")
		p.selection(s)
		p.expect(")")
	case p.accept("INSERT"):
		p.expect("INTO")
		s.table, s.index = p.target()
		if p.peek(0).kind == tokenName {
			p.err = malformed("Unexpected token after expression")
		}
		p.expect("VALUE")
		p.inserted(s)
	case p.accept("UPDATE"):
		p.from(s)
		p.changes(s)
		p.filtered(s)
		p.returns(s)
	case p.accept("DELETE"):
		p.expect("FROM")
		p.from(s)
		p.filtered(s)
		p.returns(s)
	default:
		p.err = malformed("Expected data manipulation")
	}
	return s
}

// from reads the table, which has no other name.
func (p *parser) from(s *statement) {
	s.table, s.index = p.target()
	if p.err == nil && (p.peek(0).kind == tokenName || p.peek(0).is("AS")) {
		p.err = invalid("Aliasing is not supported")
	}
}

// target reads the name of a table and maybe of one of its indexes.
func (p *parser) target() (table, index string) {
	table = p.name()
	for p.peek(0).is("-") && p.peek(1).kind == tokenName { // a name that should have been quoted
		p.syntaxError()
	}
	if p.accept(".") {
		index = p.name()
	}
	return table, index
}

func (p *parser) selection(s *statement) {
	if !p.accept("*") {
		s.columns = []path{p.path()}
		for p.accept(",") {
			s.columns = append(s.columns, p.path())
		}
	}
	p.expect("FROM")
	p.from(s)
	p.filtered(s)
	if !p.accept("ORDER") {
		return
	}
	p.expect("BY")
	for more := true; more && p.err == nil; more = p.accept(",") {
		term := orderTerm{attribute: p.name()}
		if term.descending = p.accept("DESC"); !term.descending {
			p.accept("ASC")
		}
		s.order = append(s.order, term)
	}
}

// filtered reads a WHERE clause, if there is one.
func (p *parser) filtered(s *statement) {
	if p.accept("WHERE") {
		s.where = p.condition()
	}
}

func (p *parser) inserted(s *statement) {
	if p.peek(0).kind != tokenValue {
		p.syntaxError()
		return
	}
	v := value(p.literal())
	if v.kind != kindMap {
		p.syntaxError()
	}
	s.item = v.fields
}

// changes reads the SET and REMOVE clauses of an UPDATE.
func (p *parser) changes(s *statement) {
	s.update = &update{}
	for p.err == nil {
		switch {
		case p.accept("SET"):
			p.assigned(s.update)
			for p.accept(",") {
				p.assigned(s.update)
			}
		case p.accept("REMOVE"):
			s.update.removes = append(s.update.removes, p.path())
			for p.accept(",") {
				s.update.removes = append(s.update.removes, p.path())
			}
		default:
			if len(s.update.paths()) == 0 {
				p.syntaxError()
			}
			p.checkOverlap(s.update.paths())
			return
		}
	}
}

// assigned reads what is behind SET: of a set, what is added to it or deleted from it.
func (p *parser) assigned(u *update) {
	target := p.path()
	p.expect("=")
	function := p.peek(0).text
	if !p.call() || function != "set_add" && function != "set_delete" {
		u.sets = append(u.sets, assignment{target, p.expression()})
		return
	}
	p.next++
	p.expect("(")
	var operands []operand
	for more := !p.peek(0).is(")"); more && p.err == nil; more = p.accept(",") {
		operands = append(operands, p.operand())
	}
	p.expect(")")
	if p.err != nil {
		return
	}
	name := strings.ToUpper(function)
	if len(operands) != 2 {
		p.err = invalid("%s must have exactly two arguments", name)
		return
	}
	first, _ := operands[0].(path)
	members, _ := operands[1].(literal)
	switch {
	case !slices.Equal(first, target):
		p.err = invalid("The first argument to %s must equal the assignment value", name)
	case !members.kind.isSet():
		p.err = invalid("The second argument to %s must be a value with type SET", name)
	case function == "set_add":
		u.adds = append(u.adds, assignment{target, reference{members}})
	default:
		u.deletes = append(u.deletes, assignment{target, reference{members}})
	}
}

// returns reads a RETURNING clause.
func (p *parser) returns(s *statement) {
	if !p.accept("RETURNING") {
		return
	}
	all := p.accept("ALL")
	if !all {
		p.expect("MODIFIED")
	}
	old := p.accept("OLD")
	if !old {
		p.expect("NEW")
	}
	p.expect("*")
	s.returning = map[[2]bool]string{{true, true}: "ALL_OLD", {true, false}: "ALL_NEW", {false, true}: "UPDATED_OLD", {false, false}: "UPDATED_NEW"}[[2]bool{all, old}]
	if p.err == nil && s.verb == "DELETE" && s.returning != "ALL_OLD" {
		p.err = invalid("Only RETURNING ALL OLD * is supported in a DELETE statement")
	}
}

// is reads what stands behind IS: MISSING or NULL, or that something is not.
func (p *parser) is(subject operand) condition {
	negated := p.accept("NOT")
	place, ok := subject.(path)
	var c condition = group{}
	switch {
	case !ok:
		p.syntaxError()
	case p.accept("MISSING"):
		c = existence{place, false}
	case p.accept("NULL"):
		c = typeCheck{place, kindNull}
	default:
		p.syntaxError()
	}
	if negated {
		return not{c}
	}
	return c
}

// conjuncts are the conditions that hold together.
func conjuncts(c condition) []condition {
	switch c := c.(type) {
	case nil:
		return nil
	case group:
		return conjuncts(c.inner)
	case and:
		return append(conjuncts(c.left), conjuncts(c.right)...)
	}
	return []condition{c}
}

// keyed takes the values of the key's attributes out of a condition that says which
// they are, and tells whether it says anything else.
func (s *statement) keyed(of schema) (key item, more bool) {
	key = item{}
	for _, c := range conjuncts(s.where) {
		tests, err := keyTests(c)
		if err != nil || tests[0].operator != "=" || !of.has(tests[0].attribute) {
			more = true
			continue
		}
		if _, twice := key[tests[0].attribute]; twice {
			more = true
			continue
		}
		key[tests[0].attribute] = tests[0].operands[0]
	}
	return key, more
}

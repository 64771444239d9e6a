// The parser of directives.

package vtl

import (
	"strings"
)

// directives of Velocity. Those without true are refused; other words after # are text.
var directives = map[string]bool{
	"set": true, "if": true, "elseif": true, "else": true, "end": true, "foreach": true, "break": true,
	"stop": true, "define": true,
	"macro": false, "parse": false, "include": false, "evaluate": false,
}

// directiveWord takes "#name" of a directive, whatever follows it.
func (p *parser) directiveWord() (string, bool) {
	name, known := directiveIn(p.rest()[1:])
	if known {
		p.pos += 1 + len(name)
	}
	return name, known
}

// directiveIn is the word that a text begins with, if it is one of a directive.
func directiveIn(text string) (name string, known bool) {
	n := 0
	for n < len(text) && isLetter(text[n]) {
		n++
	}
	_, known = directives[text[:n]]
	return text[:n], known
}

// directiveName takes "#name" or "#{name}".
func (p *parser) directiveName() (string, bool) {
	rest := p.rest()[1:]
	braced := strings.HasPrefix(rest, "{")
	if braced {
		rest = rest[1:]
	}
	name, known := directiveIn(rest)
	if !known {
		return "", false
	}
	n := len(name)
	if braced && !strings.HasPrefix(rest[n:], "}") {
		return "", false
	}
	switch name {
	case "end", "else", "break", "stop":
	default: // these have arguments
		if !strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(rest[n:], "}"), " \t"), "(") {
			return "", false
		}
	}
	p.pos += len("#") + n
	if braced {
		p.pos += len("{}")
	}
	return name, true
}

func (p *parser) directive(name string) (node, error) {
	if !directives[name] {
		return nil, p.errorf("#%s is not supported", name)
	}
	switch name {
	case "set":
		return p.set()
	case "if":
		return p.ifElse()
	case "foreach":
		return p.foreach()
	case "define":
		return p.define()
	default:
		p.endOfLine()
		return jumpNode{map[string]error{"break": errBreak, "stop": errStop}[name]}, nil
	}
}

func (p *parser) set() (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	p.space()
	target, err := p.target()
	if err != nil {
		return nil, err
	}
	if err := p.expect("="); err != nil {
		return nil, err
	}
	value, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.endOfLine()
	return setNode{target, value}, nil
}

// target parses what a #set sets: a variable of the template, a member of one, or an override.
func (p *parser) target() (*reference, error) {
	start := p.pos
	r, err := p.reference()
	if err != nil {
		return nil, err
	}
	switch {
	case r == nil:
		return nil, p.errorf("#set must set a reference")
	case len(r.steps) > 0 && r.steps[len(r.steps)-1].method:
		return nil, p.errorf("#set cannot set the result of a method: %s", r.source)
	case r.name == "input" || r.name == "util" || r.name == "stageVariables" || r.name == "context" && !isOverride(r):
		p.pos = start
		return nil, p.errorf("#set cannot set %s", r.source)
	}
	return r, nil
}

func (p *parser) ifElse() (node, error) {
	var n ifNode
	for {
		condition, err := p.parenthesized()
		if err != nil {
			return nil, err
		}
		nodes, end, err := p.block()
		if err != nil {
			return nil, err
		}
		n.branches = append(n.branches, branch{condition, nodes})
		switch end {
		case "elseif":
			continue
		case "else":
			if n.otherwise, end, err = p.block(); err != nil {
				return nil, err
			}
		}
		if end != "end" {
			return nil, p.errorf("#if without #end")
		}
		return n, nil
	}
}

// parenthesized parses the argument of #if and #elseif.
func (p *parser) parenthesized() (expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	e, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.endOfLine()
	return e, nil
}

func (p *parser) foreach() (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	variable, err := p.variable()
	if err != nil {
		return nil, err
	}
	if err := p.expect("in"); err != nil {
		return nil, err
	}
	over, err := p.parameter()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.endOfLine()
	nodes, err := p.body("foreach")
	return foreachNode{variable, over, nodes}, err
}

func (p *parser) define() (node, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	variable, err := p.variable()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	p.endOfLine()
	nodes, err := p.body("define")
	return defineNode{variable, nodes}, err
}

// body parses up to #end.
func (p *parser) body(of string) ([]node, error) {
	nodes, end, err := p.block()
	if err == nil && end != "end" {
		err = p.errorf("#%s without #end", of)
	}
	return nodes, err
}

// variable takes "$name" or "${name}".
func (p *parser) variable() (string, error) {
	p.space()
	r, err := p.reference()
	if err != nil {
		return "", err
	}
	if r == nil || len(r.steps) > 0 || knownRoots[r.name] {
		return "", p.errorf("expected a variable at %q", excerpt(p.rest()))
	}
	return r.name, nil
}

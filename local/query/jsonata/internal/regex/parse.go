// Package regex matches JavaScript's regular expressions, in the web's dialect and without the u flag: over UTF-16
// units, by backtracking. Its steps are counted by whoever asks for a match, who can so bound and cancel it.
//
// This file reads patterns.
package regex

import (
	"errors"
	"strconv"
	"unicode/utf16"
)

type nodeKind int

const (
	nodeEmpty nodeKind = iota
	nodeChar
	nodeClass
	nodeSequence
	nodeChoice
	nodeGroup // capturing
	nodeRepeat
	nodeLineStart
	nodeLineEnd
	nodeWord
	nodeNotWord
	nodeBackreference
	nodeLook
)

type node struct {
	kind     nodeKind
	char     uint16
	class    *class
	children []*node
	group    int // its number, or the one that is referred to
	least    int // repetitions
	most     int // -1 for any number
	lazy     bool
	behind   bool // looks behind
	negative bool
	first    int // the groups within, first to last
	last     int
}

type parser struct {
	source     []uint16
	pos        int
	groups     int // so far
	allGroups  int
	names      map[string]int
	depth      int
	ignoreCase bool
	multiline  bool
}

const maxDepth = 500

// SyntaxError is what is wrong with a pattern, in JavaScript's words.
type SyntaxError string

func (e SyntaxError) Error() string { return string(e) }

func (p *parser) fail(reason string) error {
	return SyntaxError("Invalid regular expression: /" + string(utf16.Decode(p.source)) + "/: " + reason)
}

func (p *parser) peek(ahead int) rune {
	if p.pos+ahead < len(p.source) {
		return rune(p.source[p.pos+ahead])
	}
	return -1
}

// take passes over a text if it comes next.
func (p *parser) take(text string) bool {
	for i, r := range text {
		if p.peek(i) != r {
			return false
		}
	}
	p.pos += len(text)
	return true
}

// countGroups looks ahead: a backslash and a number refer to a group only if there is one.
func (p *parser) countGroups() {
	inClass := false
	for ; p.pos < len(p.source); p.pos++ {
		switch c := p.peek(0); {
		case c == '\\':
			p.pos++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '(' && !inClass:
			named := p.peek(1) == '?' && p.peek(2) == '<' && p.peek(3) != '=' && p.peek(3) != '!'
			if p.peek(1) != '?' || named {
				p.allGroups++
			}
			if named {
				start := p.pos + len("(?<")
				for p.pos < len(p.source) && p.peek(0) != '>' {
					p.pos++
				}
				p.names[string(utf16.Decode(p.source[start:p.pos]))] = p.allGroups
			}
		}
	}
	p.pos = 0
}

func (p *parser) disjunction() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, errors.New("the regular expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	choice := &node{kind: nodeChoice}
	for {
		alternative, err := p.alternative()
		if err != nil {
			return nil, err
		}
		choice.children = append(choice.children, alternative)
		if !p.take("|") {
			break
		}
	}
	if len(choice.children) == 1 {
		return choice.children[0], nil
	}
	return choice, nil
}

func (p *parser) alternative() (*node, error) {
	sequence := &node{kind: nodeSequence}
	for p.pos < len(p.source) && p.peek(0) != '|' && p.peek(0) != ')' {
		before := p.groups
		term, err := p.term()
		if err != nil {
			return nil, err
		}
		if term, err = p.quantified(term, before); err != nil {
			return nil, err
		}
		sequence.children = append(sequence.children, term)
	}
	return sequence, nil
}

// quantified reads what says how often a term is repeated.
func (p *parser) quantified(term *node, groupsBefore int) (*node, error) {
	repeat := &node{kind: nodeRepeat, children: []*node{term}, most: -1, first: groupsBefore + 1, last: p.groups}
	switch {
	case p.take("*"):
	case p.take("+"):
		repeat.least = 1
	case p.take("?"):
		repeat.most = 1
	default:
		least, most, ok := p.braces()
		if !ok {
			return term, nil
		}
		if most >= 0 && most < least {
			return nil, p.fail("numbers out of order in {} quantifier")
		}
		repeat.least, repeat.most = least, most
	}
	switch term.kind {
	case nodeLineStart, nodeLineEnd, nodeWord, nodeNotWord:
		return nil, p.fail("Nothing to repeat")
	case nodeLook:
		if term.behind {
			return nil, p.fail("Nothing to repeat")
		}
	}
	repeat.lazy = p.take("?")
	return repeat, nil
}

// braces reads {n}, {n,} or {n,m}; anything else in braces is text.
func (p *parser) braces() (least, most int, ok bool) {
	start := p.pos
	if !p.take("{") {
		return 0, 0, false
	}
	least, ok = p.number()
	most = least
	if ok && p.take(",") {
		if most, ok = p.number(); !ok {
			most, ok = -1, true
		}
	}
	if !ok || !p.take("}") {
		p.pos = start
		return 0, 0, false
	}
	return least, most, true
}

func (p *parser) number() (int, bool) {
	start := p.pos
	for p.peek(0) >= '0' && p.peek(0) <= '9' {
		p.pos++
	}
	const much = 1 << 30
	n, err := strconv.Atoi(string(utf16.Decode(p.source[start:p.pos])))
	if err != nil || n > much {
		n = much
	}
	return n, p.pos > start
}

func (p *parser) term() (*node, error) {
	c := p.source[p.pos]
	switch c {
	case '^':
		p.pos++
		return &node{kind: nodeLineStart}, nil
	case '$':
		p.pos++
		return &node{kind: nodeLineEnd}, nil
	case '(':
		return p.parenthesis()
	case '.':
		p.pos++
		return &node{kind: nodeClass, class: &class{ranges: lineEnds, negated: true}}, nil
	case '[':
		p.pos++
		return p.bracket()
	case '\\':
		p.pos++
		return p.escape()
	case '*', '+', '?':
		return nil, p.fail("Nothing to repeat")
	case '{':
		if _, _, ok := p.braces(); ok {
			return nil, p.fail("Nothing to repeat")
		}
	}
	p.pos++
	return &node{kind: nodeChar, char: c}, nil
}

func (p *parser) parenthesis() (*node, error) {
	group := &node{kind: nodeGroup}
	before := p.groups
	switch {
	case p.take("(?:"):
		group.kind = nodeSequence
	case p.take("(?="), p.take("(?!"), p.take("(?<="), p.take("(?<!"):
		group.kind = nodeLook
		group.behind = p.source[p.pos-2] == '<'
		group.negative = p.source[p.pos-1] == '!'
	case p.take("(?<"):
		if _, err := p.groupName("Invalid capture group name"); err != nil {
			return nil, err
		}
		p.groups++
		group.group = p.groups
	case p.take("(?"):
		return nil, p.fail("Invalid group")
	default:
		p.pos++
		p.groups++
		group.group = p.groups
	}
	inner, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if !p.take(")") {
		return nil, p.fail("Unterminated group")
	}
	group.children, group.first, group.last = []*node{inner}, before+1, p.groups
	return group, nil
}

// groupName reads a name and the > behind it.
func (p *parser) groupName(fault string) (string, error) {
	start := p.pos
	for p.peek(0) != '>' {
		if p.pos++; p.pos > len(p.source) {
			return "", p.fail(fault)
		}
	}
	p.pos++
	return string(utf16.Decode(p.source[start : p.pos-1])), nil
}

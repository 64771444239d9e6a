// The reading of escapes, and of what is in brackets.

package regex

import (
	"strconv"
	"unicode/utf16"
)

// escape reads what follows a backslash, outside of brackets.
func (p *parser) escape() (*node, error) {
	switch c := p.peek(0); {
	case c < 0:
		return nil, p.fail(`\ at end of pattern`)
	case c == 'b':
		p.pos++
		return &node{kind: nodeWord}, nil
	case c == 'B':
		p.pos++
		return &node{kind: nodeNotWord}, nil
	case c == 'k' && len(p.names) > 0:
		return p.namedReference()
	case c >= '1' && c <= '9':
		start := p.pos
		if n, _ := p.number(); n <= p.allGroups {
			return &node{kind: nodeBackreference, group: n}, nil
		}
		p.pos = start
	}
	if class := p.classEscape(); class != nil {
		return &node{kind: nodeClass, class: class}, nil
	}
	return &node{kind: nodeChar, char: p.charEscape(false)}, nil
}

func (p *parser) namedReference() (*node, error) {
	p.pos++
	if !p.take("<") {
		return nil, p.fail("Invalid named reference")
	}
	name, err := p.groupName("Invalid named reference")
	if err != nil {
		return nil, err
	}
	group, ok := p.names[name]
	if !ok {
		return nil, p.fail("Invalid named capture referenced")
	}
	return &node{kind: nodeBackreference, group: group}, nil
}

// classEscape reads \d, \w, \s and their opposites.
func (p *parser) classEscape() *class {
	var c class
	switch p.peek(0) {
	case 'd', 'D':
		c.ranges = digits
	case 'w', 'W':
		c.ranges = words
	case 's', 'S':
		c.ranges = spaces
	default:
		return nil
	}
	c.negated = p.peek(0) < 'a'
	p.pos++
	return &c
}

// charEscape reads an escape that stands for one unit.
func (p *parser) charEscape(inClass bool) uint16 {
	c := p.source[p.pos]
	p.pos++
	switch c {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'v':
		return '\v'
	case 'f':
		return '\f'
	case 'r':
		return '\r'
	case 'x':
		return p.hex(2, c)
	case 'u':
		return p.hex(4, c)
	case 'c':
		if l := p.peek(0) | 0x20; l >= 'a' && l <= 'z' {
			p.pos++
			return uint16(l) & 31
		}
		if l := p.peek(0); inClass && (l >= '0' && l <= '9' || l == '_') {
			p.pos++
			return uint16(l) & 31
		}
		p.pos-- // a backslash, and then a c
		return '\\'
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return p.octal(c - '0')
	}
	return c
}

func (p *parser) octal(value uint16) uint16 {
	const most = 0o377
	for range 2 {
		d := p.peek(0)
		if d < '0' || d > '7' || value*8+uint16(d-'0') > most {
			break
		}
		value = value*8 + uint16(d-'0')
		p.pos++
	}
	return value
}

// hex reads so many hexadecimal digits; if they are not there, the letter stands for itself.
func (p *parser) hex(digits int, letter uint16) uint16 {
	if p.pos+digits > len(p.source) {
		return letter
	}
	value, err := strconv.ParseUint(string(utf16.Decode(p.source[p.pos:p.pos+digits])), 16, 16)
	if err != nil {
		return letter
	}
	p.pos += digits
	return uint16(value)
}

// bracket reads [...], after its opening bracket.
func (p *parser) bracket() (*node, error) {
	c := &class{negated: p.take("^")}
	for !p.take("]") {
		if p.pos >= len(p.source) {
			return nil, p.fail("Unterminated character class")
		}
		low, set := p.classAtom()
		if p.peek(0) != '-' || p.peek(1) == ']' || p.peek(1) < 0 {
			c.add(low, low, set)
			continue
		}
		p.pos++
		high, highSet := p.classAtom()
		switch {
		case set != nil || highSet != nil: // no range: the hyphen is one of them
			c.add(low, low, set)
			c.add('-', '-', nil)
			c.add(high, high, highSet)
		case low > high:
			return nil, p.fail("Range out of order in character class")
		default:
			c.add(low, high, nil)
		}
	}
	return &node{kind: nodeClass, class: c}, nil
}

func (p *parser) classAtom() (uint16, *class) {
	c := p.source[p.pos]
	p.pos++
	if c != '\\' || p.pos >= len(p.source) {
		return c, nil
	}
	if set := p.classEscape(); set != nil {
		return 0, set
	}
	if p.take("b") {
		return '\b', nil
	}
	return p.charEscape(true), nil
}

// Package jackson tells what is wrong with a text that is no JSON, in the words that
// AWS's services have from Jackson 2, the parser that they read JSON with.
package jackson

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// A Fault is the first thing that is wrong with a text, and where the text was read to.
type Fault struct{ Message, Location string }

// Error is the fault as Jackson's exceptions tell it.
func (f *Fault) Error() string { return f.Message + "\n at " + f.Location }

// Parser is how a service's Jackson tells of places.
type Parser struct {
	// Exact tells that a character that must not be there is told by its own place, as
	// Jackson does since 2.16.2, and not by the one behind it.
	Exact bool

	// Redacted tells that the text is not shown, as is Jackson's default since 2.16.
	Redacted bool
}

// maxExcerpt is how many characters of a text Jackson shows.
const maxExcerpt = 500

// Fault finds what is wrong, or nil if Jackson would find nothing: it does not
// read on behind the first value.
func (as Parser) Fault(text string) *Fault {
	p := &reader{Parser: as, units: utf16.Encode([]rune(text)), within: []bracket{{kind: "root", at: -1}}}
	c, f := p.next()
	if f == nil && c >= 0 {
		f = p.value(c)
	}
	for f == nil && len(p.within) > 1 {
		f = p.entry()
	}
	return f
}

// A bracket is what begins an object or an array, or stands for what is around all.
type bracket struct {
	kind   string
	at     int
	filled bool // an entry was read
}

// reader is a text as far as it was read. What looks for a fault returns nil if there
// is none so far.
type reader struct {
	Parser
	units  []uint16 // which are Java's characters
	at     int
	within []bracket // what is open; no function calls itself for it, since nobody bounds its depth
}

func (p *reader) fault(format string, args ...any) *Fault {
	return &Fault{fmt.Sprintf(format, args...), p.location(p.at)}
}

// faultOf is fault for the character that was read last.
func (p *reader) faultOf(format string, args ...any) *Fault {
	f := p.fault(format, args...)
	if p.Exact {
		f.Location = p.location(p.at - 1)
	}
	return f
}

func (p *reader) unexpected(c rune, why string) *Fault {
	return p.faultOf("Unexpected character (%s): %s", described(c), why)
}

// described is a character as Jackson shows it.
func described(c rune) string {
	switch {
	case c < 0x20 || c >= 0x7f && c < 0xa0:
		return fmt.Sprintf("(CTRL-CHAR, code %d)", c)
	case c > 255:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", c, c, c)
	default:
		return fmt.Sprintf("'%c' (code %d)", c, c)
	}
}

// location is a place, so many characters behind the beginning, as Jackson tells it.
func (p *reader) location(at int) string {
	line, column := 1, at+1
	for i, unit := range p.units[:max(at, 0)] {
		if unit == '\n' {
			line, column = line+1, at-i
		}
	}
	if p.Redacted {
		return fmt.Sprintf("[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %d, column: %d]", line, column)
	}
	excerpt, cut := p.units, ""
	if len(p.units) > maxExcerpt {
		excerpt, cut = p.units[:maxExcerpt], fmt.Sprintf("[truncated %d chars]", len(p.units)-maxExcerpt)
	}
	return fmt.Sprintf("[Source: (String)\"%s\"%s; line: %d, column: %d]", string(utf16.Decode(excerpt)), cut, line, column)
}

// read returns the next character, or -1 at the end.
func (p *reader) read() rune {
	if p.at == len(p.units) {
		return -1
	}
	p.at++
	return rune(p.units[p.at-1])
}

func (p *reader) peek() rune {
	if p.at == len(p.units) {
		return -1
	}
	return rune(p.units[p.at])
}

// next returns the next character that is not white, or -1 at the end.
func (p *reader) next() (rune, *Fault) {
	for {
		switch c := p.read(); {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		case c == '/':
			return c, p.unexpected(c, "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)")
		case c >= 0 && c < ' ':
			return c, p.fault("Illegal character (%s): only regular white space (\\r, \\n, \\t) is allowed between tokens", described(c))
		default:
			return c, nil
		}
	}
}

// inner is next where a text must not end.
func (p *reader) inner() (rune, *Fault) {
	c, f := p.next()
	if f == nil && c < 0 {
		f = p.fault("Unexpected end-of-input within/between %s entries", p.open().kind)
	}
	return c, f
}

func (p *reader) open() *bracket { return &p.within[len(p.within)-1] }

const expectedValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

// value reads a value that begins with c; of an object or an array only that.
func (p *reader) value(c rune) *Fault {
	switch {
	case c == '"':
		return p.text(false)
	case c == '{':
		p.within = append(p.within, bracket{kind: "Object", at: p.at - 1})
		return nil
	case c == '[':
		p.within = append(p.within, bracket{kind: "Array", at: p.at - 1})
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return p.number(c)
	case len(p.within) == 1 && (c == ']' || c == '}'):
		return p.mismatched(c)
	case c == '}':
		return p.unexpected(c, "expected a value")
	case c == '+':
		return p.noDigit(p.read(), "expected digit (0-9) to follow minus sign, for valid numeric value")
	}
	for _, word := range []string{"true", "false", "null"} {
		if rune(word[0]) == c {
			return p.word(word)
		}
	}
	for _, word := range []string{"NaN", "Infinity"} {
		if rune(word[0]) == c {
			if f := p.word(word); f != nil {
				return f
			}
			return p.fault("Non-standard token '%s': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow", word)
		}
	}
	if beginsName(c) {
		return p.unrecognized(string(c))
	}
	return p.unexpected(c, "expected a valid value "+expectedValues)
}

// word reads the rest of a word of which the first character is known.
func (p *reader) word(word string) *Fault {
	for i := 1; i < len(word); i++ {
		if p.peek() != rune(word[i]) {
			return p.unrecognized(word[:i])
		}
		p.at++
	}
	if continuesName(p.peek()) {
		return p.unrecognized(word)
	}
	return nil
}

// unrecognized is the fault of a word that is none of JSON's and begins so.
func (p *reader) unrecognized(token string) *Fault {
	const most = 256
	units := utf16.Encode([]rune(token))
	for continuesName(p.peek()) {
		if units = append(units, uint16(p.read())); len(units) >= most {
			return p.fault("Unrecognized token '%s...': was expecting %s", string(utf16.Decode(units)), expectedValues)
		}
	}
	return p.fault("Unrecognized token '%s': was expecting %s", string(utf16.Decode(units)), expectedValues)
}

// beginsName and continuesName tell the characters of Java's names.
func beginsName(c rune) bool {
	return unicode.IsLetter(c) || unicode.In(c, unicode.Sc, unicode.Pc, unicode.Nl)
}

func continuesName(c rune) bool {
	return beginsName(c) || unicode.In(c, unicode.Nd, unicode.Mn, unicode.Mc)
}

// number reads the rest of a number.
func (p *reader) number(c rune) *Fault {
	if c == '-' {
		if c = p.read(); c < '0' || c > '9' {
			if c < 0 {
				return p.fault("Unexpected end-of-inputNo digit following minus sign")
			}
			return p.noDigit(c, "expected digit (0-9) to follow minus sign, for valid numeric value")
		}
	}
	if next := p.peek(); c == '0' && next >= '0' && next <= '9' {
		p.at++
		return p.fault("Invalid numeric value: Leading zeroes not allowed")
	}
	p.digits()
	if p.peek() == '.' {
		p.at++
		if p.digits() == 0 {
			return p.noDigit(p.read(), "Decimal point not followed by a digit")
		}
	}
	if e := p.peek(); e == 'e' || e == 'E' {
		p.at++
		if sign := p.peek(); sign == '+' || sign == '-' {
			p.at++
		}
		if p.digits() == 0 {
			return p.noDigit(p.read(), "Exponent indicator not followed by a digit")
		}
	}
	if next := p.peek(); len(p.within) == 1 && next >= 0 && !strings.ContainsRune(" \t\r\n", next) {
		p.at++
		return p.unexpected(next, "Expected space separating root-level values")
	}
	return nil
}

func (p *reader) digits() (n int) {
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
		n++
	}
	return n
}

// noDigit is the fault of a character where a digit has to be.
func (p *reader) noDigit(c rune, why string) *Fault {
	if c < 0 {
		return p.fault("Unexpected end-of-input in a Number value")
	}
	return p.faultOf("Unexpected character (%s) in numeric value: %s", described(c), why)
}

// text reads the rest of a string, or of a member's name.
func (p *reader) text(isName bool) *Fault {
	what, end := "string value", ": was expecting closing quote for a string value"
	if isName {
		what, end = "name", " in field name"
	}
	for {
		switch c := p.read(); {
		case c < 0:
			return p.fault("Unexpected end-of-input%s", end)
		case c == '"':
			return nil
		case c == '\\':
			if f := p.escape(); f != nil {
				return f
			}
		case c < ' ':
			return p.faultOf("Illegal unquoted character (%s): has to be escaped using backslash to be included in %s", described(c), what)
		}
	}
}

func (p *reader) escape() *Fault {
	const ended = "Unexpected end-of-input in character escape sequence"
	switch c := p.read(); {
	case c < 0:
		return p.fault(ended)
	case c != 'u' && !strings.ContainsRune(`btnfr"/\`, c):
		return p.faultOf("Unrecognized character escape %s", described(c))
	case c != 'u':
		return nil
	}
	for range 4 {
		c := p.read()
		if c < 0 {
			return p.fault(ended)
		}
		if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			return p.unexpected(c, "expected a hex-digit for character escape sequence")
		}
	}
	return nil
}

// entry reads the next entry of the object or the array that is open, or its end.
func (p *reader) entry() *Fault {
	open := p.open()
	first, isObject := !open.filled, open.kind == "Object"
	open.filled = true
	c, f := p.next()
	switch {
	case f != nil:
		return f
	case c < 0:
		return p.fault("Unexpected end-of-input: expected close marker for %s (start marker at %s)", open.kind, p.location(open.at))
	case isObject && c == '}' || !isObject && c == ']':
		p.within = p.within[:len(p.within)-1]
		return nil
	case c == ']' || c == '}':
		return p.mismatched(c)
	case !first && c != ',':
		return p.unexpected(c, "was expecting comma to separate "+open.kind+" entries")
	case !first:
		c, f = p.inner()
	}
	if f == nil && isObject {
		c, f = p.member(c)
	}
	if f == nil {
		f = p.value(c)
	}
	return f
}

// member reads a member's name up to its value, and returns how that begins.
func (p *reader) member(c rune) (rune, *Fault) {
	if c != '"' {
		return c, p.unexpected(c, "was expecting double-quote to start field name")
	}
	if f := p.text(true); f != nil {
		return c, f
	}
	c, f := p.inner()
	if f == nil && c != ':' {
		f = p.unexpected(c, "was expecting a colon to separate field name and value")
	}
	if f != nil {
		return c, f
	}
	return p.inner()
}

// mismatched is the fault of a bracket that closes what is not open.
func (p *reader) mismatched(c rune) *Fault {
	expected := map[rune]rune{']': '}', '}': ']'}[c]
	return p.faultOf("Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, expected, p.open().kind, p.location(p.open().at))
}

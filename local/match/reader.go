package match

// This file reads a pattern's text token by token, and tells where it stands in
// the words of Jackson, the parser below event-ruler: AWS's answers have them.

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

type token byte

const (
	broken token = iota // what is no JSON; the reader knows why
	startObject
	endObject
	startArray
	endArray
	fieldName
	textValue
	numberValue
	trueValue
	falseValue
	nullValue
)

var (
	words    = map[string]token{"true": trueValue, "false": falseValue, "null": nullValue}
	brackets = map[byte]token{'{': startObject, '}': endObject, '[': startArray, ']': endArray}
)

// reader reads JSON. It has always seen the value behind a field's name, and of
// a text only the opening quote until somebody asks for it.
type reader struct {
	source  string
	pos     int
	open    []int  // where the objects and arrays begin that it is in
	members []bool // whether those had a member already

	name  string // of the field that was read last
	ahead token  // the value behind that name, if it is yet to be handed out
	text  string // of the last number or word, or of a text that was asked for
	start int    // of a text that nobody asked for, behind its opening quote; or -1

	err error
}

const noValue = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func newReader(source string) *reader { return &reader{source: source, start: -1} }

// next returns the next token; nothing but broken follows a broken one.
func (r *reader) next() token {
	if r.err != nil {
		return broken
	}
	if r.ahead != broken {
		t := r.ahead
		r.ahead = broken
		return t
	}
	if r.start >= 0 && !r.finish() {
		return broken
	}
	c, ok := r.skip()
	if !ok {
		return r.ended()
	}
	if c == '}' || c == ']' {
		return r.close(c)
	}
	if n := len(r.open); n > 0 {
		if c, ok = r.separator(c); !ok {
			return broken
		}
		r.members[n-1] = true
		if r.source[r.open[n-1]] == '{' {
			return r.field(c)
		}
	}
	return r.value(c)
}

// skip moves to the next character that is no blank.
func (r *reader) skip() (byte, bool) {
	for r.pos < len(r.source) {
		switch c := r.source[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c, true
		}
	}
	return 0, false
}

func (r *reader) close(c byte) token {
	n := len(r.open)
	if n == 0 {
		return r.unexpected(noValue)
	}
	start := r.open[n-1]
	if wanted := r.source[start] + 2; c != wanted { // { and } are two apart, and so are [ and ]
		return r.fail("Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, wanted, r.kind(), r.location(start))
	}
	r.pos++
	r.open, r.members = r.open[:n-1], r.members[:n-1]
	return brackets[c]
}

// kind is what the reader is in.
func (r *reader) kind() string {
	if r.source[r.open[len(r.open)-1]] == '{' {
		return "Object"
	}
	return "Array"
}

// separator takes the comma in front of all members but the first.
func (r *reader) separator(c byte) (byte, bool) {
	n := len(r.open)
	if !r.members[n-1] {
		return c, true
	}
	if c != ',' {
		r.unexpected("was expecting comma to separate " + r.kind() + " entries")
		return 0, false
	}
	r.pos++
	c, ok := r.skip()
	if !ok {
		r.ended()
	}
	return c, ok
}

// field reads a name, and the value behind it ahead.
func (r *reader) field(c byte) token {
	if c != '"' {
		return r.unexpected("was expecting double-quote to start field name")
	}
	r.start = r.pos + 1
	if !r.finish() {
		return broken
	}
	r.name = r.text
	c, ok := r.skip()
	if ok && c != ':' {
		return r.unexpected("was expecting a colon to separate field name and value")
	}
	if ok {
		r.pos++
		c, ok = r.skip()
	}
	if !ok {
		return r.ended()
	}
	if r.ahead = r.value(c); r.ahead == broken {
		return broken
	}
	return fieldName
}

func (r *reader) value(c byte) token {
	switch {
	case c == '"':
		r.pos++
		r.start = r.pos
		return textValue
	case c == '{' || c == '[':
		r.open, r.members = append(r.open, r.pos), append(r.members, false)
		r.pos++
		r.text = string(c)
		return brackets[c]
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	return r.word(c)
}

func (r *reader) number() token {
	end := r.pos
	for end < len(r.source) && strings.IndexByte("+-.eE0123456789", r.source[end]) >= 0 {
		end++
	}
	text := r.source[r.pos:end]
	if !json.Valid([]byte(text)) {
		r.pos = end
		return r.fail("Invalid numeric value: %s", text)
	}
	r.pos, r.text = end, text
	return numberValue
}

func (r *reader) word(c byte) token {
	end := r.pos
	for end < len(r.source) {
		char, size := utf8.DecodeRuneInString(r.source[end:])
		if char != '_' && char != '$' && !unicode.IsLetter(char) && !unicode.IsDigit(char) {
			break
		}
		end += size
	}
	text := r.source[r.pos:end]
	if t := words[text]; t != broken {
		r.pos, r.text = end, text
		return t
	}
	if c == '}' {
		return r.unexpected("expected a value")
	}
	if text == "" {
		return r.unexpected(noValue)
	}
	r.pos = end
	return r.fail("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", text)
}

// textOf returns the text of the last token, which is a value, as it was written
// if it is no text.
func (r *reader) textOf() string {
	if r.start >= 0 {
		r.finish()
	}
	return r.text
}

// finish reads a text to its closing quote.
func (r *reader) finish() bool {
	start := r.start
	r.start = -1
	for i := start; i < len(r.source); i++ {
		switch c := r.source[i]; {
		case c == '"':
			r.pos = i + 1
			if err := json.Unmarshal([]byte(r.source[start-1:i+1]), &r.text); err != nil {
				r.fail("Unexpected character in an escape: %w", err)
				return false
			}
			return true
		case c == '\\' && i+1 < len(r.source):
			i++
			if strings.IndexByte("\"\\/bfnrtu", r.source[i]) < 0 {
				r.pos = i
				r.fail("Unrecognized character escape '%[1]c' (code %[1]d)", r.source[i])
				return false
			}
		case c < ' ':
			r.pos = i
			r.fail("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
			return false
		}
	}
	r.pos = len(r.source)
	r.fail("Unexpected end-of-input: was expecting closing quote for a string value")
	return false
}

func (r *reader) ended() token {
	n := len(r.open)
	if n == 0 {
		return r.fail("Filter is not an object")
	}
	return r.fail("Unexpected end-of-input: expected close marker for %s (start marker at %s)", r.kind(), r.location(r.open[n-1]))
}

// unexpected refuses the character where the reader stands, which is its place to
// Jackson since 2.16.2.
func (r *reader) unexpected(wanted string) token {
	char, _ := utf8.DecodeRuneInString(r.source[r.pos:])
	return r.fail("Unexpected character ('%c' (code %d)): %s", char, char, wanted)
}

func (r *reader) fail(format string, args ...any) token {
	r.err = r.refuse(format, args...)
	return broken
}

// refuse makes an error that tells where the reader stands. What is no JSON is
// refused for that.
func (r *reader) refuse(format string, args ...any) error {
	if r.err != nil {
		return r.err
	}
	r.err = refusal(format+"\n at %s", append(args, r.location(r.pos))...)
	return r.err
}

// refusal makes an error in AWS's words, which begin with a capital.
func refusal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// again adds the place to an error once more, as event-ruler does where it
// wraps its own.
func (r *reader) again(err error) error {
	if err != nil {
		r.err = refusal("%w\n at %s", err, r.location(r.pos))
	}
	return r.err
}

// maxQuoted is how much of a text Jackson quotes.
const maxQuoted = 500

// location counts lines and columns from 1, and in columns the characters of
// UTF-16.
func (r *reader) location(pos int) string {
	line, column := 1, 1
	for _, char := range r.source[:pos] {
		switch {
		case char == '\n':
			line, column = line+1, 1
		case char > 0xffff:
			column += 2
		default:
			column++
		}
	}
	quoted := r.source + `"`
	if units := utf16.Encode([]rune(r.source)); len(units) > maxQuoted {
		quoted = fmt.Sprintf("%s\"[truncated %d chars]", string(utf16.Decode(units[:maxQuoted])), len(units)-maxQuoted)
	}
	return fmt.Sprintf(`[Source: (String)"%s; line: %d, column: %d]`, quoted, line, column)
}

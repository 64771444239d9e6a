// The tokens of an expression.

package jsonata

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenOperator
	tokenName
	tokenVariable
	tokenString
	tokenNumber
	tokenValue // true, false, null
	tokenRegex
)

type token struct {
	kind  tokenKind
	text  string // the operator, the name, the variable without its $
	value any    // of a literal
	at    int    // in bytes
}

// shown is the token as messages name it.
func (t token) shown() any {
	if t.kind != tokenEnd && t.value == nil {
		return nullToken{}
	}
	return t.value
}

// operatorEnd is what the end of an expression is called in messages.
const operatorEnd = "(end)"

// The symbols of the language; the longer ones are looked for first.
var doubleOperators = []string{"..", ":=", "!=", ">=", "<=", "**", "~>"}

const (
	singleOperators = ".[]{}(),@#;:?+-*/%|=<>^&!~"
	whitespace      = " \t\n\r\v"
)

type lexer struct {
	source string
	pos    int
}

// next reads a token. Where an operand has just ended, a slash divides; elsewhere it begins a regular
// expression.
func (l *lexer) next(operandEnded bool) (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	rest := l.source[l.pos:]
	if rest == "" {
		return token{kind: tokenEnd, text: operatorEnd, value: operatorEnd, at: len(l.source)}, nil
	}
	start := l.pos
	if rest[0] == '/' && !operandEnded {
		return l.regex()
	}
	for _, operator := range doubleOperators {
		if strings.HasPrefix(rest, operator) {
			l.pos += len(operator)
			return token{tokenOperator, operator, operator, start}, nil
		}
	}
	switch c := rest[0]; {
	case strings.IndexByte(singleOperators, c) >= 0:
		l.pos++
		return token{tokenOperator, rest[:1], rest[:1], start}, nil
	case c == '"' || c == '\'':
		return l.text(c)
	case isDigit(c):
		return l.number()
	case c == '`':
		return l.quotedName()
	}
	return l.name(), nil
}

// skip passes over white space and comments.
func (l *lexer) skip() error {
	for {
		l.pos += len(l.source[l.pos:]) - len(strings.TrimLeft(l.source[l.pos:], whitespace))
		if !strings.HasPrefix(l.source[l.pos:], "/*") {
			return nil
		}
		end := strings.Index(l.source[l.pos+2:], "*/")
		if end < 0 {
			return failAt("S0106", l.pos, nil)
		}
		l.pos += 2 + end + 2
	}
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (l *lexer) text(quote byte) (token, error) {
	start := l.pos
	l.pos++
	var out []byte
	for l.pos < len(l.source) {
		switch c := l.source[l.pos]; c {
		case quote:
			l.pos++
			return token{tokenString, string(out), string(out), start}, nil
		case '\\':
			var err error
			if out, err = l.escape(out); err != nil {
				return token{}, err
			}
		default:
			r, size := nextRune(l.source[l.pos:])
			out = appendRune(out, r)
			l.pos += size
		}
	}
	return token{}, failAt("S0101", len(l.source), nil)
}

// escape reads what a backslash begins.
func (l *lexer) escape(out []byte) ([]byte, error) {
	l.pos++
	if l.pos == len(l.source) {
		return nil, failAt("S0103", l.pos, "")
	}
	c := l.source[l.pos]
	if plain, ok := escapes[c]; ok {
		l.pos++
		return append(out, plain), nil
	}
	if c != 'u' {
		_, size := nextRune(l.source[l.pos:])
		return nil, failAt("S0103", l.pos, l.source[l.pos:l.pos+size])
	}
	digits := l.source[l.pos+1:]
	digits = digits[:min(4, len(digits))]
	code, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return nil, failAt("S0104", l.pos, nil)
	}
	l.pos += 1 + len(digits)
	return appendRune(out, rune(code)), nil
}

var numberPattern = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?`)

func (l *lexer) number() (token, error) {
	start := l.pos
	text := numberPattern.FindString(l.source[start:])
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return token{}, failAt("S0102", start, text)
	}
	l.pos += len(text)
	return token{tokenNumber, text, f, start}, nil
}

func (l *lexer) quotedName() (token, error) {
	start := l.pos
	name, _, found := strings.Cut(l.source[start+1:], "`")
	if !found {
		return token{}, failAt("S0105", len(l.source), nil)
	}
	l.pos += len(name) + 2
	return token{tokenName, name, name, start}, nil
}

// name reads a name, a variable or a word of the language: all that is no operator and no white space.
func (l *lexer) name() token {
	start := l.pos
	text := l.source[start:]
	if end := strings.IndexAny(text, whitespace+singleOperators); end >= 0 {
		text = text[:end]
	}
	l.pos += len(text)
	if variable, ok := strings.CutPrefix(text, "$"); ok {
		return token{tokenVariable, variable, variable, start}
	}
	switch text {
	case "or", "in", "and":
		return token{tokenOperator, text, text, start}
	case "true", "false":
		return token{tokenValue, text, text == "true", start}
	case "null":
		return token{tokenValue, text, nil, start}
	}
	return token{tokenName, text, text, start}
}

// regex reads /pattern/flags. A slash within brackets does not end it.
func (l *lexer) regex() (token, error) {
	at := l.pos
	start, depth := at+1, 0
	for pos := start; pos < len(l.source); pos++ {
		c := l.source[pos]
		escaped := l.backslashes(pos) > 0
		switch {
		case c == '/' && depth == 0 && l.backslashes(pos)%2 == 0:
			if pos == start {
				return token{}, failAt("S0301", pos, nil)
			}
			return l.compileRegex(at, l.source[start:pos], pos+1)
		case strings.IndexByte("([{", c) >= 0 && !escaped:
			depth++
		case strings.IndexByte(")]}", c) >= 0 && !escaped:
			depth--
		}
	}
	return token{}, failAt("S0302", len(l.source), nil)
}

// backslashes counts those that stand immediately before a place.
func (l *lexer) backslashes(pos int) int {
	before := l.source[:pos]
	return len(before) - len(strings.TrimRight(before, `\`))
}

func (l *lexer) compileRegex(at int, pattern string, flagsAt int) (token, error) {
	flags := l.source[flagsAt:]
	flags = flags[:len(flags)-len(strings.TrimLeft(flags, "im"))]
	l.pos = flagsAt + len(flags)
	compiled, err := compilePattern(pattern, flags)
	if err != nil {
		return token{}, &Error{Message: err.Error(), Position: at}
	}
	return token{tokenRegex, pattern, compiled, at}, nil
}

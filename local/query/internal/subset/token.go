// The tokenizer: the words and symbols of the subset, and nothing else.

package subset

import (
	"strconv"
	"strings"
)

type kind int

const (
	end kind = iota
	constant
	variable
	memberName
	symbol
)

type token struct {
	kind  kind
	text  string
	value any
}

// want says what may come next, on which the meaning of a word depends.
type want int

const (
	wantOperand want = iota
	wantOperator
	wantStep
)

type parser struct {
	rest  string
	tok   token
	depth int // of expressions in each other
}

// advance reads the next token; false if it is none that the subset knows.
func (p *parser) advance(w want) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\n\r\v")
	if p.rest == "" {
		p.tok = token{}
		return true
	}
	switch c := p.rest[0]; {
	case c == '"' || c == '\'':
		return w == wantOperand && p.text(c)
	case c >= '0' && c <= '9':
		return w == wantOperand && p.number()
	case c == '$':
		p.rest = p.rest[1:]
		word, ok := p.word()
		p.tok = token{kind: variable, text: word}
		return w == wantOperand && ok && !inherited[word]
	case c == '`':
		name, rest, ok := strings.Cut(p.rest[1:], "`")
		p.rest, p.tok = rest, token{kind: memberName, text: name}
		return w == wantStep && ok && !inherited[name]
	case isLetter(c):
		word, ok := p.word()
		return ok && p.keyword(word, w)
	}
	for _, text := range []string{":=", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ":", ";", "?",
		"+", "-", "*", "/", "%", "&", "=", "<", ">", "."} {
		if strings.HasPrefix(p.rest, text) {
			p.rest, p.tok = p.rest[len(text):], token{kind: symbol, text: text}
			// Two-character symbols outside the subset: .. ** /* (comment) and ~>, which no prefix above starts.
			return !(text == "." && strings.HasPrefix(p.rest, ".")) && !(text == "*" && strings.HasPrefix(p.rest, "*")) &&
				!(text == "/" && strings.HasPrefix(p.rest, "*"))
		}
	}
	return false
}

// keyword tells what a bare word is where it stands.
func (p *parser) keyword(word string, w want) bool {
	switch {
	case word == "and" || word == "or" || word == "in":
		p.tok = token{kind: symbol, text: word}
		return w == wantOperator
	case word == "true" || word == "false":
		p.tok = token{kind: constant, value: word == "true"}
		return w == wantOperand
	case word == "null":
		p.tok = token{kind: constant}
		return w == wantOperand
	default:
		p.tok = token{kind: memberName, text: word}
		return w == wantStep && !inherited[word]
	}
}

// word takes a name of ASCII letters, digits and underscores; false if the name goes on with anything
// that JSONata would count to it.
func (p *parser) word() (string, bool) {
	n := 0
	for n < len(p.rest) && (isLetter(p.rest[n]) || p.rest[n] >= '0' && p.rest[n] <= '9') {
		n++
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word, n > 0 && p.delimited()
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// delimited says whether what follows ends a name in JSONata too: white space or an operator.
func (p *parser) delimited() bool {
	return p.rest == "" || strings.IndexByte(" \t\n\r\v.[]{}(),@#;:?+-*/%|=<>^&!~", p.rest[0]) >= 0
}

func (p *parser) number() bool {
	digits := func(from int) int {
		for from < len(p.rest) && p.rest[from] >= '0' && p.rest[from] <= '9' {
			from++
		}
		return from
	}
	n := digits(0)
	if p.rest[0] == '0' && n > 1 {
		return false
	}
	if n+1 < len(p.rest) && p.rest[n] == '.' && p.rest[n+1] != '.' {
		fraction := digits(n + 1)
		if fraction == n+1 {
			return false
		}
		n = fraction
	}
	value, err := strconv.ParseFloat(p.rest[:n], 64)
	p.rest, p.tok = p.rest[n:], token{kind: constant, value: value}
	return err == nil && p.delimited()
}

func (p *parser) text(quote byte) bool {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case quote:
			p.rest, p.tok = p.rest[i+1:], token{kind: constant, value: b.String()}
			return true
		case '\\':
			i++
			if i == len(p.rest) {
				return false
			}
			at := strings.IndexByte(`"\/bfnrt`, p.rest[i])
			if at < 0 {
				return false
			}
			b.WriteByte("\"\\/\b\f\n\r\t"[at])
		default:
			b.WriteByte(c)
		}
	}
	return false
}

// inherited are the members that every JavaScript object has; the library sees them in any data.
var inherited = map[string]bool{
	"constructor": true, "hasOwnProperty": true, "isPrototypeOf": true, "propertyIsEnumerable": true,
	"toLocaleString": true, "toString": true, "valueOf": true, "__proto__": true, "__defineGetter__": true,
	"__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true,
}

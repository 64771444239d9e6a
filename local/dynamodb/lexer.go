package dynamodb

// The words of expressions, and the errors that quote them.

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // attribute or function name, or keyword
	tokenName             // #placeholder
	tokenValue            // :placeholder
	tokenDigits           // list index
	tokenSymbol           // ( ) [ ] , . = <> < <= > >= + -
)

type token struct {
	kind tokenKind
	text string
}

// is tells whether the token is this symbol or, in any case, this keyword.
func (t token) is(text string) bool {
	switch t.kind {
	case tokenSymbol:
		return t.text == text
	case tokenWord:
		return strings.EqualFold(t.text, text)
	default:
		return false
	}
}

// lex splits an expression. A character that no expression can contain
// becomes a symbol that no rule accepts.
func lex(expression string) []token {
	var tokens []token
	for rest := expression; ; {
		rest = strings.TrimLeft(rest, " \t\r\n")
		if rest == "" {
			return tokens
		}
		kind, length := scanToken(rest)
		tokens = append(tokens, token{kind, rest[:length]})
		rest = rest[length:]
	}
}

func scanToken(text string) (tokenKind, int) {
	switch c := text[0]; {
	case c == '#':
		return tokenName, 1 + wordLength(text[1:])
	case c == ':':
		return tokenValue, 1 + wordLength(text[1:])
	case c >= '0' && c <= '9':
		return tokenDigits, len(text) - len(strings.TrimLeft(text, "0123456789"))
	case c != '_' && wordLength(text) > 0:
		return tokenWord, wordLength(text)
	case strings.HasPrefix(text, "<>"), strings.HasPrefix(text, "<="), strings.HasPrefix(text, ">="):
		return tokenSymbol, 2
	default:
		_, length := utf8.DecodeRuneInString(text)
		return tokenSymbol, length
	}
}

func wordLength(text string) int {
	for i := range len(text) {
		c := text[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return i
		}
	}
	return len(text)
}

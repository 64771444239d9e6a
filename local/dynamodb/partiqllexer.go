package dynamodb

// The words of PartiQL statements. Literals and names become the tokens of expressions,
// so that what comes of them is read by the parser of expressions.

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A partiqlLexer makes tokens of a statement: what is a value is a placeholder of it.
type partiqlLexer struct {
	rest       string
	parameters []value // for the question marks still to come
	tokens     []token
	names      map[string]string
	values     map[string]value
}

const notWellFormed = "Statement wasn't well formed, can't be processed: "

func malformed(format string, args ...any) error {
	return invalid("%s", notWellFormed+fmt.Sprintf(format, args...))
}

// keywords are no names, unless they are quoted.
var keywords = strings.Fields("SELECT FROM WHERE AND OR NOT IN BETWEEN IS MISSING NULL ORDER BY ASC DESC INSERT INTO VALUE UPDATE SET REMOVE DELETE RETURNING ALL MODIFIED OLD NEW EXISTS AS TRUE FALSE")

// lexPartiQL makes a parser of a statement and its parameters, which have to be as
// many as it has question marks.
func lexPartiQL(statement string, parameters []value) (*parser, error) {
	l := &partiqlLexer{rest: statement, parameters: parameters, names: map[string]string{}, values: map[string]value{}}
	for {
		if err := l.skip(); err != nil {
			return nil, err
		}
		if l.rest == "" {
			break
		}
		if err := l.scan(); err != nil {
			return nil, err
		}
	}
	switch {
	case len(l.parameters) > 0:
		return nil, errParameters()
	case len(l.tokens) == 0:
		return nil, malformed("Expected data manipulation")
	}
	p := &placeholders{l.names, l.values, map[string]bool{}, map[string]bool{}}
	return &parser{placeholders: p, tokens: l.tokens, partiql: true}, nil
}

func errParameters() error {
	return invalid("Number of parameters in request and statement don't match.")
}

// skip passes over blanks and comments.
func (l *partiqlLexer) skip() error {
	for {
		l.rest = strings.TrimLeft(l.rest, " \t\r\n")
		switch {
		case strings.HasPrefix(l.rest, "--"):
			_, l.rest, _ = strings.Cut(l.rest, "\n")
		case strings.HasPrefix(l.rest, "/*"):
			_, after, ok := strings.Cut(l.rest, "*/")
			if !ok {
				return malformed("")
			}
			l.rest = after
		default:
			return nil
		}
	}
}

// scan makes a token of what comes next.
func (l *partiqlLexer) scan() error {
	c := l.rest[0]
	switch word := l.rest[:wordLength(l.rest)]; {
	case c == '"':
		name, err := l.quoted('"')
		l.name(name)
		return err
	case c >= '0' && c <= '9' && l.indexed():
		digits := l.rest[:len(l.rest)-len(strings.TrimLeft(l.rest, "0123456789"))]
		l.take(tokenDigits, digits)
		return nil
	case l.value(word):
		path := "root"
		if l.after("VALUE") {
			path = ""
		}
		v, err := l.literal(path)
		l.add(v)
		return err
	case word != "" && slices.Contains(keywords, strings.ToUpper(word)):
		l.take(tokenWord, word)
		return nil
	case word != "" && strings.HasPrefix(strings.TrimLeft(l.rest[len(word):], " \t\r\n"), "("):
		l.take(tokenWord, strings.ToLower(word)) // of a function
		return nil
	case word != "":
		l.rest = l.rest[len(word):]
		l.name(word)
		return nil
	case c == '#':
		return malformed("")
	case slices.Contains([]string{"<>", "!=", "<=", ">="}, l.rest[:min(2, len(l.rest))]):
		symbol := l.rest[:2]
		l.rest = l.rest[2:]
		l.tokens = append(l.tokens, token{tokenSymbol, strings.Replace(symbol, "!=", "<>", 1)})
		return nil
	}
	_, length := utf8.DecodeRuneInString(l.rest)
	l.take(tokenSymbol, l.rest[:length])
	return nil
}

func (l *partiqlLexer) take(kind tokenKind, text string) {
	l.tokens = append(l.tokens, token{kind, text})
	l.rest = l.rest[len(text):]
}

func (l *partiqlLexer) name(name string) {
	l.names[name] = name
	l.tokens = append(l.tokens, token{tokenName, name})
}

func (l *partiqlLexer) add(v value) {
	key := fmt.Sprintf(":%d", len(l.values))
	l.values[key] = v
	l.tokens = append(l.tokens, token{tokenValue, key})
}

// indexed tells whether what comes next is an index in a path.
func (l *partiqlLexer) indexed() bool {
	n := len(l.tokens)
	return n > 1 && l.tokens[n-1].is("[") && !l.tokens[n-2].is("IN")
}

// operandBefore tells whether what comes next follows an operand: then a bracket or a
// sign is not of a literal.
func (l *partiqlLexer) operandBefore() bool {
	if len(l.tokens) == 0 {
		return false
	}
	last := l.tokens[len(l.tokens)-1]
	return last.kind == tokenName || last.kind == tokenValue || last.kind == tokenDigits || last.is("]") || last.is(")")
}

// value tells whether a literal comes next, of which word is the first one.
func (l *partiqlLexer) value(word string) bool {
	c := l.rest[0]
	switch {
	case c == '\'' || c == '?' || c == '{' || strings.HasPrefix(l.rest, "<<"):
		return true
	case c == '[':
		return !l.operandBefore() && !l.after("IN")
	case c >= '0' && c <= '9':
		return true
	case c == '-' || c == '+' || c == '.':
		return !l.operandBefore() && len(l.rest) > 1 && strings.ContainsRune(".0123456789", rune(l.rest[1]))
	}
	return slices.Contains([]string{"TRUE", "FALSE"}, strings.ToUpper(word)) || strings.EqualFold(word, "NULL") && !l.after("IS") && !l.after("NOT")
}

func (l *partiqlLexer) after(keyword string) bool {
	return len(l.tokens) > 0 && l.tokens[len(l.tokens)-1].is(keyword)
}

// quoted reads a text in quotes, of which a doubled one stands for itself.
func (l *partiqlLexer) quoted(quote byte) (string, error) {
	var text strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch {
		case l.rest[i] != quote:
			text.WriteByte(l.rest[i])
		case i+1 < len(l.rest) && l.rest[i+1] == quote:
			text.WriteByte(quote)
			i++
		default:
			l.rest = l.rest[i+1:]
			return text.String(), nil
		}
	}
	return "", malformed("")
}

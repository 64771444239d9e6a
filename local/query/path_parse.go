// The parser of JSONPath: it reads members and indexes itself and hands what follows them to a library,
// in the spelling of RFC 9535.

package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/theory/jsonpath"
)

// segment is one step of a path, as read: a simple one, or any other one in RFC 9535's spelling.
type segment struct {
	step   step
	simple bool
	text   string
}

func parsePath(s string) (*Path, error) {
	p := &Path{source: s}
	rest, err := p.parseRoot(s)
	if err != nil {
		return nil, err
	}
	indefinite := ""
	for rest != "" {
		var next segment
		if next, rest, err = parseSegment(rest); err != nil {
			return nil, err
		}
		if next.simple && indefinite == "" {
			p.steps = append(p.steps, next.step)
			continue
		}
		indefinite += next.text
	}
	if indefinite != "" {
		p.rest, err = parseSelector(indefinite)
	}
	return p, err
}

func (p *Path) parseRoot(s string) (rest string, err error) {
	switch {
	case !strings.HasPrefix(s, "$"):
		return "", errors.New("it must begin with $")
	case strings.HasPrefix(s, "$$"):
		p.root = contextRoot
		return s[2:], nil
	}
	n := 1
	for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || s[n] >= 0x80) {
		n++
	}
	if n > 1 {
		p.root, p.name = variableRoot, s[1:n]
	}
	return s[n:], nil
}

func parseSelector(text string) (*selector, error) {
	path, err := jsonpath.Parse("$" + text)
	if err != nil {
		return nil, fmt.Errorf("not supported: %w", err)
	}
	s := newSelector(path.Query().Segments())
	s.absolute = strings.Contains(text, "$")
	s.descents = strings.Count(text, "..")
	s.branches = 1
	for _, bracket := range strings.Split(text, "]") {
		s.branches = min(s.branches*(1+strings.Count(bracket, ",")), maxPlaces+1)
	}
	return s, nil
}

func (s step) text() string {
	if s.indexed {
		return "[" + strconv.Itoa(s.index) + "]"
	}
	quoted, _ := json.Marshal(s.name) // strings always have a JSON spelling, which RFC 9535 shares
	return "[" + string(quoted) + "]"
}

func simple(s step) segment { return segment{s, true, s.text()} }

func parseSegment(s string) (next segment, rest string, err error) {
	switch {
	case strings.HasPrefix(s, ".."):
		if strings.HasPrefix(s[2:], "[") {
			next, rest, err = parseBracket(s[2:])
		} else {
			next, rest, err = parseName(s[2:])
		}
		next.simple, next.text = false, ".."+next.text
		return next, rest, err
	case s[0] == '.':
		return parseName(s[1:])
	case s[0] == '[':
		return parseBracket(s)
	default:
		return next, "", fmt.Errorf("%q does not begin a step", s)
	}
}

func parseName(s string) (next segment, rest string, err error) {
	n := strings.IndexAny(s, ".[")
	if n < 0 {
		n = len(s)
	}
	name := s[:n]
	switch {
	case name == "":
		return next, "", errors.New("a member's name is missing")
	case name == "*":
		return segment{text: "[*]"}, s[n:], nil
	case strings.ContainsAny(name, " \t\r\n()'\"*?@$,:]"):
		return next, "", fmt.Errorf("%q is not a member's name (functions are not supported)", name)
	}
	return simple(step{name: name}), s[n:], nil
}

// parseBracket reads "[...]". Quoted text and inner brackets do not end it.
func parseBracket(s string) (next segment, rest string, err error) {
	n, err := bracketEnd(s)
	if err != nil {
		return next, "", err
	}
	inside, rest := strings.TrimSpace(s[1:n]), s[n+1:]
	if index, err := strconv.Atoi(inside); err == nil {
		return simple(step{index: index, indexed: true}), rest, nil
	}
	if name, ok := quotedName(inside); ok {
		return simple(step{name: name}), rest, nil
	}
	return segment{text: "[" + inside + "]"}, rest, nil
}

// maxBrackets bounds the recursion of the library's parser.
const maxBrackets = 100

func bracketEnd(s string) (int, error) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quote != 0:
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[', c == '(':
			if depth++; depth > maxBrackets {
				return 0, fmt.Errorf("more than %d brackets are nested in each other", maxBrackets)
			}
		case c == ')':
			depth--
		case c == ']':
			if depth--; depth == 0 {
				return i, nil
			}
		}
	}
	return 0, errors.New("a bracket is not closed")
}

// quotedName reads 'name' or "name"; false for a list of names. A backslash stands
// for what follows if that is a quote of this kind or a backslash, and for itself
// before anything else.
func quotedName(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' && s[0] != '"' || s[len(s)-1] != s[0] {
		return "", false
	}
	var name strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == s[0] {
			return "", false
		}
		if s[i] == '\\' && i+1 < len(s)-1 && (s[i+1] == s[0] || s[i+1] == '\\') {
			i++
		}
		name.WriteByte(s[i])
	}
	return name.String(), true
}

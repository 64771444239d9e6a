package match

// This file compares texts.

import (
	"strings"
	"unicode"
)

// textMatcher makes a matcher of texts.
func textMatcher(match func(string) bool) matcher {
	return func(leaf any) bool {
		s, ok := leaf.(string)
		return ok && match(s)
	}
}

// exactly matches a text; one that is an address of the internet protocol, in
// whatever notation.
func exactly(want string) matcher {
	address, ok := parseAddress(want)
	if !ok {
		return constant(want)
	}
	return textMatcher(func(s string) bool {
		other, ok := parseAddress(s)
		return ok && other == address
	})
}

// folded is a text of which each character may be in upper or lower case.
type folded []variants

type variants struct{ lower, upper string }

func fold(s string) folded {
	var f folded
	for _, r := range s {
		f = append(f, variants{string(unicode.ToLower(r)), string(unicode.ToUpper(r))})
	}
	return f
}

// begins tells whether a text begins with the folded one.
func (f folded) begins(s string) bool {
	_, ok := f.after(s)
	return ok
}

func (f folded) equals(s string) bool {
	rest, ok := f.after(s)
	return ok && rest == ""
}

func (f folded) after(s string) (rest string, ok bool) {
	for _, v := range f {
		rest, ok := strings.CutPrefix(s, v.lower)
		if !ok {
			if rest, ok = strings.CutPrefix(s, v.upper); !ok {
				return "", false
			}
		}
		s = rest
	}
	return s, true
}

func (f folded) ends(s string) bool {
	for i := len(f) - 1; i >= 0; i-- {
		rest, ok := strings.CutSuffix(s, f[i].lower)
		if !ok {
			if rest, ok = strings.CutSuffix(s, f[i].upper); !ok {
				return false
			}
		}
		s = rest
	}
	return true
}

// glob is what stands between the stars of a wildcard pattern: one text more
// than there are stars.
type glob []string

func (g glob) stars() int { return len(g) - 1 }

// parseGlob reads a text in which * stands for any characters, and \* and \\
// for the characters themselves. Its errors count bytes from the quote in front
// of the text.
func parseGlob(text string) (glob, error) {
	var g glob
	var literal strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
			if i == len(text) || text[i] != '*' && text[i] != '\\' {
				return nil, refusal("Invalid escape character at pos %d", i)
			}
			literal.WriteByte(text[i])
		case text[i] == '*':
			if i+1 < len(text) && text[i+1] == '*' {
				return nil, refusal("Consecutive wildcard characters at pos %d", i+1)
			}
			g = append(g, literal.String())
			literal.Reset()
		default:
			literal.WriteByte(text[i])
		}
	}
	return append(g, literal.String()), nil
}

// matches finds the literals in order, the first one at the start and the last
// one at the end.
func (g glob) matches(s string) bool {
	last := len(g) - 1
	if last == 0 {
		return s == g[0]
	}
	rest, ok := strings.CutPrefix(s, g[0])
	if !ok {
		return false
	}
	for _, literal := range g[1:last] {
		i := strings.Index(rest, literal)
		if i < 0 {
			return false
		}
		rest = rest[i+len(literal):]
	}
	return strings.HasSuffix(rest, g[last])
}

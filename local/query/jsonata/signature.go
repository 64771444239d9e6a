// Function signatures: <s-nn?:s> says which arguments a function takes, and which of them the context may
// stand in for.

package jsonata

import (
	"regexp"
	"strings"
)

// signature checks arguments. Their types are matched as letters by a pattern, as in the reference
// implementation: what it takes for what is decided by how that pattern matches.
type signature struct {
	params  []param
	pattern *regexp.Regexp
}

type param struct {
	kinds   string // of arguments that it takes
	repeat  string // "", "?", "+", ...
	symbol  byte   // how it was declared; ( for a choice
	context bool   // the context stands in for it
	subtype string // of an array's items
}

func (p param) regex() string { return "[" + p.kinds + "]" + p.repeat }

// plurals name the types of arrays' items in messages.
var plurals = map[string]string{
	"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
}

// parseSignature reads a signature with its angle brackets. An error's position is within it.
func parseSignature(text string) (*signature, error) {
	s := &signature{}
	last := &param{} // what modifiers belong to
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		c := text[i]
		switch {
		case strings.IndexByte("snblo", c) >= 0:
			s.params = append(s.params, param{symbol: c, kinds: string(c) + "m"})
		case c == 'a' || c == 'x':
			s.params = append(s.params, param{symbol: c, kinds: "asnblfom"})
		case c == 'j':
			s.params = append(s.params, param{symbol: c, kinds: "asnblom"})
		case c == 'f':
			s.params = append(s.params, param{symbol: c, kinds: "f"})
		case c == '-':
			last.context = true
			last.repeat += "?"
		case c == '?' || c == '+':
			last.repeat += string(c)
		case c == '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : min(end, len(text))]
			if strings.Contains(choice, "<") {
				return nil, failValueAt("S0402", i, choice)
			}
			s.params = append(s.params, param{symbol: '(', kinds: choice + "m"})
			i = end
		case c == '<':
			if last.symbol != 'a' && last.symbol != 'f' {
				return nil, failValueAt("S0401", i, string(last.symbol))
			}
			end := closing(text, i, '<', '>')
			last.subtype = text[i+1 : min(end, len(text))]
			i = end
		}
		if len(s.params) > 0 {
			last = &s.params[len(s.params)-1]
		}
	}
	var pattern strings.Builder
	for _, p := range s.params {
		pattern.WriteString("(" + p.regex() + ")")
	}
	var err error
	if s.pattern, err = regexp.Compile("^" + pattern.String() + "$"); err != nil {
		return nil, &Error{Message: "the signature " + text + " cannot be understood"}
	}
	return s, nil
}

// closing finds the bracket that closes one.
func closing(text string, start int, open, shut byte) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

// validate returns the arguments as the function wants them.
func (s *signature) validate(args []any, context any) ([]any, error) {
	kinds := make([]byte, len(args))
	for i, arg := range args {
		kinds[i] = byte(kindOf(arg))
	}
	matches, ok := s.direct(kinds)
	if !ok {
		found := s.pattern.FindSubmatch(kinds)
		if found == nil {
			return nil, s.mismatch(args, kinds)
		}
		matches = make([]string, len(s.params))
		for i := range s.params {
			matches[i] = string(found[i+1])
		}
	}
	validated := make([]any, 0, len(s.params))
	next := 0
	for i := range s.params {
		p := &s.params[i]
		arg := undefined
		if next < len(args) {
			arg = args[next]
		}
		if matches[i] == "" && p.context {
			if !strings.Contains(p.kinds, string(kindOf(context))) {
				return nil, &Error{Code: "T0411", value: context, value2: undefined, index: next + 1}
			}
			validated = append(validated, context)
			continue
		}
		if matches[i] == "" {
			validated = append(validated, arg)
			next++
			continue
		}
		for j := range len(matches[i]) {
			if p.symbol == 'a' {
				var err error
				if arg, err = p.array(args[next], matches[i][j], matches[i], next); err != nil {
					return nil, err
				}
			}
			validated = append(validated, arg)
			next++
		}
	}
	return validated, nil
}

// direct matches what is called as it is declared, which most calls are: one argument for each parameter,
// and none for the last ones if they are optional.
func (s *signature) direct(kinds []byte) ([]string, bool) {
	if len(kinds) > len(s.params) {
		return nil, false
	}
	matches := make([]string, len(s.params))
	for i, p := range s.params {
		switch {
		case i >= len(kinds):
			if p.repeat != "?" {
				return nil, false
			}
		case strings.IndexByte(p.kinds, kinds[i]) < 0 || p.repeat != "" && p.repeat != "?":
			return nil, false
		default:
			matches[i] = kindNames[kinds[i]]
		}
	}
	return matches, true
}

// kindNames are the symbols of types as texts.
var kindNames = func() (names [256]string) {
	for i := range names {
		names[i] = string(rune(i))
	}
	return names
}()

// array makes an argument the array that a parameter wants.
func (p *param) array(arg any, symbol byte, match string, index int) (any, error) {
	if kind(symbol) == kindMissing {
		return undefined, nil
	}
	items, isArray := itemsOf(arg)
	if p.subtype != "" {
		ok := isArray || match == p.subtype
		for i := 0; ok && i < len(items); i++ {
			ok = byte(kindOf(items[i])) == p.subtype[0]
		}
		if !ok {
			return nil, &Error{Code: "T0412", value: arg, value2: undefined, index: index + 1, itemType: plurals[p.subtype]}
		}
	}
	if !isArray {
		return newArray([]any{arg}), nil
	}
	return arg, nil
}

// mismatch finds the first argument that no parameter takes.
func (s *signature) mismatch(args []any, kinds []byte) error {
	partial, good := "^", 0
	for _, p := range s.params {
		partial += p.regex()
		match := regexp.MustCompile(partial).Find(kinds)
		if match == nil {
			break
		}
		good = len(match)
	}
	err := &Error{Code: "T0410", value: undefined, value2: undefined, index: good + 1}
	if good < len(args) {
		err.value = args[good]
	}
	return err
}

// Values as JSON text, as JSON.stringify writes it.

package jsonata

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

type stringifyOptions struct {
	indent int  // spaces per level; 0: all in one line
	round  bool // numbers to 15 digits and functions to "", as $string has it

	charge func(int) error // may be nil
}

// stringify writes a value; false for what JSON has no text for.
func stringify(value any, o stringifyOptions) (string, bool) {
	s := stringifier{stringifyOptions: o}
	ok := s.value(value, 0)
	return string(s.out), ok && s.err == nil
}

type stringifier struct {
	stringifyOptions
	out     []byte
	charged int
	err     error
}

// value appends a value, or leaves nothing and returns false.
func (s *stringifier) value(value any, depth int) bool {
	if s.err != nil || !s.within(depth) {
		return false
	}
	switch v := value.(type) {
	case Undefined:
		return false
	case nil:
		s.out = append(s.out, "null"...)
	case bool:
		s.out = fmt.Append(s.out, v)
	case string:
		s.out = appendQuoted(s.out, v)
	case function:
		if !s.round {
			return false
		}
		s.out = append(s.out, `""`...)
	default:
		if f, ok := numberOf(value); ok {
			return s.number(f)
		}
		if items, ok := itemsOf(value); ok {
			s.array(items, depth)
		} else {
			s.object(value, depth)
		}
	}
	return s.err == nil
}

// within keeps a text within the evaluation's limits.
func (s *stringifier) within(depth int) bool {
	if depth > maxNesting {
		s.err = errNesting
	}
	if grown := len(s.out) - s.charged; s.charge != nil && grown > 1024 {
		s.charged = len(s.out)
		s.err = s.charge(grown)
	}
	return s.err == nil
}

func (s *stringifier) number(f float64) bool {
	if s.round {
		if math.IsInf(f, 0) {
			s.err = failValue("D1001", f)
			return false
		}
		if !math.IsNaN(f) {
			f = rounded15(f)
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		s.out = append(s.out, "null"...)
	} else {
		s.out = jsonvalue.AppendFloat(s.out, f)
	}
	return true
}

func (s *stringifier) array(items []any, depth int) {
	if len(items) == 0 {
		s.out = append(s.out, "[]"...)
		return
	}
	for i, item := range items {
		s.separate("[", i, depth+1)
		if !s.value(item, depth+1) {
			s.out = append(s.out, "null"...)
		}
		if s.err != nil {
			return
		}
	}
	s.line(depth)
	s.out = append(s.out, ']')
}

func (s *stringifier) object(value any, depth int) {
	members, _ := membersOf(value)
	written := 0
	for name, member := range members.All() {
		before := len(s.out)
		s.separate("{", written, depth+1)
		s.out = append(appendQuoted(s.out, name), ':')
		if s.indent > 0 {
			s.out = append(s.out, ' ')
		}
		if !s.value(member, depth+1) {
			s.out = s.out[:before]
			if s.err != nil {
				return
			}
			continue
		}
		written++
	}
	if written == 0 {
		s.out = append(s.out, "{}"...)
		return
	}
	s.line(depth)
	s.out = append(s.out, '}')
}

func (s *stringifier) separate(open string, index, depth int) {
	if index == 0 {
		s.out = append(s.out, open...)
	} else {
		s.out = append(s.out, ',')
	}
	s.line(depth)
}

func (s *stringifier) line(depth int) {
	if s.indent > 0 {
		s.out = append(s.out, '\n')
		s.out = append(s.out, strings.Repeat(" ", s.indent*depth)...)
	}
}

// appendQuoted writes a string. Only what must be escaped is, and halves of surrogate pairs are.
func appendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for len(text) > 0 {
		c := text[0]
		if c >= utf8.RuneSelf {
			r, size := nextRune(text)
			if isSurrogate(r) {
				dst = fmt.Appendf(dst, `\u%04x`, r)
			} else {
				dst = append(dst, text[:size]...)
			}
			text = text[size:]
			continue
		}
		text = text[1:]
		if i := strings.IndexByte("\"\\\b\f\n\r\t", c); i >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[i])
		} else if c < ' ' {
			dst = fmt.Appendf(dst, `\u%04x`, c)
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// This file decodes character data: references, line ends, white space.

package xml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/internal/batch"
)

// maxReference is the length of the longest reference, in bytes. XML sets no
// limit, but a longer one has leading zeros only.
const maxReference = 64

// Characters that need a closer look in text and in attributes' values.
var (
	inText      = charSet("&\r]")
	inAttribute = charSet("&\r\n\t<")
)

func charSet(characters string) (set [256]bool) {
	for _, c := range []byte(characters) {
		set[c] = true
	}
	return set
}

// plain is the number of bytes before the first one of a set.
func plain(b []byte, set *[256]bool) int {
	for i, c := range b {
		if set[c] {
			return i
		}
	}
	return len(b)
}

// characters reads text of a record up to an index of the window. A reference
// that begins before the limit may end behind it.
func (s *scanner) characters(limit int) error {
	// Nearly all texts need a closer look at nothing but references.
	text := s.buf[s.pos:max(s.pos, limit)]
	simple := bytes.IndexByte(text, '\r') < 0 && bytes.IndexByte(text, ']') < 0
	for s.pos < limit {
		n := limit - s.pos
		if !simple {
			n = plain(s.buf[s.pos:limit], &inText)
		} else if reference := bytes.IndexByte(s.buf[s.pos:limit], '&'); reference >= 0 {
			n = reference
		}
		s.record.Text(s.buf[s.pos : s.pos+n])
		if s.pos += n; s.pos >= limit {
			return nil
		}
		switch s.buf[s.pos] {
		case '\r':
			s.pos++
			if s.pos == s.end || s.buf[s.pos] != '\n' {
				s.record.Text([]byte{'\n'})
			}
		case ']':
			if s.begins("]]>") {
				return s.fault(s.pos, batch.Malformed, `Text has "]]>" in it; it must be written as "]]&gt;".`)
			}
			s.record.Text([]byte{']'})
			s.pos++
		case '&':
			r, end, err := s.reference(s.pos)
			if err != nil {
				return err
			}
			var encoded [utf8.UTFMax]byte
			s.record.Text(encoded[:utf8.EncodeRune(encoded[:], r)])
			s.pos = end
		}
	}
	return nil
}

// lines keeps a piece of a CDATA section with its line ends made \n.
func (s *scanner) lines(piece []byte) {
	for {
		i := bytes.IndexByte(piece, '\r')
		if i < 0 {
			s.record.Text(piece)
			return
		}
		s.record.Text(piece[:i])
		if piece = piece[i+1:]; len(piece) == 0 || piece[0] != '\n' {
			s.record.Text([]byte{'\n'})
		}
	}
}

// normalize appends the value between two indices of the window to s.value.
func (s *scanner) normalize(from, to int, a *attribute) error {
	for {
		n := plain(s.buf[from:to], &inAttribute)
		s.value = append(s.value, s.buf[from:from+n]...)
		if from += n; from == to {
			return nil
		}
		switch s.buf[from] {
		case '<':
			return s.unquoted(from, a)
		case '&':
			r, end, err := s.reference(from)
			if err != nil {
				return err
			}
			s.value = utf8.AppendRune(s.value, r)
			from = end
		case '\r':
			if s.buf[from+1] == '\n' { // the quote follows, if nothing else does
				from++
			}
			fallthrough
		default:
			s.value = append(s.value, ' ')
			from++
		}
	}
}

// reference reads the character or entity reference at an index of the window
// and returns the index behind it.
func (s *scanner) reference(at int) (r rune, end int, err error) {
	rest := s.buf[at+1 : min(s.end, at+maxReference)]
	length := bytes.IndexByte(rest, ';')
	if length < 0 {
		if len(rest) < maxReference-1 && !bytes.ContainsAny(rest, "<\"' \t\r\n") {
			return 0, 0, s.cut("a reference")
		}
		return 0, 0, s.ampersand(at)
	}
	body := rest[:length]
	end = at + 1 + length + 1
	switch string(body) {
	case "lt":
		return '<', end, nil
	case "gt":
		return '>', end, nil
	case "amp":
		return '&', end, nil
	case "quot":
		return '"', end, nil
	case "apos":
		return '\'', end, nil
	}
	if len(body) > 0 && body[0] == '#' {
		r, ok := character(string(body[1:]))
		if !ok {
			return 0, 0, s.ampersand(at)
		}
		if !isCharacter(r) {
			return 0, 0, s.fault(at, batch.IllegalCharacter, "The reference %s stands for a character that XML does not allow.", quote(s.buf[at:end]))
		}
		return r, end, nil
	}
	if bytes.ContainsAny(body, "<>&\"' \t\r\n") || len(body) == 0 {
		return 0, 0, s.ampersand(at)
	}
	return 0, 0, s.fault(at, UndefinedEntity, "The entity %s is not defined; only &lt; &gt; &amp; &quot; and &apos; are.", quote(s.buf[at:end]))
}

func (s *scanner) ampersand(at int) error {
	return s.fault(at, batch.Malformed, `A "&" is not the beginning of a reference; by itself it must be written as "&amp;".`)
}

// character reads the digits of a character reference. A number beyond all
// characters is an illegal one.
func character(digits string) (r rune, ok bool) {
	base := 10
	if after, hex := strings.CutPrefix(digits, "x"); hex {
		digits, base = after, 16
	}
	for _, c := range []byte(digits) {
		if !('0' <= c && c <= '9' || base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F')) {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if digits == "" {
		return 0, false
	}
	if err != nil || n > utf8.MaxRune {
		return utf8.MaxRune + 1, true
	}
	return rune(n), true
}

// isSpace reports XML's white space.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// spaces is the number of bytes of white space that b begins with.
func spaces(b []byte) int {
	for i, c := range b {
		if !isSpace(c) {
			return i
		}
	}
	return len(b)
}

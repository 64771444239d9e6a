// JavaScript's texts are sequences of UTF-16 units. Here they are Go strings; half of a surrogate pair, which
// UTF-8 does not have, is kept in the three bytes that it would have there.

package jsonata

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	surrogateMin, surrogateMax = 0xD800, 0xDFFF
	lowSurrogate               = 0xDC00
)

// nextRune is utf8.DecodeRuneInString, which knows halves of surrogate pairs too.
func nextRune(s string) (r rune, size int) {
	r, size = utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 && len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return r, size
}

func isSurrogate(r rune) bool { return r >= surrogateMin && r <= surrogateMax }

// appendRune appends a character, or half of a surrogate pair: the second half completes the first.
func appendRune(dst []byte, r rune) []byte {
	if !isSurrogate(r) {
		return utf8.AppendRune(dst, r)
	}
	if n := len(dst); r >= lowSurrogate && n >= 3 {
		if first, size := nextRune(string(dst[n-3:])); size == 3 && isSurrogate(first) && first < lowSurrogate {
			return utf8.AppendRune(dst[:n-3], utf16.DecodeRune(first, r))
		}
	}
	return append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
}

// join concatenates two texts; halves of a surrogate pair that meet become one character.
func join(a, b string) string {
	if len(b) >= 3 && b[0] == 0xED {
		if r, _ := nextRune(b); isSurrogate(r) {
			return string(appendRune([]byte(a), r)) + b[3:]
		}
	}
	return a + b
}

// wellFormed replaces halves of surrogate pairs, which no JSON document of Go's holds.
func wellFormed(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := nextRune(s)
		if isSurrogate(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

// utf16Length is the length of a text in JavaScript.
func utf16Length(s string) int {
	n := 0
	for len(s) > 0 {
		if s[0] < utf8.RuneSelf {
			n, s = n+1, s[1:]
			continue
		}
		r, size := nextRune(s)
		if r > 0xFFFF {
			n++
		}
		n, s = n+1, s[size:]
	}
	return n
}

// units are the UTF-16 units of a text.
func units(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for len(s) > 0 {
		r, size := nextRune(s)
		if r > 0xFFFF {
			high, low := utf16.EncodeRune(r)
			out = append(out, uint16(high), uint16(low))
		} else {
			out = append(out, uint16(r))
		}
		s = s[size:]
	}
	return out
}

// fromUnits is the opposite of units.
func fromUnits(units []uint16) string {
	dst := make([]byte, 0, len(units))
	for _, unit := range units {
		dst = appendRune(dst, rune(unit))
	}
	return string(dst)
}

// runeCount counts characters, with halves of surrogate pairs.
func runeCount(s string) int {
	n := 0
	for len(s) > 0 {
		if s[0] < utf8.RuneSelf {
			n, s = n+1, s[1:]
			continue
		}
		_, size := nextRune(s)
		n, s = n+1, s[size:]
	}
	return n
}

// skipRunes cuts the first n characters off.
func skipRunes(s string, n int) string {
	for ; n > 0 && s != ""; n-- {
		_, size := nextRune(s)
		s = s[size:]
	}
	return s
}

// less compares texts as JavaScript does, by their UTF-16 units: characters of two units come before the
// last ones of a single unit.
func less(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if i == len(a) || i == len(b) {
		return len(a) < len(b)
	}
	const four, private = 0xF0, 0xEE // lead bytes of four-byte characters, and of U+E000 and later
	if x, y := a[i], b[i]; (x >= four) != (y >= four) && x >= private && y >= private {
		return x >= four
	}
	return a[i] < b[i]
}

// Package written brings what people write in many ways and scripts into one
// form: digits, blanks, signs and quotation marks. Amounts and dates are read
// from it.
package written

import (
	"fmt"
	"strings"
	"unicode"
)

// Folded is a text with ASCII digits, plain blanks (single ones, and none at its
// ends), "-" for every dash and "'" for every apostrophe. Full-width forms are
// narrow, and characters that nobody sees are gone. It is an error if digits of
// two scripts stand in one text: whoever reads it would take one for another.
func Folded(text string) (string, error) {
	var folded strings.Builder
	var zero rune // of the digits so far
	blank := false
	for _, r := range text {
		switch {
		case r == unicode.ReplacementChar:
			return "", fmt.Errorf("%q is not UTF-8", text)
		case unicode.Is(unicode.Zs, r), r >= '\t' && r <= '\r', r == 0x85, r == 0x2028, r == 0x2029:
			blank = folded.Len() > 0
			continue
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r):
			continue
		}
		if blank {
			folded.WriteByte(' ')
			blank = false
		}
		if digit, of, ok := digit(r); ok {
			if zero != 0 && of != zero {
				return "", fmt.Errorf("%q has digits of two scripts", text)
			}
			zero = of
			folded.WriteRune('0' + digit)
			continue
		}
		folded.WriteRune(plain(r))
	}
	return folded.String(), nil
}

// digit is a decimal digit's value, and the zero of its script. Unicode has them
// in order: each range of the table is of one or more tens.
func digit(r rune) (value, zero rune, ok bool) {
	for _, each := range unicode.Nd.R16 {
		if low := rune(each.Lo); r >= low && r <= rune(each.Hi) {
			value = (r - low) % 10
			return value, r - value, true
		}
	}
	for _, each := range unicode.Nd.R32 {
		if low := rune(each.Lo); r >= low && r <= rune(each.Hi) {
			value = (r - low) % 10
			return value, r - value, true
		}
	}
	return 0, 0, false
}

// others are characters that are written for an ASCII one, or for one of which
// they are the full-width form.
var others = map[rune]rune{
	'‐': '-', '‑': '-', '‒': '-', '–': '-', '—': '-', '―': '-', '−': '-', '﹘': '-', '﹣': '-',
	'’': '\'', '‘': '\'', 'ʼ': '\'', '′': '\'', '´': '\'', '`': '\'', '‛': '\'',
	'、': ',', '。': '.', '﹐': ',', '﹒': '.', '⁄': '/', '∕': '/',
	'￠': '¢', '￡': '£', '￥': '¥', '￦': '₩', '﹩': '$',
}

func plain(r rune) rune {
	if r >= '！' && r <= '～' { // full-width ASCII
		r -= '！' - '!'
	}
	if other, ok := others[r]; ok {
		return other
	}
	return r
}

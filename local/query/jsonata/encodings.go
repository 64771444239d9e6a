// Functions that encode and decode texts.

package jsonata

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

func base64encode(ev *evaluation, args []any) (any, error) {
	text := native.Base64Encode(args[0].(string))
	return text, ev.charge(len(text))
}

func base64decode(ev *evaluation, args []any) (any, error) {
	text := native.Base64Decode(args[0].(string))
	return text, ev.charge(len(text))
}

const (
	// unreserved is what no URL encodes beside letters and digits.
	unreserved = "-_.!~*'()"
	// urlSyntax is what has a meaning in a URL as a whole.
	urlSyntax = ";/?:@&=+$,#"
)

func isAlphanumeric(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func malformedURL(function, text string) error {
	return &Error{Code: "D3140", value: text, value2: undefined, functionName: function}
}

// encodeURL is encodeURIComponent, or with what has a meaning in a URL, encodeURI.
func encodeURL(function, keep string) call {
	return func(ev *evaluation, args []any) (any, error) {
		text := args[0].(string)
		if !utf8.ValidString(text) {
			return nil, malformedURL(function, text) // half of a surrogate pair
		}
		const hex = "0123456789ABCDEF"
		out := make([]byte, 0, len(text))
		for i := range len(text) {
			if c := text[i]; isAlphanumeric(c) || strings.IndexByte(unreserved, c) >= 0 || strings.IndexByte(keep, c) >= 0 {
				out = append(out, c)
			} else {
				out = append(out, '%', hex[c>>4], hex[c&15])
			}
		}
		return string(out), ev.charge(len(out))
	}
}

// decodeURL is decodeURIComponent, or decodeURI, which leaves the signs of what has a meaning encoded.
func decodeURL(function, keep string) call {
	return func(ev *evaluation, args []any) (any, error) {
		text := args[0].(string)
		var out []byte
		for i := 0; i < len(text); {
			if text[i] != '%' {
				out = append(out, text[i])
				i++
				continue
			}
			encoded, ok := encodedRune(text[i:])
			if !ok {
				return nil, malformedURL(function, text)
			}
			if len(encoded) == 1 && strings.IndexByte(keep, encoded[0]) >= 0 {
				out = append(out, text[i:i+3]...)
			} else {
				out = append(out, encoded...)
			}
			i += 3 * len(encoded)
		}
		return string(out), ev.charge(len(out))
	}
}

// encodedRune reads the bytes of one character: %E2%82%AC.
func encodedRune(text string) ([]byte, bool) {
	var encoded []byte
	for len(encoded) < utf8.UTFMax && len(text) >= 3 && text[0] == '%' {
		b, err := strconv.ParseUint(text[1:3], 16, 8)
		if err != nil {
			return nil, false
		}
		encoded = append(encoded, byte(b))
		text = text[3:]
		if utf8.FullRune(encoded) {
			break
		}
	}
	r, size := utf8.DecodeRune(encoded)
	return encoded, size == len(encoded) && size > 0 && (r != utf8.RuneError || size > 1)
}

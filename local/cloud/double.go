package cloud

import (
	"bytes"
	"strconv"
	"strings"
)

// Double is a member of an API's shapes that is a number which need not be whole.
// AWS's services, which are written in Java, tell one with a fraction always: 65.0,
// 1.0E7. What reads 65 may keep it as another kind of number.
type Double float64

// DoubleOf is one that may be missing.
func DoubleOf(number *float64) *Double { return (*Double)(number) }

// MarshalJSON writes the number as Java does.
func (d Double) MarshalJSON() ([]byte, error) { return appendDouble(nil, float64(d)), nil }

// String writes the number as Java does.
func (d Double) String() string { return string(appendDouble(nil, float64(d))) }

// appendDouble appends a number as Double.toString of Java writes it.
func appendDouble(text []byte, number float64) []byte {
	if size := max(number, -number); size == 0 || size >= 1e-3 && size < 1e7 {
		start := len(text)
		text = strconv.AppendFloat(text, number, 'f', -1, 64)
		if !bytes.ContainsRune(text[start:], '.') {
			text = append(text, ".0"...)
		}
		return text
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(number, 'E', -1, 64), "E")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return append(text, digits+"E"+sign+strings.TrimLeft(exponent, "+-0")...)
}

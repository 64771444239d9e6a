// This file holds numbers: which of them are float64, and which have to keep their text.

package jsonvalue

import (
	"bytes"
	"math"
	"strconv"
)

// A Number is a number whose text a float64 would not give back: 0.0, 1e5, 12345678901234567890. All others are
// float64, so that two numbers that are written alike are of one type.
type Number string

// MarshalJSON gives the number's text.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// Float returns a number as a float64, and false for anything else. A number that is too large for one is an
// infinity.
func Float(value any) (float64, bool) {
	switch n := value.(type) {
	case float64:
		return n, true
	case Number:
		f, err := strconv.ParseFloat(string(n), 64)
		return f, err == nil || math.IsInf(f, 0)
	default:
		return 0, false
	}
}

// number is the value of a number's text, which the grammar allows.
func number(text []byte) any {
	if n, ok := small(text); ok {
		return n
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return Number(text)
	}
	var room [32]byte
	if written := AppendFloat(room[:0], f); !bytes.Equal(written, text) {
		return Number(text)
	}
	return f
}

// small reads the plain integers, which most numbers are.
func small(text []byte) (float64, bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 15 || text[0] == '-' && digits[0] == '0' {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	if text[0] == '-' {
		n = -n
	}
	return float64(n), true
}

// AppendFloat writes a number as encoding/json and JavaScript do: as few digits as tell it apart, an exponent
// for what is below 1e-6 or from 1e21 on. There is no negative zero, as in JavaScript's JSON.
func AppendFloat(dst []byte, f float64) []byte {
	if f == 0 {
		return append(dst, '0')
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is e-9
		dst = dst[:n-1]
	}
	return dst
}

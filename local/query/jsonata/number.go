// Numbers as JavaScript reads and prints them.

package jsonata

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

// numberText prints any number as JavaScript does.
func numberText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return string(jsonvalue.AppendFloat(nil, f))
}

// rounded15 is the number of 15 significant digits that is nearest, by which $string hides what binary
// fractions do to decimal ones.
func rounded15(f float64) float64 {
	const digits = 15
	shortest := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(shortest, "e")
	plain := strings.TrimPrefix(strings.Replace(mantissa, ".", "", 1), "-")
	if len(plain) <= digits {
		return f
	}
	text := strconv.FormatFloat(f, 'e', digits-1, 64)
	// JavaScript rounds what lies in the middle away from zero, Go to the even digit.
	if len(plain) == digits+1 && plain[digits] == '5' && exactly(f, shortest) {
		up := mantissa[:len(mantissa)-1] + "9e" + exponent
		nudged, err := strconv.ParseFloat(up, 64)
		if err == nil {
			text = strconv.FormatFloat(nudged, 'e', digits-1, 64)
		}
	}
	rounded, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return f
	}
	return rounded
}

func exactly(f float64, text string) bool {
	want, ok := new(big.Rat).SetString(text)
	return ok && new(big.Rat).SetFloat64(f).Cmp(want) == 0
}

// roundHalfEven rounds to so many decimal digits, or to tens and hundreds where precision is negative. The
// decimal point moves in the number's text, so that 1.005 is not what its binary fraction makes of it.
func roundHalfEven(f, precision float64) float64 {
	if precision != 0 && !math.IsNaN(precision) {
		f = shifted(f, precision)
	}
	result := native.RoundHalfUp(f)
	if diff := result - f; math.Abs(diff) == 0.5 && math.Abs(math.Mod(result, 2)) == 1 {
		result--
	}
	if precision != 0 && !math.IsNaN(precision) {
		result = shifted(result, -precision)
	}
	if result == 0 {
		return 0 // not -0
	}
	return result
}

func shifted(f, by float64) float64 {
	mantissa, exponent, _ := strings.Cut(numberText(f), "e")
	e, _ := strconv.ParseFloat(exponent, 64)
	return toNumber(mantissa + "e" + numberText(e+by))
}

// toNumber is JavaScript's Number(text).
func toNumber(text string) float64 {
	text = strings.TrimFunc(text, isSpace)
	if text == "" {
		return 0
	}
	if len(text) > 2 && text[0] == '0' {
		if base := map[byte]int{'x': 16, 'o': 8, 'b': 2}[text[1]|0x20]; base != 0 {
			n, ok := new(big.Int).SetString(text[2:], base)
			if !ok || strings.ContainsAny(text[2:], "+-_") {
				return math.NaN()
			}
			f, _ := new(big.Float).SetInt(n).Float64()
			return f
		}
	}
	switch text {
	case "Infinity", "+Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return math.NaN() // what only Go takes for a number
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// leadingInteger is parseInt(text, 10).
func leadingInteger(text string) float64 {
	text = strings.TrimLeftFunc(text, isSpace)
	end := 0
	if end < len(text) && (text[end] == '+' || text[end] == '-') {
		end++
	}
	start := end
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	if end == start {
		return math.NaN()
	}
	return toNumber(text[:end])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isSpace is what JavaScript's trim and \s take for white space.
func isSpace(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\v', '\f', '\r', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}

// inBase is toString(radix) of an integer.
func inBase(f float64, radix int) string {
	if radix == 10 || math.IsNaN(f) || math.IsInf(f, 0) {
		return numberText(f)
	}
	const exact = 1 << 53
	negative, size, zeros := f < 0, math.Abs(f), 0
	for size >= exact { // V8 prints zeros for what a number of its size does not tell
		size /= float64(radix)
		zeros++
	}
	text := strconv.FormatInt(int64(size), radix) + strings.Repeat("0", zeros)
	if negative {
		return "-" + text
	}
	return text
}

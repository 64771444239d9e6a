package dynamodb

// Numbers: DynamoDB's decimals of up to 38 significant digits.

import (
	"cmp"
	"math/big"
	"strings"
)

const (
	maxDigits   = 38
	maxExponent = 126  // of 9.99...E+125, written as 0.999...E+126
	minExponent = -129 // of 1E-130, written as 0.1E-129
)

// A number is ±0.digits × 10^exponent. Digits begins and ends with a digit
// other than zero; zero has none. So equal numbers are equal structs.
type number struct {
	negative bool
	digits   string
	exponent int
}

// parseNumber reads a decimal with optional sign, fraction and exponent.
func parseNumber(text string) (number, error) {
	n, ok := scanNumber(text)
	switch {
	case text == "":
		return number{}, invalid("The parameter cannot be converted to a numeric value")
	case !ok:
		return number{}, invalid("The parameter cannot be converted to a numeric value: %s", text)
	}
	return n, n.check()
}

func scanNumber(text string) (number, bool) {
	var n number
	rest := text
	if strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "+") {
		n.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa := rest
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		exponent, ok := scanExponent(rest[i+1:])
		if !ok {
			return n, false
		}
		mantissa, n.exponent = rest[:i], exponent
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return n, false
	}
	return normalize(n.negative, whole+fraction, n.exponent+len(whole)), true
}

func scanExponent(text string) (int, bool) {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "+"), "-")
	if text == "" || !allDigits(text) {
		return 0, false
	}
	exponent := 0
	for _, digit := range []byte(text) {
		exponent = min(exponent*10+int(digit-'0'), 1000000) // which is out of range
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// normalize returns ±0.digits × 10^exponent without zeros at either end.
func normalize(negative bool, digits string, exponent int) number {
	trimmed := strings.TrimLeft(digits, "0")
	exponent -= len(digits) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return number{}
	}
	return number{negative, trimmed, exponent}
}

func (n number) check() error {
	switch {
	case n.digits == "":
		return nil
	case len(n.digits) > maxDigits:
		return invalid("Attempting to store more than 38 significant digits in a Number")
	case n.exponent > maxExponent:
		return errOverflow()
	case n.exponent < minExponent:
		return invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	}
	return nil
}

func errOverflow() error {
	return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
}

// String writes the number as DynamoDB returns it: plainly, without exponent.
func (n number) String() string {
	if n.digits == "" {
		return "0"
	}
	sign := ""
	if n.negative {
		sign = "-"
	}
	switch {
	case n.exponent <= 0:
		return sign + "0." + strings.Repeat("0", -n.exponent) + n.digits
	case n.exponent >= len(n.digits):
		return sign + n.digits + strings.Repeat("0", n.exponent-len(n.digits))
	default:
		return sign + n.digits[:n.exponent] + "." + n.digits[n.exponent:]
	}
}

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	return cmp.Or(
		cmp.Compare(n.sign(), m.sign()),
		n.sign()*cmp.Compare(n.exponent, m.exponent),
		n.sign()*strings.Compare(n.digits, m.digits),
	)
}

func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.negative:
		return -1
	default:
		return 1
	}
}

// add returns n+m, which may need more digits than DynamoDB stores.
func (n number) add(m number) (number, error) {
	// Both become integers in units of the smaller last digit.
	unit := min(n.exponent-len(n.digits), m.exponent-len(m.digits))
	sum := new(big.Int).Add(n.scaled(unit), m.scaled(unit))
	digits := new(big.Int).Abs(sum).String()
	result := normalize(sum.Sign() < 0, digits, len(digits)+unit)
	if len(result.digits) > maxDigits {
		return result, errOverflow() // in the words of AWS, which are another error's
	}
	return result, result.check()
}

func (n number) negate() number {
	if n.digits != "" {
		n.negative = !n.negative
	}
	return n
}

// scaled returns n / 10^unit, an integer.
func (n number) scaled(unit int) *big.Int {
	if n.digits == "" {
		return new(big.Int)
	}
	zeros := n.exponent - len(n.digits) - unit
	integer, _ := new(big.Int).SetString(n.digits+strings.Repeat("0", zeros), 10)
	if n.negative {
		integer.Neg(integer)
	}
	return integer
}

// size is what the number counts towards an item's size: about one byte for
// two significant digits, and one for sign and exponent.
func (n number) size() int {
	size := 1 + (len(n.digits)+1)/2
	if n.negative {
		size++
	}
	return size
}

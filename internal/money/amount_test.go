package money

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/currency"
)

func amount(t *testing.T, text string) Amount {
	t.Helper()
	value, code, _ := strings.Cut(text, " ")
	a, err := Exact(value, Currency(code))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAmountsComputeExactly(t *testing.T) {
	sum := amount(t, "0 EUR")
	for range 10 {
		var err error
		if sum, err = sum.Plus(amount(t, "0.1 EUR")); err != nil {
			t.Fatal(err)
		}
	}
	one := amount(t, "1 EUR")
	if !sum.Equal(one) || sum.String() != "1.00 EUR" || sum.Below(one) || !sum.Negated().Below(one) || !sum.Negated().Magnitude().Equal(one) {
		t.Errorf("ten times 0.1 is %s", sum)
	}
	if !one.IsPositive() || one.Negated().IsPositive() || amount(t, "0 EUR").IsPositive() || !amount(t, "0 EUR").IsZero() || one.IsZero() {
		t.Error("signs are wrong")
	}
	dollar := amount(t, "1 USD")
	if _, err := one.Plus(dollar); !errors.Is(err, ErrCurrencies) {
		t.Errorf("one euro and one dollar: %v", err)
	}
	if one.Equal(dollar) || amount(t, "0 EUR").Below(dollar) {
		t.Error("amounts of two currencies were compared")
	}
}

func TestAmountsAreTextsInJSON(t *testing.T) {
	for _, row := range []struct{ amount, text string }{
		{"1234.5 EUR", `{"value":"1234.50","currency":"EUR"}`},
		{"-0.1 USD", `{"value":"-0.10","currency":"USD"}`},
		{"1234 JPY", `{"value":"1234","currency":"JPY"}`},
		{"1.234 KWD", `{"value":"1.234","currency":"KWD"}`},
		{"123456789012345.67 EUR", `{"value":"123456789012345.67","currency":"EUR"}`},
	} {
		a := amount(t, row.amount)
		text, err := json.Marshal(a)
		if err != nil || string(text) != row.text {
			t.Errorf("%s is %s, %v", a, text, err)
		}
		var again Amount
		if err := json.Unmarshal(text, &again); err != nil || !again.Equal(a) {
			t.Errorf("%s is read as %s, %v", text, again, err)
		}
	}
	a := amount(t, "1 EUR")
	if err := json.Unmarshal([]byte("null"), &a); err != nil || a.Currency() != "" || a.String() != "no amount" {
		t.Errorf("null is %s, %v", a, err)
	}
	if text, err := json.Marshal(a); err != nil || string(text) != "null" {
		t.Errorf("no amount is %s, %v", text, err)
	}
	for _, text := range []string{`{"value":1.5,"currency":"EUR"}`, `{"value":"1,5","currency":"EUR"}`, `{"value":"1e5","currency":"EUR"}`, `{"value":"1"}`,
		`{"value":"1","currency":"XYZ"}`, `{"value":"0.001","currency":"EUR"}`, `{"value":"1234567890123456","currency":"EUR"}`, `[]`} {
		if err := json.Unmarshal([]byte(text), &a); err == nil {
			t.Errorf("%s is %s", text, a)
		}
	}
}

// The table has what the Unicode project knows, and three of its digits are as
// there (for others it tells how prices are shown, which is not ISO 4217).
func TestCurrenciesAreISO4217s(t *testing.T) {
	for code := range digitsOf {
		if _, err := currency.ParseISO(string(code)); err != nil && !slices.Contains([]Currency{"MRU", "SLE", "VED", "VES", "XCG", "ZWG"}, code) { // newer than its data
			t.Errorf("%s: %v", code, err)
		}
	}
	if n := len(digitsOf); n != 156 {
		t.Errorf("%d currencies", n)
	}
	for code, digits := range map[Currency]int32{"EUR": 2, "JPY": 0, "ISK": 0, "HUF": 2, "KWD": 3, "TND": 3, "IQD": 3, "RSD": 2, "PYG": 0} {
		if !code.Known() || code.Digits() != digits {
			t.Errorf("%s has %d digits", code, code.Digits())
		}
	}
}

func TestNamesAreOfKnownCurrencies(t *testing.T) {
	for name, codes := range names {
		if name != strings.ToLower(name) || strings.HasSuffix(name, ".") || strings.Contains(name, " ") {
			t.Errorf("%q would never be found", name)
		}
		if Currency(strings.ToUpper(name)).Known() {
			t.Errorf("%q is a code", name)
		}
		for code := range strings.FieldsSeq(codes) {
			if !Currency(code).Known() {
				t.Errorf("%q is %s", name, code)
			}
		}
	}
	for symbol, code := range DefaultSymbols {
		if !slices.Contains(named(symbol), code) {
			t.Errorf("%s is never %s", symbol, code)
		}
	}
}

// shapes write a number as people do: by its sign, the digits before and after
// the point, and a currency.
var shapes = []func(sign, whole, fraction string, c Currency) string{
	func(sign, whole, fraction string, c Currency) string {
		return sign + whole + "." + fraction + " " + string(c)
	},
	func(sign, whole, fraction string, c Currency) string {
		return string(c) + " " + sign + group(whole, ",") + "." + fraction
	},
	func(sign, whole, fraction string, c Currency) string {
		return sign + group(whole, ".") + "," + fraction + " " + string(c)
	},
	func(sign, whole, fraction string, c Currency) string {
		return string(c) + group(whole, " ") + "," + fraction + sign
	},
	func(sign, whole, fraction string, c Currency) string {
		return string(c) + " " + sign + group(whole, "’") + "." + fraction
	},
	func(sign, whole, fraction string, c Currency) string {
		text := group(whole, ",") + "." + fraction + " " + string(c)
		if sign != "" {
			text = "(" + text + ")"
		}
		return strings.Map(func(r rune) rune {
			if r >= '!' && r <= '~' {
				return r - '!' + '！'
			}
			return r
		}, text)
	},
}

func group(digits, separator string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}

// Every amount is read back from every shape that it may be written in, unless
// it is asked about.
func FuzzShapes(f *testing.F) {
	f.Add(int64(123456), uint8(0), uint8(0))
	f.Add(int64(-1), uint8(3), uint8(1))
	f.Add(int64(9007199254740993), uint8(5), uint8(9))
	codes := slices.Sorted(maps.Keys(digitsOf))
	f.Fuzz(func(t *testing.T, minor int64, shape, code uint8) {
		c := codes[int(code)%len(codes)]
		if minor %= 1e15; c.Digits() == 0 {
			return // the shapes have decimals
		}
		sign, n := "", minor
		if n < 0 {
			sign, n = "-", -n
		}
		digits := strings.Repeat("0", int(c.Digits())) + strconv.FormatInt(n, 10)
		cut := len(digits) - int(c.Digits())
		whole, fraction := strings.TrimLeft(digits[:cut], "0"), digits[cut:]
		if whole == "" {
			whole = "0"
		}
		text := shapes[int(shape)%len(shapes)](sign, whole, fraction, c)
		got, err := policy.Parse(text)
		if fault, ok := errors.AsType[*Fault](err); ok && fault.Kind == Ambiguous && c.Digits() == 3 {
			return
		}
		if want := sign + whole + "." + fraction; err != nil || got.Value() != want && !got.IsZero() {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	})
}

// Whatever the text, there is an amount or a fault, and an amount is read again
// as the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"$1,234.56", "(45.00)", "1 234,50 kr", "CHF 1'234.50", "١٬٢٣٤٫٥٠ SAR", "1,234", ".5€", "Rs.500", "5:-", "\xff", strings.Repeat("9", 20)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := policy.Parse(text, "EUR")
		if err != nil {
			if fault, ok := errors.AsType[*Fault](err); !ok || fault.Reason == "" || fault.Kind == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		again, err := Policy{Mark: Point}.Parse(a.String())
		if err != nil || !again.Equal(a) {
			t.Errorf("%q is %s, and that is %s, %v", text, a, again, err)
		}
	})
}

package money

import (
	"errors"
	"strings"
	"testing"
)

// policy is the default one.
var policy = Policy{Symbols: DefaultSymbols}

func TestAmountsAreReadAsTheyAreWrittenAnywhere(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		// The issue's own.
		{"$1,234.56", "1234.56 USD"},
		{"1.234,56 EUR", "1234.56 EUR"},
		{"USD 0.1", "0.10 USD"},
		{"CHF 1'234.50", "1234.50 CHF"},
		{"CHF 1’234.50", "1234.50 CHF"},

		// Signs.
		{"(45.00) USD", "-45.00 USD"},
		{"($45.00)", "-45.00 USD"},
		{"$(45.00)", "-45.00 USD"},
		{"-$45.00", "-45.00 USD"},
		{"$-45.00", "-45.00 USD"},
		{"$45.00-", "-45.00 USD"},
		{"45,00- €", "-45.00 EUR"},
		{"−45,00 €", "-45.00 EUR"},
		{"+45.00 EUR", "45.00 EUR"},
		{"（45.00） USD", "-45.00 USD"},

		// Grouping.
		{"EUR 1 234,50", "1234.50 EUR"},
		{"EUR 1\u00a0234\u202f567,50", "1234567.50 EUR"},
		{"1\u2009234.50 EUR", "1234.50 EUR"},
		{"EUR 1,234,567", "1234567.00 EUR"},
		{"EUR 1.234.567", "1234567.00 EUR"},
		{"EUR 1'234", "1234.00 EUR"},
		{"EUR 1 234", "1234.00 EUR"},
		{"₹12,34,567.00", "1234567.00 INR"},
		{"₹ 1,23,456", "123456.00 INR"},
		{"EUR 1 234.50", "1234.50 EUR"},
		{"EUR 1234.5", "1234.50 EUR"},
		{"EUR 1234567,89", "1234567.89 EUR"},
		{"EUR 12", "12.00 EUR"},
		{"EUR 0", "0.00 EUR"},
		{"EUR .50", "0.50 EUR"},
		{"EUR ,5", "0.50 EUR"},
		{"$.50", "0.50 USD"},
		{"EUR 0.120", "0.12 EUR"},
		{"EUR 1234.500", "1234.50 EUR"},
		{"EUR 10.0000", "10.00 EUR"},

		// Decimals that are not written.
		{"CHF 100.–", "100.00 CHF"},
		{"100,- €", "100.00 EUR"},
		{"SEK 1 250:-", "1250.00 SEK"},
		{"€ 5,--", "5.00 EUR"},

		// Decimals of the currency.
		{"JPY 1,234", "1234 JPY"},
		{"JPY 1.234", "1234 JPY"},
		{"￥１２，３４５ JPY", "12345 JPY"},
		{"KWD 1.2345", ""}, // more than it has
		{"KWD 1,234.567", "1234.567 KWD"},
		{"1234 円", "1234 JPY"},

		// Scripts.
		{"١٬٢٣٤٫٥٠ SAR", "1234.50 SAR"},
		{"١٢٣٤٫٥ EGP", "1234.50 EGP"},
		{"١،٢٣٤٫٥٠ د.إ", "1234.50 AED"},
		{"\u200f١٢٫٥٠\u200f ر.س", "12.50 SAR"},
		{"۱۲۳۴٫۵۰ USD", "1234.50 USD"},
		{"ＵＳＤ　１，２３４．５６", "1234.56 USD"},
		{"१,२३,४५६.५० INR", "123456.50 INR"},

		// Currencies.
		{"€1.234,56", "1234.56 EUR"},
		{"1.234,56 Euro", "1234.56 EUR"},
		{"eur 5,00", "5.00 EUR"},
		{"US$ 5.00", "5.00 USD"},
		{"USD $5.00", "5.00 USD"},
		{"$5.00 CAD", "5.00 CAD"},
		{"CAD$5.00", "5.00 CAD"},
		{"C$5.00", "5.00 CAD"},
		{"R$ 1.234,56", "1234.56 BRL"},
		{"£1,234.56", "1234.56 GBP"},
		{"12,50 kr SEK", "12.50 SEK"},
		{"Fr. 12.50", "12.50 CHF"},
		{"SFr. 1'000.00", "1000.00 CHF"},
		{"1 234,50 zł", "1234.50 PLN"},
		{"1 234,50 Kč", "1234.50 CZK"},
		{"12.50 лв.", "12.50 BGN"},
		{"¥1,234 CNY", ""}, // asked about: the yuan has decimals
		{"¥1,234.00 CNY", "1234.00 CNY"},
		{"Rs.500 INR", "500.00 INR"},
		{"1 234,50 ₽", "1234.50 RUB"},
	} {
		got, err := policy.Parse(row.text)
		if row.want == "" {
			if err == nil {
				t.Errorf("%q is %s", row.text, got)
			}
		} else if err != nil || got.String() != row.want {
			t.Errorf("%q is %s, %v; want %s", row.text, got, err, row.want)
		}
	}
}

func TestWhatMayMeanTwoThingsIsAskedAbout(t *testing.T) {
	for _, row := range []struct{ text, reason string }{
		{"1,234 EUR", "may be 1234 or 1.234 EUR"},
		{"1.234 EUR", "may be 1234 or 1.234 EUR"},
		{"$1,234", "may be 1234 or 1.234 USD"},
		{"(123,456) EUR", "may be -123456 or -123.456 EUR"},
		{"KWD 1.234", "may be 1234 or 1.234 KWD"},
		{"١٬٢٣٤", "names no currency"},
		{"1234.50", "names no currency"},
		{"(45.00)", "names no currency"},
		{"1 234,50 kr", "is of a currency with several possibilities: SEK or NOK or DKK or ISK"},
		{"¥ 1,234", "is of a currency with several possibilities: JPY or CNY"},
		{"Rs. 500", "is of a currency with several possibilities: INR or LKR or MUR or NPR"},
	} {
		got, err := policy.Parse(row.text)
		fault, ok := errors.AsType[*Fault](err)
		if !ok || fault.Kind != Ambiguous || fault.Text != row.text || fault.Reason != row.reason {
			t.Errorf("%q is %s, %v; want %s", row.text, got, err, row.reason)
		}
	}
}

func TestWhatIsNoAmountIsSaidToBeNone(t *testing.T) {
	for _, row := range []struct{ text, reason string }{
		{"abc", "has no number"},
		{"EUR", "has no number"},
		{"-", "has no number"},
		{"Total 5.00", `has "Total", which is no currency`},
		{"5.00 XYZ", `has "XYZ", which is no currency`},
		{"5.00 %", `has "%", which is no currency`},
		{"1.234.56 EUR", "is not grouped as numbers are"},
		{"1,23 456 EUR", "is not grouped as numbers are"},
		{"12,34.56 EUR", "is not grouped as numbers are"},
		{"1234,567.00 EUR", "is not grouped as numbers are"},
		{"0,123,456 EUR", "is not grouped as numbers are"},
		{"1.23.456 EUR", "is not grouped as numbers are"},
		{"1 234 50 EUR", "is not grouped as numbers are"},
		{"1'23 EUR", "is not grouped as numbers are"},
		{"1,234.567,89 EUR", "is not grouped as numbers are"},
		{"1, 234.50 EUR", "has two separators in a row"},
		{"1..5 EUR", "has two separators in a row"},
		{"5/6 EUR", "has '/' between its digits"},
		{"5 x 6 EUR", "has 'x' between its digits"},
		{"1e5 EUR", "has 'e' between its digits"},
		{"12-34 EUR", "has '-' between its digits"},
		{"(45.00 EUR", "has signs or parentheses that do not go together"},
		{"45.00) EUR", "has signs or parentheses that do not go together"},
		{"-(45.00) EUR", "has signs or parentheses that do not go together"},
		{"--45.00 EUR", "has signs or parentheses that do not go together"},
		{"-45.00- EUR", "has signs or parentheses that do not go together"},
		{")45.00( EUR", "has signs or parentheses that do not go together"},
		{"EUR 5.00 USD", "names two currencies"},
		{"€5.00 USD", "names two currencies"},
		{"5.00 kr EUR", "names two currencies"},
		{"0.125 EUR", "has more decimals than the 2 of EUR"},
		{"1234.567 EUR", "has more decimals than the 2 of EUR"},
		{"JPY 0.5", "has more decimals than the 0 of JPY"},
		{"1٢3 EUR", "is written in two scripts, or in none"},
		{"\xff5 EUR", "is written in two scripts, or in none"},
		{strings.Repeat("9", 21) + " EUR", "has too many digits"},
		{strings.Repeat("9", 81), "is too long for an amount"},
		{"5. EUR", `has ".", which is no currency`},
		{"10² EUR", `has "²", which is no currency`},
	} {
		got, err := policy.Parse(row.text)
		fault, ok := errors.AsType[*Fault](err)
		if !ok || fault.Kind != Unreadable || fault.Reason != row.reason {
			t.Errorf("%q is %s, %v; want %s", row.text, got, err, row.reason)
		}
	}
	for _, blank := range []string{"", " ", "\u00a0\u200b"} {
		_, err := policy.Parse(blank)
		if fault, ok := errors.AsType[*Fault](err); !ok || fault.Kind != Missing {
			t.Errorf("%q: %v", blank, err)
		}
	}
}

func TestThePolicySettlesWhatTheDocumentLeavesOpen(t *testing.T) {
	canada := Policy{Symbols: map[string]Currency{"$": "CAD", "kr": "DKK"}, Mark: Comma}
	point := Policy{Symbols: DefaultSymbols, Mark: Point}
	for _, row := range []struct {
		name   string
		policy Policy
		text   string
		hints  []Currency
		want   string
	}{
		{"a comma before decimals", canada, "1,234 KWD", nil, "1.234 KWD"},
		{"a comma, and a point groups", canada, "1.234 EUR", nil, "1234.00 EUR"},
		{"a comma, and decimals too many", canada, "1,234 EUR", nil, `"1,234 EUR" has more decimals than the 2 of EUR`},
		{"a point, and a comma groups", point, "1,234 EUR", nil, "1234.00 EUR"},
		{"a point, written otherwise all the same", point, "1.234,56 EUR", nil, "1234.56 EUR"},
		{"a symbol", canada, "$5.00", nil, "5.00 CAD"},
		{"a symbol in capitals, with a dot", canada, "5,00 Kr.", nil, "5.00 DKK"},
		{"a symbol that is said elsewhere", canada, "$5.00", []Currency{"CAD"}, "5.00 CAD"},
		{"a symbol that is said otherwise", canada, "$5.00", []Currency{"USD"}, `"$5.00" is of a currency with several possibilities: USD or CAD`},
		{"a symbol, and two are said", canada, "$5.00", []Currency{"USD", "CAD"}, `"$5.00" is of a currency with several possibilities: CAD or USD`},
		{"a symbol, and something else is said", canada, "$5.00", []Currency{"EUR"}, "5.00 CAD"},
		{"a symbol without a policy, said elsewhere", policy, "5,00 kr", []Currency{"NOK", "EUR", "NOK"}, "5.00 NOK"},
		{"a symbol without a policy, said twice", policy, "5,00 kr", []Currency{"NOK", "SEK"}, `"5,00 kr" is of a currency with several possibilities: NOK or SEK`},
		{"no currency, said elsewhere", policy, "1 234,50", []Currency{"SEK", "SEK"}, "1234.50 SEK"},
		{"no currency, and two are said", policy, "5,00", []Currency{"SEK", "EUR"}, `"5,00" names no currency: EUR or SEK`},
		{"a code, and something else is said", policy, "EUR 5,00", []Currency{"SEK"}, "5.00 EUR"},
	} {
		got, err := row.policy.Parse(row.text, row.hints...)
		text := got.String()
		if err != nil {
			text = err.Error()
		}
		if text != row.want {
			t.Errorf("%s: %s, want %s", row.name, text, row.want)
		}
	}
}

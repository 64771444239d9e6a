package expense

// This file knows currencies by their codes and signs.

import (
	"strings"
	"unicode"
)

// codes are the currencies of ISO 4217 that invoices are written in.
var codes = strings.Fields("AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW KWD " +
	"MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR")

// signs are how else currencies are written. A sign that several countries use
// stands for the one that Textract takes it for, with less confidence.
var signs = []struct {
	sign, code string
	confidence float64
}{
	{"US$", "USD", exact}, {"C$", "CAD", exact}, {"CA$", "CAD", exact}, {"A$", "AUD", exact}, {"AU$", "AUD", exact},
	{"HK$", "HKD", exact}, {"NZ$", "NZD", exact}, {"S$", "SGD", exact}, {"R$", "BRL", exact}, {"MX$", "MXN", exact},
	{"€", "EUR", exact}, {"£", "GBP", exact}, {"₹", "INR", exact}, {"₽", "RUB", exact}, {"₩", "KRW", exact},
	{"₪", "ILS", exact}, {"₺", "TRY", exact}, {"₫", "VND", exact}, {"₦", "NGN", exact}, {"₴", "UAH", exact}, {"zł", "PLN", exact},
	{"Kč", "CZK", exact}, {"Fr.", "CHF", weakShape}, {"SFr.", "CHF", exact}, {"$", "USD", weakShape}, {"¥", "JPY", weakShape}, {"￥", "JPY", weakShape},
	{"د.إ", "AED", exact}, {"ر.س", "SAR", exact},
	{"kr.", "", 0}, {"kr", "", 0}, // Danish, Norwegian, Swedish, Icelandic
}

func isSymbol(r rune) bool { return unicode.Is(unicode.Sc, r) }

// cutCurrency takes a currency away from the beginning or the end of a text, and
// returns how it is written.
func cutCurrency(text string) (rest, currency string) {
	text = strings.TrimSpace(text)
	inner := strings.TrimLeft(text, "(-+−– ")
	lead := text[:len(text)-len(inner)]
	for _, written := range currencies {
		if after, ok := cutPrefixFold(inner, written); ok && !letterFollows(written, after) {
			return lead + strings.TrimSpace(after), written
		}
	}
	tail := strings.TrimRight(text, ")-−– ")
	for _, written := range currencies {
		if before, ok := cutSuffixFold(tail, written); ok && !letterPrecedes(before, written) {
			return strings.TrimSpace(before) + text[len(tail):], written
		}
	}
	return text, ""
}

// currencies are all codes and signs, longer ones first where they begin alike.
var currencies = func() []string {
	all := append([]string(nil), codes...)
	for _, s := range signs {
		all = append(all, s.sign)
	}
	return all
}()

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

func cutSuffixFold(text, suffix string) (string, bool) {
	if len(text) < len(suffix) || !strings.EqualFold(text[len(text)-len(suffix):], suffix) {
		return text, false
	}
	return text[:len(text)-len(suffix)], true
}

// letterFollows tells whether what looks like a currency is the beginning of a word.
func letterFollows(written, after string) bool {
	last, next := []rune(written), []rune(after)
	return unicode.IsLetter(last[len(last)-1]) && len(next) > 0 && unicode.IsLetter(next[0])
}

func letterPrecedes(before, written string) bool {
	last, first := []rune(before), []rune(written)
	return unicode.IsLetter(first[0]) && len(last) > 0 && unicode.IsLetter(last[len(last)-1])
}

// currencyOf returns the currency that a text is written with, if it is known.
func currencyOf(text string) *Currency {
	_, written := cutCurrency(plain(text))
	return named(written)
}

func named(written string) *Currency {
	if written == "" {
		return nil
	}
	for _, s := range signs {
		if s.sign == written {
			if s.code == "" {
				return nil
			}
			return &Currency{s.code, s.confidence}
		}
	}
	return &Currency{written, exact}
}

// currencyWithin returns the currency of which some word of a text speaks, as in
// "Total (EUR)".
func currencyWithin(text string) *Currency {
	for _, w := range strings.Fields(plain(text)) {
		w = strings.Trim(w, "()[]:;,.")
		for _, code := range codes {
			if w == code {
				return &Currency{code, exact}
			}
		}
		if _, written := cutCurrency(w); written != "" && strings.ContainsFunc(written, isSymbol) {
			return named(written)
		}
	}
	return nil
}

package money

// This file reads what is written.

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/tradepost-dev/tradepost/internal/written"
)

// Limits of what is taken for an amount.
const (
	maxText   = 80 // characters
	maxDigits = 20 // before the decimals
)

// Written is an amount as it stands in a document: its number may mean two
// things, and its currency may be one of several, or be said elsewhere.
type Written struct {
	text       string
	value      decimal.Decimal  // as it is if the last separator stands before decimals
	whole      *decimal.Decimal // as it is otherwise, where both may be
	mark       Mark             // of value, where both may be
	symbol     string           // as it is written, in small letters
	currencies []Currency       // that it names: none, one, or one of these
}

// Text is as it was given.
func (w Written) Text() string { return w.text }

// Currencies are those of which it may be; none if it names none.
func (w Written) Currencies() []Currency { return w.currencies }

// In is the amount, of a currency. The error is a *Fault.
func (w Written) In(currency Currency, mark Mark) (Amount, error) {
	if len(w.currencies) > 0 && len(common(w.currencies, []Currency{currency})) == 0 {
		return Amount{}, &Fault{Kind: Unreadable, Text: w.text, Reason: "is not of " + string(currency)}
	}
	value := w.value
	if w.whole != nil {
		switch {
		case mark != Ask && mark != w.mark, currency.Digits() == 0:
			value = *w.whole
		case mark == Ask:
			return Amount{}, &Fault{Kind: Ambiguous, Text: w.text, Reason: fmt.Sprintf("may be %s or %s %s", w.whole, w.value, currency)}
		}
	}
	return fit(w.text, value, currency)
}

// Read reads an amount in the forms that are usual anywhere: $1,234.56, 1.234,56
// EUR, (45.00), 45.00-, 1 234,50 kr, CHF 1'234.50, ₹ 12,34,567.00, 5,-, with the
// digits of any script. The error is a *Fault.
func Read(text string) (Written, error) {
	unreadable := func(format string, arguments ...any) (Written, error) {
		return Written{}, &Fault{Kind: Unreadable, Text: text, Reason: fmt.Sprintf(format, arguments...)}
	}
	folded, err := written.Folded(text)
	switch {
	case err != nil:
		return unreadable("is written in two scripts, or in none")
	case folded == "":
		return Written{}, &Fault{Kind: Missing, Text: text, Reason: "there is no amount"}
	case utf8.RuneCountInString(folded) > maxText:
		return unreadable("is too long for an amount")
	}
	before, number, after, ok := around(folded)
	if !ok {
		return unreadable("has no number")
	}
	negative, tokens, ok := signs(before, after)
	if !ok {
		return unreadable("has signs or parentheses that do not go together")
	}
	w := Written{text: text}
	if w.symbol, w.currencies, err = currenciesOf(tokens); err != nil {
		return unreadable("%v", err)
	}
	if err := w.read(number); err != nil {
		return unreadable("%v", err)
	}
	if negative {
		w.value = w.value.Neg()
		if w.whole != nil {
			*w.whole = w.whole.Neg()
		}
	}
	return w, nil
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// around cuts a text into its number and what stands before and after it.
func around(text string) (before, number, after string, ok bool) {
	first, last := strings.IndexFunc(text, isDigit), strings.LastIndexFunc(text, isDigit)
	if first < 0 {
		return "", "", "", false
	}
	before, number, after = text[:first], text[first:last+1], text[last+1:]
	// In ".50" the point is the number's, in "Rs.50" it is not.
	for _, mark := range []string{".", ",", "٫"} {
		rest, found := strings.CutSuffix(before, mark)
		if end, _ := utf8.DecodeLastRuneInString(rest); found && !unicode.IsLetter(end) {
			before, number = rest, mark+number
		}
	}
	// "5.-", "5,--" and "5:-" have no decimals.
	for _, mark := range []string{".", ",", ":"} {
		if rest, found := strings.CutPrefix(after, mark); found && strings.HasPrefix(rest, "-") {
			after = strings.TrimLeft(rest, "-")
		}
	}
	return before, number, after, true
}

// signs takes signs and parentheses out of what stands around a number, and
// leaves what is to name its currency.
func signs(before, after string) (negative bool, tokens []string, ok bool) {
	minus := strings.Count(before, "-") + strings.Count(after, "-")
	plus := strings.Count(before, "+")
	opened, closed := strings.Count(before, "("), strings.Count(after, ")")
	if opened != closed || minus+plus+opened > 1 || strings.Contains(before, ")") || strings.ContainsAny(after, "(+") {
		return false, nil, false
	}
	remove := strings.NewReplacer("-", " ", "+", " ", "(", " ", ")", " ")
	return minus+opened == 1, append(strings.Fields(remove.Replace(before)), strings.Fields(remove.Replace(after))...), true
}

// currenciesOf are those that all tokens together may mean: "USD $" is USD.
func currenciesOf(tokens []string) (symbol string, currencies []Currency, err error) {
	if whole := named(strings.Join(tokens, "")); len(whole) > 0 {
		return strings.TrimSuffix(strings.ToLower(strings.Join(tokens, "")), "."), whole, nil
	}
	for _, token := range tokens {
		for _, part := range parts(token) {
			these := named(part)
			if len(these) == 0 {
				return "", nil, fmt.Errorf("has %q, which is no currency", part)
			}
			if currencies == nil {
				symbol, currencies = strings.TrimSuffix(strings.ToLower(part), "."), these
				continue
			}
			if currencies = common(currencies, these); len(currencies) == 0 {
				return "", nil, fmt.Errorf("names two currencies")
			}
		}
	}
	return symbol, currencies, nil
}

// parts are a token that is a name, or its letters and its symbols: "CAD$".
func parts(token string) []string {
	if len(named(token)) > 0 {
		return []string{token}
	}
	cut := strings.IndexFunc(token, func(r rune) bool { return unicode.Is(unicode.Sc, r) })
	if cut < 0 {
		return []string{token}
	}
	_, size := utf8.DecodeRuneInString(token[cut:])
	var all []string
	for _, part := range []string{token[:cut], token[cut : cut+size], token[cut+size:]} {
		if part != "" {
			all = append(all, part)
		}
	}
	return all
}

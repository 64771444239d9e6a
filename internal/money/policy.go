package money

// This file decides what a text alone does not say.

import (
	"fmt"
	"slices"
	"strings"
)

// Mark is the character before the decimals.
type Mark rune

// Marks. By default "1,234" and "1.234" are asked about: one may be a thousand
// times the other.
const (
	Ask   Mark = 0
	Point Mark = '.'
	Comma Mark = ','
)

// Policy is what a reader knows beside the text.
type Policy struct {
	// Symbols says which currency a symbol of several stands for, where nothing
	// in the document says it: {"$": "CAD"}. A symbol without an entry is asked
	// about. Defaults are DefaultSymbols.
	Symbols map[string]Currency

	// Mark settles what "1,234" means.
	Mark Mark
}

// DefaultSymbols are those that nearly always mean one currency. "kr" and "¥"
// do not.
var DefaultSymbols = map[string]Currency{"$": "USD", "£": "GBP"}

// Parse reads one amount. Hints are currencies that the rest of the document
// speaks of, if any. The error is a *Fault.
func (p Policy) Parse(text string, hints ...Currency) (Amount, error) {
	w, err := Read(text)
	if err != nil {
		return Amount{}, err
	}
	currency, err := p.Currency(w, hints...)
	if err != nil {
		return Amount{}, err
	}
	return w.In(currency, p.Mark)
}

// Currency is which one an amount is of. A symbol of several stands for the one
// that the document speaks of; if that is not what the policy takes it for, it
// is asked about.
func (p Policy) Currency(w Written, hints ...Currency) (Currency, error) {
	slices.Sort(hints)
	hints = slices.Compact(hints)
	if len(w.currencies) == 0 {
		if len(hints) == 1 {
			return hints[0], nil
		}
		return "", &Fault{Kind: Ambiguous, Text: w.text, Reason: "names no currency" + choice(hints)}
	}
	if len(w.currencies) == 1 {
		return w.currencies[0], nil
	}
	usual, decided := p.Symbols[w.symbol]
	fitting := common(hints, w.currencies)
	switch {
	case len(fitting) == 1 && (!decided || usual == fitting[0]):
		return fitting[0], nil
	case len(fitting) == 0 && decided:
		return usual, nil
	case len(fitting) > 0:
		if decided && !slices.Contains(fitting, usual) {
			fitting = append(fitting, usual)
		}
		return "", &Fault{Kind: Ambiguous, Text: w.text, Reason: "is of a currency with several possibilities" + choice(fitting)}
	}
	return "", &Fault{Kind: Ambiguous, Text: w.text, Reason: "is of a currency with several possibilities" + choice(w.currencies[:min(4, len(w.currencies))])}
}

func choice(of []Currency) string {
	if len(of) == 0 {
		return ""
	}
	var texts []string
	for _, c := range of {
		texts = append(texts, string(c))
	}
	return fmt.Sprintf(": %s", strings.Join(texts, " or "))
}

package expense

// This file tells of a text what it may be: an amount, a date, a number of
// something. What it is worth is for its reader to say.

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// shape is what a text of some length is made of.
type shape int

const (
	anyText shape = iota
	amount        // "$1,234.56", "(45.00)", "1 234,50 kr", "USD"-prefixed, digits of any script
	date          // "2024-03-01", "1. März 2024", "03/01/24"
	number        // an identifier: has a digit
	party         // a name, and what stands below it
)

// fits tells whether a text is of a shape.
func (s shape) fits(text string) bool {
	switch s {
	case amount:
		return isAmount(text)
	case date:
		return isDate(text)
	case number:
		return isNumber(text)
	}
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// plain is a text without the differences that do not matter here: of width, of
// the kinds of spaces.
func plain(text string) string { return norm.NFKC.String(text) }

func isAmount(text string) bool {
	rest, _ := cutCurrency(plain(text))
	digits, separators := 0, 0
	for _, r := range strings.Trim(rest, "()+-−–* ") {
		switch {
		case unicode.IsDigit(r):
			digits++
		case strings.ContainsRune(".,'’ ٫٬", r):
			separators++
		default:
			return false
		}
	}
	// A long number without separators is an identifier.
	return digits > 0 && digits <= 15 && (digits <= 8 || separators > 0)
}

// isStrongAmount tells whether an amount can hardly be something else: it has a
// currency or two decimals.
func isStrongAmount(text string) bool {
	rest, currency := cutCurrency(plain(text))
	if currency != "" || strings.ContainsFunc(text, isSymbol) {
		return true
	}
	runes := []rune(strings.TrimRight(rest, ")-−– "))
	return len(runes) > 3 && strings.ContainsRune(".,٫", runes[len(runes)-3])
}

func isPercent(text string) bool {
	rest, ok := strings.CutSuffix(strings.Trim(plain(text), "() "), "%")
	return ok && isAmount(rest)
}

// isNumber tells whether a text may identify something.
func isNumber(text string) bool {
	words := strings.Fields(text)
	if len(words) > 8 || len(text) > 50 || isPercent(text) || strings.ContainsFunc(text, isSymbol) {
		return false
	}
	return strings.ContainsFunc(text, unicode.IsDigit)
}

// months are the beginnings of their names, folded, in the languages of labels.
var months = strings.Fields("jan feb mar apr may mai jun jul aug sep oct okt nov dec dez " +
	"janv fevr avr juin juil aout ene abr ago dic mrt maa gen mag giu lug set ott fev out maerz")

// filler are words within dates, folded.
var filler = strings.Fields("de del of the du le th st nd rd er " +
	"mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday " +
	"lundi mardi mercredi jeudi vendredi samedi dimanche montag dienstag mittwoch donnerstag freitag samstag sonntag")

func isDate(text string) bool {
	text = strings.NewReplacer("年", "-", "月", "-", "日", "").Replace(plain(text))
	if len(text) > 40 {
		return false
	}
	tokens := fold(text)
	numbers, named := 0, false
	for _, t := range tokens {
		switch {
		case strings.ContainsFunc(t, unicode.IsDigit):
			if numbers++; !isDatePart(t) {
				return false
			}
		case isMonth(t):
			named = true
		case !slices.Contains(filler, t):
			return false
		}
	}
	if named {
		return numbers == 2
	}
	separators := strings.Count(text, "/") + strings.Count(text, ".") + strings.Count(text, "-")
	return numbers == 3 && separators >= 2 && !strings.ContainsFunc(text, isSymbol)
}

// isDatePart tells whether a token is a day, a month or a year: "1", "1st", "2024".
func isDatePart(token string) bool {
	digits := strings.TrimRightFunc(token, unicode.IsLetter)
	suffix := token[len(digits):]
	n := len([]rune(digits))
	return (n == 1 || n == 2 || n == 4) && strings.IndexFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) }) < 0 &&
		(suffix == "" || slices.Contains(filler, suffix))
}

func isMonth(token string) bool {
	return len(token) <= 10 && slices.ContainsFunc(months, func(m string) bool { return strings.HasPrefix(token, m) })
}

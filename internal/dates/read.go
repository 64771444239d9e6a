package dates

// This file reads what is written.

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tradepost-dev/tradepost/internal/written"
)

// Order is which number of "03/04/2026" is the day.
type Order string

// Orders. With points the day comes first whatever the order: no locale of
// Unicode's CLDR writes 04.03.2026 for the third of April.
const (
	Ask        Order = ""           // a day that may be two is asked about
	DayFirst   Order = "DayFirst"   // as nearly everywhere
	MonthFirst Order = "MonthFirst" // as in the United States
)

// pivot is the last two-digit year of this century: "69" is 2069, "70" is 1970.
const pivot = 69

// maxText is how many characters a date may have.
const maxText = 60

// Parse reads a day. The error is a *Fault.
func (o Order) Parse(text string) (Date, error) {
	folded, err := written.Folded(text)
	switch {
	case err != nil:
		return Date{}, &Fault{Kind: Unreadable, Text: text, Reason: "is written in two scripts, or in none"}
	case folded == "":
		return Date{}, &Fault{Kind: Missing, Text: text, Reason: "there is no date"}
	case utf8.RuneCountInString(folded) > maxText:
		return Date{}, &Fault{Kind: Unreadable, Text: text, Reason: "is too long for a date"}
	}
	candidates, ok := o.candidates(folded)
	if !ok {
		return Date{}, &Fault{Kind: Unreadable, Text: text, Reason: "is no date"}
	}
	switch found := sound(candidates); len(found) {
	case 0:
		return Date{}, &Fault{Kind: Unreadable, Text: text, Reason: "is no day of the calendar"}
	case 1:
		return found[0], nil
	default:
		return Date{}, &Fault{Kind: Ambiguous, Text: text, Reason: fmt.Sprintf("may be %s or %s", found[0], found[1])}
	}
}

// sound are the days that there are, each once.
func sound(candidates []Date) []Date {
	var found []Date
	for _, each := range candidates {
		if each.valid() && (len(found) == 0 || found[0] != each) {
			found = append(found, each)
		}
	}
	return found
}

var (
	// clock is the time of a day, at the end of a date.
	clock = regexp.MustCompile(`(?i)(^|\d)[t ,]+(\d{1,2}[:.h]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[ap]\.?m\.?)?)( ?(z|utc|gmt|uhr|[+-]\d{2}:?\d{2}))?$`)

	// numeric is a date in digits. Blanks around separators are left out before.
	numeric = regexp.MustCompile(`^(\d{1,4})([./ -])(\d{1,2})([./ -])(\d{1,4})\.?$`)
	compact = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)

	// asian is a date with the signs for year, month and day.
	asian = regexp.MustCompile(`^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]?$`)

	blanks = regexp.MustCompile(` ?([./-]) ?`)
)

// candidates are the days that a text may mean, whether or not they are in the
// calendar.
func (o Order) candidates(text string) (days []Date, ok bool) {
	if parts := asian.FindStringSubmatch(text); parts != nil {
		return []Date{day(parts[1], parts[2], parts[3])}, true
	}
	text = clock.ReplaceAllString(text, "$1")
	tight := blanks.ReplaceAllString(text, "$1")
	if parts := compact.FindStringSubmatch(tight); parts != nil {
		return []Date{day(parts[1], parts[2], parts[3])}, true
	}
	if parts := numeric.FindStringSubmatch(tight); parts != nil && parts[2] == parts[4] {
		return o.numeric(parts[1], parts[3], parts[5], parts[2])
	}
	return worded(text)
}

// numeric are the days of three numbers.
func (o Order) numeric(first, second, third, separator string) ([]Date, bool) {
	switch {
	case len(first) == 4 && len(third) <= 2:
		return []Date{day(first, second, third)}, true
	case len(first) > 2 || len(third) != 2 && len(third) != 4:
		return nil, false
	}
	dayFirst, monthFirst := day(third, second, first), day(third, first, second)
	switch {
	case separator == "." || o == DayFirst:
		return preferred(dayFirst, monthFirst), true
	case o == MonthFirst:
		return preferred(monthFirst, dayFirst), true
	case separator == "-" && len(third) == 2:
		return []Date{dayFirst, monthFirst, day(first, second, third)}, true // 26-11-27
	}
	return []Date{dayFirst, monthFirst}, true
}

// preferred is one reading, or the other one if that is no day.
func preferred(one, other Date) []Date {
	if one.valid() {
		return []Date{one}
	}
	return []Date{other}
}

// worded is the day of a text with the name of a month in it. The day and the
// year are told by their size, and by their order.
func worded(text string) ([]Date, bool) {
	var month time.Month
	var numbers []string
	for _, word := range cut(plain(text)) {
		switch named := monthNamed(word); {
		case word[0] >= '0' && word[0] <= '9':
			numbers = append(numbers, word)
		case named != 0 && month == 0:
			month = named
		case !silent[word] && !weekdays[word]:
			return nil, false
		}
	}
	if month == 0 || len(numbers) != 2 {
		return nil, false
	}
	first, second := numbers[0], numbers[1]
	switch {
	case len(first) == 4 && len(second) <= 2:
		first, second = second, first
	case len(first) > 2 || len(second) != 2 && len(second) != 4:
		return nil, false
	}
	return []Date{day(second, strconv.Itoa(int(month)), first)}, true
}

// cut are a text's words and numbers: "27th" is two.
func cut(text string) []string {
	var all []string
	var last rune
	for _, r := range text {
		kind := 'x'
		switch {
		case unicode.IsLetter(r):
			kind = 'a'
		case r >= '0' && r <= '9':
			kind = '1'
		}
		if kind != 'x' && kind == last {
			all[len(all)-1] += string(r)
		} else if kind != 'x' {
			all = append(all, string(r))
		}
		last = kind
	}
	return all
}

// day is a date of its parts in digits.
func day(year, month, day string) Date {
	y, m, d := number(year), number(month), number(day)
	if len(year) <= 2 {
		y += 1900
		if y <= 1900+pivot {
			y += 100
		}
	}
	return Date{y, time.Month(m), d}
}

func number(digits string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(digits)) // they are digits, and few
	return n
}

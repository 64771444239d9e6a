// $toMillis.

package jsonata

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// isoTimestamp is what the reference implementation lets pass for a timestamp.
var isoTimestamp = regexp.MustCompile(`^[0-9]{4}(-[01][0-9])*(-[0-3][0-9])*(T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])*(\.[0-9]+)?([+-][0-2][0-9]:?[0-5][0-9]|Z)?$`)

func toMillis(ev *evaluation, args []any) (any, error) {
	text := args[0].(string)
	if picture, ok := args[1].(string); ok {
		return ev.parseDate(text, picture)
	}
	if !isoTimestamp.MatchString(text) {
		return nil, failValue("D3110", text)
	}
	return parseISO(text), nil
}

var isoFields = regexp.MustCompile(`^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?)?(?:Z|([+-][0-9]{2}):?([0-9]{2}))?$`)

// parseISO is Date.parse of what isoTimestamp lets pass: NaN for no date at all. February may have 31 days, as in
// Node. A time without a zone is in that of the machine to JavaScript, which for Step Functions is UTC.
func parseISO(text string) float64 {
	found := isoFields.FindStringSubmatch(text)
	if found == nil {
		return math.NaN()
	}
	field := func(i, otherwise int) int {
		if found[i] == "" {
			return otherwise
		}
		return int(toNumber(found[i]))
	}
	month, day, hour, minute, second := field(2, 1), field(3, 1), field(4, 0), field(5, 0), field(6, 0)
	fraction := 0.0
	if found[7] != "" {
		fraction = math.Floor(toNumber("0"+found[7]) * 1000)
	}
	midnight := hour == 24 && minute == 0 && second == 0 && fraction == 0 // at the end of a day
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 && !midnight {
		return math.NaN()
	}
	zone := field(8, 0)*60 + field(9, 0)
	if strings.HasPrefix(found[8], "-") {
		zone = field(8, 0)*60 - field(9, 0)
	}
	t := time.Date(field(1, 0), time.Month(month), day, hour, minute-zone, second, 0, time.UTC)
	return float64(t.UnixMilli()) + fraction
}

// dateReader reads one marker of a picture.
type dateReader struct {
	component string
	read      func(text string) float64
}

// parseDate reads a time by a picture; undefined where it does not fit.
func (ev *evaluation) parseDate(text, picture string) (any, error) {
	parts, err := parseDatePicture(picture)
	if err != nil {
		return nil, err
	}
	pattern, readers, err := datePattern(parts)
	if err != nil {
		return nil, err
	}
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		return undefined, nil
	}
	components := map[string]float64{}
	for i, reader := range readers {
		if reader.read != nil {
			components[reader.component] = reader.read(found[i+1])
		}
	}
	if len(components) == 0 {
		return undefined, nil
	}
	return ev.dateOf(components)
}

// datePattern is a regular expression for a picture, with a group for each part.
func datePattern(parts []datePart) (*regexp.Regexp, []dateReader, error) {
	var b strings.Builder
	readers := make([]dateReader, len(parts))
	for i, part := range parts {
		pattern := regexp.QuoteMeta(part.literal)
		if part.component != "" {
			var err error
			if pattern, readers[i].read, err = partPattern(part); err != nil {
				return nil, nil, err
			}
			readers[i].component = part.component
		}
		b.WriteString("(" + pattern + ")")
	}
	compiled, err := regexp.Compile("(?i)^" + b.String() + "$")
	if err != nil {
		return nil, nil, fail("D3136")
	}
	return compiled, readers, nil
}

func partPattern(part datePart) (string, func(string) float64, error) {
	switch {
	case (part.component == "Z" || part.component == "z") && part.integer != nil:
		pattern, read := zonePattern(part)
		return pattern, read, nil
	case part.integer != nil:
		if part.integer.form == sequenceForm {
			return "", nil, failValue("D3130", part.integer.token)
		}
		return integerPattern(part.integer), part.integer.parse, nil
	}
	values := map[string]float64{}
	switch part.component {
	case "M", "x":
		part.index(values, months, 1)
	case "F":
		part.index(values, days, 0)
		delete(values, "")
	case "P":
		values = map[string]float64{"am": 0, "AM": 0, "pm": 1, "PM": 1}
	default:
		return "", nil, failValue("D3133", part.component)
	}
	return "[a-zA-Z]+", func(text string) float64 {
		if value, ok := values[text]; ok {
			return value
		}
		return math.NaN()
	}, nil
}

// index gives names, or as much of them as the marker shows, their numbers.
func (part datePart) index(values map[string]float64, names []string, first int) {
	for i, name := range names {
		if part.hasWidth && part.width > 0 && part.width < len(name) {
			name = name[:part.width]
		}
		values[name] = float64(i + first)
	}
}

func integerPattern(p *integerPicture) string {
	upper := p.letters == upperCase
	switch p.form {
	case lettersForm:
		return map[bool]string{true: "[A-Z]+", false: "[a-z]+"}[upper]
	case romanForm:
		return map[bool]string{true: "[MDCLXVI]+", false: "[mdclxvi]+"}[upper]
	case wordsForm:
		words := make([]string, 0, len(wordValues))
		for word := range wordValues {
			words = append(words, word)
		}
		// Longer words first: what begins with another one is tried before it.
		slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
		return "(?:" + strings.Join(append(words, "and", `[\-, ]`), "|") + ")+"
	}
	pattern := "[0-9]+"
	if p.width > 0 {
		const most = 1000 // of what Go's patterns repeat
		high := min(p.width, most)
		pattern = "[0-9]{" + numberText(float64(max(0, high-p.optional))) + "," + numberText(float64(high)) + "}"
	}
	if p.ordinal {
		pattern += "(?:th|st|nd|rd)"
	}
	return pattern
}

func zonePattern(part datePart) (string, func(string) float64) {
	pattern, separator := "[-+][0-9]+", ""
	if part.integer.regular > 0 {
		separator = string(part.integer.separators[0].character)
		pattern += regexp.QuoteMeta(separator) + "[0-9]+"
	}
	prefix := ""
	if part.component == "z" {
		prefix = "GMT"
	}
	return prefix + pattern, func(text string) float64 {
		text = text[len(prefix):]
		hours, minutes, cut := strings.Cut(text, separator)
		if separator == "" || !cut {
			hours, minutes = text, "0"
			if len(text) > 3 {
				hours, minutes = text[:3], text[3:]
			}
		}
		return leadingInteger(hours)*60 + leadingInteger(minutes)
	}
}

// A date is given by one set of parts, a time by another; each bit is one of the parts in order.
const (
	dateParts, timeParts = "YXMxWwdD", "PHhmsf"

	byMonth, byDay, byWeekOfMonth, byWeek = 0b10100001, 0b10000010, 0b01010100, 0b01001000
	by24Hours, by12Hours                  = 0b010111, 0b101111
)

// present tells which parts are there, and not 0.
func present(components map[string]float64, parts string) (mask int) {
	for _, part := range parts {
		value, ok := components[string(part)]
		mask = mask<<1 | boolToInt(ok && value != 0 && !math.IsNaN(value))
	}
	return mask
}

// dateOf puts the parts together. Those that are missing are now's if they are larger than all that are
// there, and the first there is if they are smaller; a gap between is an error.
func (ev *evaluation) dateOf(components map[string]float64) (any, error) {
	fits := func(set, mask int) bool { return ^set&mask == 0 && set&mask != 0 }
	mask := present(components, dateParts)
	byDayOfYear := !fits(byMonth, mask) && fits(byDay, mask)
	order := "YMD"
	switch {
	case byDayOfYear:
		order = "YD"
	case fits(byWeekOfMonth, mask):
		order = "XxwF"
	case fits(byWeek, mask):
		order = "XWF"
	}
	weeks := order[0] == 'X'
	mask = present(components, timeParts)
	half := !fits(by24Hours, mask) && fits(by12Hours, mask)
	if half {
		order += "Phmsf"
	} else {
		order += "Hmsf"
	}
	if err := ev.complete(components, order); err != nil {
		return nil, err
	}
	if weeks { // the reference implementation does not know how
		return nil, fail("D3136")
	}
	if half {
		components["H"] = math.Mod(components["h"], 12) + 12*float64(boolToInt(components["P"] == 1))
	}
	month, day := components["M"]-1, components["D"]
	if !(month >= 0) {
		month = 0
	}
	if byDayOfYear {
		month, day = 0, components["d"]
	}
	millis := utcMillis(components["Y"], month, day, components["H"], components["m"], components["s"], components["f"])
	for _, zone := range []string{"Z", "z"} {
		if offset, ok := components[zone]; ok && offset != 0 {
			return millis - offset*60*1000, nil
		}
	}
	return millis, nil
}

func (ev *evaluation) complete(components map[string]float64, order string) error {
	started, ended := false, false
	for _, r := range order {
		part := string(r)
		if _, ok := components[part]; ok {
			if started = true; ended {
				return fail("D3136")
			}
			continue
		}
		if !started {
			components[part] = ev.component(part)
			continue
		}
		ended = true
		components[part] = float64(boolToInt(strings.Contains("MDd", part)))
	}
	return nil
}

// component is a part of the time of the evaluation.
func (ev *evaluation) component(part string) float64 {
	t := ev.timestamp().UTC()
	if part == "P" {
		return math.NaN() // a text, to the reference implementation: neither am nor pm
	}
	return float64(dateValue(t, part))
}

// utcMillis is Date.UTC: months and days may lie beyond a year's and a month's.
func utcMillis(year, month, day, hour, minute, second, millisecond float64) float64 {
	for _, f := range []*float64{&year, &month, &day, &hour, &minute, &second, &millisecond} {
		if *f = math.Trunc(*f); math.IsNaN(*f) || math.Abs(*f) > 1e9 {
			return math.NaN()
		}
	}
	if year >= 0 && year <= 99 {
		year += 1900
	}
	t := time.Date(int(year), time.Month(month)+1, int(day), int(hour), int(minute), int(second), 0, time.UTC)
	return float64(t.Unix())*1000 + millisecond
}

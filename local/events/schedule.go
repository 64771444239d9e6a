// Schedules: rate(5 minutes) and cron(0 12 * * ? *), in UTC.

package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schedule tells when a rule runs next.
type schedule interface {
	// next returns the first time after the given one, or the zero time if
	// there is none any more.
	next(after time.Time) time.Time
}

func parseSchedule(expression string) (schedule, error) {
	if inner, ok := enclosed(expression, "rate"); ok {
		return parseRate(inner)
	}
	if inner, ok := enclosed(expression, "cron"); ok {
		return parseCron(inner)
	}
	return nil, fmt.Errorf("schedule expression %q is neither rate(...) nor cron(...)", expression)
}

func enclosed(expression, function string) (string, bool) {
	inner, ok := strings.CutPrefix(expression, function+"(")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ")")
}

type rate time.Duration

func (r rate) next(after time.Time) time.Time { return after.Add(time.Duration(r)) }

// parseRate reads "1 minute" or "5 minutes": the unit must agree in number.
func parseRate(inner string) (schedule, error) {
	value, unit, _ := strings.Cut(inner, " ")
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("rate(%s): the value must be a positive number", inner)
	}
	singular, plural := strings.CutSuffix(unit, "s")
	length := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[singular]
	if length == 0 || plural != (n > 1) {
		return nil, fmt.Errorf("rate(%s): the unit must be minute, hour or day, with an s for more than one", inner)
	}
	return rate(time.Duration(n) * length), nil
}

// cron is a schedule of six fields: minutes, hours, day of month, month, day
// of week, year.
type cron struct {
	minutes, hours, months, years []int // sorted
	day                           func(date time.Time) bool
}

// lastYear is the last that a cron expression may name.
const lastYear = 2199

func (c *cron) next(after time.Time) time.Time {
	t := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		switch {
		case !contains(c.years, t.Year()):
			t = time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		case !contains(c.months, int(t.Month())):
			t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.day(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !contains(c.hours, t.Hour()):
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !contains(c.minutes, t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

func contains(sorted []int, n int) bool {
	_, ok := slices.BinarySearch(sorted, n)
	return ok
}

func parseCron(inner string) (schedule, error) {
	f := strings.Fields(inner)
	if len(f) != 6 {
		return nil, fmt.Errorf("cron(%s): want six fields, got %d", inner, len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, fmt.Errorf("cron(%s): exactly one of day-of-month and day-of-week must be ?", inner)
	}
	var c cron
	var err error
	for _, field := range []struct {
		into     *[]int
		text     string
		min, max int
		names    []string
	}{
		{&c.minutes, f[0], 0, 59, nil},
		{&c.hours, f[1], 0, 23, nil},
		{&c.months, f[3], 1, 12, monthNames},
		{&c.years, f[5], 1970, lastYear, nil},
	} {
		if *field.into, err = parseField(field.text, field.min, field.max, field.names); err != nil {
			return nil, fmt.Errorf("cron(%s): %w", inner, err)
		}
	}
	if f[2] != "?" {
		c.day, err = parseDayOfMonth(f[2])
	} else {
		c.day, err = parseDayOfWeek(f[4])
	}
	if err != nil {
		return nil, fmt.Errorf("cron(%s): %w", inner, err)
	}
	return &c, nil
}

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// parseField reads lists of *, values, ranges and steps ("0/15", "1-5", "MON,WED").
func parseField(text string, low, high int, names []string) ([]int, error) {
	var values []int
	for item := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q has a bad step", item)
			}
		}
		from, to := low, high
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			var err error
			if from, err = parseValue(first, low, high, names); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				if to, err = parseValue(last, low, high, names); err != nil {
					return nil, err
				}
			case !stepped:
				to = from
			}
		}
		if from > to {
			return nil, fmt.Errorf("%q is an empty range", item)
		}
		for v := from; v <= to; v += step {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

func parseValue(text string, low, high int, names []string) (int, error) {
	if i := slices.Index(names, strings.ToUpper(text)); i >= 0 {
		return i + low, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not a value from %d to %d", text, low, high)
	}
	return n, nil
}

// parseDayOfMonth reads days, L (the last day) and 15W (the weekday nearest
// to the 15th).
func parseDayOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.Day() == daysIn(t) }, nil
	}
	if day, ok := strings.CutSuffix(text, "W"); ok {
		n, err := parseValue(day, 1, 31, nil)
		if err != nil {
			return nil, err
		}
		return func(t time.Time) bool { return t.Day() == nearestWeekday(t, n) }, nil
	}
	days, err := parseField(text, 1, 31, nil)
	if err != nil {
		return nil, err
	}
	return func(t time.Time) bool { return contains(days, t.Day()) }, nil
}

func daysIn(t time.Time) int { return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() }

// nearestWeekday returns the weekday nearest to a day, in the same month.
func nearestWeekday(t time.Time, day int) int {
	last := daysIn(t)
	if day > last {
		return 0
	}
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == last {
			return day - 2
		}
		return day + 1
	}
	return day
}

// parseDayOfWeek reads days (1 is Sunday), 6L (the last Friday) and 3#2 (the
// second Tuesday).
func parseDayOfWeek(text string) (func(time.Time) bool, error) {
	if text == "L" { // of the week
		text = "7"
	}
	if day, ok := strings.CutSuffix(text, "L"); ok {
		n, err := parseValue(day, 1, 7, dayNames)
		if err != nil {
			return nil, err
		}
		return func(t time.Time) bool { return int(t.Weekday())+1 == n && t.Day()+7 > daysIn(t) }, nil
	}
	if day, nth, ok := strings.Cut(text, "#"); ok {
		n, err := parseValue(day, 1, 7, dayNames)
		if err != nil {
			return nil, err
		}
		k, err := parseValue(nth, 1, 5, nil)
		if err != nil {
			return nil, err
		}
		return func(t time.Time) bool { return int(t.Weekday())+1 == n && (t.Day()-1)/7+1 == k }, nil
	}
	days, err := parseField(text, 1, 7, dayNames)
	if err != nil {
		return nil, err
	}
	return func(t time.Time) bool { return contains(days, int(t.Weekday())+1) }, nil
}

// Package schedule reads the expressions by which EventBridge's rules and schedules
// run: rate(5 minutes), cron(0 12 * * ? *) and at(2026-11-27T12:00:00).
package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule tells when something runs next.
type Schedule interface {
	// Next returns the first time after the given one, or the zero time if
	// there is none any more.
	Next(after time.Time) time.Time
}

// Parse reads rate(...) or cron(...), whose hours are those of a place.
func Parse(expression string, in *time.Location) (Schedule, error) {
	if inner, ok := enclosed(expression, "rate"); ok {
		return parseRate(inner)
	}
	if inner, ok := enclosed(expression, "cron"); ok {
		return parseCron(inner, in)
	}
	return nil, fmt.Errorf("schedule expression %q is neither rate(...) nor cron(...)", expression)
}

// ParseOnce reads at(...), a time of a place.
func ParseOnce(expression string, in *time.Location) (Schedule, error) {
	inner, ok := enclosed(expression, "at")
	if !ok {
		return nil, fmt.Errorf("schedule expression %q is not at(...)", expression)
	}
	wall, err := time.Parse("2006-01-02T15:04:05", inner)
	if err != nil {
		return nil, fmt.Errorf("at(%s): want a time such as 2026-11-27T12:00:00", inner)
	}
	return once(inPlace(wall, in)), nil
}

// once is a schedule of one time.
type once time.Time

func (o once) Next(after time.Time) time.Time {
	if at := time.Time(o); at.After(after) {
		return at
	}
	return time.Time{}
}

func enclosed(expression, function string) (string, bool) {
	inner, ok := strings.CutPrefix(expression, function+"(")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ")")
}

// Rate is a schedule by its interval.
type Rate time.Duration

// Next implements Schedule.
func (r Rate) Next(after time.Time) time.Time { return after.Add(time.Duration(r)) }

// parseRate reads "1 minute" or "5 minutes": the unit must agree in number.
func parseRate(inner string) (Schedule, error) {
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
	return Rate(time.Duration(n) * length), nil
}

// cron is a schedule of six fields: minutes, hours, day of month, month, day
// of week, year.
type cron struct {
	minutes, hours, months, years []int // sorted
	day                           func(date time.Time) bool
	in                            *time.Location
}

// lastYear is the last that a cron expression may name.
const lastYear = 2199

// Next implements Schedule. When clocks go forward, what would run in the hour that
// there is not is skipped; when they go back, it runs once.
func (c *cron) Next(after time.Time) time.Time {
	local := after.In(c.in)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	for {
		if wall = c.nextWall(wall); wall.IsZero() {
			return wall
		}
		if at := inPlace(wall, c.in); at.After(after) && sameWall(at, wall) {
			return at
		}
	}
}

// inPlace is the time at which clocks of a place show a time; where they do twice,
// the first.
func inPlace(wall time.Time, in *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, in)
	if earlier := at.Add(-time.Hour); sameWall(earlier, wall) {
		return earlier
	}
	return at
}

func sameWall(at, wall time.Time) bool {
	return at.Hour() == wall.Hour() && at.Minute() == wall.Minute() && at.Day() == wall.Day()
}

// nextWall returns the first time after the given one, both as clocks show it.
func (c *cron) nextWall(after time.Time) time.Time {
	t := after.Truncate(time.Minute).Add(time.Minute)
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

func parseCron(inner string, in *time.Location) (Schedule, error) {
	f := strings.Fields(inner)
	if len(f) != 6 {
		return nil, fmt.Errorf("cron(%s): want six fields, got %d", inner, len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, fmt.Errorf("cron(%s): exactly one of day-of-month and day-of-week must be ?", inner)
	}
	c := cron{in: in}
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

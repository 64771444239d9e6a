// $fromMillis, $now and $millis.

package jsonata

import (
	"math"
	"strings"
	"time"
)

var (
	days   = []string{"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months = []string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
		"December",
	}
)

// isoPicture is how timestamps look unless a picture says so.
const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// maxMillis is how far from 1970 JavaScript knows dates.
const maxMillis = 8.64e15

func now(ev *evaluation, args []any) (any, error) {
	return formatMillis(float64(ev.timestamp().UnixMilli()), args[0], args[1])
}

func millis(ev *evaluation, _ []any) (any, error) {
	return float64(ev.timestamp().UnixMilli()), nil
}

func fromMillis(_ *evaluation, args []any) (any, error) {
	return formatMillis(floatArg(args[0]), args[1], args[2])
}

// formatMillis writes a time by a picture, in the time zone +hhmm.
func formatMillis(millis float64, picture, zone any) (any, error) {
	look := isoPicture
	if text, ok := picture.(string); ok {
		look = text
	}
	parts, err := parseDatePicture(look)
	if err != nil {
		return nil, err
	}
	f := dateFormatter{}
	if text, ok := zone.(string); ok {
		offset := leadingInteger(text)
		f.hours, f.minutes = math.Floor(offset/100), math.Mod(offset, 100)
	}
	millis = math.Trunc(millis + (60*f.hours+f.minutes)*60*1000)
	if !(math.Abs(millis) <= maxMillis) {
		return nil, fail("D3110") // what JavaScript has no date for
	}
	f.time = time.UnixMilli(int64(millis)).UTC()
	var b strings.Builder
	for _, part := range parts {
		text := part.literal
		if part.component != "" {
			if text, err = f.part(part); err != nil {
				return nil, err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

type dateFormatter struct {
	time           time.Time
	hours, minutes float64 // of the time zone
}

func (f *dateFormatter) part(part datePart) (string, error) {
	switch part.component {
	case "Z", "z":
		return f.zone(part)
	case "P":
		text := "am"
		if f.time.Hour() >= 12 {
			text = "pm"
		}
		if part.names && part.letters == upperCase {
			text = strings.ToUpper(text)
		}
		return text, nil
	case "C", "E":
		return "ISO", nil
	}
	value := dateValue(f.time, part.component)
	if part.names && part.component != "f" {
		return nameOf(part, value)
	}
	if part.component == "Y" && part.years >= 0 {
		value = int(math.Mod(float64(value), math.Pow(10, float64(part.years))))
	}
	if part.integer == nil {
		return "", failValue("D3133", part.component)
	}
	return part.integer.format(float64(value))
}

func nameOf(part datePart, value int) (string, error) {
	var name string
	switch part.component {
	case "M", "x":
		name = months[value-1]
	case "F":
		name = days[value]
	default:
		return "", failValue("D3133", part.component)
	}
	switch part.letters {
	case upperCase:
		name = strings.ToUpper(name)
	case lowerCase:
		name = strings.ToLower(name)
	}
	if part.hasWidth && len(name) > part.width {
		name = name[:max(0, part.width)]
	}
	return name, nil
}

func (f *dateFormatter) zone(part datePart) (string, error) {
	offset := f.hours*100 + f.minutes
	if part.integer == nil {
		return "", failValue("D3133", part.component)
	}
	var text string
	var err error
	switch digits := part.integer.mandatory; {
	case part.integer.regular > 0 || digits == 3 || digits == 4:
		text, err = part.integer.format(offset)
	case digits == 1 || digits == 2:
		text, err = part.integer.format(f.hours)
		if f.minutes != 0 && err == nil {
			two := integerPicture{zero: '0', mandatory: 2}
			text += ":" + two.decimal(f.minutes)
		}
	default:
		err = failValue("D3134", float64(digits))
	}
	if err != nil {
		return "", err
	}
	if offset >= 0 {
		text = "+" + text
	}
	if part.component == "z" {
		text = "GMT" + text
	}
	if offset == 0 && part.zulu {
		text = "Z"
	}
	return text, nil
}

// dateValue is a part of a date as a number.
func dateValue(t time.Time, component string) int {
	switch component {
	case "Y":
		return t.Year()
	case "M":
		return int(t.Month())
	case "D":
		return t.Day()
	case "d":
		return t.YearDay()
	case "F":
		return weekday(t)
	case "W":
		_, week := t.ISOWeek()
		return week
	case "X":
		year, _ := t.ISOWeek()
		return year
	case "w", "x":
		return weekOfMonth(t, component)
	case "H":
		return t.Hour()
	case "h":
		return (t.Hour()+11)%12 + 1
	case "m":
		return t.Minute()
	case "s":
		return t.Second()
	}
	return t.Nanosecond() / int(time.Millisecond)
}

// weekOfMonth is the week (w) or the month (x) in the count in which a month begins with the week of its
// first Thursday, as ISO 8601 begins a year.
func weekOfMonth(t time.Time, component string) int {
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	today := t.Truncate(day)
	month := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	start, next, previous := firstWeek(month), month.AddDate(0, 1, 0), month.AddDate(0, -1, 0)
	switch {
	case today.Before(start):
		start, month = firstWeek(previous), previous
	case !today.Before(firstWeek(next)):
		start, month = firstWeek(next), next
	}
	if component == "x" {
		return int(month.Month())
	}
	return int(today.Sub(start)/week) + 1
}

// firstWeek is the Monday of the week with a month's first Thursday.
func firstWeek(month time.Time) time.Time {
	first := weekday(month)
	if first > 4 {
		return month.AddDate(0, 0, 8-first)
	}
	return month.AddDate(0, 0, 1-first)
}

// weekday counts from 1, Monday, to 7.
func weekday(t time.Time) int { return int(t.Weekday()+6)%7 + 1 }

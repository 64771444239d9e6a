// Package dates reads days as people write them. A day that may be two is not
// guessed: it is asked about, by a Fault that says which.
package dates

// This file has days.

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tradepost-dev/tradepost/internal/written"
)

// Date is a day of the calendar, in no time zone. The zero Date is none: a date
// that is missing is not today.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Years between which a day has to be. What lies outside is a misreading.
const (
	firstYear = 1970
	lastYear  = 2099
)

// valid tells whether there is such a day.
func (d Date) valid() bool {
	return d.Year >= firstYear && d.Year <= lastYear && d.Month >= time.January && d.Month <= time.December &&
		d.Day >= 1 && d.Day <= time.Date(d.Year, d.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// IsZero tells of no date.
func (d Date) IsZero() bool { return d == Date{} }

// Before tells whether it is an earlier day.
func (d Date) Before(other Date) bool {
	return d.Year*10000+int(d.Month)*100+d.Day < other.Year*10000+int(other.Month)*100+other.Day
}

// String is as in "2026-11-27", or "no date".
func (d Date) String() string {
	if d.IsZero() {
		return "no date"
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalJSON implements json.Marshaler: "2026-11-27", and null for no date.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.String())
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Date) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("read a date: %w", err)
	}
	if s == nil {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, *s)
	if err != nil {
		return fmt.Errorf("read a date: %w", err)
	}
	*d = Date{t.Year(), t.Month(), t.Day()}
	return nil
}

// Fault is the error of a text that is not read as a date.
type Fault = written.Fault

// Kinds of faults.
const (
	Missing    = written.Missing
	Ambiguous  = written.Ambiguous
	Unreadable = written.Unreadable
)

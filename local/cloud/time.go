package cloud

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Time is a member of an API's shapes that is a time. In JSON it is seconds
// since 1970; the other protocols have forms of their own. In requests it may
// also be text, as in RFC 3339.
type Time time.Time

// MarshalJSON writes seconds, to the millisecond, as AWS does, whose services are
// written in Java: 1.7E9. What reads 1700000000 may keep it as another kind of number.
func (t Time) MarshalJSON() ([]byte, error) {
	return appendDouble(nil, t.Seconds()), nil
}

// UnmarshalJSON reads seconds or text.
func (t *Time) UnmarshalJSON(raw []byte) error {
	if seconds, err := strconv.ParseFloat(string(raw), 64); err == nil {
		*t = Time(time.UnixMilli(int64(math.Round(seconds * 1000))))
		return nil
	}
	var parsed time.Time
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return fmt.Errorf("%s is not a time: %w", raw, err)
	}
	*t = Time(parsed)
	return nil
}

// Seconds returns the time since 1970, to the millisecond.
func (t Time) Seconds() float64 { return float64(time.Time(t).UnixMilli()) / 1000 }

// String writes the time as the XML protocols do.
func (t Time) String() string { return time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z") }

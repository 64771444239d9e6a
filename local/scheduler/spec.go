package scheduler

// This file is what a schedule is asked to be, and when that is.

import (
	"cmp"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/chance"
	expression "github.com/tradepost-dev/tradepost/local/schedule"
)

// The states of schedules, and what becomes of them after their last time.
const (
	enabled  = "ENABLED"
	disabled = "DISABLED"

	afterNone   = "NONE"
	afterDelete = "DELETE"
)

// spec is what a schedule is asked to be, and is described as.
type spec struct {
	Name                       string
	GroupName                  string
	Description                string `json:",omitempty"`
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	StartDate                  *cloud.Time `json:",omitempty"`
	EndDate                    *cloud.Time `json:",omitempty"`
	State                      string
	FlexibleTimeWindow         *flexibleTimeWindow
	ActionAfterCompletion      string
	KmsKeyARN                  string `json:"KmsKeyArn,omitempty"`
	Target                     *targetSpec
}

type flexibleTimeWindow struct {
	Mode                   string
	MaximumWindowInMinutes int `json:",omitempty"`
}

// times tells when a schedule runs.
type times struct {
	schedule   expression.Schedule
	start, end time.Time // zero: without
	window     time.Duration
	at, every  bool // the expression is at(...) or rate(...)
}

// compile checks a spec, fills in the defaults, and reads when it runs. created
// is when the schedule was.
func (p *spec) compile(created time.Time) (times, error) {
	p.GroupName = cmp.Or(p.GroupName, defaultGroup)
	p.ScheduleExpressionTimezone = cmp.Or(p.ScheduleExpressionTimezone, "UTC")
	p.State = cmp.Or(p.State, enabled)
	p.ActionAfterCompletion = cmp.Or(p.ActionAfterCompletion, afterNone)
	var t times
	switch w := p.FlexibleTimeWindow; {
	case p.State != enabled && p.State != disabled:
		return t, invalid("1 validation error detected: Value '%s' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]", p.State)
	case p.ActionAfterCompletion != afterNone && p.ActionAfterCompletion != afterDelete:
		return t, invalid("1 validation error detected: Value '%s' at 'actionAfterCompletion' failed to satisfy constraint: Member must satisfy enum value set: [NONE, DELETE]", p.ActionAfterCompletion)
	case w == nil:
		return t, invalid("1 validation error detected: Value null at 'flexibleTimeWindow' failed to satisfy constraint: Member must not be null")
	case w.Mode == "OFF" && w.MaximumWindowInMinutes != 0:
		return t, invalid("MaximumWindowInMinutes must not be set when FlexibleTimeWindow mode is OFF.")
	case w.Mode == "FLEXIBLE" && (w.MaximumWindowInMinutes < 1 || w.MaximumWindowInMinutes > 1440):
		return t, invalid("MaximumWindowInMinutes must be from 1 to 1440, got %d.", w.MaximumWindowInMinutes)
	case w.Mode != "OFF" && w.Mode != "FLEXIBLE":
		return t, invalid("1 validation error detected: Value '%s' at 'flexibleTimeWindow.mode' failed to satisfy constraint: Member must satisfy enum value set: [OFF, FLEXIBLE]", w.Mode)
	default:
		t.window = time.Duration(w.MaximumWindowInMinutes) * time.Minute
	}
	place, err := time.LoadLocation(p.ScheduleExpressionTimezone)
	if err != nil || p.ScheduleExpressionTimezone == "Local" {
		return t, invalid("Invalid ScheduleExpressionTimezone %s.", p.ScheduleExpressionTimezone)
	}
	t.at = strings.HasPrefix(p.ScheduleExpression, "at(")
	t.every = strings.HasPrefix(p.ScheduleExpression, "rate(")
	if t.at {
		t.schedule, err = expression.ParseOnce(p.ScheduleExpression, place)
	} else {
		t.schedule, err = expression.Parse(p.ScheduleExpression, place)
	}
	if err != nil {
		return t, invalid("Invalid Schedule Expression %s.", p.ScheduleExpression) // AWS does not say why
	}
	return t, t.bound(p, created)
}

// bound takes over the dates, which one-time schedules take no notice of. A rate
// counts from the start, or the schedule's creation.
func (t *times) bound(p *spec, created time.Time) error {
	if p.StartDate != nil {
		t.start = time.Time(*p.StartDate)
	}
	if p.EndDate != nil {
		t.end = time.Time(*p.EndDate)
	}
	switch {
	case t.at:
		t.start, t.end = time.Time{}, time.Time{}
	case !t.start.IsZero() && !t.end.IsZero() && !t.start.Before(t.end):
		return invalid("StartDate must be before EndDate.")
	case t.every && t.start.IsZero():
		t.start = created
	}
	return nil
}

// next returns the first time after the given one at which the schedule runs, or
// the zero time.
func (t *times) next(after time.Time) time.Time {
	var at time.Time
	switch r, every := t.schedule.(expression.Rate); {
	case every && after.Before(t.start):
		at = t.start
	case every:
		passed := after.Sub(t.start) / time.Duration(r)
		at = t.start.Add((passed + 1) * time.Duration(r))
	default:
		if from := t.start.Add(-time.Nanosecond); after.Before(from) {
			after = from
		}
		at = t.schedule.Next(after)
	}
	if at.IsZero() || !t.end.IsZero() && at.After(t.end) {
		return time.Time{}
	}
	return at
}

// flexible returns how long after its time an invocation is made.
func (t *times) flexible() time.Duration {
	if t.window == 0 {
		return 0
	}
	return chance.N(t.window)
}

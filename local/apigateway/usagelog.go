package apigateway

// How much of its quota a key has used, day by day, and what is left of it.

import (
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxUsageDays is how far back usage is told.
const maxUsageDays = 90

// dayUse is one day on which a key was used.
type dayUse struct {
	day       time.Time
	used      int // on the day
	remaining int // of the period's quota, at the day's end
}

// unlimited is what remains where there is no quota.
const unlimited = -1

// note counts requests, or none, and what remains after them. The caller holds
// the subscription's mutex.
func (s *subscription) note(requests, remaining int) {
	today := periodStart("DAY", time.Now().UTC())
	if len(s.days) == 0 || !s.days[len(s.days)-1].day.Equal(today) {
		s.days = append(s.days, dayUse{day: today})
		s.days = s.days[max(0, len(s.days)-maxUsageDays):]
	}
	last := &s.days[len(s.days)-1]
	last.used += requests
	last.remaining = remaining
}

// usage is the log of the days from one to another.
func (s *subscription) usage(q *quota, from, to time.Time) [][2]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := [][2]int{}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		log = append(log, s.usageOf(q, day))
	}
	return log
}

// usageOf is used and remaining on a day. On one without requests as much remains
// as on the last one before it, if that was in the same period.
func (s *subscription) usageOf(q *quota, day time.Time) [2]int {
	i, used := slices.BinarySearchFunc(s.days, day, func(d dayUse, day time.Time) int { return d.day.Compare(day) })
	switch {
	case used:
		return [2]int{s.days[i].used, s.days[i].remaining}
	case q == nil:
		return [2]int{0, unlimited}
	case i == 0:
		return [2]int{0, q.Limit - q.Offset}
	case periodStart(q.Period, s.days[i-1].day).Equal(periodStart(q.Period, day)):
		return [2]int{0, s.days[i-1].remaining}
	default:
		return [2]int{0, q.Limit}
	}
}

type getUsageInput struct {
	paging
	UsagePlanID string `json:"usagePlanId"`
	KeyID       string `json:"keyId"`
	StartDate   string `json:"startDate"`
	EndDate     string `json:"endDate"`
}

// usageShape has the logs by the ids of keys.
type usageShape struct {
	EndDate     string              `json:"endDate"`
	Position    string              `json:"position,omitempty"`
	StartDate   string              `json:"startDate"`
	UsagePlanID string              `json:"usagePlanId"`
	Values      map[string][][2]int `json:"values"`
}

// interval reads the days of a request.
func (in getUsageInput) interval() (from, to time.Time, err error) {
	from, err = time.Parse(time.DateOnly, in.StartDate)
	if err == nil {
		to, err = time.Parse(time.DateOnly, in.EndDate)
	}
	switch {
	case err != nil:
		err = badRequest("Invalid date specified. Dates must have the form YYYY-MM-DD")
	case to.Before(from):
		err = badRequest("The end date must not be before the start date")
	case to.Sub(from) >= maxUsageDays*24*time.Hour:
		err = badRequest("The dates must not be more than %d days apart", maxUsageDays)
	}
	return from, to, err
}

func (c *Control) getUsage(_ context.Context, caller cloud.Caller, in getUsageInput) (usageShape, error) {
	if err := c.authorize(caller, "GET", "/usageplans/"+in.UsagePlanID+"/usage"); err != nil {
		return usageShape{}, err
	}
	from, to, err := in.interval()
	if err != nil {
		return usageShape{}, err
	}
	g := c.gateway
	g.mu.RLock()
	defer g.mu.RUnlock()
	plan, err := g.plan(in.UsagePlanID)
	if err != nil {
		return usageShape{}, err
	}
	keys := []*apiKey(nil)
	if in.KeyID != "" {
		key, _, err := g.member(usagePlanKeyNamed{in.KeyID, in.UsagePlanID})
		if err != nil {
			return usageShape{}, err
		}
		keys = append(keys, key)
	} else {
		keys = g.members(plan, "")
	}
	keys, position, err := cut(in.paging, keys, func(k *apiKey) string { return k.id })
	out := usageShape{EndDate: in.EndDate, Position: position, StartDate: in.StartDate, UsagePlanID: plan.id, Values: map[string][][2]int{}}
	for _, key := range keys {
		out.Values[key.id] = key.to(plan).usage(plan.terms.quota, from, to)
	}
	return out, err
}

type updateUsageInput struct {
	usagePlanKeyNamed
	PatchOperations []patch `json:"patchOperations"`
}

// updateUsage sets what remains of the quota in the current period.
func (c *Control) updateUsage(_ context.Context, caller cloud.Caller, in updateUsageInput) (usageShape, error) {
	if err := c.authorize(caller, "PATCH", "/usageplans/"+in.UsagePlanID+"/keys/"+in.KeyID+"/usage"); err != nil {
		return usageShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	key, s, err := c.gateway.member(in.usagePlanKeyNamed)
	if err != nil {
		return usageShape{}, err
	}
	q := s.plan.terms.quota
	if q == nil {
		return usageShape{}, badRequest("Usage Plan %s has no quota", in.UsagePlanID)
	}
	remaining := unlimited
	err = patches{"replace /remaining": func(value string) error {
		if err := whole(value, &remaining); err != nil || remaining < 0 {
			return badRequest("Invalid remaining quota '%s' specified", value)
		}
		return nil
	}}.apply(in.PatchOperations)
	if err != nil {
		return usageShape{}, err
	}
	if remaining != unlimited {
		s.setRemaining(q, remaining)
	}
	today := periodStart("DAY", time.Now().UTC())
	date := today.Format(time.DateOnly)
	return usageShape{
		EndDate: date, StartDate: date, UsagePlanID: in.UsagePlanID, Values: map[string][][2]int{key.id: s.usage(q, today, today)},
	}, nil
}

func (s *subscription) setRemaining(q *quota, remaining int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(q)
	s.used = q.Limit - remaining
	s.note(0, remaining)
}

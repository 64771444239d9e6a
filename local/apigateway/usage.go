package apigateway

// What a usage plan means to requests: whose key opens a stage, and how often.

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What an account may do at most, and what a throttle without one of its
// limits falls back to (API Gateway quotas).
const (
	accountRate  = 10_000
	accountBurst = 5_000
)

type throttle struct {
	RateLimit  *float64 // requests per second
	BurstLimit *float64 // requests
}

// limiter is a token bucket.
type limiter struct{ bucket *rate.Limiter }

func newLimiter(t throttle) *limiter {
	perSecond, burst := float64(accountRate), accountBurst
	if t.RateLimit != nil {
		perSecond = *t.RateLimit
	}
	if t.BurstLimit != nil {
		burst = int(*t.BurstLimit)
	}
	return &limiter{rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// allow takes a token; a missing limiter always has one.
func (l *limiter) allow() bool { return l == nil || l.bucket.AllowN(time.Now(), 1) }

type quota struct {
	Limit  int
	Offset int // subtracted from Limit in the first period
	Period string
}

// subscription is one key's use of one plan. It ends with the key, with the
// plan, or when the key leaves the plan; requests that have passed it go on.
type subscription struct {
	plan     *usagePlan
	declared bool // by a template
	restored bool // from an earlier run

	mu      sync.Mutex
	terms   *terms              // of which the buckets are
	limiter *limiter            // of all requests
	methods map[string]*limiter // by API, stage, path and method
	period  time.Time           // the current quota period's start
	used    int                 // requests in it
	days    []dayUse            // on which there were any, the last ones
}

// pass lets a request in, by the terms that the plan had when it came. The zero
// value has no limits.
type pass struct {
	subscription *subscription
	terms        *terms
}

// subscribed returns the key with that value and its pass to the stage; the key
// is nil where it does not open it.
func (g *APIGateway) subscribed(value string, s *stage) (*apiKey, pass) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	key := g.keys.byValue[value]
	if key == nil || !key.enabled {
		return nil, pass{}
	}
	for _, subscribed := range key.subscriptions {
		if _, ok := subscribed.plan.terms.stages[stageName{s.api.id, s.name}]; ok {
			return key, pass{subscribed, subscribed.plan.terms}
		}
	}
	return nil, pass{}
}

// throttle takes a token from the method's bucket and from the key's.
func (p pass) throttle(x *exchange) bool {
	if p.subscription == nil {
		return true
	}
	all, method := p.limiters(x)
	return method.allow() && all.allow()
}

// limiters returns the key's buckets, which may be nil: of all requests, and of
// the method.
func (p pass) limiters(x *exchange) (all, method *limiter) {
	at := stageName{x.stage.api.id, x.stage.name}
	name := x.method.name
	s := p.subscription
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adopt(p.terms)
	limit, ok := s.terms.stages[at][name]
	if !ok {
		return s.limiter, nil
	}
	name = at.api + "/" + at.stage + name
	if s.methods[name] == nil {
		s.methods[name] = newLimiter(limit)
	}
	return s.limiter, s.methods[name]
}

// adopt gives the subscription full buckets when the plan's terms have changed.
// A request that came before is not in the way of those that came after.
func (s *subscription) adopt(t *terms) {
	if s.terms != nil && s.terms.revision >= t.revision {
		return
	}
	s.terms, s.limiter, s.methods = t, nil, map[string]*limiter{}
	if t.throttle != nil {
		s.limiter = newLimiter(*t.throttle)
	}
}

// count takes one request from the quota of the current period.
func (p pass) count() bool {
	s := p.subscription
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	quota := p.terms.quota
	if quota == nil {
		s.note(1, unlimited)
		return true
	}
	s.enter(quota)
	if s.used >= quota.Limit {
		return false
	}
	s.used++
	s.note(1, quota.Limit-s.used)
	return true
}

// enter begins a period when the last one is over. The caller holds the mutex.
func (s *subscription) enter(q *quota) {
	start := periodStart(q.Period, time.Now().UTC())
	switch {
	case s.period.IsZero():
		s.period, s.used = start, q.Offset
	case !start.Equal(s.period):
		s.period, s.used = start, 0
	}
}

// periodStart returns the start of the quota period that a time is in, in UTC.
// Weeks start on Sundays.
func periodStart(period string, now time.Time) time.Time {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch period {
	case "WEEK":
		return day.AddDate(0, 0, -int(day.Weekday()))
	case "MONTH":
		return day.AddDate(0, 0, 1-day.Day())
	default:
		return day
	}
}

package apigateway

// API keys and usage plans: who may call how often.

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tradepost-dev/tradepost/local/cfn"
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

type apiKey struct {
	id    string
	value string
	on    bool

	subscriptions []*subscription // guarded by the Gateway's mutex
}

type usagePlan struct {
	id       string
	throttle *throttle
	quota    *quota
	stages   map[stageName]map[string]throttle // method throttles by "/path/METHOD"
}

type stageName struct{ api, stage string }

type quota struct {
	Limit  int
	Offset int // subtracted from Limit in the first period
	Period string
}

// subscription is one key's use of one plan.
type subscription struct {
	plan    *usagePlan
	limiter *limiter

	mu      sync.Mutex
	methods map[*method]*limiter
	period  time.Time // the current quota period's start
	used    int       // requests in it
}

type apiKeyProperties struct {
	Name               string
	Enabled            bool
	Value              string
	CustomerId         cfn.Ignored
	Description        cfn.Ignored
	GenerateDistinctId cfn.Ignored
	StageKeys          cfn.Ignored // a usage plan is what lets a key into a stage
	Tags               cfn.Ignored
}

func (g *APIGateway) createAPIKey(_ context.Context, r cfn.Resource, p apiKeyProperties) (cfn.Handle, error) {
	if p.Value == "" {
		p.Value = identifier(r, 40)
	}
	if len(p.Value) < 20 || len(p.Value) > 128 {
		return cfn.Handle{}, fmt.Errorf("property Value must have 20 to 128 characters, got %d", len(p.Value))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, other := range g.keys {
		if other.value == p.Value {
			return cfn.Handle{}, fmt.Errorf("property Value: API key %s has the same value", other.id)
		}
	}
	key := &apiKey{id: identifier(r, 10), value: p.Value, on: p.Enabled}
	g.keys[key.value] = key
	return cfn.Handle{Ref: key.id, Attributes: map[string]any{"APIKeyId": key.id}, Delete: cfn.Removal(&g.mu, g.keys, key.value)}, nil
}

type usagePlanProperties struct {
	ApiStages []struct {
		ApiId    string
		Stage    string
		Throttle map[string]throttle
	}
	Throttle      *throttle
	Quota         *quota
	UsagePlanName cfn.Ignored
	Description   cfn.Ignored
	Tags          cfn.Ignored
}

func (g *APIGateway) createUsagePlan(_ context.Context, r cfn.Resource, p usagePlanProperties) (cfn.Handle, error) {
	plan := &usagePlan{id: identifier(r, 6), throttle: p.Throttle, quota: p.Quota, stages: map[stageName]map[string]throttle{}}
	if p.Quota != nil && p.Quota.Period != "DAY" && p.Quota.Period != "WEEK" && p.Quota.Period != "MONTH" {
		return cfn.Handle{}, fmt.Errorf("property Quota.Period must be DAY, WEEK or MONTH, got %q", p.Quota.Period)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, s := range p.ApiStages {
		if a := g.apis[s.ApiId]; a == nil || a.stages[s.Stage] == nil {
			return cfn.Handle{}, fmt.Errorf("property ApiStages[%d]: there is no stage %q of REST API %q", i, s.Stage, s.ApiId)
		}
		plan.stages[stageName{s.ApiId, s.Stage}] = s.Throttle
	}
	g.plans[plan.id] = plan
	return cfn.Handle{Ref: plan.id, Attributes: map[string]any{"Id": plan.id}, Delete: cfn.Removal(&g.mu, g.plans, plan.id)}, nil
}

type usagePlanKeyProperties struct{ KeyId, KeyType, UsagePlanId string }

func (g *APIGateway) createUsagePlanKey(_ context.Context, _ cfn.Resource, p usagePlanKeyProperties) (cfn.Handle, error) {
	if p.KeyType != "API_KEY" {
		return cfn.Handle{}, fmt.Errorf("property KeyType must be API_KEY, got %q", p.KeyType)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	plan := g.plans[p.UsagePlanId]
	if plan == nil {
		return cfn.Handle{}, fmt.Errorf("property UsagePlanId: there is no usage plan %q", p.UsagePlanId)
	}
	for _, key := range g.keys {
		if key.id != p.KeyId {
			continue
		}
		s := &subscription{plan: plan, methods: map[*method]*limiter{}}
		if plan.throttle != nil {
			s.limiter = newLimiter(*plan.throttle)
		}
		key.subscriptions = append(key.subscriptions, s)
		id := p.KeyId + ":" + p.UsagePlanId
		return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}, Delete: func(context.Context) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			key.subscriptions = slices.DeleteFunc(key.subscriptions, func(other *subscription) bool { return other == s })
			return nil
		}}, nil
	}
	return cfn.Handle{}, fmt.Errorf("property KeyId: there is no API key %q", p.KeyId)
}

// subscribed returns the key with that value and its subscription to a plan
// that has the stage; both are nil where the key does not open the stage.
func (g *APIGateway) subscribed(value string, s *stage) (*apiKey, *subscription) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	key := g.keys[value]
	if key == nil || !key.on {
		return nil, nil
	}
	for _, subscribed := range key.subscriptions {
		if _, ok := subscribed.plan.stages[stageName{s.api.id, s.name}]; ok {
			return key, subscribed
		}
	}
	return nil, nil
}

// throttle takes a token from the method's bucket and from the key's. Without
// a plan there is no limit.
func (u *subscription) throttle(x *exchange) bool {
	return u == nil || u.methodLimiter(x).allow() && u.limiter.allow()
}

// methodLimiter returns the key's bucket for the method, or nil.
func (u *subscription) methodLimiter(x *exchange) *limiter {
	name := strings.TrimSuffix(x.method.resource.path, "/") + "/" + x.method.httpMethod
	limit, ok := u.plan.stages[stageName{x.stage.api.id, x.stage.name}][name]
	if !ok {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.methods[x.method] == nil {
		u.methods[x.method] = newLimiter(limit)
	}
	return u.methods[x.method]
}

// count takes one request from the quota of the current period.
func (u *subscription) count() bool {
	if u == nil || u.plan.quota == nil {
		return true
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	start := periodStart(u.plan.quota.Period, time.Now().UTC())
	switch {
	case u.period.IsZero():
		u.period, u.used = start, u.plan.quota.Offset
	case !start.Equal(u.period):
		u.period, u.used = start, 0
	}
	if u.used >= u.plan.quota.Limit {
		return false
	}
	u.used++
	return true
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

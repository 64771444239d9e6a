package apigateway

// Usage plans: what those whose keys are in them may call, and how often.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Quotas of usage plans
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
const (
	maxPlans       = 300 // per account and region
	maxPlansPerKey = 10
)

// usagePlan is a plan. What may change is guarded by the gateway's mutex.
type usagePlan struct {
	id       string
	declared bool // by a template
	planSettings
	terms *terms
}

type planSettings struct {
	name, description, product string
	tags                       map[string]string
}

// terms are what a plan lets its keys do. They never change: a plan gets others.
type terms struct {
	revision int // of the plan's
	throttle *throttle
	quota    *quota
	stages   map[stageName]map[string]throttle // method throttles by "/path/METHOD"
}

type stageName struct{ api, stage string }

func (n stageName) String() string { return n.api + ":" + n.stage }

func (n stageName) compare(other stageName) int { return cmp.Compare(n.String(), other.String()) }

// meets returns a stage that is in other terms as well.
func (t *terms) meets(other *terms) (stageName, bool) {
	for name := range t.stages {
		if _, ok := other.stages[name]; ok {
			return name, true
		}
	}
	return stageName{}, false
}

// addPlan takes a plan in. The caller holds the mutex.
func (g *APIGateway) addPlan(plan *usagePlan) error {
	if len(g.plans) >= maxPlans {
		return limitExceeded("Maximum number of Usage Plans have been reached. Please contact AWS if you need additional Usage Plans.")
	}
	if err := g.checkTerms(plan.terms); err != nil {
		return err
	}
	g.plans[plan.id] = plan
	return nil
}

// checkTerms refuses what no plan can promise. The caller holds the mutex.
func (g *APIGateway) checkTerms(t *terms) error {
	if q := t.quota; q != nil {
		switch {
		case !slices.Contains([]string{"DAY", "WEEK", "MONTH"}, q.Period):
			return badRequest("Quota period must be DAY, WEEK or MONTH, got %q", q.Period)
		case q.Limit < 1 || q.Offset < 0 || q.Offset >= q.Limit:
			return badRequest("Quota limit must be greater than the offset, and the offset not negative, got %d and %d", q.Limit, q.Offset)
		}
	}
	for name := range t.stages {
		if name.api == "" || name.stage == "" {
			return badRequest("Invalid API Stage {api: %s, stage: %s} specified for usageplan", name.api, name.stage)
		}
		a, err := g.api(name.api)
		if err != nil {
			return err
		}
		if a.stages[name.stage] == nil {
			return notFound("API Stage not found: %s", name)
		}
	}
	return nil
}

// removePlan takes a plan away, and every key out of it. The caller holds the
// mutex.
func (g *APIGateway) removePlan(plan *usagePlan) {
	if g.plans[plan.id] != plan {
		return
	}
	delete(g.plans, plan.id)
	g.Changed()
	for _, key := range g.keys.byID {
		key.leave(key.to(plan))
	}
}

type usagePlanProperties struct {
	ApiStages []struct {
		ApiId    string
		Stage    string
		Throttle map[string]throttle
	}
	Throttle      *throttle
	Quota         *quota
	UsagePlanName string
	Description   string
	Tags          []tag
}

func (g *APIGateway) createUsagePlan(_ context.Context, r cfn.Resource, p usagePlanProperties) (cfn.Handle, error) {
	plan := &usagePlan{id: identifier(r, 6), planSettings: p.settings(r), terms: p.terms(), declared: true}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.addPlan(plan); err != nil {
		return cfn.Handle{}, err
	}
	g.settleAll()
	return cfn.Handle{Ref: plan.id, Attributes: map[string]any{"Id": plan.id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.removePlan(plan)
		return nil
	}}, nil
}

func (g *APIGateway) changeUsagePlan(_ context.Context, r cfn.Resource, h cfn.Handle, before, after usagePlanProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	plan, err := g.plan(h.Ref)
	if err != nil {
		return h, err
	}
	if err := g.setTerms(plan, after.terms()); err != nil {
		return h, err
	}
	tags := cloud.RedeclaredTagMap(plan.tags, before.Tags, after.Tags)
	plan.planSettings = after.settings(r)
	plan.tags = tags
	return h, nil
}

func (p usagePlanProperties) settings(r cfn.Resource) planSettings {
	return planSettings{name: cmp.Or(p.UsagePlanName, r.PhysicalName(128)), description: p.Description, tags: tagsOf(p.Tags)}
}

func (p usagePlanProperties) terms() *terms {
	t := &terms{throttle: p.Throttle, quota: p.Quota, stages: map[stageName]map[string]throttle{}}
	for _, s := range p.ApiStages {
		t.stages[stageName{s.ApiId, s.Stage}] = s.Throttle
	}
	return t
}

// planShape is a plan as it is described.
type planShape struct {
	APIStages   []apiStageShape   `json:"apiStages"`
	Description string            `json:"description,omitempty"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	ProductCode string            `json:"productCode,omitempty"`
	Quota       *quotaShape       `json:"quota,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Throttle    *throttleShape    `json:"throttle,omitempty"`
}

type apiStageShape struct {
	APIID    string                   `json:"apiId"`
	Stage    string                   `json:"stage"`
	Throttle map[string]throttleShape `json:"throttle,omitempty"`
}

type quotaShape struct {
	Limit  int    `json:"limit"`
	Offset int    `json:"offset"`
	Period string `json:"period"`
}

type throttleShape struct {
	BurstLimit *float64      `json:"burstLimit,omitempty"`
	RateLimit  *cloud.Double `json:"rateLimit,omitempty"`
}

func (p *usagePlan) shape() planShape {
	shape := planShape{
		APIStages: []apiStageShape{}, Description: p.description, ID: p.id, Name: p.name, ProductCode: p.product, Tags: maps.Clone(p.tags),
	}
	if q := p.terms.quota; q != nil {
		shape.Quota = &quotaShape{q.Limit, q.Offset, q.Period}
	}
	if t := p.terms.throttle; t != nil {
		shape.Throttle = &throttleShape{t.BurstLimit, cloud.DoubleOf(t.RateLimit)}
	}
	for _, name := range slices.SortedFunc(maps.Keys(p.terms.stages), stageName.compare) {
		s := apiStageShape{APIID: name.api, Stage: name.stage, Throttle: map[string]throttleShape{}}
		for method, t := range p.terms.stages[name] {
			s.Throttle[method] = throttleShape{t.BurstLimit, cloud.DoubleOf(t.RateLimit)}
		}
		shape.APIStages = append(shape.APIStages, s)
	}
	return shape
}

type createUsagePlanInput struct {
	APIStages   []apiStageShape   `json:"apiStages"`
	Description string            `json:"description"`
	Name        string            `json:"name"`
	Quota       *quotaShape       `json:"quota"`
	Tags        map[string]string `json:"tags"`
	Throttle    *throttleShape    `json:"throttle"`
}

func (c *Control) createUsagePlan(_ context.Context, caller cloud.Caller, in createUsagePlanInput) (planShape, error) {
	if err := c.authorize(caller, "POST", "/usageplans"); err != nil {
		return planShape{}, err
	}
	if in.Name == "" {
		return planShape{}, badRequest("Usage plan name cannot be empty")
	}
	plan := &usagePlan{terms: &terms{stages: map[stageName]map[string]throttle{}}}
	plan.planSettings = planSettings{name: in.Name, description: in.Description, tags: in.Tags}
	if q := in.Quota; q != nil {
		plan.terms.quota = &quota{q.Limit, q.Offset, q.Period}
	}
	if t := in.Throttle; t != nil {
		plan.terms.throttle = &throttle{(*float64)(t.RateLimit), t.BurstLimit}
	}
	for _, s := range in.APIStages {
		methods := map[string]throttle{}
		for method, t := range s.Throttle {
			methods[method] = throttle{(*float64)(t.RateLimit), t.BurstLimit}
		}
		plan.terms.stages[stageName{s.APIID, s.Stage}] = methods
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	for plan.id = random(lowerDigits, 6); g.plans[plan.id] != nil; {
		plan.id = random(lowerDigits, 6)
	}
	if err := c.mayTag(caller, "/usageplans/"+plan.id, in.Tags); err != nil {
		return planShape{}, err
	}
	if err := g.addPlan(plan); err != nil {
		return planShape{}, err
	}
	return plan.shape(), nil
}

type usagePlanNamed struct {
	UsagePlanID string `json:"usagePlanId"`
}

// plan finds a plan. The caller holds the mutex.
func (g *APIGateway) plan(id string) (*usagePlan, error) {
	if plan := g.plans[id]; plan != nil {
		return plan, nil
	}
	return nil, notFound("Invalid Usage Plan ID specified")
}

func (c *Control) getUsagePlan(_ context.Context, caller cloud.Caller, in usagePlanNamed) (planShape, error) {
	if err := c.authorize(caller, "GET", "/usageplans/"+in.UsagePlanID); err != nil {
		return planShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	plan, err := c.gateway.plan(in.UsagePlanID)
	if err != nil {
		return planShape{}, err
	}
	return plan.shape(), nil
}

type getUsagePlansInput struct {
	paging
	KeyID string `json:"keyId"` // that is in the plans
}

func (c *Control) getUsagePlans(_ context.Context, caller cloud.Caller, in getUsagePlansInput) (page[planShape], error) {
	if err := c.authorize(caller, "GET", "/usageplans"); err != nil {
		return page[planShape]{}, err
	}
	g := c.gateway
	g.mu.RLock()
	defer g.mu.RUnlock()
	plans := slices.Collect(maps.Values(g.plans))
	if in.KeyID != "" {
		key, err := g.key(in.KeyID)
		if err != nil {
			return page[planShape]{}, err
		}
		plans = slices.DeleteFunc(plans, func(p *usagePlan) bool { return key.to(p) == nil })
	}
	return pageOf(in.paging, plans, func(p *usagePlan) string { return p.id }, (*usagePlan).shape)
}

// deleteUsagePlan deletes a plan that opens no stage any more; its keys stay.
func (c *Control) deleteUsagePlan(_ context.Context, caller cloud.Caller, in usagePlanNamed) (none, error) {
	if err := c.authorize(caller, "DELETE", "/usageplans/"+in.UsagePlanID); err != nil {
		return none{}, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	plan, err := g.plan(in.UsagePlanID)
	if err != nil {
		return none{}, err
	}
	if len(plan.terms.stages) > 0 {
		names := fmt.Sprint(slices.MinFunc(slices.Collect(maps.Keys(plan.terms.stages)), stageName.compare))
		return none{}, badRequest("Cannot delete Usage Plan %s because there are API Stages associated with it, including %s", plan.id, names)
	}
	g.removePlan(plan)
	return none{}, nil
}

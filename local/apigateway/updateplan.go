package apigateway

// UpdateUsagePlan: a plan gets other terms while its keys are in use.

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type updateUsagePlanInput struct {
	UsagePlanID     string  `json:"usagePlanId"`
	PatchOperations []patch `json:"patchOperations"`
}

// updateUsagePlan changes a plan from the next request on. Keys keep what they
// have used of the quota, and get full buckets.
func (c *Control) updateUsagePlan(_ context.Context, caller cloud.Caller, in updateUsagePlanInput) (planShape, error) {
	if err := c.authorize(caller, "PATCH", "/usageplans/"+in.UsagePlanID); err != nil {
		return planShape{}, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	plan, err := g.plan(in.UsagePlanID)
	if err != nil {
		return planShape{}, err
	}
	u := planUpdate{planSettings: plan.planSettings, terms: plan.terms.clone()}
	for _, o := range in.PatchOperations {
		if err := u.apply(o); err != nil {
			return planShape{}, err
		}
	}
	if err := g.setTerms(plan, u.terms); err != nil {
		return planShape{}, err
	}
	plan.planSettings = u.planSettings
	return plan.shape(), nil
}

// setTerms gives a plan other terms, which all of its keys must be able to
// have. The caller holds the mutex.
func (g *APIGateway) setTerms(plan *usagePlan, t *terms) error {
	if err := g.checkTerms(t); err != nil {
		return err
	}
	for _, key := range g.members(plan, "") {
		if err := key.separates(plan, t); err != nil {
			return err
		}
	}
	t.revision = plan.terms.revision + 1
	plan.terms = t
	return nil
}

// clone returns terms that may be changed.
func (t *terms) clone() *terms {
	next := &terms{stages: map[stageName]map[string]throttle{}}
	if t.throttle != nil {
		copied := *t.throttle
		next.throttle = &copied
	}
	if t.quota != nil {
		copied := *t.quota
		next.quota = &copied
	}
	for name, methods := range t.stages {
		next.stages[name] = map[string]throttle{}
		maps.Copy(next.stages[name], methods)
	}
	return next
}

// planUpdate is a plan as it is going to be.
type planUpdate struct {
	planSettings
	terms *terms
}

func (u *planUpdate) apply(o patch) error {
	if stage, path, ok := strings.Cut(strings.TrimPrefix(o.Path, "/apiStages/"), "/throttle"); ok && strings.HasPrefix(o.Path, "/apiStages/") {
		return u.throttleStage(o, stage, strings.TrimPrefix(path, "/"))
	}
	return patches{
		"replace /name":                text(&u.name),
		"replace /description":         text(&u.description),
		"replace /productCode":         text(&u.product),
		"remove /productCode":          func(string) error { u.product = ""; return nil },
		"add /apiStages":               u.addStage,
		"remove /apiStages":            u.removeStage,
		"replace /quota/limit":         func(value string) error { return whole(value, &u.quota().Limit) },
		"replace /quota/offset":        func(value string) error { return whole(value, &u.quota().Offset) },
		"replace /quota/period":        func(value string) error { u.quota().Period = value; return nil },
		"remove /quota":                func(string) error { u.terms.quota = nil; return nil },
		"replace /throttle/rateLimit":  func(value string) error { return number(value, &u.throttle().RateLimit) },
		"replace /throttle/burstLimit": func(value string) error { return number(value, &u.throttle().BurstLimit) },
		"remove /throttle":             func(string) error { u.terms.throttle = nil; return nil },
	}.apply([]patch{o})
}

// quota is the plan's quota, made if there is none.
func (u *planUpdate) quota() *quota {
	if u.terms.quota == nil {
		u.terms.quota = &quota{}
	}
	return u.terms.quota
}

func (u *planUpdate) throttle() *throttle {
	if u.terms.throttle == nil {
		u.terms.throttle = &throttle{}
	}
	return u.terms.throttle
}

func (u *planUpdate) addStage(value string) error {
	name := stageNamed(value)
	if _, ok := u.terms.stages[name]; ok {
		return conflict("API Stage %s has already been added to the Usage Plan", name)
	}
	u.terms.stages[name] = map[string]throttle{}
	return nil
}

func (u *planUpdate) removeStage(value string) error {
	name := stageNamed(value)
	if _, ok := u.terms.stages[name]; !ok {
		return badRequest("Invalid API Stage specified")
	}
	delete(u.terms.stages, name)
	return nil
}

// stageNamed reads "API:STAGE".
func stageNamed(value string) stageName {
	api, stage, _ := strings.Cut(value, ":")
	return stageName{api, stage}
}

// throttleStage limits the methods of one stage: all of them at once by a JSON
// object, or one by "/orders/{id}/GET/rateLimit", in which slashes may be
// written as ~1.
func (u *planUpdate) throttleStage(o patch, stage, path string) error {
	methods, ok := u.terms.stages[stageNamed(stage)]
	if !ok {
		return badRequest("Invalid API Stage specified")
	}
	path = "/" + strings.TrimPrefix(strings.ReplaceAll(path, "~1", "/"), "/")
	method, limit := path[:strings.LastIndex(path, "/")], path[strings.LastIndex(path, "/")+1:]
	t := methods[method]
	switch {
	case o.Op == "remove" && path == "/":
		clear(methods)
		return nil
	case o.Op == "remove":
		delete(methods, path)
		return nil
	case o.Op == "replace" && path == "/":
		return u.throttleMethods(methods, o.Value)
	case o.Op == "replace" && limit == "rateLimit":
		if err := number(o.Value, &t.RateLimit); err != nil {
			return err
		}
	case o.Op == "replace" && limit == "burstLimit":
		if err := number(o.Value, &t.BurstLimit); err != nil {
			return err
		}
	default:
		return badRequest("Invalid patch path  '%s' specified for op '%s'", o.Path, o.Op)
	}
	methods[method] = t
	return nil
}

func (u *planUpdate) throttleMethods(methods map[string]throttle, value string) error {
	var given map[string]throttleShape
	if err := json.Unmarshal([]byte(value), &given); err != nil {
		return badRequest("Invalid throttle settings specified: %v", err)
	}
	clear(methods)
	for method, t := range given {
		methods[method] = throttle{(*float64)(t.RateLimit), t.BurstLimit}
	}
	return nil
}

func whole(value string, set *int) error {
	parsed, err := strconv.Atoi(value)
	if err != nil {
		return badRequest("Invalid integer value '%s' specified", value)
	}
	*set = parsed
	return nil
}

func number(value string, set **float64) error {
	parsed, err := strconv.ParseFloat(value, 64)
	if err != nil || parsed < 0 || parsed != parsed {
		return badRequest("Invalid number '%s' specified", value)
	}
	*set = &parsed
	return nil
}

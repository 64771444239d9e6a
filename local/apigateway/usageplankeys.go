package apigateway

// Which key is in which usage plan.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// join puts a key into a plan. A stage lets a key in by one plan only. The
// caller holds the mutex.
func (g *APIGateway) join(key *apiKey, plan *usagePlan) (*subscription, error) {
	if key.to(plan) != nil {
		return nil, conflict("API Key %s has already been added to Usage Plan %s", key.id, plan.id)
	}
	if err := key.separates(plan, plan.terms); err != nil {
		return nil, err
	}
	if len(key.subscriptions) >= maxPlansPerKey {
		return nil, limitExceeded("Maximum number of Usage Plans for API Key %s have been reached. Please contact AWS if you need additional Usage Plans.", key.id)
	}
	s := &subscription{plan: plan}
	key.subscriptions = append(key.subscriptions, s)
	return s, nil
}

// separates refuses terms of a plan that open a stage which another plan of the
// key's opens as well.
func (k *apiKey) separates(plan *usagePlan, t *terms) error {
	for _, other := range k.subscriptions {
		if name, meet := other.plan.terms.meets(t); meet && other.plan != plan {
			return conflict("API Key %s cannot be in Usage Plans %s and %s, which both have the API Stage %s", k.id, other.plan.id, plan.id, name)
		}
	}
	return nil
}

const apiKeyType = "API_KEY"

type usagePlanKeyProperties struct{ KeyId, KeyType, UsagePlanId string }

func (g *APIGateway) createUsagePlanKey(_ context.Context, _ cfn.Resource, p usagePlanKeyProperties) (cfn.Handle, error) {
	if p.KeyType != apiKeyType {
		return cfn.Handle{}, fmt.Errorf("property KeyType must be API_KEY, got %q", p.KeyType)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	plan, noPlan := g.plan(p.UsagePlanId)
	key, noKey := g.key(p.KeyId)
	if err := errors.Join(noPlan, noKey); err != nil {
		return cfn.Handle{}, fmt.Errorf("properties UsagePlanId %q and KeyId %q: %w", p.UsagePlanId, p.KeyId, err)
	}
	key.yield(plan)
	s, err := g.join(key, plan)
	if err != nil {
		return cfn.Handle{}, err
	}
	s.declared = true
	id := p.KeyId + ":" + p.UsagePlanId
	return cfn.Handle{Ref: id, Attributes: map[string]any{"Id": id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		key.leave(s)
		return nil
	}}, nil
}

// planKeyShape is a key in a plan as it is described, its value included.
type planKeyShape struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (k *apiKey) inPlan() planKeyShape { return planKeyShape{k.id, k.name, apiKeyType, k.value} }

type createUsagePlanKeyInput struct {
	KeyID       string `json:"keyId"`
	KeyType     string `json:"keyType"`
	UsagePlanID string `json:"usagePlanId"`
}

func (c *Control) createUsagePlanKey(_ context.Context, caller cloud.Caller, in createUsagePlanKeyInput) (planKeyShape, error) {
	if err := c.authorize(caller, "POST", "/usageplans/"+in.UsagePlanID+"/keys"); err != nil {
		return planKeyShape{}, err
	}
	if in.KeyType != apiKeyType {
		return planKeyShape{}, badRequest("Invalid key type '%s' specified. Must be one of: [API_KEY]", in.KeyType)
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	plan, err := g.plan(in.UsagePlanID)
	if err != nil {
		return planKeyShape{}, err
	}
	key, err := g.key(in.KeyID)
	if err != nil {
		return planKeyShape{}, err
	}
	if _, err := g.join(key, plan); err != nil {
		return planKeyShape{}, err
	}
	return key.inPlan(), nil
}

type usagePlanKeyNamed struct {
	KeyID       string `json:"keyId"`
	UsagePlanID string `json:"usagePlanId"`
}

// member finds a key in a plan. The caller holds the mutex.
func (g *APIGateway) member(in usagePlanKeyNamed) (*apiKey, *subscription, error) {
	plan, err := g.plan(in.UsagePlanID)
	if err != nil {
		return nil, nil, err
	}
	key, err := g.key(in.KeyID)
	if err != nil {
		return nil, nil, err
	}
	s := key.to(plan)
	if s == nil {
		return nil, nil, notFound("Usage Plan %s has no API Key %s", plan.id, key.id)
	}
	return key, s, nil
}

func (c *Control) getUsagePlanKey(_ context.Context, caller cloud.Caller, in usagePlanKeyNamed) (planKeyShape, error) {
	if err := c.authorize(caller, "GET", "/usageplans/"+in.UsagePlanID+"/keys/"+in.KeyID); err != nil {
		return planKeyShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	key, _, err := c.gateway.member(in)
	if err != nil {
		return planKeyShape{}, err
	}
	return key.inPlan(), nil
}

type getUsagePlanKeysInput struct {
	paging
	NameQuery   string `json:"nameQuery"` // what the names begin with
	UsagePlanID string `json:"usagePlanId"`
}

func (c *Control) getUsagePlanKeys(_ context.Context, caller cloud.Caller, in getUsagePlanKeysInput) (page[planKeyShape], error) {
	if err := c.authorize(caller, "GET", "/usageplans/"+in.UsagePlanID+"/keys"); err != nil {
		return page[planKeyShape]{}, err
	}
	g := c.gateway
	g.mu.RLock()
	defer g.mu.RUnlock()
	plan, err := g.plan(in.UsagePlanID)
	if err != nil { // AWS tells that it has no keys
		return page[planKeyShape]{Items: []planKeyShape{}}, nil
	}
	return pageOf(in.paging, g.members(plan, in.NameQuery), func(k *apiKey) string { return k.id }, (*apiKey).inPlan)
}

// members are the keys in a plan whose names begin so. The caller holds the
// mutex.
func (g *APIGateway) members(plan *usagePlan, prefix string) []*apiKey {
	return slices.DeleteFunc(slices.Collect(maps.Values(g.keys.byID)), func(key *apiKey) bool {
		return key.to(plan) == nil || !strings.HasPrefix(key.name, prefix)
	})
}

// deleteUsagePlanKey takes a key out of a plan; what it has used of the plan's
// quota is forgotten.
func (c *Control) deleteUsagePlanKey(_ context.Context, caller cloud.Caller, in usagePlanKeyNamed) (none, error) {
	if err := c.authorize(caller, "DELETE", "/usageplans/"+in.UsagePlanID+"/keys/"+in.KeyID); err != nil {
		return none{}, err
	}
	c.gateway.mu.Lock()
	defer c.gateway.mu.Unlock()
	key, s, err := c.gateway.member(in)
	if err != nil {
		return none{}, err
	}
	key.leave(s)
	return none{}, nil
}

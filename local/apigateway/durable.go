package apigateway

// What the API has made is kept from run to run: keys, plans, and which key is
// in which plan. What templates declare is made anew by them, under the same ids.

import (
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Keep makes durable what the API makes, and brings back what it has made in an
// earlier run. It comes before the first stack is created.
func (g *APIGateway) Keep() error {
	return g.cloud.Keep("arn:aws:apigateway:"+g.cloud.Region+"::/apikeys", g)
}

// membership is a key's place in a plan.
type membership struct{ key, plan string }

// savedRecord is a key, a plan, or the plans of a key that a template declares.
type savedRecord struct {
	Key   *savedKey  `json:",omitempty"`
	Plan  *savedPlan `json:",omitempty"`
	KeyID string     `json:",omitempty"`
	Plans []string   `json:",omitempty"` // of Key or KeyID
}

type savedKey struct {
	ID, Value, Name, Description, Customer string
	Enabled                                bool
	Created, Updated                       time.Time
	StageKeys                              []string          `json:",omitempty"`
	Tags                                   map[string]string `json:",omitempty"`
}

type savedPlan struct {
	ID, Name, Description, Product string
	Tags                           map[string]string `json:",omitempty"`
	Throttle                       *throttle         `json:",omitempty"`
	Quota                          *quota            `json:",omitempty"`
	Stages                         []savedStage      `json:",omitempty"`
}

type savedStage struct {
	API, Stage string
	Throttle   map[string]throttle `json:",omitempty"`
}

// Snapshot implements cloud.Durable.
func (g *APIGateway) Snapshot() iter.Seq[any] {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var records []any
	for _, id := range slices.Sorted(maps.Keys(g.plans)) {
		if plan := g.plans[id]; !plan.declared {
			records = append(records, savedRecord{Plan: plan.saved()})
		}
	}
	plans := map[string][]string{} // by key
	for m := range g.waiting {
		plans[m.key] = append(plans[m.key], m.plan)
	}
	for _, key := range g.keys.byID {
		for _, s := range key.subscriptions {
			if !s.declared {
				plans[key.id] = append(plans[key.id], s.plan.id)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.keys.byID)) {
		if key := g.keys.byID[id]; !key.declared {
			records = append(records, savedRecord{Key: key.saved(), Plans: plans[id]})
			delete(plans, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(plans)) {
		records = append(records, savedRecord{KeyID: id, Plans: plans[id]})
	}
	return slices.Values(records)
}

func (k *apiKey) saved() *savedKey {
	return &savedKey{k.id, k.value, k.name, k.description, k.customer, k.enabled, k.created, k.updated, k.stageKeys, k.tags}
}

func (p *usagePlan) saved() *savedPlan {
	saved := &savedPlan{p.id, p.name, p.description, p.product, p.tags, p.terms.throttle, p.terms.quota, nil}
	for _, name := range slices.SortedFunc(maps.Keys(p.terms.stages), stageName.compare) {
		saved.Stages = append(saved.Stages, savedStage{name.api, name.stage, p.terms.stages[name]})
	}
	return saved
}

// Restore implements cloud.Durable. Keys wait for plans, and plans for keys, that
// a template declares.
func (g *APIGateway) Restore(next func(record any) error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		var r savedRecord
		if err := next(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if r.Plan != nil {
			g.plans[r.Plan.ID] = r.Plan.plan()
		}
		if r.Key != nil {
			g.keys.add(r.Key.key())
			r.KeyID = r.Key.ID
		}
		for _, plan := range r.Plans {
			g.waiting[membership{r.KeyID, plan}] = true
			g.settle(membership{r.KeyID, plan})
		}
	}
}

func (s *savedKey) key() *apiKey {
	return &apiKey{id: s.ID, value: s.Value, created: s.Created, keySettings: keySettings{
		name: s.Name, description: s.Description, customer: s.Customer, enabled: s.Enabled, updated: s.Updated, stageKeys: s.StageKeys, tags: s.Tags,
	}}
}

func (s *savedPlan) plan() *usagePlan {
	t := &terms{throttle: s.Throttle, quota: s.Quota, stages: map[stageName]map[string]throttle{}}
	for _, stage := range s.Stages {
		t.stages[stageName{stage.API, stage.Stage}] = stage.Throttle
	}
	return &usagePlan{id: s.ID, planSettings: planSettings{s.Name, s.Description, s.Product, s.Tags}, terms: t}
}

// settleAll puts keys into plans that have waited for a key or a plan to be made
// by its template. The caller holds the mutex.
func (g *APIGateway) settleAll() {
	for m := range g.waiting {
		g.settle(m)
	}
}

// settle puts a key into a plan if both are there. One that the key must not be in
// any more, as the template has come to say, is forgotten.
func (g *APIGateway) settle(m membership) {
	key, plan := g.keys.byID[m.key], g.plans[m.plan]
	if key == nil || plan == nil {
		return
	}
	delete(g.waiting, m)
	if s, err := g.join(key, plan); err == nil {
		s.restored = true
	}
}

// yield takes a key out of the plans that it is back in from an earlier run and
// that are in the way of one which a template has come to give it. The caller
// holds the mutex.
func (k *apiKey) yield(plan *usagePlan) {
	for _, s := range slices.Clone(k.subscriptions) {
		if _, meet := s.plan.terms.meets(plan.terms); s.restored && (meet || s.plan == plan) {
			k.leave(s)
		}
	}
}

var _ cloud.Durable = (*APIGateway)(nil)

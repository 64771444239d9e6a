package apigateway

// API keys: where they are kept, whether a template or the API made them.

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Quotas of API keys
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html).
const (
	maxKeys    = 10_000 // per account and region; it cannot be raised
	minValue   = 20     // characters
	maxValue   = 128
	maxKeyName = 1024

	maxKeyDescription = 125_000 // bytes, as recorded
	generatedSize     = 40
)

// apiKey is a key under its id, which its value finds as well.
type apiKey struct {
	id       string
	value    string
	created  time.Time
	declared bool // by a template

	// What follows is guarded by the gateway's mutex.
	keySettings
	subscriptions []*subscription
}

// keySettings are what a key can be updated in.
type keySettings struct {
	name, description, customer string
	enabled                     bool
	updated                     time.Time
	stageKeys                   []string // "API/STAGE"; a usage plan is what lets a key into a stage
	tags                        map[string]string
}

// keyring holds the keys of the account.
type keyring struct {
	byID    map[string]*apiKey
	byValue map[string]*apiKey
}

func newKeyring() keyring {
	return keyring{byID: map[string]*apiKey{}, byValue: map[string]*apiKey{}}
}

// check refuses a key that the account cannot take.
func (k keyring) check(key *apiKey) error {
	if err := checkKey(key); err != nil {
		return err
	}
	switch {
	case k.byValue[key.value] != nil:
		return conflict("API Key already exists")
	case len(k.byID) >= maxKeys:
		return limitExceeded("Maximum number of API Keys have been reached. Please contact AWS if you need additional API Keys.")
	}
	return nil
}

// checkKey refuses a key for what it is.
func checkKey(key *apiKey) error {
	switch {
	case len(key.value) < minValue:
		return badRequest("API Key value should be at least %d characters", minValue)
	case len(key.value) > maxValue:
		return badRequest("API Key value exceeds maximum size of %d characters", maxValue)
	}
	return key.check()
}

// check refuses settings that are too long.
func (s keySettings) check() error {
	switch {
	case len(s.name) > maxKeyName:
		return badRequest("Invalid API Key name, can be at most %d characters.", maxKeyName)
	case len(s.description) > maxKeyDescription:
		return badRequest("Invalid API Key description specified.")
	}
	return nil
}

func (k keyring) add(key *apiKey) { k.byID[key.id], k.byValue[key.value] = key, key }

// remove takes a key away; another one may have come into its place.
func (k keyring) remove(key *apiKey) {
	if k.byID[key.id] == key {
		delete(k.byID, key.id)
		delete(k.byValue, key.value)
	}
}

// newID is the id of a key that is in no template.
func (k keyring) newID() string {
	for {
		if id := random(lowerDigits, 10); k.byID[id] == nil {
			return id
		}
	}
}

type apiKeyProperties struct {
	Name               string
	Enabled            bool
	Value              string
	CustomerId         string
	Description        string
	GenerateDistinctId cfn.Ignored
	StageKeys          cfn.Ignored // a usage plan is what lets a key into a stage
	Tags               []tag
}

func (g *APIGateway) createAPIKey(_ context.Context, r cfn.Resource, p apiKeyProperties) (cfn.Handle, error) {
	now := time.Now()
	key := &apiKey{id: identifier(r, 10), value: cmp.Or(p.Value, identifier(r, generatedSize)), created: now, declared: true}
	key.keySettings = p.settings(cmp.Or(p.Name, r.PhysicalName(128)), now)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.keys.check(key); err != nil {
		return cfn.Handle{}, err
	}
	g.keys.add(key)
	g.settleAll()
	return cfn.Handle{Ref: key.id, Attributes: map[string]any{"APIKeyId": key.id}, Delete: func(context.Context) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.keys.remove(key)
		return nil
	}}, nil
}

// changeAPIKey gives a template's key its other settings: for another name or
// value it is replaced.
func (g *APIGateway) changeAPIKey(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after apiKeyProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, err := g.key(h.Ref)
	if err != nil {
		return h, err
	}
	tags := cloud.RedeclaredTagMap(key.tags, before.Tags, after.Tags)
	key.keySettings = after.settings(key.name, time.Now())
	key.tags = tags
	return h, nil
}

func (p apiKeyProperties) settings(name string, now time.Time) keySettings {
	return keySettings{
		name: name, description: p.Description, customer: p.CustomerId, enabled: p.Enabled, updated: now, tags: tagsOf(p.Tags),
	}
}

// apiKeyShape is a key as it is described.
type apiKeyShape struct {
	CreatedDate     cloud.Time        `json:"createdDate"`
	CustomerID      string            `json:"customerId,omitempty"`
	Description     string            `json:"description,omitempty"`
	Enabled         bool              `json:"enabled"`
	ID              string            `json:"id"`
	LastUpdatedDate cloud.Time        `json:"lastUpdatedDate"`
	Name            string            `json:"name,omitempty"`
	StageKeys       []string          `json:"stageKeys"`
	Tags            map[string]string `json:"tags,omitzero"`
	Value           string            `json:"value,omitempty"`
}

// shape describes a key; most answers keep its value to themselves.
func (k *apiKey) shape(withValue bool) apiKeyShape {
	shape := apiKeyShape{
		CreatedDate: cloud.Time(k.created), CustomerID: k.customer, Description: k.description, Enabled: k.enabled, ID: k.id,
		LastUpdatedDate: cloud.Time(k.updated), Name: k.name, StageKeys: append([]string{}, k.stageKeys...), Tags: maps.Clone(k.tags),
	}
	if withValue {
		shape.Value = k.value
	}
	return shape
}

type createAPIKeyInput struct {
	CustomerID         string `json:"customerId"`
	Description        string `json:"description"`
	Enabled            bool   `json:"enabled"`
	GenerateDistinctID bool   `json:"generateDistinctId"` // ids are always distinct from values
	Name               string `json:"name"`
	StageKeys          []struct {
		RestAPIID string `json:"restApiId"`
		StageName string `json:"stageName"`
	} `json:"stageKeys"`
	Tags  map[string]string `json:"tags"`
	Value string            `json:"value"`
}

func (c *Control) createAPIKey(_ context.Context, caller cloud.Caller, in createAPIKeyInput) (apiKeyShape, error) {
	if err := c.authorize(caller, "POST", "/apikeys"); err != nil {
		return apiKeyShape{}, err
	}
	now := time.Now()
	key := &apiKey{value: cmp.Or(in.Value, random(alphanumeric, generatedSize)), created: now}
	key.keySettings = keySettings{
		name: in.Name, description: in.Description, customer: in.CustomerID, enabled: in.Enabled, updated: now, tags: in.Tags,
	}
	for _, s := range in.StageKeys {
		key.stageKeys = append(key.stageKeys, s.RestAPIID+"/"+s.StageName)
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	key.id = g.keys.newID()
	if err := c.mayTag(caller, "/apikeys/"+key.id, in.Tags); err != nil {
		return apiKeyShape{}, err
	}
	if err := g.keys.check(key); err != nil {
		return apiKeyShape{}, err
	}
	g.keys.add(key)
	return key.shape(true), nil
}

type getAPIKeyInput struct {
	APIKey       string `json:"apiKey"`
	IncludeValue bool   `json:"includeValue"`
}

func (c *Control) getAPIKey(_ context.Context, caller cloud.Caller, in getAPIKeyInput) (apiKeyShape, error) {
	if err := c.authorize(caller, "GET", "/apikeys/"+in.APIKey); err != nil {
		return apiKeyShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	key, err := c.gateway.key(in.APIKey)
	if err != nil {
		return apiKeyShape{}, err
	}
	return key.shape(in.IncludeValue), nil
}

// key finds a key by its id. The caller holds the mutex.
func (g *APIGateway) key(id string) (*apiKey, error) {
	if key := g.keys.byID[id]; key != nil {
		return key, nil
	}
	return nil, notFound("Invalid API Key identifier specified")
}

type getAPIKeysInput struct {
	paging
	CustomerID    string `json:"customerId"`
	IncludeValues bool   `json:"includeValues"`
	NameQuery     string `json:"nameQuery"` // what the names begin with
}

func (c *Control) getAPIKeys(_ context.Context, caller cloud.Caller, in getAPIKeysInput) (page[apiKeyShape], error) {
	if err := c.authorize(caller, "GET", "/apikeys"); err != nil {
		return page[apiKeyShape]{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	var keys []*apiKey
	for _, key := range c.gateway.keys.byID {
		if strings.HasPrefix(key.name, in.NameQuery) && (in.CustomerID == "" || key.customer == in.CustomerID) {
			keys = append(keys, key)
		}
	}
	return pageOf(in.paging, keys, func(k *apiKey) string { return k.id }, func(k *apiKey) apiKeyShape { return k.shape(in.IncludeValues) })
}

type updateAPIKeyInput struct {
	APIKey          string  `json:"apiKey"`
	PatchOperations []patch `json:"patchOperations"`
}

// updateAPIKey changes a key from the next request on.
func (c *Control) updateAPIKey(_ context.Context, caller cloud.Caller, in updateAPIKeyInput) (apiKeyShape, error) {
	if err := c.authorize(caller, "PATCH", "/apikeys/"+in.APIKey); err != nil {
		return apiKeyShape{}, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	key, err := g.key(in.APIKey)
	if err != nil {
		return apiKeyShape{}, err
	}
	next := key.keySettings
	err = patches{
		"replace /customerId":  text(&next.customer),
		"replace /description": text(&next.description),
		"replace /enabled":     saysTrue(&next.enabled),
		"replace /name":        text(&next.name),
	}.apply(in.PatchOperations)
	if err == nil {
		err = next.check()
	}
	if err != nil {
		return apiKeyShape{}, err
	}
	next.updated = time.Now()
	key.keySettings = next
	shape := key.shape(false)
	if shape.Tags == nil {
		shape.Tags = map[string]string{} // as AWS tells of an update
	}
	return shape, nil
}

type deleteAPIKeyInput struct {
	APIKey string `json:"apiKey"`
}

// deleteAPIKey deletes a key with its places in usage plans.
func (c *Control) deleteAPIKey(_ context.Context, caller cloud.Caller, in deleteAPIKeyInput) (none, error) {
	if err := c.authorize(caller, "DELETE", "/apikeys/"+in.APIKey); err != nil {
		return none{}, err
	}
	g := c.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	key, err := g.key(in.APIKey)
	if err != nil {
		return none{}, err
	}
	g.keys.remove(key)
	maps.DeleteFunc(g.waiting, func(m membership, _ bool) bool { return m.key == key.id })
	return none{}, nil
}

// leave ends a key's subscription. The caller holds the mutex.
func (k *apiKey) leave(s *subscription) {
	k.subscriptions = slices.DeleteFunc(k.subscriptions, func(other *subscription) bool { return other == s })
}

// to returns the key's subscription to a plan, or nil.
func (k *apiKey) to(plan *usagePlan) *subscription {
	for _, s := range k.subscriptions {
		if s.plan == plan {
			return s
		}
	}
	return nil
}

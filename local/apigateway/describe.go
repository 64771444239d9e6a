package apigateway

// What the control plane tells of REST APIs and their stages: what the engine
// knows of them, which is what requests depend on.

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// restAPIShape is a REST API as it is described.
type restAPIShape struct {
	APIKeySource              string            `json:"apiKeySource"`
	BinaryMediaTypes          []string          `json:"binaryMediaTypes,omitempty"`
	CreatedDate               cloud.Time        `json:"createdDate"`
	Description               string            `json:"description,omitempty"`
	DisableExecuteAPIEndpoint bool              `json:"disableExecuteApiEndpoint"`
	EndpointConfiguration     endpointShape     `json:"endpointConfiguration"`
	ID                        string            `json:"id"`
	Name                      string            `json:"name"`
	Policy                    string            `json:"policy,omitempty"`
	RootResourceID            string            `json:"rootResourceId"`
	Tags                      map[string]string `json:"tags,omitzero"`
	Version                   string            `json:"version,omitempty"`
	Warnings                  []string          `json:"warnings,omitempty"`
}

func (a *api) shape() restAPIShape {
	p := a.properties
	shape := restAPIShape{
		APIKeySource: cmp.Or(p.ApiKeySourceType, "HEADER"), BinaryMediaTypes: a.binaryTypes, CreatedDate: cloud.Time(a.created), Description: p.Description,
		EndpointConfiguration: endpointShape{Types: p.EndpointConfiguration.Types, IPAddressType: cmp.Or(p.EndpointConfiguration.IpAddressType, "ipv4")},
		ID:                    a.id, Name: a.name, Policy: string(p.Policy), RootResourceID: a.rootID(), Version: a.version,
	}
	if len(p.Tags) > 0 {
		shape.Tags = tagsOf(p.Tags)
	}
	if len(shape.EndpointConfiguration.Types) == 0 {
		shape.EndpointConfiguration.Types = []string{"EDGE"}
	}
	return shape
}

// stageShape is a stage as it is described.
type stageShape struct {
	AccessLogSettings    *accessLog                    `json:"accessLogSettings,omitempty"`
	CacheClusterEnabled  bool                          `json:"cacheClusterEnabled"`
	CacheClusterStatus   string                        `json:"cacheClusterStatus"`
	CreatedDate          cloud.Time                    `json:"createdDate"`
	DeploymentID         string                        `json:"deploymentId"`
	Description          string                        `json:"description,omitempty"`
	DocumentationVersion string                        `json:"documentationVersion,omitempty"`
	LastUpdatedDate      cloud.Time                    `json:"lastUpdatedDate"`
	MethodSettings       map[string]methodSettingShape `json:"methodSettings"`
	StageName            string                        `json:"stageName"`
	Tags                 map[string]string             `json:"tags,omitempty"`
	TracingEnabled       bool                          `json:"tracingEnabled"`
	Variables            map[string]string             `json:"variables,omitempty"`
}

type methodSettingShape struct {
	CacheDataEncrypted   bool          `json:"cacheDataEncrypted"`
	CacheTTLInSeconds    int           `json:"cacheTtlInSeconds"`
	CachingEnabled       bool          `json:"cachingEnabled"`
	DataTraceEnabled     bool          `json:"dataTraceEnabled"`
	LoggingLevel         string        `json:"loggingLevel,omitempty"`
	MetricsEnabled       bool          `json:"metricsEnabled"`
	ThrottlingBurstLimit *float64      `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit  *cloud.Double `json:"throttlingRateLimit,omitempty"`
}

func (s *stage) shape() stageShape {
	shape := stageShape{
		AccessLogSettings: s.told.AccessLogSetting, CacheClusterStatus: "NOT_AVAILABLE", CreatedDate: cloud.Time(s.created), DeploymentID: s.deployment.id,
		Description: s.told.Description, DocumentationVersion: s.told.DocumentationVersion, LastUpdatedDate: cloud.Time(s.updated),
		MethodSettings: map[string]methodSettingShape{}, StageName: s.name, Tags: tagsOf(s.told.Tags), TracingEnabled: s.told.TracingEnabled, Variables: s.variables,
	}
	const defaultCacheTTL = 300 // seconds
	for _, setting := range s.settings {
		shape.MethodSettings[setting.key()] = methodSettingShape{
			CacheTTLInSeconds: defaultCacheTTL, DataTraceEnabled: setting.DataTraceEnabled, LoggingLevel: setting.LoggingLevel,
			MetricsEnabled:       setting.MetricsEnabled != nil && *setting.MetricsEnabled,
			ThrottlingBurstLimit: setting.ThrottlingBurstLimit, ThrottlingRateLimit: cloud.DoubleOf(setting.ThrottlingRateLimit),
		}
	}
	return shape
}

type restAPINamed struct {
	RestAPIID string `json:"restApiId"`
}

// api finds a REST API. The caller holds the mutex.
func (g *APIGateway) api(id string) (*api, error) {
	if a := g.apis[id]; a != nil {
		return a, nil
	}
	return nil, notFound("Invalid API identifier specified %s:%s", g.cloud.Account, id)
}

func (c *Control) getRestAPI(_ context.Context, caller cloud.Caller, in restAPINamed) (restAPIShape, error) {
	if err := c.authorize(caller, "GET", "/restapis/"+in.RestAPIID); err != nil {
		return restAPIShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	a, err := c.gateway.api(in.RestAPIID)
	if err != nil {
		return restAPIShape{}, err
	}
	return a.shapeAlone(), nil
}

// shapeAlone is shape where an API is told that was there before, and by itself: with
// tags, even if it has none.
func (a *api) shapeAlone() restAPIShape {
	shape := a.shape()
	if shape.Tags == nil {
		shape.Tags = map[string]string{}
	}
	return shape
}

func (c *Control) getRestAPIs(_ context.Context, caller cloud.Caller, in paging) (page[restAPIShape], error) {
	if err := c.authorize(caller, "GET", "/restapis"); err != nil {
		return page[restAPIShape]{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	return pageOf(in, slices.Collect(maps.Values(c.gateway.apis)), func(a *api) string { return a.id }, (*api).shape)
}

type getStageInput struct {
	restAPINamed
	StageName string `json:"stageName"`
}

func (c *Control) getStage(_ context.Context, caller cloud.Caller, in getStageInput) (stageShape, error) {
	if err := c.authorize(caller, "GET", "/restapis/"+in.RestAPIID+"/stages/"+in.StageName); err != nil {
		return stageShape{}, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	a, err := c.gateway.api(in.RestAPIID)
	if err != nil {
		return stageShape{}, err
	}
	if s := a.stages[in.StageName]; s != nil {
		return s.shape(), nil
	}
	return stageShape{}, notFound("Invalid stage identifier specified")
}

type getStagesInput struct {
	restAPINamed
	DeploymentID string `json:"deploymentId"`
}

type getStagesOutput struct {
	Items []stageShape `json:"item"`
}

func (c *Control) getStages(_ context.Context, caller cloud.Caller, in getStagesInput) (getStagesOutput, error) {
	out := getStagesOutput{Items: []stageShape{}}
	if err := c.authorize(caller, "GET", "/restapis/"+in.RestAPIID+"/stages"); err != nil {
		return out, err
	}
	c.gateway.mu.RLock()
	defer c.gateway.mu.RUnlock()
	a, err := c.gateway.api(in.RestAPIID)
	if err != nil {
		return out, err
	}
	for _, name := range slices.Sorted(maps.Keys(a.stages)) {
		if s := a.stages[name]; in.DeploymentID == "" || s.deployment.id == in.DeploymentID {
			out.Items = append(out.Items, s.shape())
		}
	}
	return out, nil
}

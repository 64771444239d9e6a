package apigateway

// What the control plane tells of REST APIs and their stages: what the engine
// knows of them, which is what requests depend on.

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// restAPIShape is a REST API as it is described.
type restAPIShape struct {
	APIKeySource              string   `json:"apiKeySource"`
	BinaryMediaTypes          []string `json:"binaryMediaTypes,omitempty"`
	DisableExecuteAPIEndpoint bool     `json:"disableExecuteApiEndpoint"`
	ID                        string   `json:"id"`
	Name                      string   `json:"name"`
	RootResourceID            string   `json:"rootResourceId"`
}

func (a *api) shape() restAPIShape {
	shape := restAPIShape{APIKeySource: "HEADER", BinaryMediaTypes: a.binaryTypes, ID: a.id, Name: a.name}
	if a.keyFromAuthorizer {
		shape.APIKeySource = "AUTHORIZER"
	}
	for _, r := range a.resources {
		if r.path == "/" {
			shape.RootResourceID = r.id
		}
	}
	return shape
}

// stageShape is a stage as it is described.
type stageShape struct {
	CacheClusterEnabled bool                          `json:"cacheClusterEnabled"`
	DeploymentID        string                        `json:"deploymentId"`
	MethodSettings      map[string]methodSettingShape `json:"methodSettings"`
	StageName           string                        `json:"stageName"`
	Variables           map[string]string             `json:"variables,omitempty"`
}

type methodSettingShape struct {
	CachingEnabled       bool     `json:"cachingEnabled"`
	MetricsEnabled       bool     `json:"metricsEnabled"`
	ThrottlingBurstLimit *float64 `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit  *float64 `json:"throttlingRateLimit,omitempty"`
}

func (s *stage) shape() stageShape {
	shape := stageShape{DeploymentID: s.deployment.id, MethodSettings: map[string]methodSettingShape{}, StageName: s.name, Variables: s.variables}
	for _, setting := range s.settings {
		path := strings.TrimPrefix(setting.ResourcePath, "/")
		shape.MethodSettings[path+"/"+setting.HttpMethod] = methodSettingShape{
			MetricsEnabled:       setting.MetricsEnabled != nil && *setting.MetricsEnabled,
			ThrottlingBurstLimit: setting.ThrottlingBurstLimit, ThrottlingRateLimit: setting.ThrottlingRateLimit,
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
	return a.shape(), nil
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

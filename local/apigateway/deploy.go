package apigateway

// Deployments and stages.

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// deployment is an API as it was when it was deployed; it never changes.
type deployment struct {
	id        string
	root      *node
	responses map[responseType]*gatewayResponse
}

// stage is a deployment under a name, with its settings.
type stage struct {
	api        *api
	name       string
	deployment *deployment
	variables  map[string]string
	limiters   map[*method]*limiter
	dimensions []map[string]string           // sets of them, of the stage's metrics
	detailed   map[*method]map[string]string // dimensions of those methods that are measured themselves
}

type deploymentProperties struct {
	RestApiId   string
	StageName   string
	Description cfn.Ignored
}

func (g *APIGateway) createDeployment(_ context.Context, r cfn.Resource, p deploymentProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	if len(a.methods) == 0 {
		return cfn.Handle{}, fmt.Errorf("REST API %s has no methods yet: the deployment must depend on them", a.name)
	}
	d := &deployment{id: identifier(r, 6), root: &node{}, responses: maps.Clone(a.responses)}
	for _, m := range a.methods {
		if err := d.root.insert(m); err != nil {
			return cfn.Handle{}, err
		}
	}
	a.deployments[d.id] = d
	handle := cfn.Handle{Ref: d.id, Attributes: map[string]any{"DeploymentId": d.id}, Delete: cfn.Removal(&g.mu, a.deployments, d.id)}
	if p.StageName != "" {
		if err := a.addStage(p.StageName, d, nil, nil); err != nil {
			return cfn.Handle{}, err
		}
		handle.Delete = cfn.Removal(&g.mu, a.stages, p.StageName)
	}
	return handle, nil
}

type stageProperties struct {
	RestApiId            string
	DeploymentId         string
	StageName            string
	Variables            map[string]string
	MethodSettings       []methodSetting
	CacheClusterEnabled  bool
	CacheClusterSize     cfn.Ignored
	AccessLogSetting     cfn.Ignored
	Description          cfn.Ignored
	DocumentationVersion cfn.Ignored
	Tags                 cfn.Ignored
	TracingEnabled       cfn.Ignored
}

// methodSetting applies to the methods that HttpMethod and ResourcePath name.
type methodSetting struct {
	HttpMethod           string // or "*"
	ResourcePath         string // "/~1orders~1{id}", "/" or "/*"
	CachingEnabled       bool
	ThrottlingBurstLimit *float64
	ThrottlingRateLimit  *float64
	MetricsEnabled       *bool // of the methods themselves
	CacheDataEncrypted   cfn.Ignored
	CacheTtlInSeconds    cfn.Ignored
	DataTraceEnabled     cfn.Ignored
	LoggingLevel         cfn.Ignored
}

func (g *APIGateway) createStage(_ context.Context, _ cfn.Resource, p stageProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	if p.CacheClusterEnabled {
		return cfn.Handle{}, &cfn.Unsupported{Property: "CacheClusterEnabled", Reason: "the local engine does not cache responses"}
	}
	for i, setting := range p.MethodSettings {
		if setting.CachingEnabled {
			return cfn.Handle{}, &cfn.Unsupported{
				Property: fmt.Sprintf("MethodSettings[%d].CachingEnabled", i), Reason: "the local engine does not cache responses"}
		}
	}
	d := a.deployments[p.DeploymentId]
	if d == nil {
		return cfn.Handle{}, fmt.Errorf("property DeploymentId: REST API %s has no deployment %q", a.name, p.DeploymentId)
	}
	if err := a.addStage(p.StageName, d, p.Variables, p.MethodSettings); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: p.StageName, Delete: cfn.Removal(&g.mu, a.stages, p.StageName)}, nil
}

func (a *api) addStage(name string, d *deployment, variables map[string]string, settings []methodSetting) error {
	if name == "" || a.stages[name] != nil {
		return fmt.Errorf("property StageName must be new and not empty, got %q", name)
	}
	s := &stage{api: a, name: name, deployment: d, variables: variables, limiters: map[*method]*limiter{}, detailed: map[*method]map[string]string{}}
	s.dimensions = []map[string]string{{"ApiName": a.name}, {"ApiName": a.name, "Stage": name}}
	for _, m := range a.methods {
		if l := throttleOf(settings, m); l != nil {
			s.limiters[m] = l
		}
		if measured(settings, m) {
			s.detailed[m] = map[string]string{"ApiName": a.name, "Stage": name, "Method": m.httpMethod, "Resource": m.resource.path}
		}
	}
	a.stages[name] = s
	return nil
}

// specificity ranks a setting among those of a method: -1 if it is of another.
func (s methodSetting) specificity(m *method) int {
	path := strings.ReplaceAll(strings.TrimPrefix(s.ResourcePath, "/~1"), "~1", "/")
	if path = "/" + strings.TrimPrefix(path, "/"); path != "/*" && path != m.resource.path {
		return -1
	}
	if s.HttpMethod != "*" && s.HttpMethod != m.httpMethod {
		return -1
	}
	score := 0
	if path != "/*" {
		score += 2
	}
	if s.HttpMethod != "*" {
		score++
	}
	return score
}

// throttleOf returns the limiter that the most specific setting declares for
// a method, or nil.
func throttleOf(settings []methodSetting, m *method) *limiter {
	var rate, burst *float64
	best := -1
	for _, setting := range settings {
		score := setting.specificity(m)
		if score > best && (setting.ThrottlingRateLimit != nil || setting.ThrottlingBurstLimit != nil) {
			rate, burst, best = setting.ThrottlingRateLimit, setting.ThrottlingBurstLimit, score
		}
	}
	if best < 0 {
		return nil
	}
	return newLimiter(throttle{RateLimit: rate, BurstLimit: burst})
}

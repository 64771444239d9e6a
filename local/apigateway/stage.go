package apigateway

// Stages: deployments under a name, with settings of their own.

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// stage is a deployment under a name, with its settings. It never changes: a
// request that has begun on it ends on it, and with takes its place for others.
type stage struct {
	api            *api
	name           string
	deployment     *deployment
	variables      map[string]string
	settings       []methodSetting
	limiters       map[string]*limiter          // by method
	dimensions     []map[string]string          // sets of them, of the stage's metrics
	detailed       map[string]map[string]string // dimensions of those methods that are measured themselves
	authorizations *authorizations              // of all deployments that the stage has served
	tested         *method                      // serves whatever has no resource; of TestInvokeMethod

	created, updated time.Time
	told             stageTold
}

// stageTold are properties of a stage that are told, and make no difference.
type stageTold struct {
	Description          string
	DocumentationVersion string
	TracingEnabled       bool
	AccessLogSetting     *accessLog
	Tags                 []tag
}

type accessLog struct {
	DestinationArn string `json:"destinationArn,omitempty"`
	Format         string `json:"format,omitempty"`
}

func (a *api) newStage(name string) *stage {
	return &stage{api: a, name: name, authorizations: &authorizations{}, created: time.Now()}
}

type stageProperties struct {
	stageTold
	RestApiId           string
	DeploymentId        string
	StageName           string
	Variables           map[string]string
	MethodSettings      []methodSetting
	CacheClusterEnabled bool
	CacheClusterSize    cfn.Ignored
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
	DataTraceEnabled     bool // told only, as is the next one
	LoggingLevel         string
}

func (g *APIGateway) createStage(_ context.Context, r cfn.Resource, p stageProperties) (cfn.Handle, error) {
	p.StageName = cmp.Or(p.StageName, r.PhysicalName(128))
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(p.RestApiId)
	if err != nil {
		return cfn.Handle{}, err
	}
	if a.stages[p.StageName] != nil {
		return cfn.Handle{}, fmt.Errorf("property StageName must be new, got %q", p.StageName)
	}
	s := a.newStage(p.StageName)
	if err := s.become(p); err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: p.StageName, Delete: cfn.Removal(&g.mu, a.stages, p.StageName)}, nil
}

// updateStage puts another stage in the place of the one that was: requests
// that wait for an integration end as they have begun.
func (g *APIGateway) updateStage(_ context.Context, _ cfn.Resource, h cfn.Handle, before, after stageProperties) (cfn.Handle, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, err := g.lookup(after.RestApiId)
	if err != nil {
		return h, err
	}
	s := a.stages[h.Ref]
	if s == nil {
		return h, fmt.Errorf("REST API %s has no stage %q any more", a.name, h.Ref)
	}
	after.Tags = cloud.RedeclaredTags(s.told.Tags, before.Tags, after.Tags)
	return h, s.become(after)
}

// become gives the stage's name to a stage with those properties. The caller
// holds the mutex.
func (s *stage) become(p stageProperties) error {
	if err := p.check(); err != nil {
		return err
	}
	d := s.api.deployments[p.DeploymentId]
	if d == nil {
		return fmt.Errorf("property DeploymentId: REST API %s has no deployment %q", s.api.name, p.DeploymentId)
	}
	next := s.with(d, p.Variables, p.MethodSettings)
	next.told = p.stageTold
	s.api.stages[s.name] = next
	return nil
}

func (p stageProperties) check() error {
	if p.CacheClusterEnabled {
		return &cfn.Unsupported{Property: "CacheClusterEnabled", Reason: "the local engine does not cache responses"}
	}
	for i, setting := range p.MethodSettings {
		if setting.CachingEnabled {
			return &cfn.Unsupported{
				Property: fmt.Sprintf("MethodSettings[%d].CachingEnabled", i), Reason: "the local engine does not cache responses"}
		}
	}
	return nil
}

// with returns a stage of another deployment or with other settings. What
// counts and remembers goes on: buckets whose limits are the same, and
// authorizations, which outlive a deployment.
func (s *stage) with(d *deployment, variables map[string]string, settings []methodSetting) *stage {
	next := &stage{
		api: s.api, name: s.name, deployment: d, variables: variables, settings: settings,
		created: s.created, updated: time.Now(), told: s.told,
		limiters: map[string]*limiter{}, detailed: map[string]map[string]string{}, authorizations: s.authorizations,
		dimensions: []map[string]string{{"ApiName": d.name}, {"ApiName": d.name, "Stage": s.name}},
	}
	for _, m := range d.methods {
		if l := throttleOf(settings, m); l != nil {
			next.limiters[m.name] = l.continuing(s.limiters[m.name])
		}
		if measured(settings, m) {
			next.detailed[m.name] = map[string]string{"ApiName": d.name, "Stage": s.name, "Method": m.httpMethod, "Resource": m.resource.path}
		}
	}
	return next
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

// continuing returns the limiter that was before, if its limits are the same.
func (l *limiter) continuing(before *limiter) *limiter {
	if before != nil && before.bucket.Limit() == l.bucket.Limit() && before.bucket.Burst() == l.bucket.Burst() {
		return before
	}
	return l
}

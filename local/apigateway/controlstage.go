package apigateway

// The control plane of deployments and stages.

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const maxStages = 10 // of an API

// deploymentShape is a deployment as it is described.
type deploymentShape struct {
	CreatedDate cloud.Time `json:"createdDate"`
	Description string     `json:"description,omitempty"`
	ID          string     `json:"id"`
}

func (d *deployment) shape() deploymentShape {
	return deploymentShape{cloud.Time(d.created), d.description, d.id}
}

type deploymentNamed struct {
	restAPINamed
	DeploymentID string `json:"deploymentId"`
}

func (in deploymentNamed) path() string { return "/deployments/" + in.DeploymentID }

func (a *api) deployment(id string) (*deployment, error) {
	if d := a.deployments[id]; d != nil {
		return d, nil
	}
	return nil, notFound("Invalid Deployment identifier specified")
}

type createDeploymentInput struct {
	restAPINamed
	StageName        string            `json:"stageName"`
	StageDescription string            `json:"stageDescription"`
	Description      string            `json:"description"`
	Variables        map[string]string `json:"variables"`
	TracingEnabled   bool              `json:"tracingEnabled"`
}

// createDeployment serves what the API declares now, under the name of a stage
// if it has one: of a stage that is there, which keeps its settings.
func (c *Control) createDeployment(_ context.Context, caller cloud.Caller, in createDeploymentInput) (deploymentShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/deployments", func(a *api) (deploymentShape, error) {
		if len(a.methods) == 0 {
			return deploymentShape{}, badRequest("The REST API doesn't contain any methods")
		}
		if in.StageName != "" && a.stages[in.StageName] == nil {
			if err := a.mayAddStage(in.StageName); err != nil {
				return deploymentShape{}, err
			}
		}
		for _, p := range a.methods {
			if p.Integration == nil {
				return deploymentShape{}, badRequest("No integration defined for method")
			}
		}
		d, err := a.deploy(random(lowerDigits, 6), in.Description)
		if err != nil || in.StageName == "" {
			return d.shapeOr(), err
		}
		s := a.stages[in.StageName]
		if s == nil {
			s = a.newStage(in.StageName)
			s.told.Description, s.told.TracingEnabled = in.StageDescription, in.TracingEnabled
		}
		variables := maps.Clone(s.variables)
		if variables == nil {
			variables = map[string]string{}
		}
		maps.Copy(variables, in.Variables)
		a.stages[in.StageName] = s.with(d, variables, s.settings)
		return d.shape(), nil
	})
}

// shapeOr describes a deployment that there may not be.
func (d *deployment) shapeOr() deploymentShape {
	if d == nil {
		return deploymentShape{}
	}
	return d.shape()
}

func (c *Control) getDeployment(_ context.Context, caller cloud.Caller, in deploymentNamed) (deploymentShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (deploymentShape, error) {
		d, err := a.deployment(in.DeploymentID)
		return d.shapeOr(), err
	})
}

type getPartsInput struct {
	restAPINamed
	paging
}

func (c *Control) getDeployments(_ context.Context, caller cloud.Caller, in getPartsInput) (page[deploymentShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/deployments", func(a *api) (page[deploymentShape], error) {
		return pageOf(in.paging, slices.Collect(maps.Values(a.deployments)), func(d *deployment) string { return d.id }, (*deployment).shape)
	})
}

type updateDeploymentInput struct {
	deploymentNamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateDeployment(_ context.Context, caller cloud.Caller, in updateDeploymentInput) (deploymentShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (deploymentShape, error) {
		d, err := a.deployment(in.DeploymentID)
		if err != nil {
			return deploymentShape{}, err
		}
		description := d.description
		if err := (document{of: "updateDeploymentInput", patches: patches{"replace /description": text(&description)}, named: true}).apply(in.PatchOperations); err != nil {
			return deploymentShape{}, err
		}
		d.description = description // which no request reads
		return d.shape(), nil
	})
}

func (c *Control) deleteDeployment(_ context.Context, caller cloud.Caller, in deploymentNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		d, err := a.deployment(in.DeploymentID)
		if err == nil {
			err = a.removeDeployment(d)
		}
		return none{}, err
	})
}

type stageNamedInput struct {
	restAPINamed
	StageName string `json:"stageName"`
}

func (in stageNamedInput) path() string { return "/stages/" + in.StageName }

func (a *api) findStage(name string) (*stage, error) {
	if s := a.stages[name]; s != nil {
		return s, nil
	}
	return nil, notFound("Invalid stage identifier specified")
}

var stagePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

func (a *api) mayAddStage(name string) error {
	switch {
	case !stagePattern.MatchString(name):
		return badRequest("Stage name only allows a-zA-Z0-9_-")
	case a.stages[name] != nil:
		return conflict("Stage already exists")
	case len(a.stages) >= maxStages:
		return limitExceeded("Maximum number of Stages for this API has been reached. Please contact AWS if you need additional Stages.")
	}
	return nil
}

type createStageInput struct {
	stageNamedInput
	DeploymentID         string            `json:"deploymentId"`
	Description          string            `json:"description"`
	Variables            map[string]string `json:"variables"`
	CacheClusterEnabled  bool              `json:"cacheClusterEnabled"`
	DocumentationVersion string            `json:"documentationVersion"`
	TracingEnabled       bool              `json:"tracingEnabled"`
	Tags                 map[string]string `json:"tags"`
}

func (c *Control) createStage(_ context.Context, caller cloud.Caller, in createStageInput) (stageShape, error) {
	if err := c.mayTag(caller, "/restapis/"+in.RestAPIID+in.path(), in.Tags); err != nil {
		return stageShape{}, err
	}
	return onAPI(c, caller, "POST", in.restAPINamed, "/stages", func(a *api) (stageShape, error) {
		if err := a.mayAddStage(in.StageName); err != nil {
			return stageShape{}, err
		}
		if a.deployments[in.DeploymentID] == nil {
			return stageShape{}, badRequest("Deployment id does not exist")
		}
		err := a.newStage(in.StageName).become(stageProperties{
			stageTold:    stageTold{Description: in.Description, DocumentationVersion: in.DocumentationVersion, TracingEnabled: in.TracingEnabled, Tags: tagList(in.Tags)},
			DeploymentId: in.DeploymentID, Variables: in.Variables, CacheClusterEnabled: in.CacheClusterEnabled,
		})
		if err != nil {
			return stageShape{}, err
		}
		return a.stages[in.StageName].shape(), nil
	})
}

type updateStageInput struct {
	stageNamedInput
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateStage(_ context.Context, caller cloud.Caller, in updateStageInput) (stageShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (stageShape, error) {
		s, err := a.findStage(in.StageName)
		if err != nil {
			return stageShape{}, err
		}
		next := stageProperties{stageTold: s.told, DeploymentId: s.deployment.id, Variables: s.variables, MethodSettings: slices.Clone(s.settings)}
		for _, o := range in.PatchOperations {
			if err := next.patch(o); err != nil {
				return stageShape{}, err
			}
		}
		if a.deployments[next.DeploymentId] == nil {
			return stageShape{}, badRequest("Deployment id does not exist")
		}
		if err := s.become(next); err != nil {
			return stageShape{}, err
		}
		return a.stages[in.StageName].shape(), nil
	})
}

// patch changes the properties of a stage by one operation. Settings of methods
// stand under their paths: "/orders~1{id}/GET/throttling/rateLimit".
func (p *stageProperties) patch(o patch) error {
	log := accessLog{}
	if p.AccessLogSetting != nil {
		log = *p.AccessLogSetting
	}
	known := patches{
		"replace /deploymentId":                     text(&p.DeploymentId),
		"replace /description":                      text(&p.Description),
		"replace /documentationVersion":             text(&p.DocumentationVersion),
		"replace /tracingEnabled":                   saysTrue(&p.TracingEnabled),
		"replace /cacheClusterEnabled":              saysTrue(&p.CacheClusterEnabled),
		"remove /accessLogSettings":                 func(string) error { log = accessLog{}; return nil },
		"add /accessLogSettings/destinationArn":     text(&log.DestinationArn),
		"replace /accessLogSettings/destinationArn": text(&log.DestinationArn),
		"add /accessLogSettings/format":             text(&log.Format),
		"replace /accessLogSettings/format":         text(&log.Format),
	}
	if strings.HasPrefix(o.Path, "/accessLogSettings") && o.Op != "remove" {
		switch {
		case known[o.Op+" "+o.Path] == nil:
			return badRequest("Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]")
		case o.Value == "":
			return badRequest("Access Log value must not be empty")
		}
	}
	for _, unserved := range []string{"/canarySettings", "/cacheClusterSize", "/clientCertificateId"} {
		if o.Path == unserved || strings.HasPrefix(o.Path, unserved+"/") {
			return cloud.NotHonoured("UpdateStage", o.Path)
		}
	}
	if known[o.Op+" "+o.Path] == nil && !strings.HasPrefix(o.Path, "/variables/") {
		return p.patchMethods(o)
	}
	variables := func(op, name, value string) error {
		if op == "replace" { // though there was none
			op = "add"
		}
		return change(&p.Variables, "Invalid stage variable specified", op, name, value)
	}
	if err := (document{patches: known, under: map[string]members{"/variables": variables}}).apply([]patch{o}); err != nil {
		return err
	}
	p.AccessLogSetting = nil
	if log != (accessLog{}) {
		p.AccessLogSetting = &log
	}
	return nil
}

// patchMethods changes the settings of one or of all methods.
func (p *stageProperties) patchMethods(o patch) error {
	path := strings.TrimPrefix(o.Path, "/")
	resource, rest, _ := strings.Cut(path, "/")
	method, setting, _ := strings.Cut(rest, "/")
	i := slices.IndexFunc(p.MethodSettings, func(s methodSetting) bool { return s.key() == resource+"/"+method })
	if o.Op == "remove" {
		if i < 0 || setting != "" {
			return badRequest("Cannot remove method setting %s because there is no method setting for this method ", path)
		}
		p.MethodSettings = slices.Delete(p.MethodSettings, i, i+1)
		return nil
	}
	s := methodSetting{HttpMethod: method, ResourcePath: "/" + resource}
	if i >= 0 {
		s = p.MethodSettings[i]
	}
	metrics := s.MetricsEnabled != nil && *s.MetricsEnabled
	known := patches{
		"replace /throttling/rateLimit":  func(value string) error { return number(value, &s.ThrottlingRateLimit) },
		"replace /throttling/burstLimit": func(value string) error { return number(value, &s.ThrottlingBurstLimit) },
		"replace /metrics/enabled":       func(value string) error { s.MetricsEnabled = &metrics; return saysTrue(&metrics)(value) },
		"replace /caching/enabled":       saysTrue(&s.CachingEnabled),
		"replace /logging/loglevel":      text(&s.LoggingLevel),
		"replace /logging/dataTrace":     saysTrue(&s.DataTraceEnabled),
	}
	if do := known[o.Op+" /"+setting]; do == nil && strings.HasPrefix(setting, "caching/") {
		return cloud.NotHonoured("UpdateStage", o.Path)
	} else if do == nil {
		return badRequest("Invalid method setting path: %s", o.Path)
	} else if err := do(o.Value); err != nil {
		return err
	}
	if i < 0 {
		p.MethodSettings = append(p.MethodSettings, s)
	} else {
		p.MethodSettings[i] = s
	}
	return nil
}

// key is what the methods of a setting are called in descriptions: "~1orders/GET".
func (s methodSetting) key() string {
	return strings.TrimPrefix(s.ResourcePath, "/") + "/" + s.HttpMethod
}

func (c *Control) deleteStage(_ context.Context, caller cloud.Caller, in stageNamedInput) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		_, err := a.findStage(in.StageName)
		if err == nil {
			delete(a.stages, in.StageName)
		}
		return none{}, err
	})
}

// flushAuthorizers forgets what authorizers have answered.
func (c *Control) flushAuthorizers(_ context.Context, caller cloud.Caller, in stageNamedInput) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path()+"/cache/authorizers", func(a *api) (none, error) {
		s, err := a.findStage(in.StageName)
		if err == nil {
			s.authorizations.forget()
		}
		return none{}, err
	})
}

// flushCache forgets no answers, as none are cached.
func (c *Control) flushCache(_ context.Context, caller cloud.Caller, in stageNamedInput) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path()+"/cache/data", func(a *api) (none, error) {
		_, err := a.findStage(in.StageName)
		return none{}, err
	})
}

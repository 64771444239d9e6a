package apigateway

// The control plane of an API's resources.

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// resourceShape is a resource as it is described.
type resourceShape struct {
	ID       string                 `json:"id"`
	ParentID string                 `json:"parentId,omitempty"`
	PathPart string                 `json:"pathPart,omitempty"`
	Path     string                 `json:"path"`
	Methods  map[string]methodShape `json:"resourceMethods,omitempty"`
}

// shape describes a resource, with its methods or only their names.
func (a *api) resourceShape(r *resource, withMethods bool) resourceShape {
	shape := resourceShape{ID: r.id, ParentID: r.parent, PathPart: r.part, Path: r.path}
	for at, p := range a.methods {
		if at.resource != r.id {
			continue
		}
		if shape.Methods == nil {
			shape.Methods = map[string]methodShape{}
		}
		shape.Methods[at.httpMethod] = methodShape{}
		if withMethods {
			shape.Methods[at.httpMethod] = p.shape()
		}
	}
	return shape
}

type resourceNamed struct {
	restAPINamed
	ResourceID string `json:"resourceId"`
}

// path is where IAM finds the resource.
func (in resourceNamed) path() string { return "/resources/" + in.ResourceID }

// resource finds a resource.
func (a *api) resource(id string) (*resource, error) {
	if r := a.resources[id]; r != nil {
		return r, nil
	}
	return nil, notFound("Invalid Resource identifier specified")
}

type createResourceInput struct {
	restAPINamed
	ParentID string `json:"parentId"`
	PathPart string `json:"pathPart"`
}

func (c *Control) createResource(_ context.Context, caller cloud.Caller, in createResourceInput) (resourceShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, resourceNamed{ResourceID: in.ParentID}.path(), func(a *api) (resourceShape, error) {
		if _, err := a.resource(in.ParentID); err != nil {
			return resourceShape{}, err
		}
		id := random(lowerDigits, 6)
		r, err := a.addResource(id, resourceProperties{ParentId: in.ParentID, PathPart: in.PathPart})
		if err != nil {
			return resourceShape{}, err
		}
		return a.resourceShape(r, false), nil
	})
}

type getResourceInput struct {
	resourceNamed
	Embed string `json:"embed"`
}

func (c *Control) getResource(_ context.Context, caller cloud.Caller, in getResourceInput) (resourceShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (resourceShape, error) {
		r, err := a.resource(in.ResourceID)
		if err != nil {
			return resourceShape{}, err
		}
		return a.resourceShape(r, in.Embed == "methods"), nil
	})
}

type getResourcesInput struct {
	restAPINamed
	paging
	Embed string `json:"embed"`
}

func (c *Control) getResources(_ context.Context, caller cloud.Caller, in getResourcesInput) (page[resourceShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/resources", func(a *api) (page[resourceShape], error) {
		return pageOf(in.paging, slices.Collect(maps.Values(a.resources)), func(r *resource) string { return r.path }, func(r *resource) resourceShape {
			return a.resourceShape(r, in.Embed == "methods")
		})
	})
}

type updateResourceInput struct {
	resourceNamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateResource(_ context.Context, caller cloud.Caller, in updateResourceInput) (resourceShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (resourceShape, error) {
		r, err := a.resource(in.ResourceID)
		if err != nil {
			return resourceShape{}, err
		}
		part, parent := r.part, r.parent
		if err := (document{of: "updateResourceInput", patches: patches{"replace /pathPart": text(&part), "replace /parentId": text(&parent)}, named: true}).apply(in.PatchOperations); err != nil {
			return resourceShape{}, err
		}
		switch {
		case r.parent == "" && part != r.part:
			return resourceShape{}, badRequest("Root resource cannot update its pathPart.")
		case r.parent == "" && parent != r.parent:
			return resourceShape{}, badRequest("Root resource cannot update its parentId.")
		case r.parent != "":
			if r, err = a.moveResource(r, part, parent); err != nil {
				return resourceShape{}, err
			}
		}
		return a.resourceShape(r, false), nil
	})
}

func (c *Control) deleteResource(_ context.Context, caller cloud.Caller, in resourceNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		r, err := a.resource(in.ResourceID)
		switch {
		case err != nil:
			return none{}, err
		case r.parent == "":
			return none{}, badRequest("Root resource cannot be deleted")
		}
		a.removeResource(r)
		return none{}, nil
	})
}

// methodNamed names a method by its resource.
type methodNamed struct {
	resourceNamed
	Method string `json:"httpMethod"`
}

func (in methodNamed) path() string {
	return in.resourceNamed.path() + "/methods/" + strings.ToUpper(in.Method)
}

func (in methodNamed) at() methodName { return methodName{in.ResourceID, in.Method} }

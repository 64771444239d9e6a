package apigateway

// Resources: how the paths of an API grow from its root.

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

const maxResources = 300 // of an API

// pathPart is a segment of a path: text, a {parameter} or a {greedy+} one.
var pathPart = regexp.MustCompile(`^(?:[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)

// addResource puts a resource under its parent.
func (a *api) addResource(id string, p resourceProperties) (*resource, error) {
	parent := a.resources[p.ParentId]
	if parent == nil {
		return nil, fmt.Errorf("property ParentId: REST API %s has no resource %q", a.name, p.ParentId)
	}
	if len(a.resources) >= maxResources {
		return nil, limitExceeded("Maximum number of Resources for this API has been reached. Please contact AWS if you need additional Resources.")
	}
	created := &resource{id: id, parent: parent.id, part: p.PathPart, path: below(parent.path, p.PathPart)}
	if err := a.checkPlace(created, parent); err != nil {
		return nil, err
	}
	a.resources[id] = created
	return created, nil
}

// below is the path of a part under another path.
func below(path, part string) string { return strings.TrimSuffix(path, "/") + "/" + part }

// checkPlace refuses a resource that cannot stand under a parent beside its siblings.
func (a *api) checkPlace(r, parent *resource) error {
	switch {
	case !pathPart.MatchString(r.part):
		return badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end")
	case strings.HasSuffix(parent.part, "+}"):
		return badRequest("Cannot create a child of a resource with a greedy path variable: %s", parent.part)
	}
	for _, sibling := range a.resources {
		switch {
		case sibling.parent != parent.id || sibling.id == r.id || sibling.path == "/":
		case sibling.part == r.part:
			return conflict("Another resource with the same parent already has this name: %s", r.part)
		case strings.HasPrefix(sibling.part, "{") && strings.HasPrefix(r.part, "{"):
			return badRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", sibling.part)
		}
	}
	return nil
}

// method finds a method of a resource.
func (a *api) method(at methodName) (methodProperties, error) {
	if _, err := a.resource(at.resource); err != nil {
		return methodProperties{}, err
	}
	p, ok := a.methods[at]
	if !ok {
		return p, notFound("Invalid Method identifier specified")
	}
	return p, nil
}

// moveResource gives a resource another part or parent, and those below it
// their paths.
func (a *api) moveResource(r *resource, part, parentID string) (*resource, error) {
	parent := a.resources[parentID]
	if parent == nil {
		return nil, notFound("Invalid Resource identifier specified")
	}
	if parent == r || strings.HasPrefix(parent.path, r.path+"/") {
		return nil, badRequest("Resources cannot be cyclical.")
	}
	moved := &resource{id: r.id, parent: parent.id, part: part, path: below(parent.path, part)}
	if err := a.checkPlace(moved, parent); err != nil {
		return nil, err
	}
	resources := maps.Clone(a.resources)
	resources[r.id] = moved
	for id, other := range a.resources {
		if rest, ok := strings.CutPrefix(other.path, r.path+"/"); ok {
			resources[id] = &resource{id: id, parent: other.parent, part: other.part, path: moved.path + "/" + rest}
		}
	}
	a.resources = resources
	return moved, nil
}

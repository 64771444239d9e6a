package apigateway

// The control plane of an API's documentation.

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type partNamed struct {
	restAPINamed
	DocumentationPartID string `json:"documentationPartId"`
}

func (in partNamed) path() string { return "/documentation/parts/" + in.DocumentationPartID }

type versionNamed struct {
	restAPINamed
	DocumentationVersion string `json:"documentationVersion"`
}

func (in versionNamed) path() string { return "/documentation/versions/" + in.DocumentationVersion }

func (c *Control) createPart(_ context.Context, caller cloud.Caller, in struct {
	restAPINamed
	Location   documentationLocation `json:"location"`
	Properties string                `json:"properties"`
}) (documentationPart, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/documentation/parts", func(a *api) (documentationPart, error) {
		if err := invalidEnum("createDocumentationPartInput.location.type", in.Location.Type, documentationTypes...); err != nil {
			return documentationPart{}, err
		}
		return a.document(documentationPart{random(lowerDigits, 6), in.Location, in.Properties}, false)
	})
}

func (c *Control) getPart(_ context.Context, caller cloud.Caller, in partNamed) (documentationPart, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (documentationPart, error) {
		return a.documentationPart(in.DocumentationPartID)
	})
}

func (c *Control) getDocumentation(_ context.Context, caller cloud.Caller, in struct {
	getPartsInput
	Type   string `json:"type"`
	Path   string `json:"path"`
	Name   string `json:"nameQuery"`
	Status string `json:"locationStatus"`
}) (page[documentationPart], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/documentation/parts", func(a *api) (page[documentationPart], error) {
		parts := a.partsOf(documentationLocation{Type: in.Type, Path: in.Path, Name: in.Name}, in.Status)
		return pageOf(in.paging, parts, documentationPart.key, func(p documentationPart) documentationPart { return p })
	})
}

func (c *Control) updatePart(_ context.Context, caller cloud.Caller, in struct {
	partNamed
	PatchOperations []patch `json:"patchOperations"`
}) (documentationPart, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (documentationPart, error) {
		p, err := a.documentationPart(in.DocumentationPartID)
		if err != nil {
			return p, err
		}
		if err := (document{of: "updateDocumentationPartInput", named: true, patches: patches{"replace /properties": text(&p.Properties)}}).apply(in.PatchOperations); err != nil {
			return documentationPart{}, err
		}
		return a.document(p, false)
	})
}

func (c *Control) deletePart(_ context.Context, caller cloud.Caller, in partNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		_, err := a.documentationPart(in.DocumentationPartID)
		if err == nil {
			delete(a.documentation, in.DocumentationPartID)
		}
		return none{}, err
	})
}

type importPartsOutput struct {
	IDs []string `json:"ids"`
}

// importParts takes the parts that an OpenAPI document lists.
func (c *Control) importParts(_ context.Context, caller cloud.Caller, in struct {
	restAPINamed
	Mode           string `json:"mode"`
	FailOnWarnings bool   `json:"failonwarnings"` // there are none
	Body           string `json:"body"`
}) (importPartsOutput, error) {
	return onAPI(c, caller, "PUT", in.restAPINamed, "/documentation/parts", func(a *api) (importPartsOutput, error) {
		d, err := definitionOf([]byte(in.Body))
		if err != nil || d.Documentation == nil {
			return importPartsOutput{}, badRequest("Unable to build importer with provided input.")
		}
		next := &api{declared: a.declared.clone()}
		if in.Mode == "overwrite" {
			next.documentation = map[string]documentationPart{}
		}
		ids, err := next.documentAll(d.Documentation, func(string, string, int) string { return random(lowerDigits, 6) })
		if err == nil {
			a.documentation = next.documentation
		}
		return importPartsOutput{ids}, err
	})
}

func (c *Control) createVersion(_ context.Context, caller cloud.Caller, in struct {
	versionNamed
	StageName   string `json:"stageName"`
	Description string `json:"description"`
}) (documentationVersionShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/documentation/versions", func(a *api) (documentationVersionShape, error) {
		if in.DocumentationVersion == "" {
			return documentationVersionShape{}, badRequest("Documentation version must be non-empty")
		}
		if _, ok := a.versions[in.DocumentationVersion]; ok {
			return documentationVersionShape{}, conflict("Documentation version already exists")
		}
		if in.StageName != "" {
			s, err := a.findStage(in.StageName)
			if err != nil {
				return documentationVersionShape{}, err
			}
			next := s.with(s.deployment, s.variables, s.settings)
			next.told.DocumentationVersion = in.DocumentationVersion
			a.stages[in.StageName] = next
		}
		v := documentationVersion{in.Description, time.Now(), maps.Clone(a.documentation)}
		a.versions[in.DocumentationVersion] = v
		return v.shape(in.DocumentationVersion), nil
	})
}

func (c *Control) getVersion(_ context.Context, caller cloud.Caller, in versionNamed) (documentationVersionShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (documentationVersionShape, error) {
		v, err := a.documentationVersion(in.DocumentationVersion)
		if err != nil {
			return documentationVersionShape{}, err
		}
		return v.shape(in.DocumentationVersion), nil
	})
}

func (c *Control) getVersions(_ context.Context, caller cloud.Caller, in getPartsInput) (page[documentationVersionShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/documentation/versions", func(a *api) (page[documentationVersionShape], error) {
		same := func(name string) string { return name }
		return pageOf(in.paging, slices.Collect(maps.Keys(a.versions)), same, func(name string) documentationVersionShape { return a.versions[name].shape(name) })
	})
}

func (c *Control) updateVersion(_ context.Context, caller cloud.Caller, in struct {
	versionNamed
	PatchOperations []patch `json:"patchOperations"`
}) (documentationVersionShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (documentationVersionShape, error) {
		v, err := a.documentationVersion(in.DocumentationVersion)
		if err != nil {
			return documentationVersionShape{}, err
		}
		if err := (document{of: "updateDocumentationVersionInput", named: true, patches: patches{"replace /description": text(&v.description)}}).apply(in.PatchOperations); err != nil {
			return documentationVersionShape{}, err
		}
		a.versions[in.DocumentationVersion] = v
		return v.shape(in.DocumentationVersion), nil
	})
}

func (c *Control) deleteVersion(_ context.Context, caller cloud.Caller, in versionNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		_, err := a.documentationVersion(in.DocumentationVersion)
		if err == nil {
			delete(a.versions, in.DocumentationVersion)
		}
		return none{}, err
	})
}

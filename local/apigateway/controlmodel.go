package apigateway

// The control plane of models and request validators.

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// modelShape is a model as it is described.
type modelShape struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Schema      string `json:"schema"`
	ContentType string `json:"contentType"`
}

func (m *model) shape() modelShape {
	return modelShape{m.id, m.Name, m.Description, string(m.Schema), m.ContentType}
}

type modelNamed struct {
	restAPINamed
	ModelName string `json:"modelName"`
}

func (in modelNamed) path() string { return "/models/" + in.ModelName }

func (a *api) model(name string) (*model, error) {
	if m := a.models[name]; m != nil {
		return m, nil
	}
	return nil, notFound("Invalid model name specified: %s", name)
}

var alphanumericName = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

type createModelInput struct {
	restAPINamed
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      string `json:"schema"`
	ContentType string `json:"contentType"`
}

func (c *Control) createModel(_ context.Context, caller cloud.Caller, in createModelInput) (modelShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/models", func(a *api) (modelShape, error) {
		switch {
		case in.Name == "":
			return modelShape{}, badRequest("Model name must be non-empty")
		case !alphanumericName.MatchString(in.Name):
			return modelShape{}, badRequest("Model name must be alphanumeric: %s", in.Name)
		case a.models[in.Name] != nil:
			return modelShape{}, conflict("Model name already exists for this REST API")
		case in.Schema == "":
			return modelShape{}, badRequest("Model schema must have at least 1 property or array items defined")
		}
		p := modelProperties{Name: in.Name, Description: in.Description, ContentType: in.ContentType, Schema: json.RawMessage(in.Schema)}
		m := model{modelProperties: p, id: random(lowerDigits, 6)}
		return m.shape(), a.setModels(m)
	})
}

func (c *Control) getModel(_ context.Context, caller cloud.Caller, in struct {
	modelNamed
	Flatten bool `json:"flatten"`
}) (modelShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (modelShape, error) {
		if in.Flatten {
			return modelShape{}, cloud.NotHonoured("GetModel", "flatten")
		}
		m, err := a.model(in.ModelName)
		if err != nil {
			return modelShape{}, err
		}
		return m.shape(), nil
	})
}

func (c *Control) getModels(_ context.Context, caller cloud.Caller, in getPartsInput) (page[modelShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/models", func(a *api) (page[modelShape], error) {
		return pageOf(in.paging, slices.Collect(maps.Values(a.models)), func(m *model) string { return m.Name }, (*model).shape)
	})
}

type updateModelInput struct {
	modelNamed
	PatchOperations []patch `json:"patchOperations"`
}

func (c *Control) updateModel(_ context.Context, caller cloud.Caller, in updateModelInput) (modelShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (modelShape, error) {
		m, err := a.model(in.ModelName)
		if err != nil {
			return modelShape{}, err
		}
		next, schema := *m, string(m.Schema)
		if err := (document{of: "updateModelInput", patches: patches{"replace /description": text(&next.Description), "replace /schema": text(&schema)}, named: true}).apply(in.PatchOperations); err != nil {
			return modelShape{}, err
		}
		if schema == "" {
			return modelShape{}, badRequest("Model schema must have at least 1 property or array items defined")
		}
		next.Schema = json.RawMessage(schema)
		return next.shape(), a.setModels(next)
	})
}

func (c *Control) deleteModel(_ context.Context, caller cloud.Caller, in modelNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		if _, err := a.model(in.ModelName); err != nil {
			return none{}, err
		}
		for _, at := range slices.SortedFunc(maps.Keys(a.methods), compareMethods) {
			for _, name := range a.methods[at].RequestModels {
				if name == in.ModelName {
					return none{}, conflict("Cannot delete model '%s', is referenced in method request: %s/%s", name, a.resources[at.resource].path, at.httpMethod)
				}
			}
		}
		if err := a.removeModel(in.ModelName); err != nil {
			return none{}, conflict("%s", err.Error())
		}
		return none{}, nil
	})
}

// validatorShape is a request validator as it is described.
type validatorShape struct {
	ID                        string `json:"id"`
	Name                      string `json:"name,omitempty"`
	ValidateRequestBody       bool   `json:"validateRequestBody"`
	ValidateRequestParameters bool   `json:"validateRequestParameters"`
}

func (v validator) shape(id string) validatorShape {
	return validatorShape{id, v.name, v.body, v.parameters}
}

type validatorNamed struct {
	restAPINamed
	RequestValidatorID string `json:"requestValidatorId"`
}

func (in validatorNamed) path() string { return "/requestvalidators/" + in.RequestValidatorID }

func (a *api) validator(id string) (validator, error) {
	if v, ok := a.validators[id]; ok {
		return v, nil
	}
	return validator{}, notFound("Invalid Request Validator identifier specified")
}

func (c *Control) createValidator(_ context.Context, caller cloud.Caller, in struct {
	restAPINamed
	Name                      string `json:"name"`
	ValidateRequestBody       bool   `json:"validateRequestBody"`
	ValidateRequestParameters bool   `json:"validateRequestParameters"`
}) (validatorShape, error) {
	return onAPI(c, caller, "POST", in.restAPINamed, "/requestvalidators", func(a *api) (validatorShape, error) {
		id, v := random(lowerDigits, 6), validator{in.Name, in.ValidateRequestBody, in.ValidateRequestParameters}
		a.validators[id] = v
		return v.shape(id), nil
	})
}

func (c *Control) getValidator(_ context.Context, caller cloud.Caller, in validatorNamed) (validatorShape, error) {
	return onAPI(c, caller, "GET", in.restAPINamed, in.path(), func(a *api) (validatorShape, error) {
		v, err := a.validator(in.RequestValidatorID)
		return v.shape(in.RequestValidatorID), err
	})
}

func (c *Control) getValidators(_ context.Context, caller cloud.Caller, in getPartsInput) (page[validatorShape], error) {
	return onAPI(c, caller, "GET", in.restAPINamed, "/requestvalidators", func(a *api) (page[validatorShape], error) {
		return pageOf(in.paging, slices.Collect(maps.Keys(a.validators)), func(id string) string { return id }, func(id string) validatorShape { return a.validators[id].shape(id) })
	})
}

func (c *Control) updateValidator(_ context.Context, caller cloud.Caller, in struct {
	validatorNamed
	PatchOperations []patch `json:"patchOperations"`
}) (validatorShape, error) {
	return onAPI(c, caller, "PATCH", in.restAPINamed, in.path(), func(a *api) (validatorShape, error) {
		v, err := a.validator(in.RequestValidatorID)
		if err != nil {
			return validatorShape{}, err
		}
		err = document{of: "updateRequestValidatorInput", named: true, patches: patches{
			"replace /name": func(value string) error {
				if v.name = value; value == "" {
					return badRequest("Request Validator name cannot be blank")
				}
				return nil
			},
			"replace /validateRequestBody":       saysTrue(&v.body),
			"replace /validateRequestParameters": saysTrue(&v.parameters),
		}}.apply(in.PatchOperations)
		if err != nil {
			return validatorShape{}, err
		}
		a.validators[in.RequestValidatorID] = v
		return v.shape(in.RequestValidatorID), nil
	})
}

func (c *Control) deleteValidator(_ context.Context, caller cloud.Caller, in validatorNamed) (none, error) {
	return onAPI(c, caller, "DELETE", in.restAPINamed, in.path(), func(a *api) (none, error) {
		if _, err := a.validator(in.RequestValidatorID); err != nil {
			return none{}, err
		}
		for _, p := range a.methods {
			if p.RequestValidatorId == in.RequestValidatorID {
				return none{}, conflict("Cannot delete request validator '%s', is referenced in a method", in.RequestValidatorID)
			}
		}
		delete(a.validators, in.RequestValidatorID)
		return none{}, nil
	})
}

package apigateway

// The control plane of APIs as OpenAPI documents declare them, and how templates
// name such documents.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxDefinition is how many bytes a document may have.
const maxDefinition = 6 << 20

type importRestAPIInput struct {
	Mode           string            `json:"mode"`
	FailOnWarnings bool              `json:"failonwarnings"`
	Parameters     map[string]string `json:"parameters"`
	Body           string            `json:"body"`
}

func definitionOf(body []byte) (*definition, error) {
	if len(body) > maxDefinition {
		return nil, badRequest("The OpenAPI input is too large. It may have %d bytes.", maxDefinition)
	}
	return readDefinition(body)
}

// importRestAPI makes an API of a document. It has no models but the document's.
func (c *Control) importRestAPI(_ context.Context, caller cloud.Caller, in importRestAPIInput) (restAPIShape, error) {
	if err := c.authorize(caller, "POST", "/restapis"); err != nil {
		return restAPIShape{}, err
	}
	g := c.gateway
	a := newAPI(g, random(lowerDigits, 10), random(lowerDigits, 10))
	a.logicalID = a.id
	d, err := definitionOf([]byte(in.Body))
	if err != nil {
		return restAPIShape{}, asCall("ImportRestApi", err)
	}
	warnings, err := a.imported(d, in.Parameters, importOptions{failOnWarnings: in.FailOnWarnings})
	if err == nil {
		err = a.publish("REST API " + a.id)
	}
	if err != nil {
		return restAPIShape{}, asCall("ImportRestApi", err)
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	shape := a.shape()
	shape.Warnings = warnings
	return shape, nil
}

// imported takes a document as the parameters say.
func (a *api) imported(d *definition, parameters map[string]string, o importOptions) (warnings []string, err error) {
	for name, value := range parameters {
		switch {
		case name == "basepath" && slices.Contains([]string{"ignore", "prepend", "split"}, value):
			o.basePath = value
		case name == "ignore" && value == "documentation":
			o.undocumented = true
		case name == "endpointConfigurationTypes" && slices.Contains([]string{"EDGE", "REGIONAL", "PRIVATE"}, value):
			o.endpointType = value
		default:
			return nil, cloud.Errorf(http.StatusNotImplemented, "NotImplemented", "the local engine does not serve the parameter %s of an import: %q", name, value)
		}
	}
	return a.take(d, o)
}

type putRestAPIInput struct {
	restAPINamed
	importRestAPIInput
}

// putRestAPI puts a document into an API, beside what it has or in its place.
func (c *Control) putRestAPI(_ context.Context, caller cloud.Caller, in putRestAPIInput) (restAPIShape, error) {
	if err := c.authorize(caller, "PUT", "/restapis/"+in.RestAPIID); err != nil {
		return restAPIShape{}, err
	}
	d, err := definitionOf([]byte(in.Body)) // which AWS reads before it looks for the API
	if err != nil {
		return restAPIShape{}, asCall("PutRestApi", err)
	}
	return onAPI(c, caller, "PUT", in.restAPINamed, "", func(a *api) (restAPIShape, error) {
		if in.Mode != "" && in.Mode != "merge" && in.Mode != "overwrite" {
			return restAPIShape{}, invalidEnum("putRestApiInput.mode", in.Mode, "merge", "overwrite")
		}
		warnings, err := a.imported(d, in.Parameters, importOptions{overwrite: in.Mode == "overwrite", failOnWarnings: in.FailOnWarnings})
		if err != nil {
			return restAPIShape{}, err
		}
		shape := a.shapeAlone()
		shape.Warnings = warnings
		return shape, nil
	})
}

// declaredByDocument is what a template says of a document; it is in the template,
// or lies in S3.
type declaredByDocument struct {
	Body           json.RawMessage
	BodyS3Location *bodyLocation
	Mode           string
	Parameters     map[string]string
	FailOnWarnings bool
}

type bodyLocation struct{ Bucket, Key, Version string }

// document reads the document that a template declares, nil if it has none.
func (g *APIGateway) document(ctx context.Context, p declaredByDocument) ([]byte, error) {
	at := p.BodyS3Location
	switch {
	case p.Mode != "" && p.Mode != "merge" && p.Mode != "overwrite":
		return nil, errors.New("property Mode must be merge or overwrite, got " + p.Mode)
	case at == nil:
		return p.Body, nil
	case len(p.Body) > 0:
		return nil, errors.New("properties Body and BodyS3Location exclude each other")
	case g.Document == nil:
		return nil, &cfn.Unsupported{Property: "BodyS3Location", Reason: "there are no objects"}
	}
	return g.Document(ctx, at.Bucket, at.Key, at.Version)
}

// declare makes of an API what a template says: by a document, beside which the
// template's own properties count more, or without one.
func (a *api) declare(p restAPIProperties, document []byte) error {
	if len(document) == 0 {
		settings, err := a.readSettings(p)
		if err == nil {
			a.settings, a.properties = settings, p
		}
		return err
	}
	d, err := definitionOf(document)
	if err == nil {
		_, err = a.imported(d, p.Parameters, importOptions{own: &p, overwrite: p.Mode != "merge", failOnWarnings: p.FailOnWarnings})
	}
	if _, ok := errors.AsType[*cloud.Error](err); ok {
		return errors.New("property Body: " + strings.ReplaceAll(cloud.AsError(err).Message, "\n\t", " "))
	}
	return err
}

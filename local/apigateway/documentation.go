package apigateway

// Documentation of an API: parts, which say something of a place in it, and
// versions, which are the parts as they were.

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// documentationPart never changes: another one takes its place.
type documentationPart struct {
	ID         string                `json:"id"`
	Location   documentationLocation `json:"location"`
	Properties string                `json:"properties"` // an object in JSON
}

// documentationLocation is what a part is about.
type documentationLocation struct {
	Type       string `json:"type"`
	Path       string `json:"path,omitempty"`
	Method     string `json:"method,omitempty"`
	StatusCode loose  `json:"statusCode,omitempty"`
	Name       string `json:"name,omitempty"`
}

// documentationVersion is the documentation of a time.
type documentationVersion struct {
	description string
	created     time.Time
	parts       map[string]documentationPart
}

// documentationTypes are what parts may be about, in the order of AWS's refusals.
var documentationTypes = []string{
	"RESPONSE_BODY", "RESPONSE", "METHOD", "MODEL", "AUTHORIZER", "RESPONSE_HEADER", "RESOURCE", "PATH_PARAMETER", "REQUEST_BODY", "QUERY_PARAMETER", "API", "REQUEST_HEADER",
}

// completed is a location with the root, all methods and all statuses where it
// names none and its type has one.
func (l documentationLocation) completed() documentationLocation {
	switch l.Type {
	case "API", "MODEL", "AUTHORIZER":
		return l
	}
	l.Path = cmp.Or(l.Path, "/")
	if l.Type != "RESOURCE" {
		l.Method = cmp.Or(l.Method, "*")
	}
	if strings.HasPrefix(l.Type, "RESPONSE") {
		l.StatusCode = cmp.Or(l.StatusCode, "*")
	}
	return l
}

// key orders parts by what they are about.
func (p documentationPart) key() string {
	l := p.Location
	return strings.Join([]string{l.Type, l.Path, l.Method, string(l.StatusCode), l.Name, p.ID}, "\x00")
}

func (a *api) documentationPart(id string) (documentationPart, error) {
	if p, ok := a.documentation[id]; ok {
		return p, nil
	}
	return documentationPart{}, notFound("Invalid Documentation part identifier specified")
}

// document adds a part, or changes the one at its place if it may.
func (a *api) document(p documentationPart, mayReplace bool) (documentationPart, error) {
	p.Location = p.Location.completed()
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(p.Properties), &object) != nil || object == nil {
		return p, badRequest("Documentation part properties must be a valid JSON object")
	}
	for _, other := range a.documentation {
		if other.Location != p.Location || other.ID == p.ID {
			continue
		}
		if !mayReplace {
			return p, conflict("Documentation part already exists for the specified location: type '%s'.", p.Location.Type)
		}
		p.ID = other.ID
	}
	a.documentation[p.ID] = p
	return p, nil
}

// documentationObject is what a document says of an API's documentation.
type documentationObject struct {
	Version string `json:"version"`
	Parts   []struct {
		Location   documentationLocation `json:"location"`
		Properties json.RawMessage       `json:"properties"`
	} `json:"documentationParts"`
}

// addDocumentation takes the parts that the document lists.
func (in *importing) addDocumentation() error {
	if in.Documentation == nil || in.undocumented {
		return nil
	}
	_, err := in.api.documentAll(in.Documentation, in.identify)
	return in.refuse(err, "put documentation parts")
}

// documentAll adds parts and returns their ids.
func (a *api) documentAll(o *documentationObject, identify func(kind, name string, length int) string) ([]string, error) {
	ids := []string{}
	for _, said := range o.Parts {
		var wrong violations
		if wrong.oneOf("location.type", said.Location.Type, documentationTypes...); wrong != nil {
			return nil, wrong.err()
		}
		p := documentationPart{Location: said.Location.completed(), Properties: string(said.Properties)}
		p.ID = identify("documentation/parts", p.key(), 6)
		p, err := a.document(p, true)
		if err != nil {
			return nil, err
		}
		ids = append(ids, p.ID)
	}
	return ids, nil
}

// documentationVersionShape is a version as it is described.
type documentationVersionShape struct {
	Version     string     `json:"version"`
	CreatedDate cloud.Time `json:"createdDate"`
	Description string     `json:"description,omitempty"`
}

func (v documentationVersion) shape(name string) documentationVersionShape {
	return documentationVersionShape{name, cloud.Time(v.created), v.description}
}

func (a *api) documentationVersion(name string) (documentationVersion, error) {
	if v, ok := a.versions[name]; ok {
		return v, nil
	}
	return documentationVersion{}, notFound("Invalid Documentation version specified")
}

// partsOf are the parts that a request asks for, in their order.
func (a *api) partsOf(wanted documentationLocation, status string) []documentationPart {
	parts := slices.Collect(maps.Values(a.documentation))
	parts = slices.DeleteFunc(parts, func(p documentationPart) bool {
		documented := p.Properties != "{}"
		return wanted.Type != "" && p.Location.Type != wanted.Type || wanted.Path != "" && p.Location.Path != wanted.Path ||
			wanted.Name != "" && !strings.Contains(p.Location.Name, wanted.Name) || status == "DOCUMENTED" && !documented || status == "UNDOCUMENTED" && documented
	})
	return parts
}

package apigateway

// The control plane: API Gateway's own API, by which REST APIs, API keys and usage
// plans are made while requests come in. It is REST, and IAM knows its actions by
// their method and path.

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Control is the service "apigateway", as the SDKs call it. It implements
// cloud.API: inputs and outputs have the members of the SDKs' shapes, under
// their names in JSON.
type Control struct {
	cloud.Operations

	gateway *APIGateway
}

var _ cloud.API = (*Control)(nil)

// Perform implements cloud.Typed. What is no text where one is wanted is refused in
// AWS's words.
func (c *Control) Perform(ctx context.Context, caller cloud.Caller, action string, input json.RawMessage) (any, error) {
	output, err := c.Operations.Perform(ctx, caller, action, input)
	misfit, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || misfit.Type.Kind() != reflect.String || cloud.AsError(err).Code != "SerializationException" {
		return output, err
	}
	kind, _, _ := strings.Cut(misfit.Value, " ") // a number has its text there, too
	if class, ok := javaClasses[kind]; ok {
		err = cloud.Errorf(400, "SerializationException", "class %s can not be converted to an String", class)
	}
	return nil, err
}

// javaClasses are AWS's classes of what encoding/json names in its errors.
var javaClasses = map[string]string{"bool": "java.lang.Boolean", "number": "com.amazon.coral.value.json.numbers.TruncatingBigNumber"}

// NewControl returns the control plane of a gateway.
func NewControl(g *APIGateway) *Control {
	c := &Control{gateway: g}
	c.Operations = cloud.Operations{
		"CreateApiKey":               changing(g, c.createAPIKey),
		"CreateAuthorizer":           cloud.Handle(c.createAuthorizer),
		"CreateDeployment":           cloud.Handle(c.createDeployment),
		"CreateDocumentationPart":    cloud.Handle(c.createPart),
		"CreateDocumentationVersion": cloud.Handle(c.createVersion),
		"DeleteDocumentationPart":    cloud.Handle(c.deletePart),
		"DeleteDocumentationVersion": cloud.Handle(c.deleteVersion),
		"GetDocumentationPart":       cloud.Handle(c.getPart),
		"GetDocumentationParts":      cloud.Handle(c.getDocumentation),
		"GetDocumentationVersion":    cloud.Handle(c.getVersion),
		"GetDocumentationVersions":   cloud.Handle(c.getVersions),
		"ImportDocumentationParts":   cloud.Handle(c.importParts),
		"UpdateDocumentationPart":    cloud.Handle(c.updatePart),
		"UpdateDocumentationVersion": cloud.Handle(c.updateVersion),
		"CreateModel":                cloud.Handle(c.createModel),
		"CreateRequestValidator":     cloud.Handle(c.createValidator),
		"CreateResource":             cloud.Handle(c.createResource),
		"CreateRestApi":              cloud.Handle(c.createRestAPI),
		"CreateStage":                cloud.Handle(c.createStage),
		"CreateUsagePlan":            changing(g, c.createUsagePlan),
		"CreateUsagePlanKey":         changing(g, c.createUsagePlanKey),
		"DeleteApiKey":               changing(g, c.deleteAPIKey),
		"DeleteAuthorizer":           cloud.Handle(c.deleteAuthorizer),
		"DeleteDeployment":           cloud.Handle(c.deleteDeployment),
		"DeleteGatewayResponse":      cloud.Handle(c.deleteGatewayResponse),
		"DeleteIntegration":          cloud.Handle(c.deleteIntegration),
		"DeleteIntegrationResponse":  cloud.Handle(c.deleteIntegrationResponse),
		"DeleteMethod":               cloud.Handle(c.deleteMethod),
		"DeleteMethodResponse":       cloud.Handle(c.deleteMethodResponse),
		"DeleteModel":                cloud.Handle(c.deleteModel),
		"DeleteRequestValidator":     cloud.Handle(c.deleteValidator),
		"DeleteResource":             cloud.Handle(c.deleteResource),
		"DeleteRestApi":              cloud.Handle(c.deleteRestAPI),
		"DeleteStage":                cloud.Handle(c.deleteStage),
		"DeleteUsagePlan":            changing(g, c.deleteUsagePlan),
		"DeleteUsagePlanKey":         changing(g, c.deleteUsagePlanKey),
		"FlushStageAuthorizersCache": cloud.Handle(c.flushAuthorizers),
		"FlushStageCache":            cloud.Handle(c.flushCache),
		"GetAccount":                 cloud.Handle(c.getAccount),
		"GetApiKey":                  cloud.Handle(c.getAPIKey),
		"GetApiKeys":                 cloud.Handle(c.getAPIKeys),
		"GetAuthorizer":              cloud.Handle(c.getAuthorizer),
		"GetAuthorizers":             cloud.Handle(c.getAuthorizers),
		"GetDeployment":              cloud.Handle(c.getDeployment),
		"GetDeployments":             cloud.Handle(c.getDeployments),
		"GetExport":                  cloud.Handle(c.getExport),
		"GetGatewayResponse":         cloud.Handle(c.getGatewayResponse),
		"GetGatewayResponses":        cloud.Handle(c.getGatewayResponses),
		"GetIntegration":             cloud.Handle(c.getIntegration),
		"GetIntegrationResponse":     cloud.Handle(c.getIntegrationResponse),
		"GetMethod":                  cloud.Handle(c.getMethod),
		"GetMethodResponse":          cloud.Handle(c.getMethodResponse),
		"GetModel":                   cloud.Handle(c.getModel),
		"GetModels":                  cloud.Handle(c.getModels),
		"GetRequestValidator":        cloud.Handle(c.getValidator),
		"GetRequestValidators":       cloud.Handle(c.getValidators),
		"GetResource":                cloud.Handle(c.getResource),
		"GetResources":               cloud.Handle(c.getResources),
		"GetRestApi":                 cloud.Handle(c.getRestAPI),
		"GetRestApis":                cloud.Handle(c.getRestAPIs),
		"GetStage":                   cloud.Handle(c.getStage),
		"GetStages":                  cloud.Handle(c.getStages),
		"GetTags":                    cloud.Handle(c.getTags),
		"GetUsage":                   cloud.Handle(c.getUsage),
		"GetUsagePlan":               cloud.Handle(c.getUsagePlan),
		"GetUsagePlanKey":            cloud.Handle(c.getUsagePlanKey),
		"GetUsagePlanKeys":           cloud.Handle(c.getUsagePlanKeys),
		"GetUsagePlans":              cloud.Handle(c.getUsagePlans),
		"ImportApiKeys":              changing(g, c.importAPIKeys),
		"ImportRestApi":              cloud.Handle(c.importRestAPI).Without("mode"),
		"PutRestApi":                 cloud.Handle(c.putRestAPI),
		"PutGatewayResponse":         cloud.Handle(c.putGatewayResponse),
		"PutIntegration":             cloud.Handle(c.putIntegration),
		"PutIntegrationResponse":     cloud.Handle(c.putIntegrationResponse),
		"PutMethod":                  cloud.Handle(c.putMethod),
		"PutMethodResponse":          cloud.Handle(c.putMethodResponse),
		"TagResource":                changing(g, c.tagResource),
		"TestInvokeAuthorizer":       cloud.Handle(c.testAuthorizer),
		"TestInvokeMethod":           cloud.Handle(c.testInvoke),
		"UntagResource":              changing(g, c.untagResource),
		"UpdateAccount":              cloud.Handle(c.updateAccount),
		"UpdateApiKey":               changing(g, c.updateAPIKey),
		"UpdateAuthorizer":           cloud.Handle(c.updateAuthorizer),
		"UpdateDeployment":           cloud.Handle(c.updateDeployment),
		"UpdateGatewayResponse":      cloud.Handle(c.updateGatewayResponse),
		"UpdateIntegration":          cloud.Handle(c.updateIntegration),
		"UpdateIntegrationResponse":  cloud.Handle(c.updateIntegrationResponse),
		"UpdateMethod":               cloud.Handle(c.updateMethod),
		"UpdateMethodResponse":       cloud.Handle(c.updateMethodResponse),
		"UpdateModel":                cloud.Handle(c.updateModel),
		"UpdateRequestValidator":     cloud.Handle(c.updateValidator),
		"UpdateResource":             cloud.Handle(c.updateResource),
		"UpdateRestApi":              cloud.Handle(c.updateRestAPI),
		"UpdateStage":                cloud.Handle(c.updateStage),
		"UpdateUsage":                cloud.Handle(c.updateUsage),
		"UpdateUsagePlan":            changing(g, c.updateUsagePlan),
	}
	return c
}

// changing makes an operation of one that changes what is kept.
func changing[In, Out any](g *APIGateway, do func(ctx context.Context, caller cloud.Caller, in In) (Out, error)) cloud.Operation {
	return cloud.Handle(func(ctx context.Context, caller cloud.Caller, in In) (Out, error) {
		out, err := do(ctx, caller, in)
		if err == nil {
			g.Changed()
		}
		return out, err
	})
}

// Protocols implements wire.Speaker.
func (c *Control) Protocols() wire.Protocols {
	const created, accepted, empty = 201, 202, 204
	paged := []string{"position", "limit"}
	return wire.Protocols{REST: &wire.REST{Routes: append(apiRoutes(), []wire.Route{
		{Pattern: "POST /apikeys?mode=import", Action: "ImportApiKeys", Query: []string{"format", "failonwarnings"}, Payload: "body", Text: true, Success: created},
		{Pattern: "POST /apikeys", Action: "CreateApiKey", Success: created},
		{Pattern: "GET /apikeys", Action: "GetApiKeys", Query: append([]string{"name", "customerId", "includeValues"}, paged...), Renamed: searched},
		{Pattern: "GET /apikeys/{apiKey}", Action: "GetApiKey", Query: []string{"includeValue"}},
		{Pattern: "PATCH /apikeys/{apiKey}", Action: "UpdateApiKey"},
		{Pattern: "DELETE /apikeys/{apiKey}", Action: "DeleteApiKey", Success: accepted},
		{Pattern: "POST /usageplans", Action: "CreateUsagePlan", Success: created},
		{Pattern: "GET /usageplans", Action: "GetUsagePlans", Query: append([]string{"keyId"}, paged...)},
		{Pattern: "GET /usageplans/{usagePlanId}", Action: "GetUsagePlan"},
		{Pattern: "PATCH /usageplans/{usagePlanId}", Action: "UpdateUsagePlan"},
		{Pattern: "DELETE /usageplans/{usagePlanId}", Action: "DeleteUsagePlan", Success: accepted},
		{Pattern: "POST /usageplans/{usagePlanId}/keys", Action: "CreateUsagePlanKey", Success: created},
		{Pattern: "GET /usageplans/{usagePlanId}/keys", Action: "GetUsagePlanKeys", Query: append([]string{"name"}, paged...), Renamed: searched},
		{Pattern: "GET /usageplans/{usagePlanId}/keys/{keyId}", Action: "GetUsagePlanKey"},
		{Pattern: "DELETE /usageplans/{usagePlanId}/keys/{keyId}", Action: "DeleteUsagePlanKey", Success: accepted},
		{Pattern: "GET /usageplans/{usagePlanId}/usage", Action: "GetUsage", Query: append([]string{"keyId", "startDate", "endDate"}, paged...)},
		{Pattern: "PATCH /usageplans/{usagePlanId}/keys/{keyId}/usage", Action: "UpdateUsage"},
		{Pattern: "PUT /tags/{resourceArn}", Action: "TagResource", Success: empty},
		{Pattern: "DELETE /tags/{resourceArn}", Action: "UntagResource", Query: []string{"tagKeys"}, Success: empty},
		{Pattern: "GET /tags/{resourceArn}", Action: "GetTags"},
	}...)}}
}

// none is the output of an operation that answers nothing.
type none struct{}

// authorize asks whether a caller may make a request: "GET", "/apikeys/ID".
func (c *Control) authorize(caller cloud.Caller, method, path string) error {
	return c.gateway.cloud.Authorize(caller, "apigateway:"+method, c.arn(path))
}

// arn names a resource of the control plane, which has no account.
func (c *Control) arn(path string) string {
	return "arn:aws:apigateway:" + c.gateway.cloud.Region + "::" + path
}

func badRequest(format string, arguments ...any) error {
	return cloud.Errorf(400, "BadRequestException", format, arguments...)
}

func notFound(format string, arguments ...any) error {
	return cloud.Errorf(404, "NotFoundException", format, arguments...)
}

func conflict(format string, arguments ...any) error {
	return cloud.Errorf(409, "ConflictException", format, arguments...)
}

func limitExceeded(format string, arguments ...any) error {
	return cloud.Errorf(429, "LimitExceededException", format, arguments...)
}

const (
	defaultPage = 25
	maxPage     = 500
)

// paging is what a request says of the page that it wants.
type paging struct {
	Position string `json:"position"`
	Limit    *int   `json:"limit"`
}

// cut sorts a list by its ids and cuts a page out of it. A position is the id
// of the last item before it, so that what comes and goes in between moves
// nothing.
func cut[T any](in paging, list []T, id func(T) string) (items []T, position string, err error) {
	limit := defaultPage
	if in.Limit != nil {
		limit = *in.Limit
	}
	switch {
	case limit < 1:
		limit = defaultPage // as on AWS
	case limit > maxPage:
		return nil, "", badRequest("Invalid limit %d specified. It must be between 1 and %d", limit, maxPage)
	}
	last, err := base64.RawURLEncoding.DecodeString(in.Position)
	if err != nil {
		return nil, "", badRequest("Invalid position parameter specified")
	}
	list = slices.DeleteFunc(list, func(item T) bool { return id(item) <= string(last) })
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	if len(list) > limit {
		list = list[:limit]
		position = base64.RawURLEncoding.EncodeToString([]byte(id(list[limit-1])))
	}
	return list, position, nil
}

// page is a page of a list as it is answered.
type page[Shape any] struct {
	Items    []Shape `json:"item"`
	Position string  `json:"position,omitempty"`
}

// pageOf cuts a page out of a list and describes what is in it.
func pageOf[T, Shape any](in paging, list []T, id func(T) string, shape func(T) Shape) (page[Shape], error) {
	items, position, err := cut(in, list, id)
	if err != nil {
		return page[Shape]{}, err
	}
	out := page[Shape]{Items: make([]Shape, len(items)), Position: position}
	for i, item := range items {
		out.Items[i] = shape(item)
	}
	return out, nil
}

const (
	lowerDigits  = "abcdefghijklmnopqrstuvwxyz0123456789"
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + lowerDigits
)

// random returns a text that nobody can guess.
func random(alphabet string, length int) string {
	text := make([]byte, length)
	for i := range text {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic(err) // crypto/rand never fails
		}
		text[i] = alphabet[n.Int64()]
	}
	return string(text)
}

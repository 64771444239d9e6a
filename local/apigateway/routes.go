package apigateway

// The control plane's addresses of what makes up a REST API. Members have the
// names of the API's model.

import "github.com/tradepost-dev/tradepost/local/wire"

// searched is where the query string's name is what names begin with.
var searched = map[string]string{"name": "nameQuery"}

func apiRoutes() []wire.Route {
	const created, accepted, empty = 201, 202, 204
	const (
		api      = "/restapis/{restApiId}"
		resource = api + "/resources/{resourceId}"
		method   = resource + "/methods/{httpMethod}"
	)
	paged, imported := []string{"position", "limit"}, []string{"mode", "failonwarnings"}
	return []wire.Route{
		{Pattern: "GET /account", Action: "GetAccount"},
		{Pattern: "PATCH /account", Action: "UpdateAccount"},

		{Pattern: "POST /restapis?mode=import", Action: "ImportRestApi", Query: []string{"failonwarnings"}, Others: "parameters", Payload: "body", Text: true, Success: created},
		{Pattern: "PUT " + api, Action: "PutRestApi", Query: imported, Others: "parameters", Payload: "body", Text: true},
		{Pattern: "POST /restapis", Action: "CreateRestApi", Success: created},
		{Pattern: "GET /restapis", Action: "GetRestApis", Query: paged},
		{Pattern: "GET " + api, Action: "GetRestApi"},
		{Pattern: "PATCH " + api, Action: "UpdateRestApi"},
		{Pattern: "DELETE " + api, Action: "DeleteRestApi", Success: accepted},

		{Pattern: "POST " + api + "/resources/{parentId}", Action: "CreateResource", Success: created},
		{Pattern: "GET " + api + "/resources", Action: "GetResources", Query: append([]string{"embed"}, paged...)},
		{Pattern: "GET " + resource, Action: "GetResource", Query: []string{"embed"}},
		{Pattern: "PATCH " + resource, Action: "UpdateResource"},
		{Pattern: "DELETE " + resource, Action: "DeleteResource", Success: accepted},

		{Pattern: "PUT " + method, Action: "PutMethod", Success: created},
		{Pattern: "POST " + method, Action: "TestInvokeMethod"},
		{Pattern: "GET " + method, Action: "GetMethod"},
		{Pattern: "PATCH " + method, Action: "UpdateMethod"},
		{Pattern: "DELETE " + method, Action: "DeleteMethod", Success: empty},
		{Pattern: "PUT " + method + "/responses/{statusCode}", Action: "PutMethodResponse", Success: created},
		{Pattern: "GET " + method + "/responses/{statusCode}", Action: "GetMethodResponse"},
		{Pattern: "PATCH " + method + "/responses/{statusCode}", Action: "UpdateMethodResponse", Success: created},
		{Pattern: "DELETE " + method + "/responses/{statusCode}", Action: "DeleteMethodResponse", Success: empty},
		{Pattern: "PUT " + method + "/integration", Action: "PutIntegration", Success: created, Renamed: map[string]string{"httpMethod": "integrationHttpMethod"}},
		{Pattern: "GET " + method + "/integration", Action: "GetIntegration"},
		{Pattern: "PATCH " + method + "/integration", Action: "UpdateIntegration"},
		{Pattern: "DELETE " + method + "/integration", Action: "DeleteIntegration", Success: empty},
		{Pattern: "PUT " + method + "/integration/responses/{statusCode}", Action: "PutIntegrationResponse", Success: created},
		{Pattern: "GET " + method + "/integration/responses/{statusCode}", Action: "GetIntegrationResponse"},
		{Pattern: "PATCH " + method + "/integration/responses/{statusCode}", Action: "UpdateIntegrationResponse"},
		{Pattern: "DELETE " + method + "/integration/responses/{statusCode}", Action: "DeleteIntegrationResponse", Success: empty},

		{Pattern: "POST " + api + "/deployments", Action: "CreateDeployment", Success: created},
		{Pattern: "GET " + api + "/deployments", Action: "GetDeployments", Query: paged},
		{Pattern: "GET " + api + "/deployments/{deploymentId}", Action: "GetDeployment"},
		{Pattern: "PATCH " + api + "/deployments/{deploymentId}", Action: "UpdateDeployment"},
		{Pattern: "DELETE " + api + "/deployments/{deploymentId}", Action: "DeleteDeployment", Success: accepted},

		{Pattern: "POST " + api + "/stages", Action: "CreateStage", Success: created},
		{Pattern: "GET " + api + "/stages", Action: "GetStages", Query: []string{"deploymentId"}},
		{Pattern: "GET " + api + "/stages/{stageName}", Action: "GetStage"},
		{Pattern: "GET " + api + "/stages/{stageName}/exports/{exportType}", Action: "GetExport", Others: "parameters", Payload: "body",
			Headers: map[string]string{"Accept": "accepts"}, AnswerHeaders: map[string]string{"Content-Disposition": "contentDisposition", "Content-Type": "contentType"}},
		{Pattern: "PATCH " + api + "/stages/{stageName}", Action: "UpdateStage"},
		{Pattern: "DELETE " + api + "/stages/{stageName}", Action: "DeleteStage", Success: accepted},
		{Pattern: "DELETE " + api + "/stages/{stageName}/cache/authorizers", Action: "FlushStageAuthorizersCache", Success: accepted},
		{Pattern: "DELETE " + api + "/stages/{stageName}/cache/data", Action: "FlushStageCache", Success: accepted},

		{Pattern: "POST " + api + "/models", Action: "CreateModel", Success: created},
		{Pattern: "GET " + api + "/models", Action: "GetModels", Query: paged},
		{Pattern: "GET " + api + "/models/{modelName}", Action: "GetModel", Query: []string{"flatten"}},
		{Pattern: "PATCH " + api + "/models/{modelName}", Action: "UpdateModel"},
		{Pattern: "DELETE " + api + "/models/{modelName}", Action: "DeleteModel", Success: accepted},

		{Pattern: "POST " + api + "/requestvalidators", Action: "CreateRequestValidator", Success: created},
		{Pattern: "GET " + api + "/requestvalidators", Action: "GetRequestValidators", Query: paged},
		{Pattern: "GET " + api + "/requestvalidators/{requestValidatorId}", Action: "GetRequestValidator"},
		{Pattern: "PATCH " + api + "/requestvalidators/{requestValidatorId}", Action: "UpdateRequestValidator"},
		{Pattern: "DELETE " + api + "/requestvalidators/{requestValidatorId}", Action: "DeleteRequestValidator", Success: accepted},

		{Pattern: "POST " + api + "/authorizers", Action: "CreateAuthorizer", Success: created},
		{Pattern: "POST " + api + "/authorizers/{authorizerId}", Action: "TestInvokeAuthorizer"},
		{Pattern: "GET " + api + "/authorizers", Action: "GetAuthorizers", Query: paged},
		{Pattern: "GET " + api + "/authorizers/{authorizerId}", Action: "GetAuthorizer"},
		{Pattern: "PATCH " + api + "/authorizers/{authorizerId}", Action: "UpdateAuthorizer"},
		{Pattern: "DELETE " + api + "/authorizers/{authorizerId}", Action: "DeleteAuthorizer", Success: accepted},

		{Pattern: "POST " + api + "/documentation/parts", Action: "CreateDocumentationPart", Success: created},
		{Pattern: "GET " + api + "/documentation/parts", Action: "GetDocumentationParts", Query: append([]string{"type", "path", "name", "locationStatus"}, paged...), Renamed: searched},
		{Pattern: "PUT " + api + "/documentation/parts", Action: "ImportDocumentationParts", Query: imported, Payload: "body", Text: true},
		{Pattern: "GET " + api + "/documentation/parts/{documentationPartId}", Action: "GetDocumentationPart"},
		{Pattern: "PATCH " + api + "/documentation/parts/{documentationPartId}", Action: "UpdateDocumentationPart"},
		{Pattern: "DELETE " + api + "/documentation/parts/{documentationPartId}", Action: "DeleteDocumentationPart", Success: accepted},
		{Pattern: "POST " + api + "/documentation/versions", Action: "CreateDocumentationVersion", Success: created},
		{Pattern: "GET " + api + "/documentation/versions", Action: "GetDocumentationVersions", Query: paged},
		{Pattern: "GET " + api + "/documentation/versions/{documentationVersion}", Action: "GetDocumentationVersion"},
		{Pattern: "PATCH " + api + "/documentation/versions/{documentationVersion}", Action: "UpdateDocumentationVersion"},
		{Pattern: "DELETE " + api + "/documentation/versions/{documentationVersion}", Action: "DeleteDocumentationVersion", Success: accepted},

		{Pattern: "PUT " + api + "/gatewayresponses/{responseType}", Action: "PutGatewayResponse", Success: created},
		{Pattern: "GET " + api + "/gatewayresponses", Action: "GetGatewayResponses", Query: paged},
		{Pattern: "GET " + api + "/gatewayresponses/{responseType}", Action: "GetGatewayResponse"},
		{Pattern: "PATCH " + api + "/gatewayresponses/{responseType}", Action: "UpdateGatewayResponse"},
		{Pattern: "DELETE " + api + "/gatewayresponses/{responseType}", Action: "DeleteGatewayResponse", Success: accepted},
	}
}

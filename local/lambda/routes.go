package lambda

// This file is the API's operations, and where they are in HTTP.

import (
	"net/http"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

func (l *Lambda) operations() cloud.Operations {
	return cloud.Operations{
		"AddPermission":                      cloud.Handle(l.addPermission),
		"CreateAlias":                        cloud.Handle(l.createAliasByCall).Without("RevisionId"),
		"CreateEventSourceMapping":           cloud.Handle(l.createMappingByCall),
		"CreateFunction":                     cloud.Handle(l.createFunctionByCall),
		"DeleteAlias":                        cloud.Handle(l.deleteAlias).Without("FunctionVersion", "Description", "RoutingConfig", "RevisionId"),
		"DeleteEventSourceMapping":           cloud.Handle(l.deleteMapping),
		"DeleteFunction":                     cloud.Handle(l.deleteFunction),
		"DeleteFunctionConcurrency":          cloud.Handle(l.deleteConcurrency),
		"DeleteFunctionEventInvokeConfig":    cloud.Handle(l.deleteInvokeConfig),
		"DeleteProvisionedConcurrencyConfig": cloud.Handle(l.deleteProvisioned),
		"GetAccountSettings":                 cloud.Handle(l.getAccountSettings),
		"GetAlias":                           cloud.Handle(l.getAlias).Without("FunctionVersion", "Description", "RoutingConfig", "RevisionId"),
		"GetEventSourceMapping":              cloud.Handle(l.getMapping),
		"GetFunction":                        cloud.Handle(l.getFunction),
		"GetFunctionCodeSigningConfig":       cloud.Handle(l.getCodeSigning),
		"GetFunctionConcurrency":             cloud.Handle(l.getConcurrency),
		"GetFunctionConfiguration":           cloud.Handle(l.getFunctionConfiguration),
		"GetFunctionEventInvokeConfig":       cloud.Handle(l.getInvokeConfig),
		"GetFunctionRecursionConfig":         cloud.Handle(l.getRecursion),
		"GetPolicy":                          cloud.Handle(l.getPolicy),
		"GetProvisionedConcurrencyConfig":    cloud.Handle(l.getProvisioned),
		"GetRuntimeManagementConfig":         cloud.Handle(l.getRuntimeUpdate),
		"Invoke":                             cloud.Handle(l.invoke),
		"ListAliases":                        cloud.Handle(l.listAliases),
		"ListEventSourceMappings":            cloud.Handle(l.listMappings),
		"ListFunctionEventInvokeConfigs":     cloud.Handle(l.listInvokeConfigs),
		"ListFunctions":                      cloud.Handle(l.listFunctions),
		"ListProvisionedConcurrencyConfigs":  cloud.Handle(l.listProvisioned),
		"ListTags":                           cloud.Handle(l.listTags),
		"ListVersionsByFunction":             cloud.Handle(l.listVersions),
		"PublishVersion":                     cloud.Handle(l.publishVersion),
		"PutFunctionConcurrency":             cloud.Handle(l.putConcurrency),
		"PutFunctionEventInvokeConfig":       cloud.Handle(l.putInvokeConfig),
		"PutFunctionRecursionConfig":         cloud.Handle(l.putRecursion),
		"PutProvisionedConcurrencyConfig":    cloud.Handle(l.putProvisioned),
		"PutRuntimeManagementConfig":         cloud.Handle(l.putRuntimeUpdate),
		"RemovePermission":                   cloud.Handle(l.removePermission),
		"TagResource":                        cloud.Handle(l.tagResource).Without("tagKeys"),
		"UntagResource":                      cloud.Handle(l.untagResource).Without("Tags"),
		"UpdateAlias":                        cloud.Handle(l.updateAlias),
		"UpdateEventSourceMapping":           cloud.Handle(l.updateMapping),
		"UpdateFunctionCode":                 cloud.Handle(l.updateFunctionCode),
		"UpdateFunctionConfiguration":        cloud.Handle(l.updateFunctionConfiguration),
		"UpdateFunctionEventInvokeConfig":    cloud.Handle(l.updateInvokeConfig),
	}
}

// maxRequest is AWS's limit of a request, in bytes: a package in base64.
const maxRequest = 70_167_211

// Protocols implements wire.Speaker.
func (l *Lambda) Protocols() wire.Protocols {
	return wire.Protocols{
		REST:       &wire.REST{Routes: routes()},
		Codes:      map[string]string{"SerializationException": "InvalidRequestContentException"},
		MaxRequest: maxRequest,
	}
}

func routes() []wire.Route {
	const (
		functions = "/2015-03-31/functions"
		one       = functions + "/{FunctionName}"
		mappings  = "/2015-03-31/event-source-mappings"
		async     = "/2019-09-25/functions/{FunctionName}/event-invoke-config"
		reserved  = "/2017-10-31/functions/{FunctionName}/concurrency"
		ready     = "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
		loops     = "/2024-08-31/functions/{FunctionName}/recursion-config"
		updates   = "/2021-07-20/functions/{FunctionName}/runtime-management-config"
		tags      = "/2017-03-31/tags/{Resource}"
	)
	qualified, paged := []string{"Qualifier"}, []string{"Marker", "MaxItems"}
	return append([]wire.Route{
		{
			Pattern: "POST " + one + "/invocations", Action: "Invoke", Query: qualified,
			Headers: map[string]string{
				"X-Amz-Invocation-Type": "InvocationType", "X-Amz-Log-Type": "LogType", "X-Amz-Client-Context": "ClientContext",
			},
			AnswerHeaders: map[string]string{
				"X-Amz-Executed-Version": "ExecutedVersion", "X-Amz-Function-Error": "FunctionError", "X-Amz-Log-Result": "LogResult",
			},
			Status: "StatusCode", Payload: "Payload",
		},
		{Pattern: "GET " + functions, Action: "ListFunctions", Query: append([]string{"FunctionVersion", "MasterRegion"}, paged...)},
		{Pattern: "POST " + functions, Action: "CreateFunction", Success: http.StatusCreated},
		{Pattern: "GET " + one, Action: "GetFunction", Query: qualified},
		{Pattern: "DELETE " + one, Action: "DeleteFunction", Query: qualified, Success: http.StatusNoContent},
		{Pattern: "GET " + one + "/configuration", Action: "GetFunctionConfiguration", Query: qualified},
		{Pattern: "PUT " + one + "/configuration", Action: "UpdateFunctionConfiguration"},
		{Pattern: "PUT " + one + "/code", Action: "UpdateFunctionCode"},
		{Pattern: "GET " + one + "/versions", Action: "ListVersionsByFunction", Query: paged},
		{Pattern: "POST " + one + "/versions", Action: "PublishVersion", Success: http.StatusCreated},
		{Pattern: "GET " + one + "/policy", Action: "GetPolicy", Query: qualified},
		{Pattern: "POST " + one + "/policy", Action: "AddPermission", Query: qualified, Success: http.StatusCreated},
		{Pattern: "DELETE " + one + "/policy/{StatementId}", Action: "RemovePermission", Query: []string{"Qualifier", "RevisionId"}, Success: http.StatusNoContent},
		{Pattern: "GET " + one + "/aliases", Action: "ListAliases", Query: append([]string{"FunctionVersion"}, paged...)},
		{Pattern: "POST " + one + "/aliases", Action: "CreateAlias", Success: http.StatusCreated},
		{Pattern: "GET " + one + "/aliases/{Name}", Action: "GetAlias"},
		{Pattern: "PUT " + one + "/aliases/{Name}", Action: "UpdateAlias"},
		{Pattern: "DELETE " + one + "/aliases/{Name}", Action: "DeleteAlias", Success: http.StatusNoContent},
		{Pattern: "GET " + mappings, Action: "ListEventSourceMappings", Query: append([]string{"EventSourceArn", "FunctionName"}, paged...)},
		{Pattern: "POST " + mappings, Action: "CreateEventSourceMapping", Success: http.StatusAccepted},
		{Pattern: "GET " + mappings + "/{UUID}", Action: "GetEventSourceMapping"},
		{Pattern: "PUT " + mappings + "/{UUID}", Action: "UpdateEventSourceMapping", Success: http.StatusAccepted},
		{Pattern: "DELETE " + mappings + "/{UUID}", Action: "DeleteEventSourceMapping", Success: http.StatusAccepted},
	}, []wire.Route{
		{Pattern: "GET " + async, Action: "GetFunctionEventInvokeConfig", Query: qualified},
		{Pattern: "PUT " + async, Action: "PutFunctionEventInvokeConfig", Query: qualified},
		{Pattern: "POST " + async, Action: "UpdateFunctionEventInvokeConfig", Query: qualified},
		{Pattern: "DELETE " + async, Action: "DeleteFunctionEventInvokeConfig", Query: qualified, Success: http.StatusNoContent},
		{Pattern: "GET " + async + "/list", Action: "ListFunctionEventInvokeConfigs", Query: paged},
		{Pattern: "GET /2019-09-30/functions/{FunctionName}/concurrency", Action: "GetFunctionConcurrency"},
		{Pattern: "PUT " + reserved, Action: "PutFunctionConcurrency"},
		{Pattern: "DELETE " + reserved, Action: "DeleteFunctionConcurrency", Success: http.StatusNoContent},
		{Pattern: "GET " + ready + "?List=ALL", Action: "ListProvisionedConcurrencyConfigs", Query: paged},
		{Pattern: "GET " + ready, Action: "GetProvisionedConcurrencyConfig", Query: qualified},
		{Pattern: "PUT " + ready, Action: "PutProvisionedConcurrencyConfig", Query: qualified, Success: http.StatusAccepted},
		{Pattern: "DELETE " + ready, Action: "DeleteProvisionedConcurrencyConfig", Query: qualified, Success: http.StatusNoContent},
		{Pattern: "GET " + loops, Action: "GetFunctionRecursionConfig"},
		{Pattern: "PUT " + loops, Action: "PutFunctionRecursionConfig"},
		{Pattern: "GET " + updates, Action: "GetRuntimeManagementConfig", Query: qualified},
		{Pattern: "PUT " + updates, Action: "PutRuntimeManagementConfig", Query: qualified},
		{Pattern: "GET /2020-06-30/functions/{FunctionName}/code-signing-config", Action: "GetFunctionCodeSigningConfig"},
		{Pattern: "GET " + tags, Action: "ListTags"},
		{Pattern: "POST " + tags, Action: "TagResource", Success: http.StatusNoContent},
		{Pattern: "DELETE " + tags, Action: "UntagResource", Query: []string{"tagKeys"}, Success: http.StatusNoContent},
		{Pattern: "GET /2016-08-19/account-settings", Action: "GetAccountSettings"},
	}...)
}

package lambda

// This file is the REST protocol that the AWS SDKs and the CLI speak with Lambda.

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

const restPrefix = "/2015-03-31/functions"

// ServeAWS answers a request that has been authenticated:
//
//	POST /2015-03-31/functions/{name}/invocations
//	GET  /2015-03-31/functions/{name}
//	GET  /2015-03-31/functions/{name}/configuration
//	GET  /2015-03-31/functions/
func (l *Lambda) ServeAWS(w http.ResponseWriter, r *http.Request, caller cloud.Caller) {
	w.Header().Set("X-Amzn-Requestid", cloud.UUID())
	name, action, err := parsePath(r.URL.EscapedPath())
	switch {
	case err != nil:
		writeError(w, cloud.Errorf(400, "InvalidParameterValueException", "read the path: %v", err))
	case r.Method == http.MethodPost && action == "invocations":
		l.serveInvoke(w, r, caller, name)
	case r.Method == http.MethodGet && name == "":
		l.serveCall(w, r, caller, "ListFunctions", nil)
	case r.Method == http.MethodGet && action == "":
		l.serveCall(w, r, caller, "GetFunction", map[string]string{"FunctionName": name, "Qualifier": r.URL.Query().Get("Qualifier")})
	case r.Method == http.MethodGet && action == "configuration":
		l.serveCall(w, r, caller, "GetFunctionConfiguration", map[string]string{"FunctionName": name, "Qualifier": r.URL.Query().Get("Qualifier")})
	default:
		writeError(w, cloud.Errorf(404, "UnknownOperationException", "the local engine does not serve %s %s", r.Method, r.URL.Path))
	}
}

// parsePath splits {prefix}/{name}/{action}. A name may be an ARN, whose
// colons clients escape.
func parsePath(escaped string) (name, action string, err error) {
	rest := strings.Trim(strings.TrimPrefix(escaped, restPrefix), "/")
	name, action, _ = strings.Cut(rest, "/")
	name, err = url.PathUnescape(name)
	return name, action, err
}

func (l *Lambda) serveCall(w http.ResponseWriter, r *http.Request, caller cloud.Caller, action string, in map[string]string) {
	input, err := json.Marshal(in)
	if err != nil {
		writeError(w, err)
		return
	}
	output, err := l.cloud.Call(r.Context(), caller, "lambda", action, input)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(output)
}

func (l *Lambda) serveInvoke(w http.ResponseWriter, r *http.Request, caller cloud.Caller, name string) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxSyncRequest+1))
	if err != nil {
		return // the client is gone
	}
	if len(payload) > 0 && len(payload) <= maxSyncRequest && !json.Valid(payload) {
		writeError(w, cloud.Errorf(400, "InvalidRequestContentException", "Could not parse request body into json: the payload is not valid JSON"))
		return
	}
	if err := l.cloud.Interrupt(r.Context(), cloud.Call{Caller: caller, Service: "lambda", Action: "Invoke", Input: payload}); err != nil {
		writeError(w, err)
		return
	}
	output, err := l.invoke(r.Context(), caller, invokeInput{
		FunctionName:   name,
		Qualifier:      r.URL.Query().Get("Qualifier"),
		InvocationType: r.Header.Get("X-Amz-Invocation-Type"),
		LogType:        r.Header.Get("X-Amz-Log-Type"),
		ClientContext:  r.Header.Get("X-Amz-Client-Context"),
		Payload:        payload,
	})
	if err != nil {
		writeError(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{
		"X-Amz-Executed-Version": output.ExecutedVersion,
		"X-Amz-Function-Error":   output.FunctionError,
		"X-Amz-Log-Result":       output.LogResult,
	} {
		if value != "" {
			header.Set(name, value)
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(output.Payload)))
	w.WriteHeader(output.StatusCode)
	w.Write(output.Payload)
}

func writeError(w http.ResponseWriter, err error) {
	e := cloud.AsError(err)
	body := map[string]any{"Type": "User", "Message": e.Message}
	if e.Status >= 500 {
		body["Type"] = "Service"
	}
	for name, value := range e.Fields {
		body[name] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte("{}") // a field that is not JSON: the header still has the code
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", e.Code)
	w.WriteHeader(e.Status)
	w.Write(text)
}

package local

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxRequest bounds a request of the JSON protocols; DynamoDB's batches are
// the largest, at 16 MB.
const maxRequest = 16 << 20

// server is a service with a wire protocol of its own.
type server interface {
	ServeAWS(w http.ResponseWriter, r *http.Request, caller cloud.Caller)
}

// signingNames are the services whose name in a SigV4 credential scope is not
// their IAM prefix.
var signingNames = map[string]string{"monitoring": "cloudwatch"}

// wire is the front door: one address for the APIs of all services.
type wire struct {
	cloud    *cloud.Cloud
	identify func(r *http.Request) (caller cloud.Caller, service string, err error)
	servers  map[string]server // by IAM prefix
}

func (f *wire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, service, err := f.identify(r)
	if err != nil {
		writeError(w, r, err)
		return
	}
	if prefix, ok := signingNames[service]; ok {
		service = prefix
	}
	target := r.Header.Get("X-Amz-Target")
	if s, ok := f.servers[service]; ok && target == "" {
		s.ServeAWS(w, r, caller)
		return
	}
	f.serveJSON(w, r, caller, service, target)
}

// serveJSON serves the AWS JSON protocols 1.0 and 1.1: the action is the last
// part of X-Amz-Target.
func (f *wire) serveJSON(w http.ResponseWriter, r *http.Request, caller cloud.Caller, service, target string) {
	if target == "" {
		writeError(w, r, cloud.Errorf(http.StatusNotFound, "UnknownOperationException",
			"the local engine does not serve %s by this protocol", service))
		return
	}
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		writeError(w, r, cloud.Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "read the request: %v", err))
		return
	}
	if len(input) == 0 {
		input = []byte("{}")
	}
	output, err := f.cloud.Call(r.Context(), caller, service, target[strings.LastIndexByte(target, '.')+1:], input)
	if err != nil {
		writeError(w, r, err)
		return
	}
	if output == nil {
		output = []byte("{}")
	}
	header(w, r)
	// A write fails only when the client has gone away.
	_, _ = w.Write(output)
}

func header(w http.ResponseWriter, r *http.Request) {
	contentType := r.Header.Get("Content-Type")
	if !strings.HasPrefix(contentType, "application/x-amz-json") {
		contentType = "application/x-amz-json-1.0"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-RequestId", cloud.UUID())
}

// queryErrorHeader carries the error code that SQS clients of the older query
// protocol expect.
const queryErrorHeader = "x-amzn-query-error"

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := cloud.AsError(err)
	body := map[string]any{"__type": e.Code, "message": e.Message}
	for name, value := range e.Fields {
		if name == queryErrorHeader {
			w.Header().Set(queryErrorHeader, value.(string))
			continue
		}
		body[name] = value
	}
	header(w, r)
	w.WriteHeader(e.Status)
	// A write fails only when the client has gone away.
	_ = json.NewEncoder(w).Encode(body)
}

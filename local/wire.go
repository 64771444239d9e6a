package local

// This file is the front door: it finds out who calls which service, and
// serves the services whose protocol is JSON.

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
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
		writeError(w, r, service, err)
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
		writeError(w, r, service, f.notServed(service))
		return
	}
	input, err := readBody(w, r)
	if err != nil {
		writeError(w, r, service, err)
		return
	}
	output, err := f.cloud.Call(r.Context(), caller, service, target[strings.LastIndexByte(target, '.')+1:], input)
	if err != nil {
		writeError(w, r, service, err)
		return
	}
	if output == nil {
		output = []byte("{}")
	}
	header(w, r)
	// A write fails only when the client has gone away.
	_, _ = w.Write(output)
}

func (f *wire) notServed(service string) error {
	if slices.Contains(f.cloud.Services(), service) {
		return cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the local engine serves %s by the AWS JSON protocol only", service)
	}
	return cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the local engine does not serve %s", service)
}

// readBody returns the JSON of a request, which SDKs may zip.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, maxRequest)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, cloud.Errorf(http.StatusBadRequest, "SerializationException", "unzip the request: %v", err)
		}
		body = http.MaxBytesReader(w, unzipped, maxRequest)
	}
	input, err := io.ReadAll(body)
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, cloud.Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "the request is longer than %d bytes", maxRequest)
	}
	if err != nil {
		return nil, cloud.Errorf(http.StatusBadRequest, "SerializationException", "read the request: %v", err)
	}
	if len(input) == 0 {
		return []byte("{}"), nil
	}
	return input, nil
}

func header(w http.ResponseWriter, r *http.Request) {
	contentType := r.Header.Get("Content-Type")
	if !strings.HasPrefix(contentType, "application/x-amz-json") {
		contentType = "application/x-amz-json-1.0"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-RequestId", cloud.UUID())
}

package lambda

// This file is the Lambda Runtime API: a process asks for the next invocation
// and posts its answer. Each environment has an address of its own, by which
// the API knows who asks.

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type runtimeAPI struct {
	cloud  *cloud.Cloud
	once   sync.Once
	server *http.Server
}

// environmentListener tells the server whose requests come in there.
type environmentListener struct {
	net.Listener
	environment *environment
}

type environmentKey struct{}

// serve opens the address of an environment. Closing the listener ends it.
func (api *runtimeAPI) serve(e *environment) (net.Listener, error) {
	api.once.Do(api.start)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api.cloud.Go(func(context.Context) {
		api.server.Serve(environmentListener{listener, e}) // until the listener or the server is closed
	})
	return listener, nil
}

func (api *runtimeAPI) start() {
	api.server = &http.Server{
		Handler: http.HandlerFunc(serveRuntime),
		BaseContext: func(l net.Listener) context.Context {
			return context.WithValue(context.Background(), environmentKey{}, l.(environmentListener).environment)
		},
	}
	api.cloud.Go(func(ctx context.Context) {
		<-ctx.Done()
		api.server.Close()
	})
}

const runtimePrefix = "/2018-06-01/runtime/"

func serveRuntime(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // costs more than it is worth here
	e := r.Context().Value(environmentKey{}).(*environment)
	path, _ := strings.CutPrefix(r.URL.Path, runtimePrefix)
	switch {
	case r.Method == http.MethodGet && path == "invocation/next":
		e.serveNext(w, r)
	case r.Method == http.MethodPost && path == "init/error":
		e.serveInitError(w, r)
	case r.Method == http.MethodPost && strings.HasPrefix(path, "invocation/"):
		id, kind, _ := strings.Cut(strings.TrimPrefix(path, "invocation/"), "/")
		e.serveAnswer(w, r, id, kind)
	default:
		refuse(w, http.StatusNotFound, "InvalidPath", r.Method+" "+r.URL.Path+" is not part of the Runtime API")
	}
}

func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	if e.ready.IsZero() {
		e.ready = time.Now()
	}
	e.mu.Unlock()
	var inv *invocation
	select {
	case inv = <-e.work:
	case <-r.Context().Done():
		return
	}
	e.mu.Lock()
	e.current = inv
	e.mu.Unlock()
	inv.takenAt = time.Now()
	inv.deadline = inv.takenAt.Add(inv.target.timeout)

	header := w.Header()
	header["Content-Type"] = []string{"application/json"}
	header["Lambda-Runtime-Aws-Request-Id"] = []string{inv.id}
	header["Lambda-Runtime-Deadline-Ms"] = []string{strconv.FormatInt(inv.deadline.UnixMilli(), 10)}
	header["Lambda-Runtime-Invoked-Function-Arn"] = []string{inv.target.arn()}
	header["Lambda-Runtime-Trace-Id"] = []string{inv.trace}
	if inv.clientContext != "" {
		header["Lambda-Runtime-Client-Context"] = []string{inv.clientContext}
	}
	header["Content-Length"] = []string{strconv.Itoa(len(inv.payload))}
	close(inv.taken)
	w.Write(inv.payload) // if the process is gone, its end says so
}

func (e *environment) serveAnswer(w http.ResponseWriter, r *http.Request, id, kind string) {
	e.mu.Lock()
	inv := e.current
	e.mu.Unlock()
	if inv == nil || id != inv.id {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	body, err := readAnswer(r)
	tooLarge := errors.Is(err, errTooLarge)
	if err != nil && !tooLarge {
		return // the process ended while it answered
	}
	var a answer
	switch {
	case tooLarge:
		a = failure("Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
	case kind == "response" && r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		a = failure(r.Trailer.Get("Lambda-Runtime-Function-Error-Type"), "the handler's response stream broke off")
	case kind == "response":
		a = answer{payload: body}
	case kind == "error":
		a = answer{payload: body, failed: true}
	default:
		refuse(w, http.StatusNotFound, "InvalidPath", r.URL.Path+" is not part of the Runtime API")
		return
	}
	if !e.finish(inv) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	inv.answered <- a
	if tooLarge {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size ("+strconv.Itoa(maxResponse)+" bytes).")
		return
	}
	accept(w)
}

// finish tells whether this is the first answer to the current invocation.
func (e *environment) finish(inv *invocation) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := e.current == inv
	if first {
		e.current = nil
	}
	return first
}

var errTooLarge = errors.New("answer too large")

func readAnswer(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxResponse {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err == nil && len(body) > maxResponse {
		return nil, errTooLarge
	}
	return body, err
}

func (e *environment) serveInitError(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(r)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.initError = body
	e.mu.Unlock()
	accept(w)
}

func accept(w http.ResponseWriter) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	w.Header()["Content-Type"] = []string{"application/json"}
	w.WriteHeader(status)
	w.Write(failure(errorType, "%s", message).payload)
}

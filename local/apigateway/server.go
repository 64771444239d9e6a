package apigateway

// The socket in front of a REST API.

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxBody is the largest payload in bytes (API Gateway quotas).
const maxBody = 10 << 20

// serve answers requests to an API until it is stopped or the cloud is closed.
func (g *APIGateway) serve(a *api, listener net.Listener) (stop func()) {
	server := &http.Server{Handler: a, ReadHeaderTimeout: 30 * time.Second}
	return g.cloud.Start(func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { server.Close() })
		defer stop()
		if err := server.Serve(listener); err != http.ErrServerClosed {
			g.Log.Error("REST API stopped", "api", a.id, "reason", err)
		}
	})
}

// At returns the API that a host names as AWS's do, nil if it names none:
// "ID.execute-api.REGION.amazonaws.com", or "ID.execute-api.localhost:4566".
func (g *APIGateway) At(host string) http.Handler {
	id, rest, _ := strings.Cut(host, ".")
	if service, _, _ := strings.Cut(rest, "."); service != "execute-api" {
		return nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if a := g.apis[id]; a != nil {
		return a
	}
	return nil
}

// ServeHTTP answers a request to http://127.0.0.1:PORT/STAGE/PATH.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		http.Error(w, "the request's body broke off", http.StatusBadRequest)
		return
	}
	if len(body) > maxBody {
		// A client that is still writing does not read the refusal.
		io.CopyN(io.Discard, r.Body, 10*maxBody)
	}
	// AWS takes several slashes around the stage for one.
	name, path, _ := strings.Cut(strings.TrimLeft(r.URL.EscapedPath(), "/"), "/")
	s := a.stage(name)
	if s == nil {
		unknownStage().writeTo(w, r)
		return
	}
	sourceIP, _, _ := net.SplitHostPort(r.RemoteAddr)
	header := r.Header.Clone()
	dropHeaders(header, "Connection", "Content-Length")
	header.Set("Host", r.Host)
	header.Set("X-Forwarded-For", strings.Join(append(header.Values("X-Forwarded-For"), sourceIP), ", "))
	header.Set("X-Forwarded-Port", a.port())
	header.Set("X-Forwarded-Proto", "http")
	if header.Get("X-Amzn-Trace-Id") == "" {
		header.Set("X-Amzn-Trace-Id", "Root="+cloud.TraceID(cloud.UUID(), time.Now()))
	}
	answer := s.serve(r.Context(), &request{
		method: r.Method, path: "/" + strings.TrimLeft(path, "/"), sent: "/" + path, header: header, query: r.URL.Query(), body: body,
		host: r.Host, sourceIP: sourceIP,
		identify: func() (cloud.Caller, error) { return a.gateway.identify(r, body) },
	})
	answer.writeTo(w, r)
}

func (a *api) port() string {
	_, port, _ := net.SplitHostPort(a.address)
	return port
}

func (a *api) stage(name string) *stage {
	a.gateway.mu.RLock()
	defer a.gateway.mu.RUnlock()
	return a.stages[name]
}

// unknownStage is what AWS answers where no stage has the name.
func unknownStage() response {
	answer := (&fault{kind: invalidAPIKey, message: "Forbidden"}).answer()
	answer.header.Set("X-Amzn-Requestid", cloud.UUID())
	return answer
}

func (g *APIGateway) identify(r *http.Request, body []byte) (cloud.Caller, error) {
	if r.Header.Get("Authorization") == "" && !r.URL.Query().Has("X-Amz-Signature") || g.Identify == nil {
		return cloud.Caller{}, &fault{kind: missingAuthenticationToken, message: "Missing Authentication Token"}
	}
	signed := r.Clone(r.Context())
	signed.Body = io.NopCloser(bytes.NewReader(body))
	caller, err := g.Identify(signed)
	if err != nil {
		return cloud.Caller{}, &fault{kind: invalidSignature, message: cloud.AsError(err).Message}
	}
	return caller, nil
}

func (r response) writeTo(w http.ResponseWriter, to *http.Request) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	if !to.Close { // which AWS says though it goes without saying
		w.Header().Set("Connection", "keep-alive")
	}
	w.WriteHeader(r.status)
	if to.Method != http.MethodHead {
		// A client that has gone away is no concern of ours.
		w.Write(r.body)
	}
}

// Package wire speaks AWS's wire protocols, so that a service of the engine is
// its operations and nothing else: every request becomes the JSON of an
// action's input, and what the operation answers becomes JSON, XML or CBOR.
//
// All services speak AWS JSON 1.0 and 1.1. What a service speaks besides, it
// declares as its Protocols.
package wire

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Protocols are what a service speaks besides AWS JSON.
type Protocols struct {
	// SigningName is the service's name in signatures, where it is not the
	// one in IAM actions. Default: that one.
	SigningName string

	// Query is the query protocol: a form goes in, and XML comes out.
	Query *Query

	// CBOR tells whether the service speaks Smithy's RPC with CBOR.
	CBOR bool

	// REST are requests by method and path.
	REST *REST

	// Codes are the service's names of the errors that the engine makes for
	// all services alike, such as AccessDeniedException, over the protocols
	// that are declared here. Default: their names in JSON, or those that the
	// protocol itself defines.
	Codes map[string]string

	// Anonymous tells that the service takes requests that nobody has signed:
	// their caller is the zero Caller. Of one engine it is one service at most.
	Anonymous bool

	// Unsigned returns what answers a request without a signature that is the
	// service's, or nil. Default: there are none.
	Unsigned func(r *http.Request) http.Handler

	// MaxRequest bounds a request's body, in bytes as they are sent.
	// Default: 16 MiB, which also bounds what a zipped one unzips to. Bodies
	// that an operation reads itself are not bounded.
	MaxRequest int64
}

// Speaker is a service with protocols of its own.
type Speaker interface{ Protocols() Protocols }

// Handler is the address of the APIs of all services.
type Handler struct {
	cloud    *cloud.Cloud
	identify Identify
	services map[string]Protocols // by IAM prefix
	routers  map[string]*router   // of those that speak REST
	signing  map[string]string    // IAM prefixes by the name in signatures, where they differ
	unsigned string               // the service that takes requests without a signature, or empty
}

// Identify finds out who sent a request, and the service's name in its
// signature. The name may be known although err is not nil.
type Identify func(r *http.Request) (caller cloud.Caller, service string, err error)

// New returns the address of all services that are registered with c. The
// protocols are by IAM prefix.
func New(c *cloud.Cloud, identify Identify, services map[string]Protocols) *Handler {
	h := &Handler{cloud: c, identify: identify, services: services, routers: map[string]*router{}, signing: map[string]string{}}
	for name, p := range services {
		h.routers[name] = newRouter(p.REST)
		if p.SigningName != "" {
			h.signing[p.SigningName] = name
		}
		if p.Anonymous {
			h.unsigned = name
		}
	}
	return h
}

// As returns the address of one service for requests that all are the caller's.
func As(c *cloud.Cloud, caller cloud.Caller, service string, p Protocols) *Handler {
	identify := func(*http.Request) (cloud.Caller, string, error) { return caller, service, nil }
	return New(c, identify, map[string]Protocols{service: p})
}

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, service, err := h.identify(r)
	if name, ok := h.signing[service]; ok {
		service = name
	}
	if service == "" && err != nil && cloud.AsError(err).Code == "MissingAuthenticationTokenException" {
		if own := h.withoutSignature(r); own != nil {
			own.ServeHTTP(w, r)
			return
		}
		if h.unsigned != "" && isAnonymous(r) {
			service, err = h.unsigned, nil
		}
	}
	if _, has := h.services[s3Control]; has && service == "s3" && isS3Control(r) {
		service = s3Control
	}
	virtual := false
	if service == "s3" || service == "" {
		r, virtual = byPath(r)
	}
	x := &Exchange{
		Writer: w, Request: r, Caller: caller, RequestID: cloud.UUID(), Virtual: virtual,
		cloud: h.cloud, identify: h.identify, service: service, speaks: h.services[service], router: h.routers[service],
	}
	p := x.protocol()
	p.begin(x)
	if err == nil {
		err = x.serve(p)
	}
	if err != nil {
		p.fail(x, x.named(cloud.AsError(err)))
	}
}

// withoutSignature returns what answers a request that has no signature because it
// needs none, or nil.
func (h *Handler) withoutSignature(r *http.Request) http.Handler {
	for _, p := range h.services {
		if p.Unsigned == nil {
			continue
		}
		if own := p.Unsigned(r); own != nil {
			return own
		}
	}
	return nil
}

// isAnonymous tells whether a request without a signature is from nobody, and not
// in the form of a service that takes no such request.
func isAnonymous(r *http.Request) bool {
	if r.Header.Get("X-Amz-Target") != "" || r.Header.Get("Smithy-Protocol") != "" {
		return false
	}
	_, virtual := Bucket(r.Host)
	return r.Method != http.MethodPost || virtual || strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// protocol is one of the ways to put a call into HTTP.
type protocol interface {
	// begin names the request in the answer's header.
	begin(x *Exchange)

	// read finds the action that is called and its input.
	read(x *Exchange) (call, error)

	// write answers what the operation returned. It fails before it has
	// written anything.
	write(x *Exchange, c call, output any) error

	// fail answers an error in the shape that the protocol has for it.
	fail(x *Exchange, e *cloud.Error)
}

// call is what a request asks for.
type call struct {
	action string
	input  []byte
	route  *Route // of REST; otherwise nil
}

// serve makes the call that the request is.
func (x *Exchange) serve(p protocol) error {
	c, err := p.read(x)
	if err != nil {
		return err
	}
	ctx, err := x.context(c.action)
	if err != nil {
		return err
	}
	if c.route != nil && c.route.Serve != nil {
		input, err := cloud.Encode(x.Labels)
		if err != nil {
			return err
		}
		call := cloud.Call{Caller: x.Caller, Service: x.service, Action: c.action, Input: input}
		_, err = x.cloud.Surround(ctx, call, func(ctx context.Context, _ json.RawMessage) (any, error) {
			x.Request = x.Request.WithContext(ctx)
			return nil, c.route.Serve(x)
		})
		return err
	}
	output, err := x.cloud.Perform(cloud.WithOrigin(ctx, x.origin()), x.Caller, x.service, c.action, c.input)
	if err != nil {
		return err
	}
	return p.write(x, c, output)
}

// protocol chooses the protocol of a request: that which the request names, if
// it does, otherwise the one that the service has.
func (x *Exchange) protocol() protocol {
	r := x.Request
	contentType := r.Header.Get("Content-Type")
	switch {
	case r.Header.Get("Smithy-Protocol") == smithyCBOR:
		return cborRPC{}
	case r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(contentType, "application/x-amz-json"):
		return awsJSON{}
	case x.speaks.REST != nil:
		return rest{x.speaks.REST.Style}
	case strings.HasPrefix(contentType, formType) || x.speaks.Query != nil:
		return query{ec2: x.service == "ec2"}
	}
	if style, ok := restXMLServices[x.service]; ok {
		return rest{style}
	}
	if x.service == "" && r.Method != http.MethodPost { // a GET that is not signed is most likely for an object
		return rest{S3}
	}
	return rest{JSON}
}

// notServed refuses a protocol that the service does not speak.
func (x *Exchange) notServed() error {
	if !x.cloud.Has(x.service) {
		return cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the local engine does not serve %s", x.service)
	}
	spoken := "the AWS JSON protocol"
	if x.speaks.Query != nil {
		spoken += " and the query protocol"
	}
	if x.speaks.CBOR {
		spoken += " and Smithy's RPC with CBOR"
	}
	if x.speaks.REST != nil {
		spoken += " and REST"
	}
	return cloud.Errorf(http.StatusNotFound, "UnknownOperationException", "the local engine serves %s by %s only", x.service, spoken)
}

// unknownAction refuses an action that the service does not have.
func (x *Exchange) unknownAction(code, action string) error {
	return cloud.Errorf(http.StatusBadRequest, code, "the local engine does not serve %s:%s", x.service, action)
}

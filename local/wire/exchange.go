package wire

// This file is what all protocols share of a request: its body, and what the
// answer says about it.

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxRequest bounds requests by default; DynamoDB's batches are the largest.
const maxRequest = 16 << 20

// Exchange is one request and its answer.
type Exchange struct {
	Writer  http.ResponseWriter
	Request *http.Request
	Caller  cloud.Caller

	// RequestID is in the answer's header, and in the body of an error.
	RequestID string

	// Virtual tells that the host names the bucket, which then is in the path of
	// Request all the same.
	Virtual bool

	// Labels are the parts of the path that the route names; of REST only.
	Labels map[string]string

	cloud    *cloud.Cloud
	identify Identify
	speaks   Protocols
	router   *router // nil: it does not speak REST
	service  string  // its IAM prefix, or what the signature names; may be empty
}

// Signer finds out who has signed a form, whose signature is not in the request's
// header or address but in these fields of it.
func (x *Exchange) Signer(fields url.Values) (cloud.Caller, error) {
	caller, _, err := x.identify(&http.Request{Method: http.MethodPost, Header: http.Header{}, URL: &url.URL{}, PostForm: fields})
	return caller, err
}

// origin is where the request comes from.
func (x *Exchange) origin() cloud.Origin {
	sourceIP, _, _ := net.SplitHostPort(x.Request.RemoteAddr)
	return cloud.Origin{RequestID: x.RequestID, SourceIP: sourceIP, UserAgent: x.Request.UserAgent(), Trace: x.Request.Header.Get("X-Amzn-Trace-Id")}
}

// AsOf is the header in which a client names the moment that its call is to see, in
// RFC 3339, or Now. AWS has nothing like it.
const AsOf = "Tradepost-As-Of"

// Now is what the header AsOf has for the moment of the call: the call sees what there
// is, and does nothing.
const Now = "now"

// After is the header in which a client that looks at a queue's messages AsOf a moment
// says behind which of them to go on, by the attribute Place of it.
const After = "Tradepost-After"

// context is that of the call of an action.
func (x *Exchange) context(action string) (context.Context, error) {
	ctx, err := x.asking(x.Request.Context(), action)
	moment, after := x.Request.Header.Get(AsOf), x.Request.Header.Get(After)
	switch {
	case err != nil:
		return nil, err
	case moment == "" && after != "":
		return nil, cloud.Errorf(http.StatusBadRequest, "ValidationException", "the header %s goes with %s only", After, AsOf)
	case moment == "":
		return ctx, nil
	}
	var then time.Time
	if moment != Now {
		if then, err = time.Parse(time.RFC3339Nano, moment); err != nil || then.IsZero() {
			return nil, cloud.Errorf(http.StatusBadRequest, "ValidationException", "the header %s is %q, not now or a moment like 2026-11-28T10:00:00.5Z", AsOf, moment)
		}
	}
	return x.cloud.AsOf(cloud.After(ctx, after), x.service, action, then)
}

// body reads the body of a request for an action, which SDKs may zip. The action is
// not known yet if the body has it.
func (x *Exchange) body(action string) ([]byte, error) {
	limit := x.speaks.MaxRequest
	if limit == 0 {
		limit = maxRequest
	}
	var body io.Reader = http.MaxBytesReader(x.Writer, x.Request.Body, limit)
	if x.Request.Header.Get("Content-Encoding") == "gzip" {
		limit = max(limit, maxRequest)
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, cloud.Errorf(http.StatusBadRequest, "SerializationException", "unzip the request: %v", err)
		}
		body = http.MaxBytesReader(x.Writer, unzipped, limit)
	}
	content, err := io.ReadAll(body)
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err := cloud.Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "Request must be smaller than %d bytes", tooLong.Limit)
		if action != "" {
			err.Message += " for the " + action + " operation"
		}
		return nil, err
	}
	if err != nil {
		return nil, cloud.Errorf(http.StatusBadRequest, "SerializationException", "read the request: %v", err)
	}
	return content, nil
}

// answer sends the status and the body.
func (x *Exchange) answer(status int, contentType string, body []byte) {
	x.Writer.Header().Set("Content-Type", contentType)
	x.Writer.WriteHeader(status)
	// A write fails only when the client has gone away.
	_, _ = x.Writer.Write(body)
}

// named gives an error the name that the service has for it.
func (x *Exchange) named(e *cloud.Error) *cloud.Error {
	code, ok := x.speaks.Codes[e.Code]
	if !ok {
		return e
	}
	renamed := *e
	renamed.Code = code
	return &renamed
}

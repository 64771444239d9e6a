// This file takes a call down for whoever tests a state.

package httpcall

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A Trace is a call of Invoke as it was made, and its answer, as far as there is one.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionDataRequest.html
type Trace struct {
	// Reveals tells whether the request is told with what the connection adds to it.
	Reveals bool

	Request  *TracedRequest
	Response *TracedResponse
}

// A TracedRequest is what was asked.
type TracedRequest struct {
	Protocol string `json:"protocol"`
	Method   string `json:"method"`
	URL      string `json:"url"`
	Headers  string `json:"headers"`
	Body     string `json:"body,omitempty"`
}

// A TracedResponse is what was answered.
type TracedResponse struct {
	Protocol      string `json:"protocol"`
	StatusCode    string `json:"statusCode"`
	StatusMessage string `json:"statusMessage"`
	Headers       string `json:"headers"`
	Body          string `json:"body,omitempty"`
}

type traceKey struct{}

// WithTrace has the call that is made in a context taken down.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// traced takes the request down that was made of a call.
func (c *call) traced(ctx context.Context, by sender, sent *http.Request) error {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	if t == nil {
		return nil
	}
	if !t.Reveals {
		var err error
		if sent, err = c.request(ctx, by, &Credentials{}, ""); err != nil {
			return err
		}
		sent.Header.Del("Authorization")
	}
	body, err := sent.GetBody() // another reader of the same
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	t.Request = &TracedRequest{sent.URL.Scheme, sent.Method, sent.URL.String(), headersOf(sent.Header, asSent), string(text)}
	return err
}

// tracing takes the response down, and its body as it is read.
func tracing(ctx context.Context, r *http.Response) (done func()) {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	if t == nil {
		return func() {}
	}
	var text bytes.Buffer
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(r.Body, &text), r.Body}
	return func() {
		t.Response = &TracedResponse{
			Protocol: r.Request.URL.Scheme, StatusCode: strconv.Itoa(r.StatusCode), StatusMessage: http.StatusText(r.StatusCode),
			Headers: headersOf(r.Header, strings.ToLower), Body: text.String(),
		}
	}
}

func asSent(name string) string { return name }

// headersOf writes headers in the order of their names, as a list of Java's.
func headersOf(header http.Header, named func(string) string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(header)) {
		lines = append(lines, named(name)+": "+strings.Join(header[name], ","))
	}
	return "[" + strings.Join(lines, ", ") + "]"
}

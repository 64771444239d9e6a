// S3's actions as JSON calls, for Step Functions and for other services: each is
// its HTTP request, which is made and answered within the engine.

package s3

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3/binding"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// action is an operation that can be called.
type action struct {
	route
	input, output reflect.Type
}

// actions are those of the API that there is a route for. Of each the input has
// what its route honours.
var actions = sync.OnceValue(func() []action {
	var all []action
	for _, r := range routes() {
		if _, ok := binding.S3().Operations[r.action]; ok {
			all = append(all, action{r, binding.S3().Input(r.action, r.takes), binding.S3().Output(r.action)})
		}
	}
	return all
})

// takes tells what becomes of a member of the route's input. Headers that are not
// of S3's own are those of HTTP, of which an operation has what it honours.
func (r route) takes(within []string, m binding.Member) cloud.Effect {
	name := strings.ToLower(m.Name)
	honoured := true
	switch m.At {
	case binding.InHeader:
		if slices.Contains(ignored, name) {
			return cloud.WithoutEffect
		}
		honoured = !strings.HasPrefix(name, "x-amz-") || slices.Contains(transport, name) || slices.Contains(r.headers, name) || isChecksum(name) && !strings.HasPrefix(r.pattern, http.MethodGet)
	case binding.InQuery:
		honoured = slices.Contains(r.parameters(), m.Name)
	case "":
		honoured = r.document == nil || hasElement(reflect.TypeOf(r.document), append(slices.Clone(within), m.Name))
	}
	if !honoured {
		return cloud.Refused
	}
	return cloud.Honoured
}

// hasElement tells whether a document has an element, by its path. The root, which
// is the member for all of it, is not in the path.
func hasElement(t reflect.Type, path []string) bool {
	for _, name := range path {
		if name == "xsi:type" {
			return true // an attribute
		}
		inner, ok := childElement(t, name)
		if !ok {
			return false
		}
		t = inner
	}
	return true
}

func (s *S3) operations() cloud.Operations {
	operations := cloud.Operations{}
	for _, a := range actions() {
		serve := s.serve(a.route)
		operations[a.action] = cloud.HandleAs(a.input, func(ctx context.Context, caller cloud.Caller, in any) (any, error) {
			return a.call(ctx, caller, in, serve)
		})
		if a.action == "GetObject" || a.action == "HeadObject" {
			operations[a.action] = operations[a.action].TellingCauses()
		}
	}
	return operations
}

// call makes the request and reads its answer.
func (a action) call(ctx context.Context, caller cloud.Caller, in any, serve func(*wire.Exchange) error) (any, error) {
	asked, err := binding.S3().Request(a.action, in)
	if err != nil {
		return nil, err
	}
	if err := sum(asked); err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "http", Host: "s3.amazonaws.com", Path: "/" + asked.Labels["Bucket"] + "/" + asked.Labels["Key"], RawQuery: asked.Query.Encode()}
	r, err := http.NewRequestWithContext(ctx, asked.Method, address.String(), bytes.NewReader(asked.Body))
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", a.action, err)
	}
	r.Header = asked.Header
	r.Header.Set("User-Agent", "aws-sdk")
	if length, err := strconv.ParseInt(asked.Header.Get("Content-Length"), 10, 64); err == nil {
		r.ContentLength = length
	}
	answer := &answer{header: http.Header{}}
	x := &wire.Exchange{Writer: answer, Request: r, Caller: caller, RequestID: newRequestID(), Labels: asked.Labels}
	if err := serve(x); err != nil {
		return nil, err
	}
	return binding.S3().Answer(a.action, a.output, answer.header, answer.body.Bytes())
}

// sum adds the checksum that SDKs compute where they are told its algorithm.
func sum(r *binding.Request) error {
	algorithm := strings.ToLower(r.Header.Get("x-amz-sdk-checksum-algorithm"))
	given := slices.ContainsFunc(slices.Collect(maps.Keys(r.Header)), func(name string) bool { return isChecksum(strings.ToLower(name)) })
	if algorithm == "" || given {
		return nil
	}
	hash := newHash(algorithm)
	if hash == nil {
		return unsupportedAlgorithm()
	}
	hash.Write(r.Body)
	r.Header.Set("x-amz-checksum-"+algorithm, base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	return nil
}

// maxBody is the most of a body that a call returns, in bytes. It is above any payload
// that a state machine may hold, whose own limit is the one to answer.
const maxBody = 1 << 20

// answer keeps what is answered.
type answer struct {
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(int)     {}

// Write implements io.Writer. It ends a body that is too long.
func (a *answer) Write(p []byte) (int, error) {
	n := min(len(p), maxBody-a.body.Len())
	a.body.Write(p[:n])
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

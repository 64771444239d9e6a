package simulation

// This file runs the assembly's functions in this process, with clients that call
// the engine without a network between them.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/lambda"
)

// Function is what a function's main does before it serves: it makes the handler,
// as lambda.NewHandler takes it, with clients of a configuration and by what it
// finds in its environment.
type Function func(cfg aws.Config, env lambda.Environment) (handler any, err error)

// mains are the functions by "<stack>/<logical id>", of options that can be
// simulated.
func (o Options) mains() (map[string]Function, error) {
	if o.Scenario == nil {
		return nil, errors.New("the options have no Scenario")
	}
	if err := o.Faults.check(); err != nil {
		return nil, err
	}
	stacks, err := o.stacks()
	if err != nil {
		return nil, err
	}
	given := maps.Clone(o.Functions)
	found := map[string]Function{}
	var missing []string
	for _, s := range stacks {
		declared, err := functionsOf(s)
		if err != nil {
			return nil, err
		}
		for id, names := range declared {
			name := slices.IndexFunc(names, func(name string) bool { return given[name] != nil })
			if name < 0 {
				missing = append(missing, names[len(names)-1])
				continue
			}
			found[s.Name+"/"+id] = given[names[name]]
			delete(given, names[name])
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		return nil, fmt.Errorf("the options have no Function for: %s", strings.Join(missing, ", "))
	}
	if len(given) > 0 {
		return nil, fmt.Errorf("the assembly does not have these functions, which the options have: %s", strings.Join(slices.Sorted(maps.Keys(given)), ", "))
	}
	return found, nil
}

// stacks are those of the assembly that are simulated.
func (o Options) stacks() ([]assembly.Stack, error) {
	loaded, err := assembly.Load(o.Assembly, cloud.Site{Account: o.Engine.Account, Region: o.Engine.Region})
	if err != nil {
		return nil, err
	}
	err = loaded.Only(o.Engine.Stacks...)
	return loaded.Stacks, err
}

// functionsOf are the names that a stack's functions go by, by their logical ids:
// the construct's path is the last one.
func functionsOf(s assembly.Stack) (map[string][]string, error) {
	raw, err := os.ReadFile(s.TemplateFile)
	if err != nil {
		return nil, err
	}
	template, err := cfn.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.TemplateFile, err)
	}
	functions := map[string][]string{}
	for _, id := range template.Declared("AWS::Lambda::Function") {
		functions[id] = []string{s.Name + "/" + id}
	}
	constructs, err := s.Constructs()
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	for path, id := range constructs {
		if functions[id] != nil {
			functions[id] = append(functions[id], path)
		}
	}
	return functions, nil
}

// wire makes the engine's mains of functions.
func (r *run) wire(functions map[string]Function) map[string]lambda.Main {
	mains := map[string]lambda.Main{}
	for name, function := range functions {
		mains[name] = func(env lambda.Environment) (lambda.Handler, error) {
			variables := env.Variables
			cfg := r.configuration(variables["AWS_REGION"], variables["AWS_ENDPOINT_URL"], credentials.NewStaticCredentialsProvider(
				variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], variables["AWS_SESSION_TOKEN"]))
			handler, err := function(cfg, env)
			if err != nil {
				return nil, err
			}
			return lambda.HandlerOf(handler), nil
		}
	}
	return mains
}

// configuration is of clients that call the engine in this process.
func (r *run) configuration(region, endpoint string, keys aws.CredentialsProvider) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &endpoint, Credentials: keys,
		HTTPClient: direct{r},
		APIOptions: []func(*middleware.Stack) error{asItStands},
	}
}

// asItStands keeps an operation from putting something before the endpoint's name.
func asItStands(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("EndpointAsItStands", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
	}), middleware.Before)
}

// direct is an SDK's HTTP client that calls the engine in its own goroutine.
type direct struct{ run *run }

// fate is what becomes of an answer on its way back.
type fate struct{ lost bool }

type fateKey struct{}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

func (d direct) Do(r *http.Request) (*http.Response, error) {
	engine := d.run.engine.Load()
	if engine == nil { // which calls functions while it starts: of custom resources
		return d.run.network.Client().Do(r)
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, errors.Join(err, r.Body.Close())
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	f := &fate{}
	received := r.Clone(context.WithValue(r.Context(), fateKey{}, f))
	received.Body, received.RequestURI, received.RemoteAddr = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI(), "127.0.0.1:1"
	if received.Host == "" {
		received.Host = r.URL.Host
	}
	answer := httptest.NewRecorder()
	engine.ServeHTTP(answer, received)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if f.lost {
		return nil, errReset
	}
	return answer.Result(), nil
}

package simulation

// This file runs the assembly's functions in this process, with clients that call
// the engine without a network between them.

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
// simulated, and the stacks.
func (o Options) mains() (map[string]Function, []assembly.Stack, error) {
	if o.Scenario == nil {
		return nil, nil, errors.New("the options have no Scenario")
	}
	if err := o.Faults.check(); err != nil {
		return nil, nil, err
	}
	loaded, err := o.load()
	if err != nil {
		return nil, nil, err
	}
	given := maps.Clone(o.Functions)
	found := map[string]Function{}
	var missing []string
	for _, s := range loaded.Stacks {
		declared, err := functionsOf(loaded, s)
		if err != nil {
			return nil, nil, err
		}
		for id, d := range declared {
			name := slices.IndexFunc(d.names, func(name string) bool { return given[name] != nil })
			switch {
			case name >= 0:
				found[s.Name+"/"+id] = given[d.names[name]]
				delete(given, d.names[name])
			case d.built() != "" && o.Packages[d.built()] != nil:
				found[s.Name+"/"+id] = o.Packages[d.built()]
			default:
				missing = append(missing, d.String())
			}
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		return nil, nil, fmt.Errorf("the options have no Function for: %s", strings.Join(missing, ", "))
	}
	if len(given) > 0 {
		return nil, nil, fmt.Errorf("the assembly does not have these functions, which the options have: %s", strings.Join(slices.Sorted(maps.Keys(given)), ", "))
	}
	return found, loaded.Stacks, nil
}

// load reads the assembly, with those stacks that are simulated.
func (o Options) load() (*assembly.Assembly, error) {
	loaded, err := assembly.Load(o.Assembly, cloud.Site{Account: o.Engine.Account, Region: o.Engine.Region})
	if err != nil {
		return nil, err
	}
	return loaded, loaded.Only(o.Engine.Stacks...)
}

// declared is a function of the assembly.
type declared struct {
	names []string      // that it goes by: its construct's path is the last one
	built func() string // the import path of its main package, or empty
}

func (d declared) String() string {
	name := d.names[len(d.names)-1]
	if built := d.built(); built != "" {
		name += " (of " + built + ")"
	}
	return name
}

// functionsOf are a stack's functions, by their logical ids.
func functionsOf(loaded *assembly.Assembly, s assembly.Stack) (map[string]declared, error) {
	raw, err := os.ReadFile(s.TemplateFile)
	if err != nil {
		return nil, err
	}
	template, err := cfn.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.TemplateFile, err)
	}
	functions := map[string]declared{}
	for _, id := range template.Declared("AWS::Lambda::Function") {
		functions[id] = declared{[]string{s.Name + "/" + id}, sync.OnceValue(func() string {
			return mainPackage(loaded, template.Resources[id].Properties["Code"])
		})}
	}
	constructs, err := s.Constructs()
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Name, err)
	}
	for path, id := range constructs {
		if d, ok := functions[id]; ok {
			d.names = append(d.names, path)
			functions[id] = d
		}
	}
	return functions, nil
}

// mainPackage is the import path of what a function's binary was built of; empty if
// the assembly has no binary of Go for it.
func mainPackage(loaded *assembly.Assembly, code any) string {
	at, _ := code.(map[string]any)
	bucket, key := at["S3Bucket"], at["S3Key"]
	if sub, ok := bucket.(map[string]any); ok {
		bucket = sub["Fn::Sub"]
	}
	own := strings.NewReplacer("${AWS::AccountId}", loaded.Site.Account, "${AWS::Region}", loaded.Site.Region, "${AWS::Partition}", "aws")
	folder, ok := loaded.Asset(own.Replace(fmt.Sprint(bucket)), fmt.Sprint(key))
	if !ok {
		return ""
	}
	info, err := buildinfo.ReadFile(filepath.Join(folder, "bootstrap"))
	if err != nil {
		return ""
	}
	return info.Path
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

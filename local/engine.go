// Package local runs a synthesized CDK assembly on this machine: it reads the
// templates, creates the resources they declare, and serves them over AWS's own
// protocols on loopback. It knows AWS's documented behaviour and no application;
// what it does not do, it refuses when the assembly is loaded.
package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/apigateway"
	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudtrail"
	"github.com/tradepost-dev/tradepost/local/cloudwatch"
	"github.com/tradepost-dev/tradepost/local/dynamodb"
	"github.com/tradepost-dev/tradepost/local/events"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/logs"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/secrets"
	"github.com/tradepost-dev/tradepost/local/sns"
	"github.com/tradepost-dev/tradepost/local/sqs"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/transfer"
)

// Options say what to run.
type Options struct {
	// Assembly is the folder that `cdk synth` wrote, or one template in JSON.
	// Required.
	Assembly string

	// Logs is the folder that takes one log file per Lambda function.
	// Default: a new temporary folder.
	Logs string

	// Account and Region are where the engine pretends to be.
	// Default: 000000000000 and us-east-1.
	Account, Region string

	// Parameters are values of template parameters, by stack name and
	// parameter. Default: the templates' defaults.
	Parameters map[string]map[string]string

	// Handlers run in this process instead of a function's bootstrap binary,
	// by "<stack>/<logical id>". Default: none.
	Handlers map[string]lambda.Handler

	// Fault makes API calls fail, for tests. Default: none.
	Fault cloud.Fault
}

// Engine is a running assembly.
type Engine struct {
	Cloud *cloud.Cloud

	logs     string
	listener net.Listener
	server   *http.Server
	identity *iam.Store
	assembly *assembly.Assembly
	types    map[string]cfn.Type
	servers  map[string]server
	gateway  *apigateway.Gateway
	transfer *transfer.Transfer
	outputs  map[string]map[string]any
	exports  map[string]any
}

// Start loads the assembly and creates its stacks. Everything the engine
// cannot do is reported before anything is created. The engine runs until
// Close, and beyond the end of ctx, which only bounds the start.
func Start(ctx context.Context, o Options) (*Engine, error) {
	site := cloud.Site{Account: "000000000000", Region: "us-east-1"}
	if o.Account != "" {
		site.Account = o.Account
	}
	if o.Region != "" {
		site.Region = o.Region
	}
	loaded, err := assembly.Load(o.Assembly, site)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		Cloud:    cloud.New(site),
		assembly: loaded,
		outputs:  map[string]map[string]any{},
		exports:  map[string]any{},
	}
	if err := e.start(ctx, o); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context, o Options) error {
	var err error
	if e.logs, err = logFolder(o.Logs); err != nil {
		return err
	}
	if e.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return fmt.Errorf("listen for the AWS APIs: %w", err)
	}
	e.assemble(o)
	e.Cloud.Fault = o.Fault
	templates, err := e.check()
	if err != nil {
		return err
	}
	e.server = &http.Server{Handler: &wire{cloud: e.Cloud, identify: e.identity.Identify, servers: e.servers}}
	go e.server.Serve(e.listener)
	for i, stack := range e.assembly.Stacks {
		if err := e.create(ctx, stack, templates[i], o.Parameters[stack.Name]); err != nil {
			return fmt.Errorf("stack %s: %w", stack.Name, err)
		}
	}
	return nil
}

// assemble makes the services and joins them.
func (e *Engine) assemble(o Options) {
	c := e.Cloud
	e.identity = iam.New(c)
	c.Authorizer = e.identity

	metrics := cloudwatch.New(c)
	metrics.Follow(e.logs) // handlers print metrics into their logs
	c.Meter = metrics
	bus := events.New(c, events.Options{Policies: e.identity})
	c.Bus = bus
	trail := cloudtrail.New(c)
	c.Trail = trail

	objects := s3.New(c, s3.Options{Policies: e.identity})
	tables := dynamodb.New(c, dynamodb.Options{Assets: e.asset})
	queues := sqs.New(c, sqs.Options{Endpoint: e.URL, Policies: e.identity})
	topics := sns.New(c, sns.Options{Policies: e.identity})
	functions := lambda.New(c, lambda.Options{
		Assets:      e.asset,
		Logs:        e.logs,
		Endpoint:    e.URL,
		Credentials: e.credentials,
		Policies:    e.identity,
		Handlers:    o.Handlers,
	})
	machines := states.New(c)
	secretsManager := secrets.New(c, e.identity)
	e.gateway = apigateway.New(c, apigateway.Options{Identify: e.identify})
	e.transfer = transfer.New(c, transfer.Options{Objects: objects})

	for name, api := range map[string]cloud.API{
		"cloudwatch": metrics, "events": bus, "s3": objects, "dynamodb": tables, "sqs": queues,
		"sns": topics, "lambda": functions, "states": machines, "secretsmanager": secretsManager,
		"execute-api": e.gateway,
	} {
		c.Register(name, api)
	}
	e.servers = map[string]server{"s3": objects, "lambda": functions, "sns": topics, "cloudwatch": metrics, "sts": e.identity}
	e.types = typeIndex(e.identity, metrics, logs.New(c), bus, trail, objects, tables, queues, topics,
		functions, machines, secretsManager, e.gateway, e.transfer, metadata{})
}

// metadata holds the types that only inform.
type metadata struct{}

func (metadata) Types() []cfn.Type {
	return []cfn.Type{cfn.Inert("AWS::CDK::Metadata", nil)}
}

func typeIndex(services ...interface{ Types() []cfn.Type }) map[string]cfn.Type {
	index := map[string]cfn.Type{}
	for _, service := range services {
		for _, t := range service.Types() {
			index[t.Name] = t
		}
	}
	return index
}

// check reads all templates and reports everything in them that is not
// supported.
func (e *Engine) check() ([]*cfn.Template, error) {
	var templates []*cfn.Template
	var faults []string
	for _, stack := range e.assembly.Stacks {
		if (stack.Account != "" && stack.Account != e.Cloud.Account) || (stack.Region != "" && stack.Region != e.Cloud.Region) {
			faults = append(faults, fmt.Sprintf("%s: the stack is meant for %s/%s, the engine runs as %s/%s: set its account and region",
				stack.Name, stack.Account, stack.Region, e.Cloud.Account, e.Cloud.Region))
		}
		raw, err := os.ReadFile(stack.TemplateFile)
		if err != nil {
			return nil, fmt.Errorf("read the template of stack %s: %w", stack.Name, err)
		}
		template, err := cfn.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("stack %s: %w", stack.Name, err)
		}
		templates = append(templates, template)
		for _, fault := range template.Check(e.types) {
			faults = append(faults, stack.Name+"/"+fault)
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the assembly uses what the local engine does not do:\n  %s", strings.Join(faults, "\n  "))
	}
	return templates, nil
}

func (e *Engine) create(ctx context.Context, stack assembly.Stack, template *cfn.Template, overrides map[string]string) error {
	parameters := maps.Clone(stack.Parameters)
	if parameters == nil {
		parameters = map[string]string{}
	}
	maps.Copy(parameters, overrides)
	s := cfn.Stack{
		Name:       stack.Name,
		Site:       e.Cloud.Site,
		Template:   template,
		Parameters: parameters,
		Imports: func(name string) (any, bool) {
			value, ok := e.exports[name]
			return value, ok
		},
	}
	created, err := s.Create(ctx, e.types)
	if err != nil {
		return err
	}
	e.outputs[stack.Name] = created.Outputs
	maps.Copy(e.exports, created.Exports)
	return nil
}

// asset answers where the CDK left what it would publish under a bucket and key.
func (e *Engine) asset(bucket, key string) (string, error) {
	if path, ok := e.assembly.Asset(bucket, key); ok {
		return path, nil
	}
	return "", fmt.Errorf("the assembly has no asset for s3://%s/%s", bucket, key)
}

func (e *Engine) credentials(roleARN, session string) (accessKeyID, secretAccessKey, sessionToken string, err error) {
	caller, err := e.identity.Assume("lambda.amazonaws.com", roleARN, session)
	if err != nil {
		return "", "", "", err
	}
	issued := e.identity.Issue(caller)
	return issued.AccessKeyID, issued.SecretAccessKey, issued.SessionToken, nil
}

func (e *Engine) identify(r *http.Request) (cloud.Caller, error) {
	caller, _, err := e.identity.Identify(r)
	return caller, err
}

// URL is the address of all AWS APIs, for AWS_ENDPOINT_URL.
func (e *Engine) URL() string { return "http://" + e.listener.Addr().String() }

// Close stops everything that the engine started and waits until it has.
func (e *Engine) Close() error {
	var err error
	if e.server != nil {
		err = e.server.Close()
	} else if e.listener != nil {
		err = e.listener.Close()
	}
	e.Cloud.Close()
	return err
}

func logFolder(path string) (string, error) {
	if path == "" {
		return os.MkdirTemp("", "local-logs-")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(absolute, 0o755); err != nil {
		return "", fmt.Errorf("make the log folder: %w", err)
	}
	return absolute, nil
}

// Types returns the names of all resource types that the engine creates.
func (e *Engine) Types() []string { return slices.Sorted(maps.Keys(e.types)) }

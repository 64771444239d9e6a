// Package local runs a synthesized CDK assembly on this machine: it reads the
// templates, creates the resources they declare, and serves them over AWS's own
// protocols on loopback. It knows AWS's documented behaviour and no application;
// what it does not do, it refuses when the assembly is loaded.
package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/apigateway"
	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
	"github.com/tradepost-dev/tradepost/local/durable"
	"github.com/tradepost-dev/tradepost/local/iam"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/states"
	"github.com/tradepost-dev/tradepost/local/states/coverage"
	"github.com/tradepost-dev/tradepost/local/transfer"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// Options say what to run.
type Options struct {
	// Assembly is the folder that `cdk synth` wrote, or one template. Default:
	// the engine starts without stacks.
	Assembly string

	// Stacks are the names of those stacks of the assembly that run, with the ones
	// that they need. Default: all.
	Stacks []string

	// Logs is the folder that takes one log file per Lambda function, and per SFTP
	// server that logs.
	// Default: a temporary folder, which Close removes.
	Logs string

	// Mail is the folder that takes a file per mail that SNS would have sent.
	// Default: mails are not written.
	Mail string

	// Account and Region are where the engine pretends to be. Default: those
	// that the stacks are meant for, otherwise 000000000000 and us-east-1.
	Account, Region string

	// Parameters are values of template parameters, by stack name and
	// parameter. Default: the templates' defaults.
	Parameters map[string]map[string]string

	// Handlers run in this process instead of a function's bootstrap binary,
	// by "<stack>/<logical id>". Default: none.
	Handlers map[string]lambda.Handler

	// Mains are in place of bootstrap binaries too: what main does before it
	// serves, by the same names. With them every function of the assembly has a
	// Main or a Handler. Default: none.
	Mains map[string]lambda.Main

	// Functions limit what functions take of this machine: processes, how long
	// they stay, logs. Default: the defaults of lambda.Limits.
	Functions lambda.Limits

	// Executions limit what executions take of it: how many are at work, and
	// how many that have ended are kept. Default: the defaults of states.Limits.
	Executions states.Limits

	// Mocks are mock configurations of Step Functions Local, by their paths:
	// what tasks answer in its test cases, and how the jobs of Glue and
	// SageMaker end, which do not run here. Default: every task calls its
	// service, and no job can be started.
	Mocks []string

	// TestCases are the test cases of Mocks that executions are of which name
	// none (ARN#TESTCASE), by state machine: its name or its logical id.
	// Default: such executions are of no test case.
	TestCases map[string]string

	// Fault makes API calls fail, for tests. Default: none.
	Fault cloud.Fault

	// Around stands around API calls, for simulations. Default: nothing does.
	Around cloud.Around

	// Past is how long services know what was: for reads as of a moment (the header
	// Tradepost-As-Of), and of a simulation (cloud.WithAge). Of one table or queue they
	// know the last 100,000 changes, and 64 MB of what these have removed at most. Default:
	// they know what is.
	Past time.Duration

	// Causes makes the engine know what caused items, objects and executions, for who
	// asks for it by the header Tradepost-Cause. Default: it does not.
	Causes bool

	// Port is where the AWS APIs listen; SFTP servers and REST APIs have the
	// ports after it. Default: those that State remembers, otherwise any.
	Port int

	// Ports opens the sockets in place of Port and State, for tests under a
	// virtual clock, which a real socket would stop. Default: none.
	Ports cloud.Ports

	// State is a folder that keeps, for the next run with it, what clients
	// know the engine by (ports, host keys of SFTP servers, secrets) and the
	// data: messages, records, items, objects and executions. One engine at a time can
	// use it. Default: nothing is kept.
	State string

	// WithoutData lets State keep only what clients know the engine by; data
	// that lies there already stays as it is. Default: data is kept as well.
	WithoutData bool

	// Changed is called when a call has changed the addresses that Endpoints has:
	// SFTP servers come and go. Default: nobody wants to know.
	Changed func(Endpoints)

	// Notice takes what the user should know about the state (what of it is
	// dropped, and that it cannot be saved), and about mocks of what is not
	// there. Default: nobody is told.
	Notice func(text string)
}

// Engine is a running assembly.
type Engine struct {
	Cloud *cloud.Cloud

	logs     string
	mail     string         // empty: none are kept
	scratch  string         // a folder to remove, or empty
	claim    *durable.Claim // on the state folder, or nil
	store    *durable.Store // nil as long as there is nothing to save
	listener net.Listener
	server   *http.Server
	identity *iam.IAM
	assembly *assembly.Assembly
	parts
	gateway  *apigateway.APIGateway
	transfer *transfer.Transfer
	objects  *s3.S3
	machines *states.StepFunctions
	bodies   []string // files of objects that an earlier run left
	stacks   *cloudformation.CloudFormation
	paths    map[string]string // templates that are files, by the stacks that the assembly makes of them

	functions map[string]bool // declared ones, by stack and logical id

	telling sync.Mutex // of Options.Changed

	home atomic.Pointer[string] // where browsers are led, or nil
}

// Start loads the assembly and creates its stacks. Everything the engine
// cannot do is reported before anything is created. The engine runs until
// Close, and beyond the end of ctx, which only bounds the start.
func Start(ctx context.Context, o Options) (*Engine, error) {
	loaded, err := assembly.Load(o.Assembly, cloud.Site{Account: o.Account, Region: o.Region})
	if err != nil {
		return nil, err
	}
	if err := loaded.Only(o.Stacks...); err != nil {
		return nil, err
	}
	e := &Engine{
		Cloud:    cloud.New(loaded.Site),
		assembly: loaded,
		paths:    map[string]string{},
		parts:    newParts(),

		functions: map[string]bool{},
	}
	if err := e.start(ctx, o); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context, o Options) error {
	if err := e.chooseLogs(o.Logs); err != nil {
		return err
	}
	if o.Mail != "" {
		folder, err := filepath.Abs(o.Mail)
		if err != nil {
			return err
		}
		e.mail = folder
	}
	mocks, err := mock.Read(o.Mocks...)
	if err != nil {
		return err
	}
	for _, s := range e.services(o, mocks) {
		if err := e.add(s); err != nil {
			return err
		}
	}
	e.Cloud.Fault, e.Cloud.Around, e.Cloud.Past, e.Cloud.Causes = o.Fault, o.Around, o.Past, o.Causes
	stacks, err := e.load(o)
	if err != nil {
		return err
	}
	if err := e.openState(o); err != nil {
		return err
	}
	if err := os.MkdirAll(e.logs, 0o755); err != nil {
		return fmt.Errorf("make the log folder: %w", err)
	}
	if e.listener, err = e.Cloud.Listen("the AWS APIs"); err != nil {
		return err
	}
	e.server = &http.Server{Handler: e.handler()}
	go e.server.Serve(e.listener)
	if err := e.createAll(ctx, stacks); err != nil {
		return err
	}
	if err := e.stacks.Revive(ctx); err != nil {
		return err
	}
	if err := e.checkMocks(o); err != nil {
		return err
	}
	return e.keepState()
}

// handler is the address of all AWS APIs, of REST APIs by their hosts, and of what
// custom resources answer.
func (e *Engine) handler() http.Handler {
	apis := wire.New(e.Cloud, e.identity.Identify, e.protocols)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, cloudformation.AnswerPath) {
			e.stacks.ServeHTTP(w, r)
			return
		}
		if api := e.gateway.At(r.Host); api != nil {
			api.ServeHTTP(w, r)
			return
		}
		if home := e.home.Load(); home != nil && isVisit(r) {
			http.Redirect(w, r, *home, http.StatusFound)
			return
		}
		apis.ServeHTTP(w, r)
	})
}

// Lead says where browsers are led that open the address of the AWS APIs itself: to a
// console, say.
func (e *Engine) Lead(to string) { e.home.Store(&to) }

// isVisit tells a person with a browser from a client that lists its buckets.
func isVisit(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" && r.URL.RawQuery == "" && r.Header.Get("Authorization") == "" &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ServeHTTP answers what is sent to the address of all AWS APIs, for clients in
// this process.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.server.Handler.ServeHTTP(w, r) }

// asset answers where the CDK left what it would publish under a bucket and key.
func (e *Engine) asset(bucket, key string) (string, error) {
	if path, ok := e.assembly.Asset(bucket, key); ok {
		return path, nil
	}
	return "", fmt.Errorf("the assembly has no asset for s3://%s/%s", bucket, key)
}

func (e *Engine) credentials(roleARN, session string, during func() *cloud.Cause) (accessKeyID, secretAccessKey, sessionToken string, err error) {
	service := e.Cloud.ServiceCaller("lambda.amazonaws.com", e.Cloud.ARN("lambda", "function:"+session))
	caller, err := e.identity.Assume(service, roleARN, session)
	if err != nil {
		return "", "", "", err
	}
	caller.During = during
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
	if e.store != nil {
		err = errors.Join(err, e.store.Save())
	}
	if e.claim != nil {
		err = errors.Join(err, e.claim.Release())
	}
	if e.scratch != "" {
		err = errors.Join(err, os.RemoveAll(e.scratch))
	}
	return err
}

// checkMocks refuses test cases that were chosen for state machines which are not
// there. A mock configuration may have more than this assembly needs.
func (e *Engine) checkMocks(o Options) error {
	for _, name := range e.machines.Unmatched() {
		if _, chosen := o.TestCases[name]; chosen {
			return fmt.Errorf("the options choose a test case of the state machine %s, which the assembly does not have", name)
		}
		if o.Notice != nil {
			o.Notice(fmt.Sprintf("the mock configuration has test cases of %s, which is no state machine here", name))
		}
	}
	return nil
}

// chooseLogs decides where the logs will lie. A folder that the user names is
// made when the assembly has been found to be fit to run.
func (e *Engine) chooseLogs(path string) (err error) {
	if path != "" {
		e.logs, err = filepath.Abs(path)
		return err
	}
	e.scratch, err = os.MkdirTemp("", "local-logs-")
	e.logs = e.scratch
	return err
}

// Coverage tells what executions took of the state machines as they are now, and
// what not.
func (e *Engine) Coverage() []coverage.Machine { return e.machines.Coverage() }

// Privileges tells how the policies of the run fit what it did: grants that were
// never used, and calls that were refused. What was deleted is not in it.
func (e *Engine) Privileges() iam.Privileges { return e.identity.Privileges() }

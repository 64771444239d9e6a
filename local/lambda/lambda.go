// Package lambda is AWS Lambda for the local engine. It runs the real
// bootstrap binaries of provided.al2023 functions behind the Lambda Runtime
// API, one warm process per function and more of them when it is busy; or
// in-process handlers, for tests.
//
// # Concurrency
//
// An invocation is throttled as on AWS: when a function already runs
// ReservedConcurrentExecutions, or 1,000 where it has none. (AWS shares its
// 1,000 among all functions of an account; here each has its own.) How many
// processes serve the admitted invocations is the engine's own affair, since a
// laptop has few cores: see pool.go.
package lambda

// This file is the service itself, and how calls find a function.

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Handler is a function in this process: lambda.Handler of aws-lambda-go. Unlike
// on AWS one has several invocations at once, which what lambda.NewHandler
// returns does not bear; HandlerOf does.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Main is what a function's main does before it serves: it makes a handler by what
// it finds in its environment.
type Main func(env Environment) (Handler, error)

// Environment is what a Main finds.
type Environment struct {
	Variables map[string]string
	Out       io.Writer // standard output: the function's log
}

// Limits are what functions may take of the machine.
type Limits struct {
	// Environments is how many processes of one function (and version) run at a
	// time. Invocations beyond them wait. Default: four for each core, at least 8.
	Environments int

	// IdleTime is how long an environment is kept for the next invocation.
	// Default: a minute. (AWS does not say how long it keeps them.)
	IdleTime time.Duration

	// LogSize is the size in bytes at which a function's log is put aside, under
	// the name <stack>-<logicalID>.log.1, and begun anew. Default: 16 MB.
	LogSize int64
}

func (l Limits) withDefaults() Limits {
	l.Environments = cmp.Or(l.Environments, max(8, 4*runtime.GOMAXPROCS(0)))
	l.IdleTime = cmp.Or(l.IdleTime, time.Minute)
	l.LogSize = cmp.Or(l.LogSize, 16<<20)
	return l
}

// eager is how many environments of a function start without waiting.
func (l Limits) eager() int { return (l.Environments + 1) / 2 }

// Code is what a function runs: a folder that holds bootstrap, or such a folder
// as a zip file.
type Code struct {
	Folder string // empty where it is zipped

	Zip  io.ReaderAt
	Size int64 // of Zip, in bytes
}

// Options configure the service.
type Options struct {
	// Code returns what lies under a bucket and key, in a version if that is not
	// empty. Required for functions without a Handler.
	Code func(ctx context.Context, bucket, key, version string) (Code, error)

	// Logs is an existing folder that gets one file per function,
	// <stack>-<logicalID>.log. Default: nothing is logged.
	Logs string

	// LogGroups show the logs to clients of CloudWatch Logs. Default: they are
	// in the files only.
	LogGroups LogGroups

	// Endpoint returns the URL that handlers use as AWS_ENDPOINT_URL.
	// Default: the variable is not set.
	Endpoint func() string

	// Credentials returns temporary credentials of a function's role. During returns
	// the invocation that has them, or nil. Default: handlers have none.
	Credentials func(roleARN, session string, during func() *cloud.Cause) (accessKeyID, secretAccessKey, sessionToken string, err error)

	// Limits hold the functions to what the machine has.
	Limits Limits

	// Handlers are called instead of a process, by "stack/logicalID".
	Handlers map[string]Handler

	// Mains are in place of a process too, by "stack/logicalID": as with
	// processes, each execution environment has a handler of its own.
	Mains map[string]Main

	// Printed is told each line that the handlers of Mains print, with the name
	// of the file that it goes to. Default: nobody is.
	Printed func(log string, line []byte)
}

// Lambda is the service. It implements cloud.API; Payload, in and out of Invoke,
// is a JSON value of its own rather than base64.
type Lambda struct {
	cloud.Operations

	cloud    *cloud.Cloud
	opts     Options
	metrics  metrics
	runtimes runtimeAPI
	launcher launcher

	downloads downloads

	reserving sync.Mutex // whoever reserves concurrency, which the account has once; taken before all others

	mu        sync.RWMutex
	functions map[string]*function    // by name
	mappings  map[string]*eventSource // by id
}

var _ cloud.API = (*Lambda)(nil)

// New returns a service without functions.
func New(c *cloud.Cloud, opts Options) *Lambda {
	opts.Limits = opts.Limits.withDefaults()
	l := &Lambda{
		cloud:     c,
		opts:      opts,
		metrics:   newMetrics(c),
		runtimes:  runtimeAPI{cloud: c},
		launcher:  launcher{cloud: c},
		downloads: downloads{cloud: c},
		functions: map[string]*function{},
		mappings:  map[string]*eventSource{},
	}
	l.Operations = l.operations()
	return l
}

const latest = "$LATEST"

// target is a function with the version that a call selects.
type target struct {
	*function
	*version
	qualifier string // as called; may be empty
}

// now is the target with the version that the qualifier stands for now: what is
// tried again runs what the function has become.
func (t target) now() (target, error) {
	v, ok := t.resolve(t.qualifier)
	if !ok {
		return t, t.notFound()
	}
	t.version = v
	return t, nil
}

func (t target) notFound() error {
	return cloud.Errorf(404, "ResourceNotFoundException", "Function not found: %s", t.arn())
}

// arn is the ARN that the call was made to.
func (t target) arn() string {
	if t.qualifier == "" {
		return t.function.arn
	}
	return t.function.arn + ":" + t.qualifier
}

// open authorizes the caller and finds a function by its name, a partial ARN
// or an ARN, each possibly with a qualifier. Where the function is there and the
// version is not, the target has the function.
func (l *Lambda) open(caller cloud.Caller, action, given, qualifier string) (target, error) {
	if err := l.checkName(patternOf(action), given, qualifier); err != nil {
		return target{}, err
	}
	name, embedded := parseName(given)
	if embedded != "" && qualifier != "" && embedded != qualifier {
		return target{}, cloud.Errorf(400, "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.")
	}
	if qualifier == "" {
		qualifier = embedded
	}
	t := target{function: &function{arn: l.cloud.ARN("lambda", "function:"+name)}, qualifier: qualifier}
	if err := l.cloud.Authorize(caller, action, t.arn()); err != nil {
		return target{}, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	f, ok := l.functions[name]
	if !ok {
		if action == "lambda:InvokeFunction" {
			t.qualifier = cmp.Or(qualifier, "$LATEST") // Invoke names what it would have run
		}
		return target{}, t.notFound()
	}
	return target{function: f, qualifier: qualifier}.now()
}

package lambda

// This file is a function: what its template says, its versions, and how many
// invocations it admits.

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxConcurrency is what a function without reserved concurrency may run at a
// time: AWS's default for an account.
const maxConcurrency = 1000

type function struct {
	name        string
	arn         string       // without a qualifier
	caller      cloud.Caller // that acts with the role
	role        string
	runtime     string
	handlerName string
	description string
	timeout     time.Duration
	memory      int // MB
	arch        string
	environment map[string]string
	concurrency int    // invocations at a time
	deadLetters string // ARN of a queue or topic, or empty
	directory   string // of the unpacked code
	inProcess   Handler
	modified    time.Time
	log         *logFile
	dimensions  []map[string]string // sets of them, of its metrics

	deleted atomic.Bool

	mu        sync.Mutex
	running   int
	published int                    // the last version's number
	aliases   map[string]string      // to versions
	async     map[string]asyncConfig // by qualifier
	pools     map[string]*pool       // by version
}

// resolve returns the version that a qualifier stands for.
func (f *function) resolve(qualifier string) (version string, ok bool) {
	if qualifier == "" || qualifier == latest {
		return latest, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	version, ok = f.aliases[qualifier]
	return version, ok
}

// admit counts a new invocation in, unless the function is at its limit, and
// returns how many run now.
func (f *function) admit() (running int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running >= f.concurrency {
		err := cloud.Errorf(429, "TooManyRequestsException", "Rate Exceeded.")
		err.Fields = map[string]any{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"}
		if f.concurrency == maxConcurrency {
			err.Fields["Reason"] = "ConcurrentInvocationLimitExceeded"
		}
		return f.running, err
	}
	f.running++
	return f.running, nil
}

// renew ends all environments as soon as they are idle: they log to a file that
// was put aside, or the function has been deleted.
func (f *function) renew() {
	f.mu.Lock()
	pools := slices.Collect(maps.Values(f.pools))
	f.mu.Unlock()
	for _, p := range pools {
		p.dismissIdle()
	}
}

func (f *function) leave() {
	f.mu.Lock()
	f.running--
	f.mu.Unlock()
}

// asyncConfigOf returns the settings of asynchronous invocations through a qualifier.
func (f *function) asyncConfigOf(qualifier string) asyncConfig {
	if qualifier == "" {
		qualifier = latest
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if config, ok := f.async[qualifier]; ok {
		return config
	}
	return defaultAsyncConfig()
}

// configuration is a FunctionConfiguration of the API.
type configuration struct {
	FunctionName  string
	FunctionArn   string
	Runtime       string
	Role          string
	Handler       string
	Description   string
	Timeout       int
	MemorySize    int
	LastModified  string
	Version       string
	PackageType   string
	Architectures []string
	Environment   *environmentOutput `json:",omitempty"`
	State         string
}

type environmentOutput struct{ Variables map[string]string }

func (t target) configuration() configuration {
	c := configuration{
		FunctionName:  t.name,
		FunctionArn:   t.arn(),
		Runtime:       t.runtime,
		Role:          t.role,
		Handler:       t.handlerName,
		Description:   t.description,
		Timeout:       int(t.timeout.Seconds()),
		MemorySize:    t.memory,
		LastModified:  t.modified.UTC().Format("2006-01-02T15:04:05.000+0000"),
		Version:       t.version,
		PackageType:   "Zip",
		Architectures: []string{t.arch},
		State:         "Active",
	}
	if len(t.environment) > 0 {
		c.Environment = &environmentOutput{t.environment}
	}
	return c
}

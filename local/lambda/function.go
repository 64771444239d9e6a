package lambda

// This file is a function: its versions, and how many invocations it admits.

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// maxConcurrency is what a function without reserved concurrency may run at a
// time: AWS's default for an account.
const maxConcurrency = 1000

type function struct {
	name       string
	arn        string // without a qualifier
	log        *logFile
	logStream  string              // of all its environments: they share the file
	dimensions []map[string]string // sets of them, of its metrics

	deleted atomic.Bool

	mu          sync.Mutex
	concurrency int // invocations at a time
	running     int
	latest      *version
	published   int                    // the last version's number
	unchanged   bool                   // whether the latest is no other than the last version
	versions    map[string]*version    // published ones, by number
	aliases     map[string]alias       // by name
	async       map[string]asyncConfig // by qualifier
}

// version is code and its configuration: as published, or the latest. It does
// not change: an update of the function makes another latest one.
type version struct {
	number      string
	caller      cloud.Caller // that acts with the role
	role        string
	runtime     string
	handlerName string
	description string
	timeout     time.Duration
	memory      int // MB
	arch        string
	environment map[string]string
	deadLetters string // ARN of a queue or topic, or empty
	logGroup    string // its name
	traced      bool
	code        *folder // nil of a handler in this process
	inProcess   Handler
	modified    time.Time

	pool *pool

	users   int  // invocations that have it; guarded by the function's lock, and so is retired
	retired bool // nothing new gets it
}

// alias is a name of a version, and of the further ones that take some of its
// invocations.
type alias struct {
	version string
	further map[string]float64 // shares, from 0 to 1, by number
}

// choose returns the number of the version that an invocation gets.
func (a alias) choose() string {
	at := rand.Float64()
	for number, share := range a.further {
		if at -= share; at < 0 {
			return number
		}
	}
	return a.version
}

// resolve returns the version that a qualifier stands for; of an alias, its own.
func (f *function) resolve(qualifier string) (v *version, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.numbered(cmp.Or(f.aliases[qualifier].version, qualifier))
}

// take is resolve for an invocation, which an alias may route to another version.
// It has the version until it leaves.
func (f *function) take(qualifier string) (v *version, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a, ok := f.aliases[qualifier]; ok {
		qualifier = a.choose()
	}
	if v, ok = f.numbered(qualifier); !ok || v.retired {
		return nil, false
	}
	v.users++
	return v, true
}

// leave gives a version back.
func (f *function) leave(v *version) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v.users--
	v.letGo()
}

// retire is for a version that nothing new gets: what has it ends on it.
func (f *function) retire(v *version) {
	v.pool.close()
	f.mu.Lock()
	defer f.mu.Unlock()
	v.retired = true
	v.letGo()
}

// letGo lets the code go that nothing runs any more. The function's lock is held.
func (v *version) letGo() {
	if v.retired && v.users == 0 {
		v.code.leave()
		v.code = nil
	}
}

// numbered finds a version. The lock is held.
func (f *function) numbered(number string) (v *version, ok bool) {
	if number == "" || number == latest {
		return f.latest, true
	}
	v, ok = f.versions[number]
	return v, ok
}

// has tells whether there is a version of a number.
func (f *function) has(number string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, published := f.versions[number]
	return published || number == latest
}

// change puts another latest version in the place of the one that there is:
// invocations under way end where they began.
func (f *function) change(v *version) {
	f.mu.Lock()
	old := f.latest
	f.latest, f.unchanged = v, false
	f.mu.Unlock()
	f.retire(old)
}

// publish makes a version of the latest one.
func (f *function) publish() (*version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unchanged {
		return nil, cloud.Errorf(409, "AlreadyExists", "A version for this Lambda function exists ( %d ). Modify the function to create a new version.", f.published)
	}
	f.published++
	v := *f.latest
	v.number, v.users = strconv.Itoa(f.published), 0
	v.code.enter()
	v.pool = newPool(f.latest.pool.lambda, f, &v)
	f.versions[v.number], f.unchanged = &v, true
	return &v, nil
}

// withdraw deletes a published version. What was the last one may then be published
// again, by another number.
func (f *function) withdraw(v *version) {
	f.mu.Lock()
	delete(f.versions, v.number)
	if v.number == strconv.Itoa(f.published) {
		f.unchanged = false
	}
	f.mu.Unlock()
	f.retire(v)
}

// all are the versions that there are.
func (f *function) all() []*version {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append(slices.Collect(maps.Values(f.versions)), f.latest)
}

// end is for a function that has been deleted.
func (f *function) end() {
	f.deleted.Store(true)
	for _, v := range f.all() {
		f.retire(v)
	}
}

// switchedOff tells whether the function admits nothing at all.
func (f *function) switchedOff() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.concurrency == 0
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
// was put aside.
func (f *function) renew() {
	for _, v := range f.all() {
		v.pool.dismissIdle()
	}
}

// done counts an invocation out that was admitted.
func (f *function) done() {
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
		Version:       t.number,
		PackageType:   "Zip",
		Architectures: []string{t.arch},
		State:         "Active",
	}
	if len(t.environment) > 0 {
		c.Environment = &environmentOutput{t.environment}
	}
	return c
}

package lambda

// This file is a function: its versions, and how many invocations it admits.

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/internal/chance"
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

	changing sync.Mutex // whoever makes another latest version of the one that there is; taken before mu

	mu          sync.Mutex
	concurrency int // invocations at a time
	running     int
	latest      *version
	published   int                    // the last version's number
	unchanged   bool                   // whether the latest is no other than the last version
	versions    map[string]*version    // published ones, by number
	aliases     map[string]alias       // by name
	async       map[string]asyncConfig // by qualifier

	reserved      bool                       // whether concurrency is the function's own
	tags          map[string]string          // by key
	policies      map[string]*resourcePolicy // by qualifier
	provisioned   map[string]provisioned     // by qualifier
	recursion     string                     // RecursiveLoop, or empty
	runtimeUpdate runtimeUpdate
}

// reserve sets how many invocations the function runs at a time; nil is for no
// number of its own. The lock is held.
func (f *function) reserve(n *int) {
	f.concurrency, f.reserved = maxConcurrency, n != nil
	if n != nil {
		f.concurrency = *n
	}
}

// version is code and its configuration: as published, or the latest. It does
// not change: an update of the function makes another latest one.
type version struct {
	settings    settings
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
	revision    string // its id; guarded by the function's lock

	pool *pool

	users   int  // invocations that have it; guarded by the function's lock, and so is the rest
	running int  // those that were admitted
	retired bool // nothing new gets it
}

// alias is a name of a version, and of the further ones that take some of its
// invocations.
type alias struct {
	version     string
	further     map[string]cloud.Double // shares, from 0 to 1, by number
	description string
	revision    string // its id
}

// choose returns the number of the version that an invocation gets.
func (a alias) choose() string {
	at := chance.Rand.Float64()
	for number, share := range a.further {
		if at -= float64(share); at < 0 {
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

// has tells whether there is a version of a number. The lock is held.
func (f *function) has(number string) bool {
	_, published := f.versions[number]
	return published || number == latest
}

// current is the target as it is now, if that is the revision which a caller knows.
func (t target) current(known string) (target, error) {
	t, err := t.now()
	if err != nil {
		return t, err
	}
	t.function.mu.Lock()
	defer t.function.mu.Unlock()
	return t, checkRevision(known, t.revision)
}

// change puts another latest version in the place of the one that there is, if that
// is the revision which a caller knows: invocations under way end where they began.
func (f *function) change(v *version, known string) error {
	f.mu.Lock()
	old := f.latest
	if err := checkRevision(known, old.revision); err != nil {
		f.mu.Unlock()
		return err
	}
	f.latest, f.unchanged = v, f.unchanged && v.settings.same(old.settings) && v.code.same(old.code)
	f.mu.Unlock()
	f.retire(old)
	return nil
}

// publish makes a version of the latest one, if that is the revision which a caller
// knows. It tells whether there is none yet that is no other than the latest.
func (f *function) publish(description, known string) (v *version, isNew bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := checkRevision(known, f.latest.revision); err != nil {
		return nil, false, err
	}
	if f.unchanged {
		return f.versions[strconv.Itoa(f.published)], false, nil
	}
	f.published++
	published := *f.latest
	v = &published
	v.number, v.users, v.running, v.revision = strconv.Itoa(f.published), 0, 0, cloud.UUID()
	v.description = cmp.Or(description, v.description)
	f.latest.revision = cloud.UUID()
	v.code.enter()
	v.pool = newPool(f.latest.pool.lambda, f, v)
	f.versions[v.number], f.unchanged = v, true
	return v, true, nil
}

// withdraw deletes a published version that no alias has. What was the last one may
// then be published again, by another number.
func (f *function) withdraw(v *version) error {
	f.mu.Lock()
	if names := f.aliasesOf(v.number); len(names) > 0 {
		f.mu.Unlock()
		return cloud.Errorf(409, "ResourceConflictException", "Unable to delete version because the following aliases reference it: [%s]", strings.Join(names, ", "))
	}
	delete(f.versions, v.number)
	if v.number == strconv.Itoa(f.published) {
		f.unchanged = false
	}
	f.mu.Unlock()
	f.retire(v)
	return nil
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

// admit counts a new invocation of a version in, unless the function is at its
// limit, and returns how many run now. Provisioned places are for the versions that
// have them: what finds none there takes one of the others.
func (f *function) admit(v *version) (running int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	own, all := f.places(v)
	if v.running >= own && f.running-all.taken >= f.concurrency-all.total {
		err := cloud.Errorf(429, "TooManyRequestsException", "Rate Exceeded.")
		err.Fields = map[string]any{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"}
		if !f.reserved {
			err.Fields["Reason"] = "ConcurrentInvocationLimitExceeded"
		}
		return f.running, err
	}
	f.running++
	v.running++
	return f.running, nil
}

// renew ends all environments as soon as they are idle: they log to a file that
// was put aside.
func (f *function) renew() {
	for _, v := range f.all() {
		v.pool.dismissIdle()
	}
}

// done counts an invocation of a version out that was admitted.
func (f *function) done(v *version) {
	f.mu.Lock()
	f.running--
	v.running--
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

// The reference implementation of JSONata, run in goja.

package query

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

//go:embed jsonata/testdata/reference/jsonata.min.js
var librarySource string

//go:embed functions.js
var functionsSource string

const (
	// librarySHA256 is the digest of jsonata.min.js in the npm package jsonata 2.0.6, the version that
	// Step Functions documents.
	librarySHA256 = "3616231ac3b165ea2b3e0840c94bbc0bf86b4c73202b644576693fd74dfbd762"

	// maxEvaluation bounds one evaluation; only one that never ends takes so long.
	maxEvaluation = 10 * time.Second

	// maxCallStack bounds recursion in the library's own parser and helpers (a recursive expression
	// awaits at each level and does not deepen the stack).
	maxCallStack = 10_000

	// maxCompiled bounds the expressions that one engine remembers. Past it all are forgotten, for a
	// process that long has seen machines come and go.
	maxCompiled = 10_000
)

// errEndless interrupts an evaluation that exceeds its limit.
var errEndless = errors.New("the evaluation took too long and was stopped")

// library is the loaded reference library. Loading costs 20 ms and some megabytes, so all programs of the
// process share it: one engine per core, each loaded when it is first needed.
var library = newEngines(runtime.GOMAXPROCS(0), maxEvaluation)

// engines are copies of the library that evaluate at the same time.
type engines struct {
	slots []slot
	turn  atomic.Uint32 // whose slot a caller waits for when none is idle
	limit time.Duration // of one evaluation
	// compiled parses library and functions once for all engines.
	compiled func() ([2]*goja.Program, error)
}

type slot struct {
	mu     sync.Mutex
	engine *engine // nil: not loaded yet, or given up
}

func newEngines(n int, limit time.Duration) *engines {
	return &engines{slots: make([]slot, n), limit: limit, compiled: sync.OnceValues(func() (programs [2]*goja.Program, err error) {
		if programs[0], err = goja.Compile("jsonata.js", librarySource, false); err != nil {
			return programs, err
		}
		programs[1], err = goja.Compile("functions.js", functionsSource, true)
		return programs, err
	})}
}

// check compiles an expression and keeps it.
func (e *engines) check(expression string) error {
	return e.use(func(engine *engine) (reusable bool, err error) {
		_, err = engine.program(expression)
		return true, err
	})
}

// evaluate runs an expression in an idle engine.
func (e *engines) evaluate(ctx context.Context, expression string, bindings map[string]any) (value any, defined bool, err error) {
	err = e.use(func(engine *engine) (reusable bool, err error) {
		value, defined, reusable, err = engine.evaluate(ctx, e.limit, expression, bindings)
		return reusable, err
	})
	return value, defined, err
}

// use lends an engine, the first that is idle. It waits on a mutex, not on a channel: callers may live in
// different testing/synctest bubbles.
func (e *engines) use(f func(*engine) (reusable bool, err error)) error {
	for i := range e.slots {
		if e.slots[i].mu.TryLock() {
			return e.useSlot(&e.slots[i], f)
		}
	}
	slot := &e.slots[e.turn.Add(1)%uint32(len(e.slots))]
	slot.mu.Lock()
	return e.useSlot(slot, f)
}

func (e *engines) useSlot(s *slot, f func(*engine) (reusable bool, err error)) error {
	defer s.mu.Unlock()
	if s.engine == nil {
		programs, err := e.compiled()
		if err != nil {
			return fmt.Errorf("load JSONata: %w", err)
		}
		if s.engine, err = newEngine(programs); err != nil {
			return fmt.Errorf("load JSONata: %w", err)
		}
	}
	reusable, err := f(s.engine)
	if !reusable {
		s.engine = nil
	}
	return err
}

// engine is one copy of the library. It serves one caller at a time.
type engine struct {
	js       *goja.Runtime
	compile  goja.Callable
	compiled map[string]*compiledProgram
}

type compiledProgram struct {
	evaluate goja.Callable
	reads    *reads
}

func newEngine(programs [2]*goja.Program) (*engine, error) {
	js := goja.New()
	js.SetMaxCallStackSize(maxCallStack)
	js.SetTimeSource(time.Now)
	// As in Node: the library keeps what this name stands for when it is loaded, to find Buffer there.
	if err := js.Set("global", js.GlobalObject()); err != nil {
		return nil, err
	}
	if _, err := js.RunProgram(programs[0]); err != nil {
		return nil, err
	}
	factory, err := js.RunProgram(programs[1])
	if err != nil {
		return nil, err
	}
	newCompile, ok := goja.AssertFunction(factory)
	if !ok {
		return nil, errors.New("functions.js is not a function")
	}
	compile, err := newCompile(goja.Undefined(), js.Get("jsonata"), nativeFunctions(js))
	if err != nil {
		return nil, err
	}
	e := &engine{js: js, compiled: map[string]*compiledProgram{}}
	if e.compile, ok = goja.AssertFunction(compile); !ok {
		return nil, errors.New("functions.js does not make a function")
	}
	return e, nil
}

// program returns an expression compiled by this engine.
func (e *engine) program(expression string) (*compiledProgram, error) {
	if p, ok := e.compiled[expression]; ok {
		return p, nil
	}
	made, err := e.compile(goja.Undefined(), e.js.ToValue(expression))
	if err != nil {
		return nil, thrown(err)
	}
	object := made.ToObject(e.js)
	p := &compiledProgram{reads: newReads(object.Get("reads"))}
	p.evaluate, _ = goja.AssertFunction(object.Get("evaluate"))
	if len(e.compiled) >= maxCompiled {
		clear(e.compiled)
	}
	e.compiled[expression] = p
	return p, nil
}

// evaluate runs an expression to its end. reusable is false when it was interrupted: what it left behind
// in the engine is then unknown.
func (e *engine) evaluate(ctx context.Context, limit time.Duration, expression string, bindings map[string]any) (value any, defined, reusable bool, err error) {
	p, err := e.program(expression)
	if err != nil {
		return nil, false, true, err
	}
	guard := time.AfterFunc(limit, func() { e.js.Interrupt(errEndless) })
	memory := watchMemory(e.js)
	unwatch := context.AfterFunc(ctx, func() { e.js.Interrupt(context.Cause(ctx)) })

	// The library is asynchronous, but waits for nothing: goja runs its promises' jobs before the call returns.
	answer, err := p.evaluate(goja.Undefined(), p.reads.bindings(e.js, bindings))

	// All must have been disarmed before they fired; otherwise an interrupt may still be on its way.
	quiet := guard.Stop()
	quiet = unwatch() && quiet
	quiet = memory.stop() && quiet
	if err != nil {
		var interrupted *goja.InterruptedError
		if errors.As(err, &interrupted) {
			return nil, false, false, interruption(interrupted)
		}
		return nil, false, quiet, thrown(err)
	}
	promise, ok := answer.Export().(*goja.Promise)
	if !ok {
		return nil, false, false, fmt.Errorf("evaluate JSONata: got %s, not a promise", answer)
	}
	switch promise.State() {
	case goja.PromiseStateFulfilled:
		value, defined, err = fromJS(promise.Result(), 0)
		return value, defined, quiet, err
	case goja.PromiseStateRejected:
		return nil, false, quiet, thrownValue(promise.Result())
	default:
		return nil, false, false, interruption(nil)
	}
}

// interruption is why an evaluation was interrupted.
func interruption(interrupted *goja.InterruptedError) error {
	if interrupted != nil {
		switch reason, ok := interrupted.Value().(error); {
		case ok && errors.Is(reason, errMemory):
			return &thrownError{Message: errMemory.Error()}
		case ok && !errors.Is(reason, errEndless):
			return reason
		}
	}
	return &thrownError{Message: errEndless.Error()}
}

package jsonata

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/tradepost-dev/tradepost/local/query/internal/native"
)

// oracle is the reference implementation, in a JavaScript engine. It serves one test at a time.
type oracle struct {
	mu       sync.Mutex
	js       *goja.Runtime
	evaluate goja.Callable
}

// answer is what the oracle says of an expression: a result's text, "" for undefined, or an error.
type answer struct {
	Text          string
	Code, Message string
	failed        bool
}

const librarySHA256 = "3616231ac3b165ea2b3e0840c94bbc0bf86b4c73202b644576693fd74dfbd762"

func TestTheOracleIsThePublishedLibrary(t *testing.T) {
	text, err := os.ReadFile("testdata/reference/jsonata.min.js")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != librarySHA256 {
		t.Errorf("jsonata.min.js has digest %s, want that of jsonata 2.0.6, %s", got, librarySHA256)
	}
	if text, err = os.ReadFile("testdata/reference/package.json"); err != nil {
		t.Fatal(err)
	}
	var pkg struct{ Name, Version, License string }
	if err := json.Unmarshal(text, &pkg); err != nil {
		t.Fatal(err)
	}
	if pkg.Name != "jsonata" || pkg.Version != "2.0.6" || pkg.License != "MIT" {
		t.Errorf("the oracle is %+v, want jsonata 2.0.6", pkg)
	}
}

func newOracle(t testing.TB) *oracle {
	t.Helper()
	o := &oracle{js: goja.New()}
	if err := o.load(); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *oracle) load() error {
	library, err := os.ReadFile("testdata/reference/jsonata.min.js")
	if err != nil {
		return err
	}
	around, err := os.ReadFile("testdata/oracle.js")
	if err != nil {
		return err
	}
	const maxCallStack = 10_000
	o.js.SetMaxCallStackSize(maxCallStack)
	o.js.SetTimeSource(time.Now)
	if err := o.js.Set("global", o.js.GlobalObject()); err != nil { // as in Node
		return err
	}
	if _, err := o.js.RunString(string(library)); err != nil {
		return err
	}
	factory, err := o.js.RunString(string(around))
	if err != nil {
		return err
	}
	make, _ := goja.AssertFunction(factory)
	evaluate, err := make(goja.Undefined(), o.js.Get("jsonata"), o.native())
	if err != nil {
		return err
	}
	o.evaluate, _ = goja.AssertFunction(evaluate)
	return nil
}

// native is what JavaScript has no functions for.
func (o *oracle) native() goja.Value {
	object := o.js.NewObject()
	for name, f := range map[string]func(goja.FunctionCall) any{
		"hash": func(call goja.FunctionCall) any {
			if sum, ok := native.Hash(call.Argument(0).String(), call.Argument(1).String()); ok {
				return sum
			}
			return nil
		},
		"encode": func(call goja.FunctionCall) any { return native.Base64Encode(call.Argument(0).String()) },
		"decode": func(call goja.FunctionCall) any { return native.Base64Decode(call.Argument(0).String()) },
		"random": func(call goja.FunctionCall) any { return native.SeededRandom(call.Argument(0).ToInteger()) },
		"uuid":   func(goja.FunctionCall) any { return native.UUID() },
	} {
		_ = object.Set(name, func(call goja.FunctionCall) goja.Value { return o.js.ToValue(f(call)) })
	}
	return object
}

var errOracleTooSlow = errors.New("the oracle takes too long")

// ask evaluates an expression; input and variables are JSON, "" for none. ok is false where the oracle itself is
// at its end.
func (o *oracle) ask(expression, input, variables string, library *Library) (a answer, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	const patience = time.Second / 2
	js := o.js
	guard := time.AfterFunc(patience, func() { js.Interrupt(errOracleTooSlow) })
	overflowed := false
	defer func() {
		if !guard.Stop() || overflowed { // what is left behind then settles no promise any more
			o.js = goja.New()
			if err := o.load(); err != nil {
				panic(err)
			}
		}
	}()
	promise, err := o.evaluate(goja.Undefined(), o.js.ToValue(expression), o.js.ToValue(input), o.js.ToValue(variables), o.js.ToValue(library == StepFunctions))
	if err != nil {
		overflowed = true
		return answer{}, false
	}
	settled, isPromise := promise.Export().(*goja.Promise)
	if !isPromise || settled.State() != goja.PromiseStateFulfilled {
		return answer{}, false
	}
	object := settled.Result().ToObject(js)
	text := func(name string) string {
		if v := object.Get(name); v != nil && !goja.IsUndefined(v) {
			return v.String()
		}
		return ""
	}
	a = answer{Text: text("text"), Code: text("code"), Message: text("message")}
	a.failed = object.Get("code") != nil || object.Get("message") != nil
	// What is wrong with JavaScript itself says nothing about the language.
	return a, !a.failed || a.Code != "" || a.Message == "function" || strings.Contains(a.Message, "$")
}

// here is the answer of this implementation.
func here(t testing.TB, expression, input, variables string, library *Library) answer {
	t.Helper()
	e, err := Compile(expression, library)
	var value any
	var defined bool
	if err == nil {
		bound := map[string]any{}
		if variables != "" {
			bound = bindings(t, variables)
		}
		document := undefined
		if input != "" {
			document = decode(t, []byte(input))
		}
		value, defined, err = e.Eval(t.Context(), document, bound)
	}
	var failure *Error
	switch {
	case errors.As(err, &failure):
		return answer{Code: failure.Code, Message: failure.Message, failed: true}
	case err != nil:
		t.Fatalf("%s: %v", expression, err)
	case !defined:
		return answer{}
	}
	return answer{Text: encode(value)}
}

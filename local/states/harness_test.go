package states

// This file is the tests' own small cloud: services that are functions, machines
// by their definition, and histories as lines of text.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// fakeService answers each action by a function.
type fakeService map[string]func(ctx context.Context, input map[string]any) (any, error)

func (f fakeService) Supports(action string) bool { return f[action] != nil }

func (f fakeService) Call(ctx context.Context, _ cloud.Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	var members map[string]any
	if err := json.Unmarshal(input, &members); err != nil {
		return nil, err
	}
	answer, err := f[action](ctx, members)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// world is one account with nothing in it but what a test puts there.
type world struct {
	t       *testing.T
	states  *StepFunctions
	cloud   *cloud.Cloud
	caller  cloud.Caller
	mu      sync.Mutex
	events  []cloud.Event
	metrics []cloud.Datum
}

func (w *world) Emit(e cloud.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *world) Observe(d cloud.Datum) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.metrics = append(w.metrics, d)
}

// inWorld runs a test under a virtual clock: a wait of a year takes no time.
func inWorld(t *testing.T, services map[string]fakeService, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, services)
		defer func() {
			w.cloud.Close()
			synctest.Wait()
			if n := w.states.crowd.working; n != 0 {
				t.Errorf("%d threads are still counted as working", n)
			}
		}()
		test(t, w)
	})
}

func newWorld(t *testing.T, services map[string]fakeService) *world {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	w := &world{t: t, cloud: c, states: New(c, Options{}), caller: c.Administrator()}
	c.Bus, c.Meter = w, w
	for name, service := range services {
		c.Register(name, service)
	}
	c.Register("states", w.states)
	return w
}

// create makes a Standard machine named "m".
func (w *world) create(definition string) *machine {
	w.t.Helper()
	return w.createNamed("m", definition, false)
}

func (w *world) createNamed(name, definition string, express bool) *machine {
	w.t.Helper()
	m, err := w.states.create(name, express, wish{text: definition, role: "arn:aws:iam::123456789012:role/r"})
	if err != nil {
		w.t.Fatalf("create %s: %v", name, err)
	}
	return m
}

// call performs an action of the API; its answer is decoded.
func (w *world) call(action string, input map[string]any) (map[string]any, error) {
	var answer map[string]any
	err := w.cloud.Do(context.Background(), w.caller, "states", action, input, &answer)
	return answer, err
}

func (w *world) mustCall(action string, input map[string]any) map[string]any {
	w.t.Helper()
	answer, err := w.call(action, input)
	if err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
	return answer
}

// start begins an execution and returns it.
func (w *world) start(m *machine, input string) *execution {
	w.t.Helper()
	e, err := m.now().start(context.Background(), startRequestBody{Input: &input})
	if err != nil {
		w.t.Fatalf("start: %v", err)
	}
	return e
}

// finish runs an execution to its end.
func (w *world) finish(m *machine, input string) (*execution, outcome) {
	w.t.Helper()
	e := w.start(m, input)
	<-e.done()
	o, _ := e.now()
	return e, o
}

// run creates a machine and runs it.
func (w *world) run(definition, input string) (*execution, outcome) {
	w.t.Helper()
	return w.finish(w.create(definition), input)
}

// lines returns the history, one event a line: id<previous, type, details.
func (w *world) lines(e *execution) []string {
	w.t.Helper()
	var lines []string
	for _, event := range e.history.snapshot() {
		text, err := event.encode()
		if err != nil {
			w.t.Fatal(err)
		}
		rendered, err := present(text, true)
		if err != nil {
			w.t.Fatal(err)
		}
		line := fmt.Sprintf("%d<%d %s", event.id, event.previous, event.kind)
		if event.details != nil {
			members := rendered[event.details.member()].(map[string]any)
			for _, about := range payloadMembers() {
				delete(members, about)
			}
			text, err := jsonvalue.Encode(jsonvalue.Of(members))
			if err != nil {
				w.t.Fatal(err)
			}
			if text != "{}" {
				line += " " + text
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// expectHistory compares a history with lines.
func (w *world) expectHistory(e *execution, want string) {
	w.t.Helper()
	got := strings.Join(w.lines(e), "\n")
	if want = trimLines(want); got != want {
		w.t.Errorf("history:\n%s\nwant:\n%s", got, want)
	}
}

// expectTypes compares the types of a history's events.
func (w *world) expectTypes(e *execution, want ...string) {
	w.t.Helper()
	var got []string
	for _, event := range e.history.snapshot() {
		got = append(got, event.kind)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("events: %v\nwant:   %v", got, want)
	}
}

func trimLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

// expectCode checks the code of an API's error.
func expectCode(t *testing.T, err error, code string) {
	t.Helper()
	var e *cloud.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("error %v, want code %s", err, code)
	}
}

// functions is a Lambda service whose functions are Go functions. A function
// that returns a *thrown fails as a handler does.
type functions map[string]func(ctx context.Context, payload any) (any, error)

// thrown is a handler's error.
type thrown struct{ errorType, message string }

func (e *thrown) Error() string { return e.errorType + ": " + e.message }

func (f functions) service() fakeService {
	return fakeService{"Invoke": func(ctx context.Context, input map[string]any) (any, error) {
		name := input["FunctionName"].(string)
		function := f[name[strings.LastIndex(name, ":")+1:]]
		if function == nil {
			return nil, cloud.Errorf(404, "ResourceNotFoundException", "Function not found: %s", name)
		}
		result, err := function(ctx, input["Payload"])
		var t *thrown
		if errors.As(err, &t) {
			return map[string]any{"StatusCode": 200, "ExecutedVersion": "$LATEST", "FunctionError": "Unhandled",
				"Payload": map[string]any{"errorMessage": t.message, "errorType": t.errorType}}, nil
		}
		if err != nil {
			return nil, err
		}
		return map[string]any{"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": result}, nil
	}}
}

// lambdaOnly is a world's services with these functions.
func lambdaOnly(f functions) map[string]fakeService {
	return map[string]fakeService{"lambda": f.service()}
}

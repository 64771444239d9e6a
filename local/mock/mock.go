// Package mock reads mock configurations, the files by which Step Functions Local
// is told what tasks answer in a test (MockConfigFile.json), and counts which
// answer comes next.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
//
// A test case of a state machine names, for states, the responses that they get
// without their service being called. Beside state machines the engine takes
// services from the file: "aws-sdk:glue" in the place of a state machine, a name
// or pattern of resources in the place of a test case, and an action in the place
// of a state. What the response says is then what becomes of the job that the
// action starts.
package mock

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Config is what mock configurations say. A nil one says nothing. It is safe for
// concurrent use.
type Config struct {
	machines map[string]machine // by name
	scripts  map[string][]script
}

// machine has the test cases of a state machine by name.
type machine map[string]Case

// Case is a test case: the responses of states, by the state's name.
type Case map[string]*Responses

// script is what a service answers about the resources of a pattern.
type script struct {
	pattern string
	actions map[string]*Counter // by action, in lower case
}

// servicePrefix begins the name of a service in the place of a state machine's,
// which cannot have a colon.
const servicePrefix = "aws-sdk:"

// Machines returns the names of the state machines that have test cases.
func (c *Config) Machines() []string {
	if c == nil {
		return nil
	}
	var names []string
	for name := range c.machines {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Cases returns the test cases of a state machine, by name.
func (c *Config) Cases(machine string) map[string]Case {
	if c == nil {
		return nil
	}
	return c.machines[machine]
}

// Next returns the response to the next call of an action ("createTrainingJob",
// in any case) on a resource of a service ("sagemaker"), by its name: that of the
// longest pattern that the name matches and that has the action. It returns nil
// if there is none, and fails if there are only responses to earlier calls.
func (c *Config) Next(service, action, resource string) (*Response, error) {
	if c == nil {
		return nil, nil
	}
	for _, s := range c.scripts[service] {
		counter := s.actions[strings.ToLower(action)]
		if counter == nil || !matches(s.pattern, resource) {
			continue
		}
		response, err := counter.Next()
		if err != nil {
			return nil, fmt.Errorf("%s of %s%s for %s: %w", action, servicePrefix, service, s.pattern, err)
		}
		return response, nil
	}
	return nil, nil
}

// matches tells whether a name is of a pattern, in which * stands for any text.
func matches(pattern, name string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	if !ok {
		return false
	}
	for i := range len(name) + 1 {
		if matches(rest, name[i:]) {
			return true
		}
	}
	return false
}

// Responses are what is answered to one call after the other.
type Responses struct {
	name  string
	spans []span // in order
}

// span is the response to the calls from first to last, counted from 0.
type span struct {
	first, last int
	response    Response
}

// Response is what is answered: either member is set.
type Response struct {
	Return json.RawMessage
	Throw  *Throw
}

// Return is the response with a result, a valid JSON text, without how that is laid out.
func Return(result json.RawMessage) Response {
	var short bytes.Buffer
	if err := json.Compact(&short, result); err != nil {
		return Response{Return: result}
	}
	return Response{Return: short.Bytes()}
}

// Throw is an error as Retry and Catch see it.
type Throw struct{ Error, Cause string }

// Counter gives out responses, one a call. It is safe for concurrent use.
type Counter struct {
	responses *Responses
	mu        sync.Mutex
	calls     int
}

// Of is what mock configurations say that have one test case of one state machine.
func Of(name, title string, c Case) *Config {
	return &Config{machines: map[string]machine{name: {title: c}}}
}

// Always returns one response to every call.
func Always(name string, response Response) *Responses {
	return &Responses{name: name, spans: []span{{0, math.MaxInt, response}}}
}

// Sequence returns responses to one call after the other, from call 0 on.
func Sequence(name string, responses ...Response) *Responses {
	r := &Responses{name: name}
	for i, response := range responses {
		r.spans = append(r.spans, span{i, i, response})
	}
	return r
}

// Count returns a counter that begins with the response to call 0.
func (r *Responses) Count() *Counter { return &Counter{responses: r} }

// Next returns the response to the next call. It fails if there is none for it.
func (c *Counter) Next() (*Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := c.calls
	c.calls++
	i, ok := slices.BinarySearchFunc(c.responses.spans, call, func(s span, call int) int {
		if call < s.first {
			return 1
		}
		return min(0, cmp.Compare(s.last, call))
	})
	if !ok {
		return nil, fmt.Errorf("the mocked response %s has nothing for call %d, counted from 0", c.responses.name, call)
	}
	return &c.responses.spans[i].response, nil
}

// TaskFailed is the error of a job that has failed, as .sync has it.
const TaskFailed = "States.TaskFailed"

// Refusal is the error of an API's call that a Throw stands for, unless it is
// that of a failed job: then it is nil.
func (t *Throw) Refusal() error {
	if t == nil || t.Error == TaskFailed {
		return nil
	}
	code := t.Error[strings.LastIndex(t.Error, ".")+1:]
	status := 400
	if strings.HasPrefix(code, "Internal") || strings.HasPrefix(code, "ServiceUnavailable") {
		status = 500
	}
	return cloud.Errorf(status, code, "%s", t.Cause)
}

// Describe fills in what a response says of a job, and tells whether that is
// that it has failed. A Cause that is no JSON object is the reason.
func (r *Response) Describe(job any, reason *string) (failed bool, err error) {
	text := r.Return
	if r.Throw != nil {
		if !strings.HasPrefix(strings.TrimSpace(r.Throw.Cause), "{") {
			*reason = r.Throw.Cause
			return true, nil
		}
		text = json.RawMessage(r.Throw.Cause)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(job); err != nil {
		return false, fmt.Errorf("the mocked response is not of the job's shape: %w", err)
	}
	return r.Throw != nil, nil
}

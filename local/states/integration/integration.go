// Package integration is what the Task states of a state machine can call: the
// optimized integrations, one file each and one entry each of a table (table.go),
// and any action of a service under the SDK's name of it (sdk.go). It knows how
// an integration's parameters, answers and errors differ from those of the API
// behind it; the interpreter of the language knows no service.
package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// An Integration is one API action that tasks can call.
type Integration struct {
	ResourceType string // in history: "sqs", "aws-sdk:dynamodb"
	Service      string // the engine's service: "sqs"
	Action       string // "SendMessage"
	Direct       bool   // a Lambda function named by its own ARN
	Callback     bool   // supports .waitForTaskToken

	// Rule is the rule of EventBridge that .sync has made, which the state
	// machine's role must permit. Default: .sync needs none.
	Rule string

	naming  naming   // of its errors
	members *members // of requests and answers of the SDK; nil: as the API has them

	// prepare makes the request out of the task's parameters; nil: it is them.
	// It must not change its argument.
	prepare func(t Task, parameters Document) (any, error)

	// failed finds a failure in an answer that is none of the service's; nil:
	// there is none.
	failed func(result any, output json.RawMessage) *Failure

	// answer makes the task's result out of the service's; nil: it is that.
	answer func(result any) (any, error)

	// metadata tells of the HTTP answer in the result; nil: nothing is told.
	metadata *metadata

	// part is the member of the service's answer that is the task's result, if
	// that is not all of it: its text is kept.
	part string

	// job waits for the job that a call has started, and stop ends
	// the job early. nil: no .sync.
	job  func(ctx context.Context, t Task, s Started) (any, error)
	stop func(t Task, s Started)

	// described is the action whose answer tells of the job, or the member
	// describedWithin of that.
	described, describedWithin string
}

// Started is a call that has started a job.
type Started struct {
	Version    int // of .sync: 1, or 2
	Parameters any // of the task
	Answer     any // the task's, as the call gave it
}

// parameter is a parameter that is a text, and answer a member of the answer that
// is one.
func (s Started) parameter(name string) string { return textIn(s.Parameters, name) }
func (s Started) answer(name string) string    { return textIn(s.Answer, name) }

func textIn(object any, name string) string {
	members, _ := object.(*jsonvalue.Object)
	value, _ := members.Get(name)
	text, _ := value.(string)
	return text
}

// A Task is who calls: a task of an execution.
type Task interface {
	// Perform performs an action as the state machine's role. The answer is the
	// service's own Go value, or JSON.
	Perform(ctx context.Context, service, action string, request json.RawMessage) (any, error)

	// Input is the Go type of an action's input; nil where it is not known.
	Input(service, action string) reflect.Type

	// Execution and Machine are the ARNs of the task's own.
	Execution() string
	Machine() string

	// AwaitExecution waits until an execution of a Standard machine has ended,
	// and describes it as DescribeExecution does. StopExecution aborts one.
	AwaitExecution(ctx context.Context, arn string) (json.RawMessage, error)
	StopExecution(arn string)

	// AwaitJob waits until a job of a service has ended, by the id that the
	// service gives it.
	AwaitJob(ctx context.Context, service, id string) error
}

// A Failure is why a call has no result, as Retry and Catch see it. Any other
// error of this package is one of the state's own, States.Runtime.
type Failure struct {
	Name  string
	Cause string
	Also  []string // further names that a Retry or a Catch may use for it

	// OfState means that the cause is told as that of the state.
	OfState bool
}

func (f *Failure) Error() string { return f.Name + ": " + f.Cause }

// The language's own error names that integrations use.
const (
	errPermissions = "States.Permissions"
	errRuntime     = "States.Runtime"
	errTaskFailed  = "States.TaskFailed"
)

// A Document is what a task calls with, or its result: as a value, and as its
// text, which a result may be without.
type Document struct {
	Value any
	Text  string
}

// Call performs the action.
func (i *Integration) Call(ctx context.Context, t Task, p Document) (Document, error) {
	request, err := i.request(t, p)
	if f, ok := errors.AsType[*Failure](err); ok {
		return Document{}, f
	}
	if refused, ok := errors.AsType[*cloud.Error](err); ok {
		return Document{}, i.naming.failure(refused)
	}
	if err != nil {
		cause := fmt.Sprintf("The Parameters '%s' could not be used to start the Task: [%v]", p.Text, err)
		return Document{}, &Failure{Name: errRuntime, Cause: cause, OfState: true}
	}
	answer, err := t.Perform(ctx, i.Service, i.Action, request)
	over := ctx.Err() != nil // an id drawn as an execution is stopped would race with that of its event
	if err != nil && over {
		return Document{}, err
	}
	if err != nil {
		return Document{}, i.naming.failure(err)
	}
	output, err := encoded(answer)
	if err != nil {
		return Document{}, i.naming.failure(err)
	}
	result := Document{Value: jsonvalue.NewObject(0)}
	if len(output) > 0 {
		if result.Value, err = jsonvalue.Decode(output); err != nil {
			return Document{}, i.naming.failure(err)
		}
	}
	if i.members != nil {
		result.Value = i.members.answer(result.Value, answer)
	}
	if i.failed != nil {
		if f := i.failed(result.Value, output); f != nil {
			return Document{}, f
		}
	}
	if i.part != "" {
		answer, _ := result.Value.(*jsonvalue.Object)
		result.Value, _ = answer.Get(i.part)
		result.Text = memberText(output, i.part)
	}
	if i.answer != nil {
		result.Value, err = i.answer(result.Value)
	}
	if i.metadata != nil && err == nil && !over {
		i.metadata.add(result.Value, output)
	}
	return result, err
}

// call performs an action whose answer is wanted as JSON.
func call(ctx context.Context, t Task, service, action string, request json.RawMessage) (json.RawMessage, error) {
	answer, err := t.Perform(ctx, service, action, request)
	if err != nil {
		return nil, err
	}
	return encoded(answer)
}

// encoded is an answer as JSON.
func encoded(answer any) (json.RawMessage, error) {
	if text, ok := answer.(json.RawMessage); ok {
		return text, nil
	}
	return cloud.Encode(answer)
}

// memberText is the text of a member of an object as it is written there.
func memberText(object json.RawMessage, name string) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return ""
	}
	return string(members[name])
}

func (i *Integration) request(t Task, p Document) (json.RawMessage, error) {
	if i.prepare == nil {
		return json.RawMessage(p.Text), nil
	}
	request, err := i.prepare(t, p)
	if err != nil {
		return nil, err
	}
	if i.members != nil {
		if request, err = i.members.toAPI(i.Action, request, t.Input(i.Service, i.Action)); err != nil {
			return nil, err
		}
	}
	text, err := jsonvalue.Encode(request)
	return json.RawMessage(text), err
}

// Runs tells whether a call starts a job that .sync can wait for.
func (i *Integration) Runs() bool { return i.job != nil }

// Await waits for the job that a call has started, and returns the task's result.
func (i *Integration) Await(ctx context.Context, t Task, s Started) (any, error) {
	return i.job(ctx, t, s)
}

// Stop ends the job early.
func (i *Integration) Stop(t Task, s Started) { i.stop(t, s) }

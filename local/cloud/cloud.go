// Package cloud is the ground that the services of the local engine stand on:
// who calls, how one service calls another, how a call fails, and how long
// background work lives. It knows no service.
package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"
)

// API is one AWS service, called with the JSON shapes of its own API, whether
// the call came over the wire, from a state machine or from a REST API.
type API interface {
	// Supports tells whether Call knows the action, so that what would call
	// it can be refused when it is loaded.
	Supports(action string) bool

	// Call performs one action ("SendMessage") after authorizing the caller.
	// A failure that AWS documents is an *Error.
	Call(ctx context.Context, caller Caller, action string, input json.RawMessage) (json.RawMessage, error)
}

// Typed is an API whose actions have Go types, as those of Operations have.
// Protocols that are not JSON need them: to know a number from a text in the
// input, and a time from a number in the output.
type Typed interface {
	API

	// Input returns the type of an action's input; nil for an unknown action.
	Input(action string) reflect.Type

	// Perform is Call with the output as a Go value, which can be encoded as JSON.
	Perform(ctx context.Context, caller Caller, action string, input json.RawMessage) (output any, err error)
}

// Idler is an API that knows of readers who ask again and again for what is new.
type Idler interface {
	// Idle tells whether a caller who reads at a place, a queue's address or behind a
	// stream's iterator, would find nothing, also if the call were to wait for so long,
	// which Idle does then: the call need not be made, and has been counted. When the
	// iterator will soon be too old, or the call would fail, it is not idle.
	Idle(ctx context.Context, caller Caller, place string, wait time.Duration) bool
}

// FailureObserver is an API that has metrics of the calls that failed, whether
// by itself or by a Fault.
type FailureObserver interface{ Failed(call Call, err error) }

// Call is one API call as a Fault sees it.
type Call struct {
	Caller  Caller
	Service string          // as in IAM actions: "dynamodb"
	Action  string          // "TransactWriteItems"
	Input   json.RawMessage // of S3's requests only what their paths have: bucket and key
}

// Fault may make a call fail before its service sees it: a non-nil error is
// the call's answer. Tests use it to throttle and to break things.
type Fault func(ctx context.Context, call Call) error

// Around stands around API calls, as a network does: it may wait before and
// after, not perform a call at all, perform it more than once or with another
// input, and lose or change the answer. What it returns is the call's answer.
// Simulations use it.
type Around func(ctx context.Context, call Call, perform Perform) (output any, err error)

// Perform makes a call's service perform it.
type Perform func(ctx context.Context, input json.RawMessage) (output any, err error)

// Authorizer decides whether a caller may perform an action.
type Authorizer interface {
	// Authorize returns nil or an *Error with code AccessDeniedException.
	Authorize(caller Caller, action, resourceARN string) error

	// Assume makes the caller that an AWS service ("states.amazonaws.com")
	// becomes by taking on a role whose trust policy names it.
	Assume(service Caller, roleARN, session string) (Caller, error)
}

// SessionAuthorizer is an Authorizer that takes session policies.
type SessionAuthorizer interface {
	Authorizer

	// AssumeWithin is Assume for a session that may do no more than an inline
	// session policy allows.
	AssumeWithin(service Caller, roleARN, session, policy string) (Caller, error)
}

// ResourcePolicies keeps the policies of resources for the authorizer.
type ResourcePolicies interface {
	// SetResourcePolicy makes a document one part of the resource's policy, in
	// place of the part that had the name. Without a document the part is gone.
	// Where a resource has only one document, the name is empty.
	SetResourcePolicy(resourceARN, part string, policy json.RawMessage) error

	// ReadPolicy checks a document, for Caller.ResourcePolicy.
	ReadPolicy(document json.RawMessage) (ResourcePolicy, error)
}

// ResourcePolicy is a policy document in the form of the ResourcePolicies that
// read it.
type ResourcePolicy interface{ ResourcePolicy() }

// Bus takes the events that AWS services emit on the default event bus.
type Bus interface{ Emit(Event) }

// Trail takes the API calls that CloudTrail may record.
type Trail interface {
	// Record takes a call as CloudTrail has it, of a service whose records it
	// cannot make: those of data events.
	Record(APICall)

	// Called takes each call that an API has answered: with an output, a Go
	// value or JSON, or with an error.
	Called(ctx context.Context, call Call, output any, err error)
}

// Cloud joins the services of one engine. Set its exported fields before the
// first call; all methods are safe for concurrent use after that.
type Cloud struct {
	Site
	Authorizer Authorizer
	Policies   ResourcePolicies
	Bus        Bus
	Trail      Trail
	Meter      Meter
	Fault      Fault         // optional
	Around     Around        // optional
	Past       time.Duration // how long services know what was, for reads WithAge; optional: they do not
	Causes     bool          // services note what caused what; optional: they do not
	Ports      Ports         // optional: any port is good
	Keeper     Keeper        // optional: nothing is kept

	began    time.Time
	services map[string]API
	metrics  []*Metric
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// New returns a cloud without services.
func New(site Site) *Cloud {
	ctx, cancel := context.WithCancel(context.Background())
	return &Cloud{Site: site, began: time.Now(), services: map[string]API{}, ctx: ctx, cancel: cancel}
}

// Register adds a service under its IAM prefix ("sqs"). It must not run
// concurrently with calls.
func (c *Cloud) Register(service string, api API) { c.services[service] = api }

// Has tells whether a service is registered.
func (c *Cloud) Has(service string) bool { return c.services[service] != nil }

// Supports tells whether a registered service knows the action.
func (c *Cloud) Supports(service, action string) bool {
	api, ok := c.services[service]
	return ok && api.Supports(action)
}

// Call performs an action of a service as the caller. Input and output are
// the JSON shapes of the service's API.
func (c *Cloud) Call(ctx context.Context, caller Caller, service, action string, input json.RawMessage) (json.RawMessage, error) {
	output, err := c.Perform(Onward(ctx), caller, service, action, input)
	if err != nil {
		return nil, err
	}
	if encoded, ok := output.(json.RawMessage); ok {
		return encoded, nil
	}
	encoded, err := Encode(output)
	if err != nil {
		return nil, fmt.Errorf("encode the output of %s:%s: %w", service, action, err)
	}
	return encoded, nil
}

// Perform is Call with the output as the service's own Go value, where the
// service is Typed.
func (c *Cloud) Perform(ctx context.Context, caller Caller, service, action string, input json.RawMessage) (any, error) {
	call := Call{caller, service, action, input}
	api, ok := c.services[service]
	if !ok || !api.Supports(action) {
		return nil, Errorf(400, "UnknownOperationException", "the local engine does not serve %s:%s", service, action)
	}
	ctx = c.calling(ctx, call)
	output, err := c.attempt(ctx, api, call)
	if observer, ok := api.(FailureObserver); ok && err != nil {
		observer.Failed(call, err)
	}
	if c.Trail != nil {
		c.Trail.Called(ctx, call, output, err)
	}
	return output, err
}

// attempt performs a call that no fault hits.
func (c *Cloud) attempt(ctx context.Context, api API, call Call) (any, error) {
	return c.Surround(ctx, call, func(ctx context.Context, input json.RawMessage) (any, error) {
		if typed, ok := api.(Typed); ok {
			return typed.Perform(ctx, call.Caller, call.Action, input)
		}
		return api.Call(ctx, call.Caller, call.Action, input)
	})
}

// Surround performs a call unless Fault or Around keep it from that. Only what
// does not come through Call or Perform needs it.
func (c *Cloud) Surround(ctx context.Context, call Call, perform Perform) (any, error) {
	if err := c.Interrupt(ctx, call); err != nil {
		return nil, err
	}
	if c.Around == nil {
		return perform(ctx, call.Input)
	}
	return c.Around(ctx, call, perform)
}

// Input returns the Go type of an action's input, or nil where it is not known.
func (c *Cloud) Input(service, action string) reflect.Type {
	if typed, ok := c.services[service].(Typed); ok {
		return typed.Input(action)
	}
	return nil
}

// Effect tells what comes of a member of an action's input, by its path; that of
// a service which is not of Operations is honoured.
func (c *Cloud) Effect(service, action, member string) Effect {
	if operations, ok := c.services[service].(interface {
		Effect(action, path string) Effect
	}); ok {
		return operations.Effect(action, member)
	}
	return Honoured
}

// Interrupt asks Fault whether a call fails before its service sees it: of what
// does not come through Call, Perform or Surround.
func (c *Cloud) Interrupt(ctx context.Context, call Call) error {
	if c.Fault == nil {
		return nil
	}
	return c.Fault(ctx, call)
}

// Do is Call with Go values: in is marshalled, and out, unless nil, is
// unmarshalled from the answer.
func (c *Cloud) Do(ctx context.Context, caller Caller, service, action string, in, out any) error {
	input, err := Encode(in)
	if err != nil {
		return fmt.Errorf("encode the input of %s:%s: %w", service, action, err)
	}
	output, err := c.Call(ctx, caller, service, action, input)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(output, out); err != nil {
		return fmt.Errorf("decode the output of %s:%s: %w", service, action, err)
	}
	return nil
}

// Idle asks an Idler; a service that is none is never idle.
func (c *Cloud) Idle(ctx context.Context, caller Caller, service, place string, wait time.Duration) bool {
	api, ok := c.services[service].(Idler)
	return ok && api.Idle(ctx, caller, place, wait)
}

// Authorize asks the authorizer; a cloud without one allows everything.
func (c *Cloud) Authorize(caller Caller, action, resourceARN string) error {
	if c.Authorizer == nil {
		return nil
	}
	return c.Authorizer.Authorize(caller, action, resourceARN)
}

// MayPass asks whether a caller may give a role to a service
// ("scheduler.amazonaws.com"), which takes it on later.
func (c *Cloud) MayPass(caller Caller, role, service string) error {
	return c.Authorize(caller.With("iam:PassedToService", service), "iam:PassRole", role)
}

// Assume makes the caller that an AWS service becomes by taking on a role on
// behalf of a resource: see ServiceCaller. In a cloud without an authorizer
// every role can be taken on.
func (c *Cloud) Assume(service Caller, roleARN, session string) (caller Caller, err error) {
	if c.Authorizer == nil {
		caller = Caller{ARN: roleARN, Role: roleARN}
	} else if caller, err = c.Authorizer.Assume(service, roleARN, session); err != nil {
		return Caller{}, err
	}
	caller.AssumedBy = service.Service
	return caller, nil
}

// AssumeWithin is Assume for a session that has a policy document of its own; an
// empty one takes nothing away.
func (c *Cloud) AssumeWithin(service Caller, roleARN, session, policy string) (Caller, error) {
	if c.Authorizer == nil || policy == "" {
		return c.Assume(service, roleARN, session)
	}
	authorizer, ok := c.Authorizer.(SessionAuthorizer)
	if !ok {
		return Caller{}, errors.New("this engine enforces no session policies")
	}
	caller, err := authorizer.AssumeWithin(service, roleARN, session, policy)
	if err != nil {
		return Caller{}, err
	}
	caller.AssumedBy = service.Service
	return caller, nil
}

var errNoPolicies = errors.New("this engine keeps no resource policies")

// SetResourcePolicy sets a part of the policy of a resource.
func (c *Cloud) SetResourcePolicy(resourceARN, part string, policy json.RawMessage) error {
	if c.Policies == nil && policy == nil {
		return nil
	}
	if c.Policies == nil {
		return errNoPolicies
	}
	return c.Policies.SetResourcePolicy(resourceARN, part, policy)
}

// ReadPolicy reads the policy of a resource that does not come to be under its
// ARN: see Caller.ResourcePolicy.
func (c *Cloud) ReadPolicy(document json.RawMessage) (ResourcePolicy, error) {
	if c.Policies == nil {
		return nil, errNoPolicies
	}
	return c.Policies.ReadPolicy(document)
}

// Emit puts an event of an AWS service on the default event bus.
func (c *Cloud) Emit(e Event) {
	if c.Bus != nil {
		c.Bus.Emit(e)
	}
}

// Record hands an API call to CloudTrail.
func (c *Cloud) Record(call APICall) {
	if c.Trail != nil {
		c.Trail.Record(call)
	}
}

// Go runs background work that ends when ctx does; Close waits for it.
func (c *Cloud) Go(work func(ctx context.Context)) {
	c.work.Go(func() { work(c.ctx) })
}

// Start runs background work as Go does, until it is stopped at the latest. To
// stop it waits until it has ended.
func (c *Cloud) Start(work func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(c.ctx)
	ended := make(chan struct{})
	c.work.Go(func() {
		defer close(ended)
		work(ctx)
	})
	return func() {
		cancel()
		<-ended
	}
}

// Close ends all background work and waits until it has ended.
func (c *Cloud) Close() {
	c.cancel()
	c.work.Wait()
}

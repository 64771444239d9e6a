package cloud

// This file is what the APIs of all services share: how a call finds its
// action, and how JSON becomes the action's input and its output becomes JSON.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Operations are the actions of a service, by name. They implement API; a
// service embeds them.
type Operations map[string]Operation

// Operation is one action. Handle makes one.
type Operation struct {
	input   reflect.Type
	strict  *strict // of Strict; otherwise nil
	perform func(ctx context.Context, caller Caller, input json.RawMessage, strict *strict) (output any, err error)
}

// Supports implements API.
func (o Operations) Supports(action string) bool {
	_, ok := o[action]
	return ok
}

// Input implements Typed.
func (o Operations) Input(action string) reflect.Type { return o[action].input }

// Call implements API. It fails with UnknownOperationException if the service
// has no such action.
func (o Operations) Call(ctx context.Context, caller Caller, action string, input json.RawMessage) (json.RawMessage, error) {
	output, err := o.Perform(ctx, caller, action, input)
	if err != nil {
		return nil, err
	}
	encoded, err := Encode(output)
	if err != nil {
		return nil, fmt.Errorf("encode the output of %s: %w", action, err)
	}
	return encoded, nil
}

// Perform implements Typed.
func (o Operations) Perform(ctx context.Context, caller Caller, action string, input json.RawMessage) (any, error) {
	operation, ok := o[action]
	if !ok {
		return nil, Errorf(400, "UnknownOperationException", "the local engine does not serve the action %q", action)
	}
	return operation.perform(ctx, caller, input, operation.strict)
}

// Handle makes an operation of a function over the shapes of the action. An
// input of another shape fails with SerializationException, unless decoding it
// fails with an *Error of its own; an empty one has no members.
func Handle[In, Out any](do func(ctx context.Context, caller Caller, in In) (Out, error)) Operation {
	names := membersOf(reflect.TypeFor[In]())
	perform := func(ctx context.Context, caller Caller, input json.RawMessage, strict *strict) (any, error) {
		var in In
		if len(input) > 0 {
			if err := names.decode(input, &in); err != nil {
				return nil, err
			}
			if err := strict.check(input); err != nil {
				return nil, err
			}
		}
		return do(ctx, caller, in)
	}
	return Operation{input: reflect.TypeFor[In](), perform: perform}
}

func (m members) decode(input json.RawMessage, in any) error {
	if err := json.Unmarshal(input, in); err != nil {
		if documented, ok := errors.AsType[*Error](err); ok {
			return documented
		}
		return Errorf(400, "SerializationException", "the input is not of the action's shape: %v", err)
	}
	if written, want := m.misspelled(input); written != "" {
		return Errorf(400, "SerializationException", "the input's member %q has the wrong case: AWS would not take it for %q", written, want)
	}
	return nil
}

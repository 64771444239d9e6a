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
	input reflect.Type
	known *shape // of the input; what it has not is refused
	do    func(ctx context.Context, caller Caller, in any) (output any, err error)
	past  bool // see TellsPast
	tells bool // see TellsCauses
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
	in := reflect.New(operation.input).Interface()
	if len(input) > 0 {
		if err := decode(input, in); err != nil {
			return nil, err
		}
		if err := operation.known.check(action, input); err != nil {
			return nil, err
		}
	}
	return operation.do(ctx, caller, in)
}

// Handle makes an operation of a function over the shapes of the action. An
// input of another shape fails with SerializationException, unless decoding it
// fails with an *Error of its own; one with a member that the type does not have
// fails with NotImplemented, or with SerializationException if only the case of
// its name is wrong, which AWS minds; an empty one has no members.
func Handle[In, Out any](do func(ctx context.Context, caller Caller, in In) (Out, error)) Operation {
	return HandleAs(reflect.TypeFor[In](), func(ctx context.Context, caller Caller, in any) (any, error) {
		return do(ctx, caller, *in.(*In))
	})
}

// HandleAs is Handle for a type of input that is made while the program runs: in
// points to one.
func HandleAs(input reflect.Type, do func(ctx context.Context, caller Caller, in any) (any, error)) Operation {
	return Operation{input: input, known: shapeOf(input), do: do}
}

// Without is the operation for an action that does not have these members of its
// input, a type that it shares with others. Members are paths, as Effect has them.
func (o Operation) Without(members ...string) Operation {
	for _, path := range members {
		o.known = o.known.less(path)
	}
	return o
}

// TellingPast is the operation for an action that sees what was, if it is called
// WithAge.
func (o Operation) TellingPast() Operation {
	o.past = true
	return o
}

// TellingCauses is the operation for an action that tells what caused what it answers.
func (o Operation) TellingCauses() Operation {
	o.tells = true
	return o
}

// TellsCauses tells whether an action does so for who is Asking.
func (o Operations) TellsCauses(action string) bool { return o[action].tells }

// TellsPast tells whether an action sees what was, if it is called WithAge.
func (o Operations) TellsPast(action string) bool { return o[action].past }

func decode(input json.RawMessage, in any) error {
	if err := json.Unmarshal(input, in); err != nil {
		if documented, ok := errors.AsType[*Error](err); ok {
			return documented
		}
		misfit := Errorf(400, "SerializationException", "the input is not of the action's shape: %v", err)
		misfit.cause = err
		return misfit
	}
	return nil
}

package cloud

// This file is what caused what: things that calls make know the call and what it came
// of, and so back to the client or the moment that began it.

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// Cause is something that has happened. It does not change; whoever has made something
// of it keeps it, and so do those that have made something of that.
type Cause struct {
	Type     string    // "item", "object", "message", "event", "invocation", "execution", ...
	Resource string    // ARN of what it is of
	ID       string    // which one of the resource's; may be empty
	Action   string    // the call that made it, as in IAM: "sqs:SendMessage"; empty: none
	By       string    // ARN of who has called
	At       time.Time // when
	Of       []*Cause  // what it came of, or one of them; none: of nothing that the engine knows

	depth int
}

// maxDepth is how far back causes go at most, so that what causes itself for ever is
// not kept for ever.
const maxDepth = 100

// Happened notes that something has. It returns nil where nobody asks for causes.
func (c *Cloud) Happened(what Cause) *Cause {
	if !c.Causes {
		return nil
	}
	if what.At.IsZero() {
		what.At = time.Now()
	}
	for _, cause := range what.Of {
		what.depth = max(what.depth, cause.depth+1)
	}
	if what.depth > maxDepth {
		what.Of, what.depth = nil, 0
	}
	return &what
}

// Named is the same with an id that was not known, or not needed, when it happened.
func (c *Cause) Named(id string) *Cause {
	if c == nil {
		return nil
	}
	named := *c
	named.ID = id
	return &named
}

// Made is Happened for a thing that the call of a context makes, by itself or later on.
func (c *Cloud) Made(ctx context.Context, kind, resource, id string) *Cause {
	if !c.Causes {
		return nil
	}
	what := Cause{Type: kind, Resource: resource, ID: id, Of: CausesOf(ctx, Caller{})}
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		what.Action, what.By = call.Service+":"+call.Action, call.Caller.ARN
	}
	return c.Happened(what)
}

type (
	callKey   struct{}
	causesKey struct{}
	tellKey   struct{}
)

// calling returns the context of a call, by which Made knows it.
func (c *Cloud) calling(ctx context.Context, call Call) context.Context {
	if !c.Causes {
		return ctx
	}
	ctx = Because(ctx, CausesOf(ctx, call.Caller)...)
	return context.WithValue(ctx, callKey{}, &Call{Caller: call.Caller, Service: call.Service, Action: call.Action})
}

// Because returns a context for what comes of something, or of one of several. Where
// there is no cause, it comes of nothing.
func Because(ctx context.Context, causes ...*Cause) context.Context {
	causes = slices.DeleteFunc(slices.Clone(causes), func(c *Cause) bool { return c == nil })
	if len(causes) == 0 {
		return ctx
	}
	return context.WithValue(ctx, causesKey{}, causes)
}

// Known is a list of a cause, unless there is none.
func Known(cause *Cause) []*Cause {
	if cause == nil {
		return nil
	}
	return []*Cause{cause}
}

// CausesOf are what a caller's call with this context comes of.
func CausesOf(ctx context.Context, caller Caller) []*Cause {
	causes, _ := ctx.Value(causesKey{}).([]*Cause)
	if len(causes) > 0 || caller.During == nil {
		return causes
	}
	return Known(caller.During())
}

// Asking returns a context for a call that is asked for the causes of what it answers.
// It fails if the action does not tell them.
func (c *Cloud) Asking(ctx context.Context, service, action string, told func(*Cause)) (context.Context, error) {
	switch teller, ok := c.services[service].(interface{ TellsCauses(action string) bool }); {
	case !ok || !teller.TellsCauses(action):
		return nil, Errorf(http.StatusNotImplemented, "NotImplemented", "%s:%s tells no causes", service, action)
	case !c.Causes:
		return nil, Errorf(http.StatusBadRequest, "ValidationException", "the engine notes no causes: it was not told to when it started")
	}
	return Hearing(ctx, told), nil
}

// Hearing returns a context for a call whose causes somebody hears, if there are any.
func Hearing(ctx context.Context, told func(*Cause)) context.Context {
	return context.WithValue(ctx, tellKey{}, told)
}

// Asked tells whether somebody asks for causes.
func Asked(ctx context.Context) bool { return ctx.Value(tellKey{}) != nil }

// Tell tells who has asked a call for causes of one thing that it answers.
func Tell(ctx context.Context, cause *Cause) {
	if told, ok := ctx.Value(tellKey{}).(func(*Cause)); ok && cause != nil {
		told(cause)
	}
}

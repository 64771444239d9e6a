package cloud

import (
	"context"
	"net/http"
	"time"
)

type (
	momentKey struct{}
	asOfKey   struct{}
	afterKey  struct{}
)

// WithAge returns a context in which reads that a service answers from a copy of
// what it keeps (eventually consistent ones) see what was there so long ago. It is
// no more than Cloud.Past.
func WithAge(ctx context.Context, age time.Duration) context.Context {
	if age == 0 {
		return ctx
	}
	return context.WithValue(ctx, momentKey{}, time.Now().Add(-age))
}

// MomentOf is the moment that such a read sees. The zero time is now: nobody has asked
// for another one.
func MomentOf(ctx context.Context) time.Time {
	then, _ := ctx.Value(momentKey{}).(time.Time)
	return then
}

// AsOf returns a context for a call that is to see what was at a moment, or what is at
// the zero time, and to do nothing. It fails if that is not known, or if the action does
// not tell of the past.
func (c *Cloud) AsOf(ctx context.Context, service, action string, then time.Time) (context.Context, error) {
	switch teller, ok := c.services[service].(interface{ TellsPast(action string) bool }); {
	case !ok || !teller.TellsPast(action):
		return nil, Errorf(http.StatusNotImplemented, "NotImplemented", "%s:%s tells nothing of the past", service, action)
	case then.After(time.Now()):
		return nil, Errorf(http.StatusBadRequest, "ValidationException", "%s has not come yet: ask for a moment that is past", then.UTC().Format(time.RFC3339Nano))
	case !then.IsZero() && (c.Past == 0 || then.Before(c.Known())):
		return nil, errForgotten(then)
	}
	return context.WithValue(context.WithValue(ctx, momentKey{}, then), asOfKey{}, true), nil
}

// Known tells since when what was is known; the zero time: it is not.
func (c *Cloud) Known() time.Time {
	if c.Past == 0 {
		return time.Time{}
	}
	if then := time.Now().Add(-c.Past); then.After(c.began) {
		return then
	}
	return c.began
}

// IsAsOf tells whether a call is to see what was: what it cannot see so, it is not answered.
func IsAsOf(ctx context.Context) bool { return ctx.Value(asOfKey{}) != nil }

// AsOfMoment is MomentOf for what AWS answers from what it keeps itself: it is of now
// unless somebody asks for what was.
func AsOfMoment(ctx context.Context) time.Time {
	if !IsAsOf(ctx) {
		return time.Time{}
	}
	return MomentOf(ctx)
}

// After returns a context for a call that is to go on with a list behind a place, which
// its action tells.
func After(ctx context.Context, place string) context.Context {
	return context.WithValue(ctx, afterKey{}, place)
}

// AfterOf is the place that a call is to go on behind; empty: it is to begin.
func AfterOf(ctx context.Context) string {
	place, _ := ctx.Value(afterKey{}).(string)
	return place
}

func errForgotten(then time.Time) *Error {
	return Errorf(http.StatusBadRequest, "ValidationException", "the engine does not know any more what was at %s: ask for a later moment", then.UTC().Format(time.RFC3339Nano))
}

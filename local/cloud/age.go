package cloud

import (
	"context"
	"net/http"
	"time"
)

type (
	ageKey  struct{}
	asOfKey struct{}
)

// WithAge returns a context in which reads that a service answers from a copy of
// what it keeps (eventually consistent ones) see what was there so long ago. It is
// no more than Cloud.Past.
func WithAge(ctx context.Context, age time.Duration) context.Context {
	return context.WithValue(ctx, ageKey{}, age)
}

// AgeOf is how old what such a read sees is: unless somebody asks for it, not at all.
func AgeOf(ctx context.Context) time.Duration {
	age, _ := ctx.Value(ageKey{}).(time.Duration)
	return age
}

// AsOf returns a context for a call that is to see what was at a moment. It fails if
// that is not known, or if the action does not tell of the past.
func (c *Cloud) AsOf(ctx context.Context, service, action string, then time.Time) (context.Context, error) {
	age := time.Since(then)
	switch teller, ok := c.services[service].(interface{ TellsPast(action string) bool }); {
	case !ok || !teller.TellsPast(action):
		return nil, Errorf(http.StatusNotImplemented, "NotImplemented", "%s:%s tells nothing of the past", service, action)
	case age < 0:
		return nil, Errorf(http.StatusBadRequest, "ValidationException", "%s has not come yet: ask for a moment that is past", then.UTC().Format(time.RFC3339Nano))
	case c.Past == 0 || then.Before(c.Known()):
		return nil, errForgotten(then)
	}
	return context.WithValue(WithAge(ctx, age), asOfKey{}, true), nil
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

// AsOfAge is AgeOf for what AWS answers from what it keeps itself: it is as old as
// somebody asks for.
func AsOfAge(ctx context.Context) time.Duration {
	if !IsAsOf(ctx) {
		return 0
	}
	return AgeOf(ctx)
}

func errForgotten(then time.Time) *Error {
	return Errorf(http.StatusBadRequest, "ValidationException", "the engine does not know any more what was at %s: ask for a later moment", then.UTC().Format(time.RFC3339Nano))
}

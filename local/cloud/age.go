package cloud

import (
	"context"
	"time"
)

type ageKey struct{}

// WithAge returns a context in which reads that a service answers from a copy of
// what it keeps (eventually consistent ones) see what was there so long ago. It is
// no more than Cloud.Past.
func WithAge(ctx context.Context, age time.Duration) context.Context {
	return context.WithValue(ctx, ageKey{}, age)
}

// AgeOf is how old what such a read sees is: without a simulation, not at all.
func AgeOf(ctx context.Context) time.Duration {
	age, _ := ctx.Value(ageKey{}).(time.Duration)
	return age
}

package cloud

import "context"

type turnKey struct{}

// WithTurn returns a context in which Turn waits as wait does.
func WithTurn(ctx context.Context, wait func()) context.Context {
	return context.WithValue(ctx, turnKey{}, wait)
}

// Turn lets others go first that were woken at the same moment, in the order that
// a simulation decides. Whoever has waited in a call for something to happen takes
// its turn before it looks. Without a simulation it returns at once.
func Turn(ctx context.Context) {
	if wait, ok := ctx.Value(turnKey{}).(func()); ok {
		wait()
	}
}

package cloud

import "context"

// Origin is where a call comes from, as CloudTrail tells it.
type Origin struct {
	RequestID string
	SourceIP  string
	UserAgent string
	Trace     string // of X-Ray, as the client tells it
}

type originKey struct{}

// WithOrigin returns a context for a call that came over the wire.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// Onward is the context of a call that a service makes to another while it serves
// one: a request of its own, in the same trace.
func Onward(ctx context.Context) context.Context {
	o := OriginOf(ctx)
	if own := (Origin{Trace: o.Trace}); o != own {
		return WithOrigin(ctx, own)
	}
	return ctx
}

// OriginOf returns where a call comes from. That of a call which one
// service makes to another has a trace at most.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

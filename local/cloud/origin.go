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

// OriginOf returns where a call comes from. The zero value is that of a call
// which one service makes to another.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}

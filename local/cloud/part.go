package cloud

import "context"

type partKey struct{}

// WithPart returns a context for the calls that one part of a caller makes: a state
// of a state machine.
func WithPart(ctx context.Context, part string) context.Context {
	return context.WithValue(ctx, partKey{}, part)
}

// PartOf returns which part of its caller a call comes from, or empty. What is
// called in turn, within the same context, has it as well.
func PartOf(ctx context.Context) string {
	part, _ := ctx.Value(partKey{}).(string)
	return part
}

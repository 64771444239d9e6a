package b2b

// Limits of a posted transaction.
const (
	// MaxBodyBytes bounds the body of POST /transactions; a larger one is
	// answered with 413.
	MaxBodyBytes = MaxMessageBytes
)

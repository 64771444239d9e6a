package money

// This file says why a text is not read.

import "github.com/tradepost-dev/tradepost/internal/written"

// Fault is the error of a text that is not read as an amount.
type Fault = written.Fault

// Kinds of faults.
const (
	Missing    = written.Missing
	Ambiguous  = written.Ambiguous
	Unreadable = written.Unreadable
)

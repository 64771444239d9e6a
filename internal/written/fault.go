package written

// This file says why a text is not read.

import "fmt"

// Kind is in which way a text is not what it is read as.
type Kind string

// Kinds.
const (
	Missing    Kind = "MISSING"    // there is no text
	Ambiguous  Kind = "AMBIGUOUS"  // it may mean two things: a person has to say which
	Unreadable Kind = "UNREADABLE" // it means nothing
)

// Fault is the error of a text that is not read.
type Fault struct {
	Kind   Kind
	Text   string // as it was given
	Reason string // goes on after the text: "is no number"
}

func (f *Fault) Error() string {
	if f.Kind == Missing {
		return f.Reason
	}
	return fmt.Sprintf("%q %s", f.Text, f.Reason)
}

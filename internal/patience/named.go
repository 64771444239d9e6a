package patience

// This file gives errors the names by which a state machine knows them: the
// Lambda runtime reports the Go type of a handler's error.

import (
	"context"
	"errors"
)

// ServiceBusy is the error of a call that was Transient until there was no more
// time, or that was not answered by then. Whoever invoked the handler tries
// again.
type ServiceBusy struct{ error }

// Unwrap returns what the service said.
func (e *ServiceBusy) Unwrap() error { return e.error }

// ServiceRefused is the error of a call that would fail again.
type ServiceRefused struct{ error }

// Unwrap returns what the service said.
func (e *ServiceRefused) Unwrap() error { return e.error }

// Named is a *ServiceBusy or a *ServiceRefused for the error of a call; nil for
// none. A handler returns it as it is.
func Named(err error) error {
	switch {
	case err == nil:
		return nil
	case Transient(err), errors.Is(err, context.DeadlineExceeded):
		return &ServiceBusy{err}
	default:
		return &ServiceRefused{err}
	}
}

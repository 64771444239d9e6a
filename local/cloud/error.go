package cloud

import (
	"errors"
	"fmt"
)

// Error is a failure of an API call, as AWS documents it.
type Error struct {
	Code    string // the error's shape: "ResourceNotFoundException"
	Message string
	Status  int // of the HTTP answer; 4xx is the caller's fault

	// QueryCode is the error's older code, of a service that once spoke the
	// query protocol only: "AWS.SimpleQueueService.NonExistentQueue". SDKs
	// prefer it. Default: there is none.
	QueryCode string

	// QueryMessage is the message in the query protocol. Default: Message.
	QueryMessage string

	// Denied: a policy says so in as many words, and no other one can allow it.
	Denied bool

	// Fields are further members of the error's shape, such as
	// CancellationReasons.
	Fields map[string]any

	cause error // which made it, if that is known
}

// Unwrap returns what made it of an input that is not of the action's shape.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Fault tells whose fault the error is: "Sender", or "Receiver" for the service's.
func (e *Error) Fault() string {
	if e.Status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// Errorf returns an *Error.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// AsError returns err as the API error that its caller sees: what is not an
// *Error is the service's own failure.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Status: 500, Code: "InternalFailure", Message: err.Error()}
}
